// Instances of templates that their debug information calls alike, or spells in ways of its own.
// build: plain = c++ -g -O0 -no-pie
// build: clang = clang++ -g -O0 -no-pie
template <unsigned long N, class... T> struct Pack {
  template <class U, class V = void> explicit Pack(U u) : value(u) { touch(); }
  void touch() { value += N; }
  unsigned long value;
};
template <long N, bool B> int counted(unsigned long n) {
  Pack<3, unsigned long, const char *> pack(n);
  return (int)pack.value + N + B;
}
template <class T> T largest(T a, const T &b) { return counted<-2, true>(a > b ? a : b) > 0 ? a : b; }

int main() { return largest<unsigned long>(1, 2) == 1 ? 0 : 1; }

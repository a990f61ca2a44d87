// Calls that arrive by detours: virtual ones through a thunk, an IFUNC, a lambda, a function pointer, a callback of libc.
// build: plain = c++ -g -O0 -no-pie -Wl,-z,lazy
// build: pie = c++ -g -O0 -pie -fPIE
#include <cstdio>
#include <cstdlib>
#include <cstring>
struct Base {
  virtual int f(int x) { return x; }
  virtual ~Base() {}
};
struct Other { virtual int g(int x) { return -x; } };
struct Derived : Other, Base {
  int f(int x) override { return x + 1; }
  int g(int x) override { return x + 2; }
};
extern "C" int impl(int x) { return x * 2; }
extern "C" int (*resolve(void))(int) { return impl; }
extern "C" int choose(int x) __attribute__((ifunc("resolve")));
int cb(const void *a, const void *b) {
  return *(const int *)a - *(const int *)b;
}
int tail2(int x) { return x + 3; }
int main() {
  Derived d;
  Base *b = &d;
  int r = b->f(1);
  Other *o = &d;
  r += o->g(2);
  r += choose(3);
  auto lam = [](int x) {
    return x * 3;
  };
  r += lam(5);
  int v[3] = {3, 1, 2};
  qsort(v, 3, sizeof v[0], cb);
  r += strlen("abc");
  int (*ptr)(int) = tail2;
  r += ptr(1);
  printf("%d\n", r);
  return 0;
}

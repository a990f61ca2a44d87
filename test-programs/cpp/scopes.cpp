// Names of C++ as they are looked up: members without `this`, bases, static members, namespaces with and without a name, enumerators
// of classes, references, closures, templates.
// build: plain = c++ -g -O0 -no-pie
// build: clang = clang++ -g -O0 -no-pie
#include <cstdio>

namespace app {
int level = 3;
static int hidden = 9;
namespace {
int anonymous = 5;
}
struct Base {
  int b = 1;
  virtual ~Base() {}
  virtual int f(int x) { return x + b; }
  static int count;
};
int Base::count = 4;
struct Derived : Base {
  int d = 2;
  enum Kind { A, B, C } kind = B;
  int f(int x) override {
    int y = x + d + b;
    count++;
    return y * level;
  }
  template <class T> T twice(T t) {
    T r = t + t;
    return r;
  }
};
enum class Mode { On, Off };
int run(Base &r, const Derived *p, Mode m) {
  int z = r.f(3);
  auto closure = [&](int q) {
    int w = q + z;
    return w + p->d + hidden + anonymous;
  };
  z += closure(4);
  try {
    if (m == Mode::Off)
      throw z;
  } catch (int e) {
    int in = e;
    z += in;
  }
  return z;
}
} // namespace app

int main() {
  app::Derived d;
  int total = 0;
  total += app::run(d, &d, app::Mode::Off);
  total += d.twice(2);
  double dd = d.twice(1.5);
  printf("%d %g\n", total, dd);
  return 0;
}

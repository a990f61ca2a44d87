// Names that a compiler mangles: overloads, a namespace, a class with a virtual table, a template.
// build: lazy = c++ -O1 -no-pie -Wl,-z,lazy
#include <cstdio>
namespace ns { 
int counter = 3;
__attribute__((noinline)) int f(int x) { return x + counter; }
__attribute__((noinline)) int f(const char *s) { return puts(s); }
struct X { virtual ~X(); virtual int g(int); static int made; int v = 1; X operator+(const X &o) const; };
int X::made = 5;
X::~X() {}
int X::g(int a) { return a + v; }
X X::operator+(const X &o) const { X r; r.v = v + o.v; return r; }
}
int ff(int x) { return x * 2; }
template <class T> __attribute__((noinline)) T twice(T x) { return x + x; }
int main() { ns::X a, b; ns::X c = a + b; return ns::f(1) + ns::f("hi") + c.g(2) + ff(3) + twice(4) + (int)twice(2.0); }

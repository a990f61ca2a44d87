// Names that stand for others: using, namespace aliases, inline and anonymous namespaces.
// build: d5 = c++ -g -O0 -gdwarf-5
// build: d4 = c++ -g -O0 -gdwarf-4
#include <string>
#include <cstdlib>
namespace a { int av = 1; int af(int x) { return x; } int af(double) { return 99; } struct S { int q = 3; enum { k1 = 4 }; static int sm; }; int S::sm = 8; namespace inner { int iv = 5; } enum E { e0, e1 }; enum class EC { c0, c1 }; inline namespace v1 { int inl = 6; struct VS { int z = 1; }; } template<class T> struct Tm { T t; }; }
namespace b { using namespace a; int bv = 2; using a::af; namespace al = a::inner; }
namespace c { using a::S; using b::bv; }
namespace { int anon = 7; struct An { int n = 1; }; int anonf(int x) { return x + 70; } }
namespace long_name { namespace nested { int deep = 11; } }
using namespace long_name;
namespace ln = long_name::nested;
typedef a::S TS; using US = a::S;
int f() { using namespace a; int r = av; { using b::bv; r += bv; namespace loc = a::inner; r += loc::iv; } return r; /* f-stop */ }
int main() { a::S s; c::S s2; An an; a::VS vs; a::Tm<int> tm{4}; std::string str = "x"; TS ts; US us; a::E e = a::e1; a::EC ec = a::EC::c1;
 int r = f() + s.q + s2.q + b::af(1) + anonf(1) + std::abs(-1) + an.n + vs.z + tm.t + ts.q + us.q + e + (int)ec + str.size();
 return r; // stop
}

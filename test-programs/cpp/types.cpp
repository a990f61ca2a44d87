// C++'s types, each in a global variable.
// build: d5 = c++ -std=c++20 -g -gdwarf-5 -O0 -w
// build: d4 = c++ -std=c++20 -g -gdwarf-4 -O0 -w
// build: clang = clang++ -std=c++20 -g -gdwarf-5 -O0 -w
#include <cstdio>
struct Empty {};
struct EmptyD : Empty {};
struct A { int a; A():a(1){} virtual ~A(){} virtual int f(int x) { return x; } };
struct B { int b; B():b(2){} };
struct D : A, B, Empty { int d; static int s; static const int cs = 7; D *self; D():d(3),self(this){} int f(int) override { return 2; } static int sm(int); int ov(int); double ov(double) const; private: int priv; protected: int prot; };
int D::s = 5; int D::sm(int a){return a;} int D::ov(int){return 1;} double D::ov(double) const {return 2;}
struct V : virtual A { int v; V():v(9){} };
struct W : virtual A { int w; W():w(8){} };
struct VW : V, W { int x; VW():x(7){} };
class K { int kpriv; public: int kpub; K(int n):kpriv(n),kpub(n+1){} K(const K&)=default; K& operator=(const K&)=delete; ~K(){} int operator+(int n) const {return n;} explicit operator bool() const {return true;} template<class T> T tm(T t){return t;} friend int fr(K&); typedef int myint; enum E {E1,E2}; struct Nest {int q;}; myint mi; Nest nest; E e; };
namespace ns { struct N { int n; struct In { int i; } in; enum class EC : unsigned char { X, Y=5 } ec; }; enum Pl { P1, P2 }; typedef N NT; template<class T, int I> struct Tm { T t; T arr[I]; static T st; }; template<class T,int I> T Tm<T,I>::st = 3; namespace { struct Anon { int z; } anon = {1}; } int g = 4; int fn(int x) {return x;} inline namespace v1 { struct Inl { int i;}; } }
ns::N nn = {1,{2},ns::N::EC::Y}; ns::NT nt = {3,{4},ns::N::EC::X}; ns::Pl pl = ns::P2; ns::Tm<int,3> tm1 = {1,{2,3,4}}; ns::Tm<ns::N*,2> tm2; ns::Inl inl = {4};
D d; VW vw; K k(5); EmptyD ed; Empty em; A *ap = &d; A &ar = d; const D &cdr = d; int gi = 42; int &ri = gi; int &&rri = 43; B *bp = &d; V *vp = &vw;
int D::*pmd = &D::d; int (A::*pmf)(int) = &A::f; int (D::*pmo)(int) = &D::ov; int D::*nullpmd = nullptr; int (D::*nullpmf)(int)=nullptr;
struct Refs { int &r; D &dr; const int &cr; } refs = {gi, d, gi};
struct Anon { int a; union { int b; float c; struct { int deep; struct {int z;} named; }; }; struct { int e; } s; } anon = {1,{2},{3}};
struct SS { static SS inst; int v; static D sd; } ss = {5}; SS SS::inst = {6}; D SS::sd;
enum Plain { PL_A, PL_B = 4 }; Plain plain = PL_B; enum class Sc { A, B }; Sc sc = Sc::B; Sc scbad = (Sc)9; enum Fl { FA=1, FB=2 }; Fl fl = (Fl)3; 
bool bt = true; char16_t c16 = u'x'; char32_t c32 = U'y'; char8_t c8 = u8'z'; wchar_t wc = L'w'; const char16_t *s16 = u"s16"; const char32_t *s32=U"s32"; const wchar_t *ws = L"ws"; char16_t a16[] = u"ar"; decltype(nullptr) np = nullptr; long double ld = 1.5L; unsigned long ul = 5; signed char sch = 'a'; unsigned char uch = 'b';
template<class T> struct Vec { T *p; int n; Vec(int n):p(new T[n]()),n(n){} }; Vec<int> vi(3); Vec<Vec<int>*> vvi(2); Vec<const char*> vc(1);
auto lam = [](int x){ return x + gi; };
union U { int i; float f; U():i(3){} int get(){return i;} } u;
D da[2]; A *aps[2] = {&d, 0};
int fr(K&k){return k.kpriv;}
int ovl(int){return 1;} int ovl(double){return 2;}
struct Bits { unsigned a:3; bool b:1; Sc s:2; } bits = {5,true,Sc::B};
struct Fn { int (*f)(int); void (*g)(D&, const A*, ...); int (D::*m)(int); int D::*dm; } fnn = {ns::fn, 0, &D::ov, &D::d};
int main() { struct Local { int l; } loc = {1}; int cap = 5; auto l2 = [&cap, loc](int q) { return cap + loc.l + q; }; printf("%d\n", l2(2) + lam(1) + k.tm(3)+ k.tm('c') + d.ov(1)+ovl(1)+ovl(1.0)+ns::anon.z+D::sm(1)+(k+1)+ns::fn(1)+fr(k)+u.get()); return 0; }

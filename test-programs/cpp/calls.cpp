// Overloads, methods, operators, pointers to members, casts: what C++ makes of an expression.
// build: d5 = c++ -g -O0 -gdwarf-5
// build: d4 = c++ -g -O0 -gdwarf-4
// build: clang = clang++ -g -O0
#include <typeinfo>

int over(int a) { return 1000 + a; }
int over(char c) { return 2000 + c; }
int over(double d) { return 3000 + (int)d; }
int over(const char *s) { return 4000 + s[0]; }
int over(int a, int b) { return 5000 + a + b; }
int over(long a) { return 6000 + (int)a; }
int over(unsigned a) { return 7000 + (int)a; }
int over(float f) { return 8000 + (int)f; }
int over(bool b) { return 9000 + b; }

struct Base {
    int b = 10;
    virtual ~Base() {}
    virtual int kind() const { return 1; }
    virtual int twice(int x) { return 2 * x; }
    int plain(int x) { return b + x; }
    int plain(double x) { return b + 100 + (int)x; }
    int plain(int x) const { return b + 1000 + x; }
    static int stat(int x) { return x + 7; }
    static int stat(const char *) { return 77; }
    int hidden() { return 1; }
};

struct Other {
    int o = 20;
    virtual ~Other() {}
    virtual int other() { return 5 + o; }
    int in_other(int x) { return o + x; }
};

struct Derived : Base, Other {
    int d = 30;
    int kind() const override { return 2; }
    int other() override { return 6 + d; }
    int hidden(int x) { return x + 2; }
    int own() { return d; }
};

struct VBase { int v = 1; virtual ~VBase() {} virtual int vf() { return v; } };
struct VLeft : virtual VBase { int l = 2; };
struct VRight : virtual VBase { int r = 3; int vf() override { return 40 + r; } };
struct VBottom : VLeft, VRight { int bot = 4; };

int by_base(Base *b) { return b->b; }
int by_base(Derived *d) { return d->d; }
int only_base(Base *b) { return b->b + 1; }
int only_other(Other *b) { return b->o + 1; }
int ref_other(Other &b) { return b.o + 2; }
int val_base(Base b) { return b.b + 3; }
int val_other(Other b) { return b.o + 3; }
int by_ref(int &x) { return x + 1; }
int by_ref(const int &x, int) { return x + 2; }
int cref(const int &x) { return x + 3; }
int cv(const char *) { return 1; }
int cv(char *) { return 2; }
int vp(void *) { return 1; }
int vp(int *) { return 2; }
int va(int n, ...) { return n; }
int va(double) { return -1; }

enum Color { red, green };
enum class Scoped { one = 1, two };
int by_enum(Color c) { return 1; }
int by_enum(int c) { return 2; }
int by_scoped(Scoped s) { return (int)s; }

namespace ns {
struct In { int i = 5; int get() { return i; } };
int adl(In a) { return a.i + 1; }
int adl(In a, int b) { return a.i + b; }
int operator+(const In &a, const In &b) { return a.i + b.i + 100; }
int free_in_ns(int x) { return x + 50; }
int free_in_ns(double x) { return (int)x + 60; }
namespace deep { int f(int x) { return x + 1; } int var = 9; }
int probe() { In a; return a.get(); }
}
namespace alias = ns::deep;
using ns::free_in_ns;

struct Num {
    int n;
    Num(int k) : n(k) {}
    Num operator+(const Num &o) const { return Num(n + o.n); }
    Num operator+(int k) const { return Num(n + 10 * k); }
    Num operator-() const { return Num(-n); }
    bool operator!() const { return n == 0; }
    Num operator~() const { return Num(~n); }
    Num &operator++() { ++n; return *this; }
    Num operator++(int) { Num o = *this; n++; return o; }
    Num &operator+=(int k) { n += k; return *this; }
    bool operator==(const Num &o) const { return n == o.n; }
    int operator[](int i) const { return n * i; }
    int operator[](const char *s) const { return n + s[0]; }
    int operator()(int a) { return n + a; }
    int operator()(int a, int b) { return n + a + b; }
    Num &operator=(const Num &o) { n = o.n + 1000; return *this; }
    operator int() const { return n; }
};
bool operator<(const Num &a, const Num &b) { return a.n < b.n; }
Num operator*(int k, const Num &a) { return Num(k * a.n); }

struct Ptr {
    Num *p;
    Num *operator->() { return p; }
    Num &operator*() { return *p; }
};

template <class T> struct Box {
    T t;
    T get() { return t; }
    template <class U> U as() { return (U)t; }
    static int count() { return 3; }
};
template <class T> T tadd(T a, T b) { return a + b; }

struct Mem {
    int a = 1, b = 2;
    int f(int x) { return a + x; }
    virtual int v(int x) { return b + x; }
    virtual ~Mem() {}
    static int s(int x) { return x; }
    union { int ua; char uc[4]; };
    struct { int sa, sb; };
    struct Nested { int q; static int sq(int x) { return x * x; } };
    enum E { e1, e2 };
    typedef int Int;
    int method() {
        Nested nn{5};
        ua = 7;
        return a + nn.q + helper(1);   // in method
    }
    int helper(int x) { return x + a; }
    int helper(double) { return -5; }
    int pfield = 3;
};

int gi = 42;
int arr[4] = {1, 2, 3, 4};

int main()
{
    Base base; Derived der; const Base cbase; Base *pb = &der; Other *po = &der; Base &rb = der;
    VBottom vbot; VBase *pvb = &vbot; VRight *pvr = &vbot;
    ns::In in; ns::In in2;
    Num one(1), two(2); const Num three(3); Ptr ptr{&two};
    Box<int> bi{5}; Box<double> bd{2.5};
    Mem mem; Mem *pm = &mem;
    int Mem::*pmi = &Mem::b; int (Mem::*pmf)(int) = &Mem::f; int (Mem::*pmv)(int) = &Mem::v;
    int Mem::*nullpmi = nullptr; int (Mem::*nullpmf)(int) = nullptr;
    int (*fp)(int, int) = over;
    char c = 'c'; short sh = 3; long lo = 4; unsigned un = 5; float fl = 1.5; double db = 2.5; bool bo = true; const char *str = "str"; char buf[4] = "buf"; unsigned char uc = 1;
    int x = 8; int &rx = x; Color col = green; Scoped sc = Scoped::two; long long ll = 9; void *vv = &x; int *pi = &x;
    int sum = over(1) + over('a') + over(1.5) + over("s") + over(1, 2) + over(1l) + over(1u) + over(1.f) + over(true);
    sum += by_base(&der) + by_base(&base) + by_ref(x) + by_ref(x, 1) + cref(1) + cv("") + cv(buf) + vp(vv) + vp(pi) + va(1) + va(1.5);
    sum += only_base(&der) + only_other(&der) + ref_other(der) + val_base(base) + val_other(der) + by_enum(red) + by_enum(1) + by_scoped(sc);
    sum += adl(in) + adl(in, 1) + (in + in2) + free_in_ns(1) + free_in_ns(1.5) + ns::deep::f(1) + ns::probe();
    sum += (one + two).n + (one + 1).n + (-one).n + !one + (~one).n + (++one).n + (one++).n + (one == two) + one[1] + one["a"] + one(1) + one(1, 2) + (one < two) + (2 * one).n;
    one += 1; sum += ptr->n + (*ptr).n; one = two; one.n = 1;
    sum += base.plain(1) + base.plain(1.5) + cbase.plain(1) + Base::stat(1) + Base::stat("") + base.hidden() + der.hidden(1) + der.own() + po->other() + der.in_other(1);
    sum += bi.get() + (int)bd.get() + bi.as<char>() + Box<int>::count() + tadd(1, 2) + (int)tadd(1.5, 2.5) + mem.method() + mem.helper(1) + mem.helper(1.5) + Mem::s(1) + Mem::Nested::sq(2) + pvb->vf();
    sum += (int)one + (mem.*pmf)(1) + (mem.*pmv)(1) + mem.*pmi + alias::var + fp(1, 2) + typeid(*pb).name()[0] + rb.kind() + rx + uc + sh + c + pm->a;
    return sum & 1;   // stop
}

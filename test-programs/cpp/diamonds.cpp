// Bases that a class has more than once: as parts of their own, as one virtual base, with a static member, one name hiding another.
// build: plain = c++ -g -O0 -no-pie
// build: clang = clang++ -g -O0 -no-pie
struct A {
  int a = 1;
  static int shared;
};
int A::shared = 7;
struct B : A {
  int b = 2;
};
struct C : A {
  int c = 3;
};
struct D : B, C {
  int d = 4;
};
struct E : D {
  int a = 5;
};
struct VB : virtual A {
  int b = 6;
};
struct VC : virtual A {
  int c = 7;
};
struct VD : VB, VC {
  int d = 8;
};
struct Hiding : virtual A {
  int a = 9;
};
struct Dominated : VB, Hiding {
  int e = 10;
};

int main() {
  D d;
  E e;
  VD v;
  Dominated dominated;
  d.B::a = 11;
  d.C::a = 12;
  v.a = 13;
  return d.d + e.d + v.d + dominated.a - 25;
}

// Functions that return each kind of value, and one that is inlined.
// build: plain = cc -g -O0 -no-pie
// build: optimised = cc -g -O1 -fno-inline -no-pie
#include <stdbool.h>
#include <complex.h>
#include <stdio.h>

struct pair { int a; double b; };
struct big { long v[4]; char name[8]; };
struct two { float x, y; };
enum color { RED, GREEN };
typedef int myint;

int fact(int n) {
  if (n <= 1)
    return 1;
  return n * fact(n - 1);
}
char letter(void) { return 'x'; }
double half(double d) { return d / 2; }
float third(void) { return 1.5f; }
long double longer(void) { return 2.25L; }
struct pair make_pair(int a) {
  struct pair p = {a, 2.5};
  return p;
}
struct big make_big(int a) {
  struct big b = {{a, 2, 3, 4}, "abc"};
  return b;
}
struct two make_two(void) { struct two t = {1, 2}; return t; }
bool truth(void) { return true; }
enum color paint(void) { return GREEN; }
const char *text(void) { return "hello"; }
myint typed(void) { return -7; }
double _Complex cplx(void) { return 1 + 2 * I; }
int (*fnptr(void))(int) { return fact; }
__int128 wide(void) { return 5; }
static int total;
void nothing(int n) {
  total += n;
}
static inline __attribute__((always_inline)) int inlined(int n) {
  int r = n * 3;
  r += total;
  return r;
}

int main(void) {
  int r = fact(5);
  r += letter();
  r += (int)half(9);
  r += (int)third();
  r += (int)longer();
  r += make_pair(4).a;
  r += (int)make_big(4).v[0];
  r += (int)make_two().x;
  r += truth();
  r += paint();
  r += text()[0];
  r += typed();
  r += (int)cplx();
  r += fnptr()(1);
  r += (int)wide();
  nothing(3);
  r += inlined(r);
  printf("%d\n", r);
  return 0;
}

// Variables of all scopes: parameters, locals of nested blocks that hide one another, statics, globals, thread-local ones, arrays
// whose length is computed.
// build: plain = cc -g -O0 -no-pie
// build: pie = cc -g -O0 -pie -fPIE
// build: dwarf4 = cc -gdwarf-4 -O0 -no-pie
// build: clang = clang -g -O0 -no-pie
// build: clang4 = clang -gdwarf-4 -O0 -no-pie
// build: optimised = cc -g -O2 -no-pie
#include <stdio.h>

struct point {
  int x, y;
  char name[8];
  struct {
    int a : 3;
    unsigned b : 5;
  } flags;
  struct point *next;
};
enum color { RED, GREEN, BLUE };

int counter = 7;
static double ratio = 0.5;
struct point origin = {1, 2, "abc", {3, 4}, 0};
enum color shade = GREEN;
__thread int own = 42;

static int fact(int n) {
  static int calls;
  calls++;
  if (n <= 1)
    return 1;
  int r = n * fact(n - 1);
  return r;
}

static int shadow(int a, const char *s, struct point p, double d) {
  int i = a;
  for (int i = 0; i < 2; i++) {
    int j = i * 2;
    a += j;
  }
  int array[a];
  for (int k = 0; k < a; k++)
    array[k] = k;
  p.x += array[1];
  printf("%d %s %d %g %d\n", i, s, p.x, d, own);
  return a;
}

int main(int argc, char **argv) {
  int x = fact(5);
  struct point local = origin;
  local.next = &origin;
  x += shadow(x % 7 + 3, "hello", local, 1.5);
  printf("%d %d %g %d %d\n", x, counter, ratio, shade, argv[argc] == 0);
  return x & 1;
}

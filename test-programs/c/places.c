// Variables that optimisation has put everywhere: into registers, pieces, constants, callers' words about calls, or nowhere.
// build: o0 = cc -g -O0 -no-pie
// build: o1 = cc -g -O1 -no-pie
// build: o2 = cc -g -O2 -no-pie
// build: og4 = cc -gdwarf-4 -Og -no-pie
// build: o3-64 = cc -gdwarf-5 -gdwarf64 -O3 -no-pie
// build: clang0 = clang -g -O0 -no-pie
// build: clang2 = clang -g -O2 -no-pie
// build: clang1-4 = clang -gdwarf-4 -O1 -no-pie
#include <stdio.h>

struct triple {
  int a, b, c;
};
static volatile int sink;

__attribute__((noinline)) static int use(int v) {
  sink += v;
  return v + 1;
}

static inline int through(struct triple *p, int *q) {
  sink++;
  int r = p->a + *q;
  use(r);
  return r + p->c;
}

__attribute__((noinline)) int work(int n, double d, long double ld, struct triple by, unsigned char uc) {
  struct triple loc = {n, 2, n * 3};
  int k = n + 1;
  int x = through(&loc, &k);
  use(x);
  long total = 0;
  for (int i = 0; i < n; i++) {
    int square = i * i;
    total += square;
    use((int)total);
  }
  struct triple pair = by;
  pair.a = x;
  pair.b += 1;
  use(pair.b);
  use(pair.a);
  double half = d / 2;
  use((int)half);
  long double twice = ld * 2;
  use((int)twice);
  use(uc);
  return (int)(total + half + twice) + pair.c;
}

__attribute__((noinline)) int tail(int a) {
  int b = a * 2;
  return use(b);
}

int main(int argc, char **argv) {
  struct triple g = {4, 5, 6};
  int r = work(argc + 3, 2.5, 1.25L, g, 'c');
  r += tail(r);
  printf("%d %d\n", r, argv[argc] == 0);
  return 0;
}

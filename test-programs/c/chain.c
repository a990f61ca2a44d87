// Recursion argv[1] deep (default 100), twice with an argv[2], with arguments that only the callers know in the end: each one's depends on its caller's.
// build: O0 = cc -g -O0
// build: O2 = cc -g -O2 -fomit-frame-pointer -fno-optimize-sibling-calls
// build: tables = cc -O2 -fomit-frame-pointer -fno-optimize-sibling-calls
#include <stdlib.h>
#include <stdio.h>

volatile long seen;

__attribute__((noinline)) void bottom(void) {
  seen++;
}
__attribute__((noinline)) long chain(long n, long acc) {
  if (n == 0) {
    bottom();
    return acc + seen;
  }
  long below = chain(n - 1, acc ^ n);
  return below * 3 + seen + n;
}
int main(int argc, char **argv) {
  long n = argc > 1 ? atol(argv[1]) : 100;
  printf("%ld\n", chain(n, 1));
  if (argc > 2) printf("%ld\n", chain(n, 7));
  return 0;
}

// Calls step(i) argv[1] times (default 10): breakpoints, conditions, ignore counts.
// build: lazy = cc -O0 -no-pie -Wl,-z,lazy
// build: debug = cc -g -O0 -no-pie -Wl,-z,lazy
// build: pie = cc -O0 -pie -fPIE -Wl,-z,lazy
#include <stdio.h>
#include <stdlib.h>

volatile long total;
void step(long i) { total += i; }
void finished(void) { printf("total %ld\n", total); }

int main(int argc, char **argv) {
  long n = argc > 1 ? atol(argv[1]) : 10;
  for (long i = 0; i < n; i++)
    step(i);
  finished();
  return 0;
}

// Dies of SIGSEGV some calls deep.
// build: lazy = cc -g -O0 -no-pie -Wl,-z,lazy
// build: pie = cc -g -O0 -pie -fPIE -Wl,-z,lazy
// build: static = cc -g -O0 -static
#include <stdio.h>

static int *nowhere;

static int inner(int n) { return *nowhere + n; }

static int outer(int n) { return n == 0 ? inner(n) : outer(n - 1) + 1; }

int main(void) {
  puts("about to die");
  fflush(stdout);
  return outer(3);
}

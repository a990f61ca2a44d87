// Recursion: argv[1] frames (default 20) above main, then a call to `bottom`.
// build: lazy = cc -g -O0 -no-pie -Wl,-z,lazy
// build: O2 = cc -O2 -fno-optimize-sibling-calls -fomit-frame-pointer -no-pie -Wl,-z,lazy
// build: stripped = cc -O2 -fno-optimize-sibling-calls -fomit-frame-pointer -no-pie -Wl,-z,lazy | strip
// build: pie = cc -O2 -fno-optimize-sibling-calls -fomit-frame-pointer -pie -fPIE
#include <stdio.h>
#include <stdlib.h>

volatile int depth;

__attribute__((noinline, noclone)) int bottom(int n) {
  depth = n;
  return puts("bottom") < 0;
}
__attribute__((noinline, noclone)) int down(int n) {
  int result = n > 1 ? down(n - 1) : bottom(n);
  return result + 1;
}

int main(int argc, char **argv) {
  printf("%d\n", down(argc > 1 ? atoi(argv[1]) : 20));
  return 0;
}

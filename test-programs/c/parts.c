// A function whose code lies in two places, one that ends by a jump into the PLT, and one that has another name in C.
// build: O2 = cc -g -O2 -freorder-blocks-and-partition -U_FORTIFY_SOURCE
#include <stdio.h>

volatile int extra;
int written;

__attribute__((noinline, cold)) void complain(int x) {
  written++;
  printf("bad %d\n", x);
}

__attribute__((noinline)) int work(int x) {
  int y = x * 3;
  if (__builtin_expect(x < 0, 0)) {
    complain(x);
    y = -x;
    complain(y);
    puts("cold");
  }
  return y + extra;
}

__attribute__((noinline)) int renamed(int x) __asm__("its_symbol");
int renamed(int x) {
  complain(x);
  return x + written;
}

int main(int argc, char **argv) {
  int sum = work(argc);
  sum += work(-argc);
  sum += renamed(sum);
  printf("%d\n", sum);
  return argv[1] != 0;
}

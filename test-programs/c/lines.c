// Lines of many kinds to step through: loops, recursion, calls in arguments and of functions without lines, a switch, a jump back.
// build: plain = cc -g -O0 -no-pie
// build: optimised = cc -g -O2 -no-pie
#include <stdio.h>
#include <stdlib.h>

__attribute__((noinline)) static int factorial(int n) {
  if (n < 2)
    return 1;
  return n * factorial(n - 1);
}

__attribute__((noinline)) static int choose(int n) {
  switch (n) {
  case 0: return 5;
  case 1: return factorial(3);
  case 2: puts("two"); break;
  case 3: return abs(-n);
  case 4: return 8;
  default: return n;
  }
  return 2;
}

__attribute__((noinline)) static int twice(int (*f)(int), int n) {
  return f(n) + f(n + 1);
}

static int compare(const void *a, const void *b) {
  return *(const int *)a - *(const int *)b;
}

int main(void) {
  int numbers[] = {3, 1, 2};
  int sum = 0;
  for (int i = 0; i < 3; i++)
    sum += factorial(i + 2) + factorial(i);
  for (int i = 0; i < 6; i++) sum += choose(i);
  sum += twice(choose, 1);
  qsort(numbers, 3, sizeof *numbers, compare);
  sum += numbers[0];
  printf("%d\n", sum);
  return 0;
}

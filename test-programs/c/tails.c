// Tail calls: functions that are gone when the one they have jumped to runs, on one way and on several.
// build: O2 = cc -g -O2
// build: clang = clang -g -O2
#include <stdio.h>
#include <stdlib.h>

#ifdef __clang__
#define ALONE __attribute__((noinline))
#else
#define ALONE __attribute__((noinline, noclone))
#endif

volatile int v;
volatile void *seen;

ALONE void last(int i, double x) {
  v = i + (int)x;
  __asm__ volatile("" ::: "memory");
  v++;
}
ALONE void third(int i, double x) {
  v += i;
  last(i + 1, x);
}
ALONE void second(int i, double x) {
  v += i;
  third(i + 2, x);
}
ALONE void side(int i) {
  v += i;
  last(i + 1, 2.5);
}
// One way or the other.
ALONE void either(int i) {
  v += i;
  if (i < 9)
    side(i);
  else
    last(i, 3);
}
// Both ways lead through the same function in the end.
ALONE void left(int i) {
  v += i;
  third(i + 3, 5);
}
ALONE void right(int i) {
  v += i;
  third(i + 5, 6);
}
ALONE void meet(int i) {
  v += i;
  if (i > 3)
    left(i);
  else
    right(i);
}
ALONE int again(int i) {
  v++;
  if (i > 0)
    return again(i - 1);
  last(i, 4.5);
  return v;
}
static inline void inlined(int i) {
  v += 3;
  last(i * 2, 7.5);
}
ALONE void around(int i) {
  v += i;
  inlined(i + 1);
}
ALONE void with_pointer(int *p) {
  v += *p;
  last(*p, 8.5);
}
// Through a pointer: the target is in a register.
ALONE void indirect(void (*f)(int, double), int i) {
  v += i;
  f(i + 1, 9.5);
}
ALONE void libcs(void *p) {
  seen = p;
  free(p);
}
ALONE int calls(int n) {
  int k = n + 40;
  second(n, 1.5);
  either(n);
  meet(n);
  k += again(n);
  around(k);
  with_pointer(&k);
  indirect(last, k);
  libcs(malloc(16));
  return k + v;
}
int main(int argc, char **argv) {
  int k = calls(argc);
  printf("%d %p\n", k, (void *)argv);
  return 0;
}

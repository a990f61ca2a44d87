// Recursion and loops, for places that count in one frame only.
// build: plain = cc -g -O0 -no-pie
#include <stdio.h>
int marker(int x) {
  return x + 1;
}
int fact(int n) {
  int r = 1;
  if (n > 1)
    r = n * fact(n - 1);
  marker(n);
  return r;
}
int loop(int n) {
  int s = 0;
  for (int i = 0; i < n; i++) {
    s += i;
    s ^= 3;
  }
  marker(s);
  return s;
}
int main(void) {
  int a = fact(6);
  int b = loop(10);
  a += marker(b);
  b += fact(3);
  a += loop(4);
  printf("%d %d\n", a, b);
  return 0;
}

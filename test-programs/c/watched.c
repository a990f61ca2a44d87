// Values that debug registers cannot watch: many, wide ones, sums, locals.
// build: debug = cc -g -O0 -no-pie
#include <stdio.h>
#include <string.h>
int a, b, c, d, e;
char wide[40];
struct s {
  int x, y;
  char t[40];
} st;

static int f(int n)
{
  int local = n;
  local++;
  local *= 2;
  return local;
}

int main(void)
{
  strcpy(wide, "hello");
  for (int i = 0; i < 3; i++) {
    a += i;
    b = a * 2;
  }
  st.t[33] = 'x';
  c = f(4);
  d = f(5);
  e = c + d;
  printf("%d\n", e);
  return 0;
}

// longjmp: within a function, out of one, out of two, out of a signal's handler.
// build: plain = cc -g -O0 -no-pie
// build: static = cc -g -O0 -static
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
static jmp_buf env;
static sigjmp_buf senv;
int count;
void hop(int n) {
  count += n;
  longjmp(env, n);
}
void hop2(int n) {
  hop(n);
  count++;
}
int local(void) {
  static jmp_buf b;
  if (setjmp(b) == 0)
    longjmp(b, 1);
  count++;
  return 3;
}
void handler(int s) {
  count++;
  siglongjmp(senv, 1);
}
int main(void) {
  int r = setjmp(env);
  if (r == 0)
    hop(1);
  else if (r == 1)
    hop2(2);
  else
    count += 10;
  local();
  signal(SIGUSR1, handler);
  if (sigsetjmp(senv, 1) == 0)
    raise(SIGUSR1);
  count++;
  printf("%d\n", count);
  return 0;
}

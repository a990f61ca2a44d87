// Functions in the old style, whose arguments are promoted; complex numbers; a child in the same memory.
// build: debug = cc -g -O0 -no-pie
#define _GNU_SOURCE
#include <complex.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

float single = 3.5f;
double complex wide = 1.0 + 2.0 * I;
float complex narrow = 3.0f + 4.0f * I;

int is_single(f, c)
float f;
char c;
{
  return f == single && c == 'x';
}

int both(double complex a, float complex b)
{
  return creal(a) == 1.0 && cimag(b) == 4.0f;
}

int add(int a, int b)
{
  return a + b;
}

static int child(void *unused)
{
  add(1, 1);
  return 0;
}

int main(void)
{
  char *stack = malloc(65536);
  for (int i = 0; i < 2; i++) {
    int pid = clone(child, stack + 65536, CLONE_VM | SIGCHLD, 0);
    waitpid(pid, 0, 0);
    add(i, i);
  }
  printf("%d\n", is_single(single, 'x') + both(wide, narrow));
  return 0;
}

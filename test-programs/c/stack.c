// A deep and mixed stack: recursion, libc's frames in the middle, a signal handler on its own stack.
// build: O0 = cc -O0
// build: O2 = cc -O2
// build: no-tables = cc -O0 -fno-asynchronous-unwind-tables -fno-unwind-tables
// build: no-plt = cc -O2 -fno-plt -fcf-protection
// build: static = cc -O2 -static
// build: musl = musl-gcc -O0 -no-pie
// build: musl-static = musl-gcc -O2 -static
// build: lld = clang -O2 -fuse-ld=lld
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

static char other_stack[65536];
volatile int sink;

__attribute__((noinline)) void here(int n) {
  sink = n;
  puts("here");
}

void on_signal(int sig) {
  here(sig);
  sink++;
}

__attribute__((noinline)) int deep(int n) {
  if (n == 0) {
    raise(SIGUSR1);
    return 1;
  }
  int below = deep(n - 1);
  sink += n;
  return below + n;
}

int compare(const void *a, const void *b) {
  static int first = 1;
  if (first) {
    first = 0;
    sink = deep(5);
  }
  return *(const int *)a - *(const int *)b;
}

int main(void) {
  stack_t on = {.ss_sp = other_stack, .ss_size = sizeof other_stack};
  struct sigaction act = {.sa_handler = on_signal, .sa_flags = SA_ONSTACK};
  int numbers[] = {3, 1, 2};
  sigaltstack(&on, NULL);
  sigaction(SIGUSR1, &act, NULL);
  qsort(numbers, 3, sizeof numbers[0], compare);
  return numbers[0] != 1;
}

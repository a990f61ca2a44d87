// Calls that lead deep into libc and ld.so: the lazy resolver, IFUNC selectors, a callback, a signal's handler.
// build: debug = cc -g -O0 -pie -fPIE -Wl,-z,lazy -U_FORTIFY_SOURCE
// build: optimised = cc -O2 -fno-builtin -no-pie -Wl,-z,lazy -U_FORTIFY_SOURCE
// build: clang = clang -O2 -fno-builtin -fno-omit-frame-pointer -pie -fPIE -Wl,-z,lazy -U_FORTIFY_SOURCE
// build: stripped = cc -O2 -fno-builtin -no-pie -Wl,-z,lazy -U_FORTIFY_SOURCE | strip
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static volatile int handled;

static void handler(int signal) { handled = signal; }

static int compare(const void *a, const void *b) { return *(const int *)a - *(const int *)b; }

int main(int argc, char **argv) {
  int numbers[] = {3, 1, 2};
  signal(SIGUSR1, handler);
  raise(SIGUSR1);
  qsort(numbers, 3, sizeof *numbers, compare);
  char *copy = malloc(64);
  memset(copy, argc, 64);
  printf("%d %zu %g\n", numbers[0], strlen(argv[0]) > 0 ? strlen("abc") : 0, 1.5);
  free(copy);
  return handled == SIGUSR1 ? 0 : 1;
}

// Much of one thing, and how long it took, in seconds: system calls, writes of a variable, threads that come to a place.
// build: debug = cc -g -O1 -pthread
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { THREADS = 200 };
volatile long watched;
static long each;

__attribute__((noinline)) void start_here(void) { __asm__ volatile(""); }
__attribute__((noinline)) void come_here(long turn) { __asm__ volatile("" ::"r"(turn)); }
static void *come(void *argument) {
  for (long turn = 0; turn < each; turn++)
    come_here(turn);
  return argument;
}
int main(int argc, char **argv) {
  const char *what = argc > 1 ? argv[1] : "calls";
  long times = argc > 2 ? atol(argv[2]) : 1000;
  struct timespec begun, done;
  start_here();
  clock_gettime(CLOCK_MONOTONIC, &begun);
  if (!strcmp(what, "calls")) {
    for (long i = 0; i < times; i++)
      syscall(SYS_getppid);
    syscall(SYS_getuid);
  } else if (!strcmp(what, "writes")) {
    for (long i = 0; i < times; i++)
      watched = i;
  } else {
    pthread_t threads[THREADS];
    each = times / THREADS;
    for (int i = 0; i < THREADS; i++)
      pthread_create(&threads[i], 0, come, 0);
    for (int i = 0; i < THREADS; i++)
      pthread_join(threads[i], 0);
  }
  clock_gettime(CLOCK_MONOTONIC, &done);
  printf("took %.6f\n", (double)(done.tv_sec - begun.tv_sec) + 1e-9 * (double)(done.tv_nsec - begun.tv_nsec));
  return 0;
}

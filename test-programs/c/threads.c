// Four threads wait for each other and then bind a different lazy slot each, at the same time, and one slot together.
// build: lazy = cc -O1 -fno-builtin -no-pie -Wl,-z,lazy -pthread -U_FORTIFY_SOURCE
// build: pie = cc -O1 -fno-builtin -pie -fPIE -Wl,-z,lazy -pthread -U_FORTIFY_SOURCE
// build: debug = cc -g -O0 -fno-builtin -no-pie -Wl,-z,lazy -pthread
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static pthread_barrier_t together;
static long results[4];
volatile int finished;

static void *work(void *argument) {
  long number = (long)argument;
  pthread_barrier_wait(&together);
  switch (number) {
  case 0: results[0] = abs(-1); break;
  case 1: results[1] = strtol("2", 0, 10); break;
  case 2: results[2] = (long)strlen("abc"); break;
  case 3: results[3] = labs(-4); break;
  }
  getppid();
  __sync_fetch_and_add(&finished, 1);
  return 0;
}

int main(void) {
  pthread_t threads[4];
  pthread_barrier_init(&together, 0, 4);
  for (long i = 0; i < 4; i++)
    pthread_create(&threads[i], 0, work, (void *)i);
  for (int i = 0; i < 4; i++)
    pthread_join(threads[i], 0);
  printf("%ld %ld %ld %ld\n", results[0], results[1], results[2], results[3]);
  return 0;
}

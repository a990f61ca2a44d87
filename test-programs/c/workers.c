// Three workers that count each on its own, as long as main sleeps; a fourth that ends at once. With an argument main ends
// before them.
// build: debug = cc -g -O0 -pthread
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { WORKERS = 3 };
static __thread int own = 3;
static volatile long counts[WORKERS + 1];
static volatile int running = 1;
static pthread_barrier_t ready;

static void *work(void *argument) {
  long number = (long)argument;
  own = 100 + number;
  pthread_barrier_wait(&ready);
  while (running)
    counts[number]++;
  return 0;
}
static void *end(void *argument) {
  return argument;
}
int main(int argc, char **argv) {
  pthread_t threads[WORKERS + 1];
  pthread_barrier_init(&ready, 0, WORKERS + 1);
  for (long i = 1; i <= WORKERS; i++)
    pthread_create(&threads[i], 0, work, (void *)i);
  pthread_barrier_wait(&ready);
  counts[0]++;
  usleep(50000);
  counts[0]++;
  pthread_create(&threads[0], 0, end, 0);
  pthread_join(threads[0], 0);
  if (argc > 1) {
    alarm(20);
    pthread_exit(0);
  }
  running = 0;
  for (int i = 1; i <= WORKERS; i++)
    pthread_join(threads[i], 0);
  puts("done");
  return 0;
}

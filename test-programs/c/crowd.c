// crowd THREADS FILE: so many threads that sleep, and one that looks at the clock. FILE is mapped; its words: the longest time
// between two looks in nanoseconds (write 0 to begin anew), 1 once all run, and how often it has looked.
// build: plain = cc -g -O1 -no-pie -pthread
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static void *sleep_on(void *unused) {
  for (;;)
    pause();
  return unused;
}

static long now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000L + t.tv_nsec;
}

int main(int argc, char **argv) {
  int fd = argc > 2 ? open(argv[2], O_RDWR | O_CREAT, 0600) : -1;
  if (fd < 0 || ftruncate(fd, 4096))
    return 1;
  volatile long *told = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  pthread_attr_t small;
  pthread_attr_init(&small);
  pthread_attr_setstacksize(&small, 1 << 16);
  for (int i = atoi(argv[1]); i > 0; i--) {
    pthread_t thread;
    if (pthread_create(&thread, &small, sleep_on, 0))
      return 2;
  }
  alarm(120); // nobody is left behind
  told[1] = 1;
  for (long before = now();; told[2]++) {
    usleep(200);
    long gap = now() - before;
    before += gap;
    if (gap > told[0])
      told[0] = gap;
  }
}

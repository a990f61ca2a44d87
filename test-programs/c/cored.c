// Threads and mappings of every kind, then SIGSEGV: what goes into a core file. With an argument it waits instead.
// $FILTER goes into /proc/self/coredump_filter.
// build: lazy = cc -g -O0 -no-pie -pthread
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static pthread_barrier_t ready;
__thread long own;
char *huge, *untouched, *shared, *of_file, *written, *secret;
double number;

static void *wait_for_ever(void *n) {
  own = (long)n;
  __asm__ volatile("movq %0, %%xmm7" : : "r"(0x1234500 + own) : "xmm7");
  pthread_barrier_wait(&ready);
  for (;;)
    pause();
  return n;
}

static void *map(size_t size, int flags, int fd) {
  return mmap(0, size, PROT_READ | PROT_WRITE, flags | (fd < 0 ? MAP_ANONYMOUS : 0), fd, 0);
}

static int crash(long n) { return *(volatile int *)(n + 8); }

int main(int argc, char **argv) {
  (void)argv;
  pthread_t thread;
  const char *filter = getenv("FILTER");
  FILE *setting = filter ? fopen("/proc/self/coredump_filter", "w") : NULL;
  if (setting) {
    fputs(filter, setting);
    fclose(setting);
  }
  int fd = memfd_create("data", 0);
  if (ftruncate(fd, 1 << 16))
    return 1;
  huge = map(1L << 32, MAP_PRIVATE | MAP_NORESERVE, -1);
  huge[1L << 31] = 77;
  untouched = map(1 << 20, MAP_PRIVATE, -1);
  mmap(0, 1 << 20, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  shared = strcpy(map(1 << 16, MAP_SHARED, -1), "anonymous, shared");
  of_file = strcpy(map(1 << 16, MAP_SHARED, fd), "of a file, shared");
  written = strcpy(map(1 << 16, MAP_PRIVATE, fd), "of a file, written");
  secret = map(1 << 16, MAP_PRIVATE, -1);
  for (const char *c = "tfdsfu!jt!tfdsfu"; *c; c++) // nowhere else in memory
    secret[strlen(secret)] = *c - 1;
  madvise(secret, 1 << 16, MADV_DONTDUMP);
  number = 2.5;
  pthread_barrier_init(&ready, NULL, 5);
  for (long i = 1; i < 5; i++)
    pthread_create(&thread, NULL, wait_for_ever, (void *)(i * 11));
  pthread_barrier_wait(&ready);
  usleep(10000);
  if (argc > 1) {
    puts("waiting");
    fflush(stdout);
    for (;;)
      pause();
  }
  return crash(0);
}

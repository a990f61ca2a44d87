// Variables of each thread's own: the program's, and those of two libraries that come and go, of which not every thread has a block.
// It tells where they are: `ours` of main and of the worker, and `theirs` of whoever has touched it last.
// library: libown.so = ownlib.c cc -g -O0 -shared -fPIC
// library: libowned.so = ownlib.c cc -g -O0 -shared -fPIC -DOTHER
// build: debug = cc -g -O0 -pthread -Wl,-rpath,$ORIGIN -ldl
// build: static = cc -g -O0 -pthread -static -DALONE
// build: static-pie = cc -g -O0 -pthread -static-pie -DALONE
// build: musl = musl-gcc -g -O0 -pthread -DALONE
// build: musl-static = musl-gcc -g -O0 -pthread -static -DALONE
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

__thread char pad = 1;
__thread int ours __attribute__((aligned(64))) = 5;
static pthread_barrier_t turn;
static int (*touch)(int);

static void look(void *where) { (void)where; }
static void *work(void *argument) {
  ours = 9;
  look(&ours);
  for (int i = 0; i < 2; i++) {
    pthread_barrier_wait(&turn);
    if (touch)
      touch(40);
    pthread_barrier_wait(&turn);
  }
  return argument;
}

int main(void) {
  pthread_t worker;
  pthread_barrier_init(&turn, 0, 2);
  pthread_create(&worker, 0, work, 0);
#ifndef ALONE
  void *library = dlopen("libown.so", RTLD_NOW);
  touch = (int (*)(int))dlsym(library, "touch");
#endif
  pthread_barrier_wait(&turn);
  pthread_barrier_wait(&turn);
  look(&ours);
#ifndef ALONE
  // The worker's block of the first library is not the second one's, whose number is the same.
  dlclose(library);
  library = dlopen("libowned.so", RTLD_NOW);
  touch = (int (*)(int))dlsym(library, "touch");
  touch(50);
  touch = 0;
  look(dlsym(library, "theirs"));
#endif
  pthread_barrier_wait(&turn);
  pthread_barrier_wait(&turn);
  return pthread_join(worker, 0);
}

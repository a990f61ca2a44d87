// Runs until it is told to stop: Ctrl-C and attach. `block` blocks SIGINT; `threads` spins in three threads.
// build: lazy = cc -O0 -no-pie -Wl,-z,lazy -pthread
// build: debug = cc -g -O0 -no-pie -Wl,-z,lazy -pthread
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

volatile int stop;
volatile long turns;

void *spin(void *unused) {
  while (!stop)
    turns++;
  return unused;
}

int main(int argc, char **argv) {
  const char *how = argc > 1 ? argv[1] : "";
  alarm(60); // nobody is left behind
  if (!strcmp(how, "block")) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigprocmask(SIG_BLOCK, &set, 0);
  }
  if (!strcmp(how, "threads")) {
    pthread_t thread;
    for (int i = 0; i < 2; i++)
      pthread_create(&thread, 0, spin, 0);
  }
  puts("spinning");
  fflush(stdout);
  spin(0);
  puts("stopped");
  return 0;
}

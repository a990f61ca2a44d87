// The first thread ends, then the other one comes to a place three times and ends the process.
// build: debug = cc -g -O0 -pthread
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

static pthread_t leader;
static volatile int turns;

static void late(int turn) {
  turns = turn + 1;
}
static void *outlive(void *argument) {
  pthread_join(leader, 0);
  for (int turn = 0; turn < 3; turn++)
    late(turn);
  exit(5);
  return argument;
}
int main(void) {
  pthread_t other;
  leader = pthread_self();
  pthread_create(&other, 0, outlive, 0);
  pthread_exit(0);
}

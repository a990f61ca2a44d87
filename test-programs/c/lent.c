// A variable of main's that another thread changes while main waits for it.
// build: debug = cc -g -O0 -pthread
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

static void *borrow(void *lent)
{
  for (int i = 1; i <= 4; i++) {
    *(volatile int *)lent += i;
    usleep(1000);
  }
  return 0;
}

static void wait_for(pthread_t thread)
{
  pthread_join(thread, 0);
}

int main(void)
{
  volatile int n = 0;
  pthread_t thread;
  pthread_create(&thread, 0, borrow, (void *)&n);
  wait_for(thread);
  n = 100;
  printf("%d\n", n);
  return 0;
}

// A handler that interrupts a line, on an alternate stack, and a signal at an instruction that is stepped.
// build: plain = cc -g -O0 -no-pie
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>
volatile int hits, x, y;
static void on_signal(int s) {
  hits++;
  hits += s;
}
static int work(int n) {
  int sum = 0;
  for (int i = 0; i < n; i++)
    sum += i;
  return sum;
}
int main(void) {
  stack_t st = {0};
  st.ss_sp = malloc(65536);
  st.ss_size = 65536;
  sigaltstack(&st, 0);
  struct sigaction sa = {0};
  sa.sa_handler = on_signal;
  sa.sa_flags = SA_ONSTACK;
  sigaction(SIGALRM, &sa, 0);
  sigaction(SIGUSR1, &sa, 0);
  ualarm(50000, 0);
  while (!hits) x++;
  y++;
  kill(getpid(), SIGUSR1);
  y += work(3);
  ualarm(200, 200);
  for (int i = 0; i < 200; i++)
    y += work(5000);
  y++;
  ualarm(0, 0);
  return 0;
}

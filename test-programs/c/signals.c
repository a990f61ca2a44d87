// Signals: `usr1` raises a handled one, `segv` and `abort` die, `ignored` raises one that nobody sees.
// build: lazy = cc -g -O0 -no-pie -Wl,-z,lazy
// build: plain = cc -O1 -no-pie -Wl,-z,lazy
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

volatile sig_atomic_t handled;
int *volatile nowhere;

void handler(int number) { handled = number; }

int main(int argc, char **argv) {
  const char *what = argc > 1 ? argv[1] : "usr1";
  signal(SIGUSR1, handler);
  signal(SIGUSR2, SIG_IGN);
  if (!strcmp(what, "usr1"))
    raise(SIGUSR1);
  if (!strcmp(what, "ignored"))
    raise(SIGUSR2);
  if (!strcmp(what, "segv"))
    *nowhere = 1;
  if (!strcmp(what, "abort"))
    abort();
  printf("handled %d\n", handled);
  return 0;
}

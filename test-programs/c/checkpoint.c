// Goes its way in turns, and says where it is: what it counts, what it reads of the file that it is given, what is in the registers
// that no C variable is in, whether it has children. With a second argument it waits at its end to be looked at.
// build: pie = cc -g -O0 -pie -fPIE
// build: static = cc -g -O0 -static
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

int counter;
static pid_t parent;

void turn(void) { counter++; }

static void handle(int signal, siginfo_t *info, void *context) {
  printf("signal %d of address %p\n", signal, info->si_addr);
  fflush(stdout);
  _exit(9);
}

// x87 and SSE registers hold something while the program stands in the middle of this.
static void registers(void) {
  double pi = 0, e = 2.718281828459045, kept = 0;
  __asm__ volatile("fldpi\n"
                   "movsd %2, %%xmm9\n"
                   ".globl loaded\n"
                   "loaded: nop\n"
                   "movsd %%xmm9, %1\n"
                   "fstpl %0\n"
                   : "=m"(pi), "=m"(kept)
                   : "m"(e)
                   : "xmm9");
  printf("registers: %.6f %.6f\n", pi, kept);
}

int main(int argc, char **argv) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_sigaction = handle;
  action.sa_flags = SA_SIGINFO;
  sigaction(SIGSEGV, &action, NULL);
  setvbuf(stdout, NULL, _IOLBF, 0);
  parent = getppid();
  int file = open(argv[1], O_RDONLY);
  for (int i = 0; i < 4; i++) {
    char read_now[3] = "";
    turn();
    if (read(file, read_now, 2) != 2)
      strcpy(read_now, "--");
    printf("turn %d reads %s\n", counter, read_now);
  }
  registers();
  int found = wait(NULL);
  printf("children: %s, parent: %s\n", found == -1 && errno == ECHILD ? "none" : "some", getppid() == parent ? "same" : "other");
  if (argc > 2 && strcmp(argv[2], "crash") == 0)
    *(volatile int *)16 = 1;
  if (argc > 2)
    pause();
  return counter;
}

// A function that stands mostly behind its first instruction, of one byte, while another thread sends SIGTRAP.
// build: lazy = cc -g -O1 -no-pie -pthread
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

volatile long traps, sent, begun, progress;
enum { TIMES = 5000000 };
static volatile int done;
static int leader;
long turn(long times);
extern char turned[];
__asm__(".text\n.globl turn, turned\n.type turn, @function\n"
        "turn: mov %rdi, %rcx\nturned: push %rbp\n1: incq progress(%rip)\n loop 1b\n mov %rcx, %rax\n pop %rbp\n ret\n.size turn, .-turn\n");

static void on_trap(int number, siginfo_t *info, void *context) {
  (void)number, (void)info, (void)context;
  traps++;
}
// One in each turn, well behind its begin and before its end: of a signal that waits when an int3 runs and that of the int3 the kernel
// makes one, and nobody can tell which it was.
static void *send(void *argument) {
  for (long seen = 0; !done;)
    if (begun != seen && progress > TIMES / 100 && progress < TIMES / 2) {
      seen = begun;
      sent++;
      syscall(SYS_tgkill, getpid(), leader, SIGTRAP);
    }
  return argument;
}
int main(void) {
  struct sigaction action = {0};
  action.sa_sigaction = on_trap;
  action.sa_flags = SA_SIGINFO;
  sigaction(SIGTRAP, &action, 0);
  leader = syscall(SYS_gettid);
  pthread_t sender;
  pthread_create(&sender, 0, send, 0);
  for (int i = 0; i < 3000 && sent < 30; i++) {
    progress = 0;
    begun++;
    if (turn(TIMES))
      return 2;
  }
  done = 1;
  pthread_join(sender, 0);
  return sent - traps > 1;
}

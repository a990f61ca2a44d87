// A function that stands mostly behind its first instruction, of one byte, while another thread sends SIGTRAP.
// build: lazy = cc -g -O1 -no-pie -pthread
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

volatile long traps, sent, begun;
static volatile int done;
static int leader;
long turn(long times);
extern char turned[];
__asm__(".text\n.globl turn, turned\n.type turn, @function\n"
        "turn: mov %rdi, %rcx\nturned: push %rbp\n1: loop 1b\n mov %rcx, %rax\n pop %rbp\n ret\n.size turn, .-turn\n");

static void on_trap(int number, siginfo_t *info, void *context) {
  (void)number, (void)info, (void)context;
  traps++;
}
// One in each turn, well behind its begin: with an int3 that is just being run the kernel would make one signal of both. On a busy
// machine some meet all the same.
static void *send(void *argument) {
  for (long seen = 0; !done;)
    if (begun != seen) {
      seen = begun;
      usleep(1000);
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
  for (int i = 0; i < 50; i++) {
    begun++;
    if (turn(5000000))
      return 2;
  }
  done = 1;
  pthread_join(sender, 0);
  return sent - traps > sent / 2;
}

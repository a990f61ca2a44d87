// What debuggers spoil: counts under signals, exit statuses, the trap flag, the program's own traps, vector registers.
// Each mode prints what is true of it.
// build: lazy = cc -g -O0 -no-pie -pthread -mno-red-zone
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

volatile long calls, signals, told;
volatile int fault_code;
void hit(void) { calls++; }

void on_signal(int number) {
  (void)number;
  signals++;
}

void on_info(int number, siginfo_t *info, void *context) {
  (void)number;
  (void)context;
  told = info->si_value.sival_int;
  signals++;
}

static void *spin(void *unused) {
  for (;;)
    hit();
  return unused;
}

static void *leave(void *unused) {
  usleep(3000);
  syscall(SYS_exit_group, 42);
  return unused;
}

static void timer(int microseconds) {
  struct itimerval each = {{0, microseconds}, {0, microseconds}};
  setitimer(ITIMER_REAL, &each, 0);
}

// How often TF is seen where no program has set it.
static long leaks(void) {
  unsigned long seen = 0, flags;
  unsigned short segment;
  for (int i = 0; i < 3; i++) {
    __asm__ volatile("pushf\n pop %0" : "=r"(flags));
    seen += flags >> 8 & 1;
    __asm__ volatile("pushf\n popf\n nop\n pushf\n pop %0" : "=r"(flags) : : "cc");
    seen += flags >> 8 & 1;
    __asm__ volatile("mov %%ss, %0\n mov %0, %%ss\n pushf\n pop %1" : "=r"(segment), "=r"(flags));
    seen += flags >> 8 & 1;
    __asm__ volatile("mov $39, %%eax\n syscall\n mov %%r11, %0" : "=r"(flags) : : "rax", "rcx", "r11", "memory");
    seen += flags >> 8 & 1;
    __asm__ volatile("pushfw\n popfw\n pushfw\n pop %w0" : "+r"(flags) : : "cc");
    seen += flags >> 8 & 1;
    __asm__ volatile("pushf\n orq $0x8c5, (%%rsp)\n popf\n pushf\n pop %0\n cld" : "=r"(flags) : : "cc");
    seen += (flags & 0x9c5) != 0x8c5;
  }
  return seen;
}

int main(int argc, char **argv) {
  const char *mode = argc > 1 ? argv[1] : "";
  pthread_t thread;
  sigset_t set;
  if (!strcmp(mode, "storm")) { // 3,000 calls, an alarm every 300 us
    signal(SIGALRM, on_signal);
    timer(300);
    for (int i = 0; i < 3000; i++)
      hit();
    timer(0);
    printf("calls %ld signals %ld\n", calls, signals);
    return 7;
  }
  if (!strcmp(mode, "exit")) { // a thread ends the process while the others run
    for (int i = 0; i < 20; i++)
      pthread_create(&thread, 0, spin, 0);
    pthread_create(&thread, 0, leave, 0);
    for (;;)
      pause();
  }
  if (!strcmp(mode, "flags")) {
    long seen = leaks();
    printf("leaks %ld\n", seen);
    return seen != 0;
  }
  if (!strcmp(mode, "traps")) { // traps of the program's own
    signal(SIGTRAP, on_signal);
    for (int i = 0; i < 5; i++) {
      __asm__ volatile("int3");
      hit();
      raise(SIGTRAP);
    }
    printf("traps %ld\n", signals);
  }
  if (!strcmp(mode, "wait")) { // takes SIGINT by sigwait
    int number;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigprocmask(SIG_BLOCK, &set, 0);
    puts("waiting");
    fflush(stdout);
    while (!calls)
      sigwait(&set, &number);
    puts("done");
  }
  if (!strcmp(mode, "vectors")) {
    unsigned long low[2], high[2], mmx;
    __asm__ volatile("vectors: nop\n movups %%xmm5, %0\n vextractf128 $1, %%ymm6, %1\n movq %%mm3, %2\n emms\n vzeroupper"
                     : "=m"(low), "=m"(high), "=m"(mmx)
                     :
                     : "xmm5", "xmm6");
    printf("xmm5 %lx %lx ymm6 %lx %lx mm3 %lx\n", low[0], low[1], high[0], high[1], mmx);
  }
  if (!strcmp(mode, "queue")) { // a signal with a value
    struct sigaction action = {.sa_sigaction = on_info, .sa_flags = SA_SIGINFO};
    sigaction(SIGUSR1, &action, 0);
    sigqueue(getpid(), SIGUSR1, (union sigval){.sival_int = 1234});
    printf("signals %ld told %ld\n", signals, told);
  }
  return 0;
}

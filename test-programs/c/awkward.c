// Instructions that do not bear being moved, each run a known number of times; the program sums up what they have done, and says
// whether it is what it must be.
// build: lazy = cc -g -O0 -no-pie -mno-red-zone -pthread
// build: pie = cc -g -O0 -pie -fPIE -mno-red-zone -pthread
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <ucontext.h>
#include <unistd.h>

#define ROUNDS 50
#define PLACE(name) ".globl " #name "\n" #name ": "

long counter = 7, handled, escaped;
char from[64], to[64];
void leaf(void);
extern char at_self[], at_own[], at_own_end[];
void (*pointer)(void) = leaf;

void leaf(void) { counter++; }

// What each round adds up to.
static long work(void) {
  long sum = 0, out = 0;
  for (int i = 0; i < ROUNDS; i++) {
    memset(to, 0, sizeof to);
    __asm__ volatile(
        "mov $110, %%eax\n" PLACE(at_syscall) "syscall\n" // getppid
        "test %%rax, %%rax\n setns %%al\n movzbq %%al, %0\n"
        "lea from(%%rip), %%rsi\n lea to(%%rip), %%rdi\n mov $64, %%ecx\n" PLACE(at_rep) "rep movsb\n"
        PLACE(at_call) "call leaf\n"
        PLACE(at_call_memory) "call *pointer(%%rip)\n"
        "lea leaf(%%rip), %%rax\n" PLACE(at_call_register) "call *%%rax\n"
        PLACE(at_rip) "add counter(%%rip), %0\n"
        PLACE(at_lea) "lea from(%%rip), %%rdx\n"
        PLACE(at_compare) "cmpb $5, from+5(%%rip)\n"
        PLACE(at_branch) "jne 1f\n add $1000, %0\n 1:\n"
        "mov $3, %%ecx\n 2: add $1, %0\n" PLACE(at_loop) "loop 2b\n"
        PLACE(at_jrcxz) "jrcxz 3f\n add $1000000, %0\n 3:\n"
        PLACE(at_push) "push counter(%%rip)\n pop %%rdx\n sub %%rdx, %0\n"
        "push %%rsp\n" PLACE(at_pop) "pop %%rdx\n"
        PLACE(at_jump) "jmp 4f\n add $1000000, %0\n 4:\n"
        // A constant that stands in the code, behind a jump over it.
        PLACE(at_own) "add 5f(%%rip), %0\n jmp 6f\n 5: .quad 11\n" PLACE(at_own_end) "6: nop\n"
        : "=&r"(out) : : "rax", "rcx", "rdx", "rsi", "rdi", "r11", "memory", "cc");
    sum += out + (memcmp(from, to, sizeof to) == 0);
  }
  return sum;
}

// Out of a jump to itself.
static void on_alarm(int number, siginfo_t *info, void *context) {
  (void)number;
  (void)info;
  greg_t *pc = &((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP];
  if (*pc == (greg_t)at_self) {
    *pc += 2;
    escaped++;
  }
  handled++;
}

static void *watched(void *out) {
  volatile long own = 0;
  for (int i = 0; i < 20; i++)
    own += i;
  *(long *)out = own;
  return 0;
}

int main(int argc, char **argv) {
  long sum, threads = 0;
  for (int i = 0; i < 64; i++)
    from[i] = i;
  sum = work();
  struct sigaction action = {.sa_sigaction = on_alarm, .sa_flags = SA_SIGINFO};
  sigaction(SIGALRM, &action, 0);
  while (escaped < 3) {
    // Again and again: the first may come before the jump is reached.
    struct itimerval timer = {{0, 2000}, {0, 2000}}, none = {{0, 0}, {0, 0}};
    setitimer(ITIMER_REAL, &timer, 0);
    __asm__ volatile(PLACE(at_self) "jmp at_self\n");
    setitimer(ITIMER_REAL, &none, 0);
  }
  if (argc > 1 && !strcmp(argv[1], "threads"))
    for (int i = 0; i < 5; i++) {
      pthread_t thread;
      long got = 0;
      pthread_create(&thread, 0, watched, &got);
      pthread_join(thread, 0);
      threads += got;
    }
  // A round: 1 (getppid) + counter - counter + 1000 + 3 + 11 + 1
  long expected = ROUNDS * (1 + 1000 + 3 + 11 + 1);
  printf("sum %ld counter %ld handled %ld escaped %ld threads %ld: %s\n", sum, counter, handled, escaped, threads,
         sum == expected && counter == 7 + 3 * ROUNDS && escaped == 3 ? "right" : "wrong");
  return 0;
}

// Code with breakpoints that is forked, written over, and mapped anew.
// build: plain = cc -g -O0 -no-pie
#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

__attribute__((aligned(4096))) int target(int n) { return n + 1; }
__attribute__((aligned(4096))) void stop_here(void) {}

int main(void) {
  static const unsigned char answer[] = {0xb8, 42, 0, 0, 0, 0xc3}, other[] = {0xb8, 43, 0, 0, 0, 0xc3};
  int status = 0;
  stop_here();
  pid_t child = fork();
  if (child == 0)
    _exit(*(volatile unsigned char *)target == 0xcc);
  waitpid(child, &status, 0);
  printf("a child sees int3: %d\n", WEXITSTATUS(status));
  fflush(stdout);
  mprotect(target, 4096, PROT_READ | PROT_WRITE | PROT_EXEC);
  memcpy(target, answer, sizeof answer);
  stop_here();
  printf("written over: %d\n", target(1));
  fflush(stdout);
  mmap(target, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
  memcpy(target, other, sizeof other);
  stop_here();
  printf("mapped anew: %d\n", target(1));
  return 0;
}

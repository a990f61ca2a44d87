// Children that are made by a `syscall` with a name, by fork and by clone. Each says by its exit status whether its text is that of
// the file; exits with how many were not well.
// build: lazy = cc -g -O1 -no-pie
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

extern const char __executable_start[], etext[];

__attribute__((noinline)) long call(long number, long flags) {
  register long r10 __asm__("r10") = 0;
  register long r8 __asm__("r8") = 0;
  long result;
  __asm__ volatile(".globl the_syscall\nthe_syscall: syscall"
                   : "=a"(result)
                   : "a"(number), "D"(flags), "S"(0), "d"(0), "r"(r10), "r"(r8)
                   : "rcx", "r11", "memory");
  return result;
}

// The linker puts the text at the same place in the file as behind the start, in whole pages.
static int is_whole(void) {
  const char *from = (const char *)((unsigned long)call & ~4095UL);
  const char *to = (const char *)(((unsigned long)etext + 4095) & ~4095UL);
  int file = open("/proc/self/exe", O_RDONLY);
  char page[4096];
  for (; from < to; from += sizeof page) {
    memset(page, 0, sizeof page);
    if (pread(file, page, sizeof page, from - __executable_start) <= 0 || memcmp(page, from, sizeof page))
      return 0;
  }
  return 1;
}

int main(void) {
  int bad = 0;
  for (int i = 0; i < 20; i++) {
    long child = i % 2 ? call(SYS_clone, SIGCHLD) : call(SYS_fork, 0);
    if (!child)
      _exit(is_whole() ? 40 + i : 1);
    int status;
    waitpid(child, &status, 0);
    bad += !WIFEXITED(status) || WEXITSTATUS(status) != 40 + i;
  }
  return bad;
}

// fork, vfork and exec. Each process counts the 0xcc bytes in its own `marked`: breakpoints there must not be in them.
// build: lazy = cc -g -O0 -no-pie -Wl,-z,lazy
// build: pie = cc -g -O0 -pie -fPIE -Wl,-z,lazy
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

int marked(int n) { return 3 * n + 1; }
void after_marked(void) {}

static int traps(void) {
  int count = 0;
  for (const unsigned char *p = (const unsigned char *)marked; p < (const unsigned char *)after_marked; p++)
    count += *p == 0xcc;
  return count;
}

static int status_of(pid_t child) {
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 100 + WTERMSIG(status);
}

int main(int argc, char **argv) {
  if (argc > 1 && !strcmp(argv[1], "again")) {
    printf("exec: %d traps, marked(2) = %d\n", traps(), marked(2));
    return 0;
  }
  printf("parent: marked(1) = %d\n", marked(1));
  fflush(stdout);
  pid_t child = fork();
  if (child == 0) {
    printf("fork: %d traps, marked(5) = %d\n", traps(), marked(5));
    fflush(stdout);
    _exit(traps());
  }
  printf("fork's child: %d\n", status_of(child));
  fflush(stdout);
  child = vfork();
  if (child == 0) {
    execl("/bin/true", "true", (char *)0);
    _exit(9);
  }
  printf("vfork's child: %d\n", status_of(child));
  fflush(stdout);
  execl("/proc/self/exe", argv[0], "again", (char *)0);
  return 8;
}

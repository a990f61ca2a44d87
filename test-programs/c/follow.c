// A parent and its child by fork (or, with an argument, by vfork): both pass `after`. The child exits with 7, or with the status of the
// program that the argument names.
// build: lazy = cc -g -O0 -no-pie -Wl,-z,lazy
// build: pie = cc -g -O0 -pie -fPIE -Wl,-z,lazy
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

int shared;
void after(int is_child) { shared += 1 + is_child; }

static int forked(void) {
  pid_t child = fork();
  after(child == 0);
  if (child == 0)
    _exit(7);
  return child;
}

static int vforked(char *program) {
  pid_t child = vfork();
  if (child == 0) {
    after(1);
    execl(program, program, (char *)0);
    _exit(7);
  }
  after(0);
  return child;
}

int main(int argc, char **argv) {
  int child = argc > 1 ? vforked(argv[1]) : forked();
  int status;
  waitpid(child, &status, 0);
  printf("shared %d, child %d\n", shared, WEXITSTATUS(status));
  return 0;
}

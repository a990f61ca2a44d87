// Makes as many system calls as argv[1] says (default 10).
// build: lazy = cc -O1 -no-pie -Wl,-z,lazy
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int argc, char **argv)
{
  long count = argc > 1 ? atol(argv[1]) : 10;
  while (count-- > 0)
    syscall(SYS_getppid);
  return 0;
}

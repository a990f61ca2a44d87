// Prints what the kernel gave it: arguments, the start of the environment, the auxiliary vector's landmarks.
// build: lazy = cc -O0 -no-pie -Wl,-z,lazy
// build: pie = cc -O0 -pie -fPIE
// build: static = cc -O0 -static
#include <stdio.h>
#include <sys/auxv.h>
#include <unistd.h>

extern char **environ;

int main(int argc, char **argv) {
  printf("argc=%d\n", argc);
  for (int i = 0; i < argc; i++)
    printf("argv[%d]=%s\n", i, argv[i]);
  for (char **e = environ; *e; e++)
    printf("env %s\n", *e);
  printf("stdin %s\n", isatty(0) ? "is a terminal" : "is none");
  printf("EXPECT argv=%p entry=%#lx phdr=%#lx base=%#lx\n", (void *)argv, getauxval(AT_ENTRY), getauxval(AT_PHDR), getauxval(AT_BASE));
  return 0;
}

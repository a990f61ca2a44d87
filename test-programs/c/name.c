// post.md's print_name: gcc turns the last printf into a tail jump (`jmp printf@plt`) at -O2.
// build: lazy = cc -g -O2 -no-pie -Wl,-z,lazy -U_FORTIFY_SOURCE
// build: now = cc -g -O2 -no-pie -Wl,-z,now -U_FORTIFY_SOURCE
// build: pie = cc -g -O2 -pie -fPIE -Wl,-z,lazy -U_FORTIFY_SOURCE
#include <stdio.h>

int main(int argc, char **argv) {
  if (argc < 2)
    return puts("who?");
  return printf("hello %s, and bye\n", argv[1]);
}

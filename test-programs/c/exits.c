// Exits with the code argv[1], or dies of the signal -argv[1].
// build: lazy = cc -O0 -no-pie -Wl,-z,lazy
// build: static = cc -O0 -static
#include <signal.h>
#include <stdlib.h>

int main(int argc, char **argv) {
  int code = argc > 1 ? atoi(argv[1]) : 0;
  if (code < 0)
    raise(-code);
  return code;
}

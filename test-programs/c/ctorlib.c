// ctor's library: its constructor calls puts and one of its own functions, both through its lazy PLT.
#include <stdio.h>

int in_library(void) { return 7; }
__attribute__((constructor)) static void start(void) {
  puts("constructor");
  in_library();
}
int from_library(void) { return in_library() * 6; }

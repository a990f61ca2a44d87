// Variables of each width that are written a known number of times, and one that is read.
// build: lazy = cc -O0 -no-pie -Wl,-z,lazy
// build: debug = cc -g -O0 -no-pie -Wl,-z,lazy
// build: pie = cc -O0 -pie -fPIE
#include <stdio.h>

volatile long wide;
volatile int word = 5;
volatile char byte;
volatile int sink;

int main(void) {
  printf("EXPECT &wide=%p &word=%p\n", (void *)&wide, (void *)&word);
  for (int i = 1; i <= 3; i++)
    wide = i * 0x100000000L;
  word = 6;
  byte = 'x';
  sink = word;
  printf("%ld %d %c %d\n", wide, word, byte, sink);
  return 0;
}

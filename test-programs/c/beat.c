// Counts, a beat a millisecond, until it has counted to its argument: the background.  `read`: reads a line from the terminal first.
// build: debug = cc -g -O0 -no-pie -Wl,-z,lazy
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

volatile long beats;
volatile int marked;

int beat(int n) {
  beats = n;
  return n + 1;
}

int main(int argc, char **argv) {
  long last = 60000; // nobody is left behind
  if (argc > 1 && !strcmp(argv[1], "read")) {
    char line[80];
    char *got = fgets(line, sizeof line, stdin);
    printf("read %s", got ? got : "nothing\n");
  } else if (argc > 1) {
    last = atol(argv[1]);
  }
  int n = 0;
  while (n < last) {
    n = beat(n);
    usleep(1000);
  }
  puts("done");
  return 3;
}

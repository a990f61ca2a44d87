// Sums the bytes of its own code before and after a function ran: a debugger's int3 bytes must show in neither, a patch must.
// build: lazy = cc -O0 -no-pie -Wl,-z,lazy
// build: pie = cc -O0 -pie -fPIE -Wl,-z,lazy
#include <stdio.h>
#include <unistd.h>

int target(int n) { return n + 1; }
void after_target(void) {}

unsigned sum(void) {
  unsigned s = 0;
  for (const unsigned char *p = (const unsigned char *)target; p < (const unsigned char *)after_target; p++)
    s = s * 31 + *p;
  return s;
}

int main(int argc, char **argv) {
  unsigned before = sum();
  int value = target(41);
  for (int i = 1; argc > 1 && i < 200 && sum() == before; i++)
    usleep(50 * 1000); // with an argument: waits, up to ten seconds, for a patch by an attached debugger
  printf("value %d, code %s\n", value, sum() == before ? "unchanged" : "changed");
  return 0;
}

// Writes to 64 new pages in a row, and says where they are.
// build: lazy = cc -O0 -no-pie -Wl,-z,lazy
#include <stdio.h>
#include <sys/mman.h>

enum { PAGES = 64, PAGE = 4096 };
static char *region;

void touch(void) {
  for (int n = 0; n < PAGES; n++)
    region[n * PAGE] = 1;
}

int main(void) {
  region = mmap(0, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  madvise(region, PAGES * PAGE, MADV_NOHUGEPAGE);
  printf("EXPECT region=%p touch=%p\n", (void *)region, (void *)touch);
  fflush(stdout);
  touch();
  return 0;
}

// argv[1] MiB (default 1) of pseudo-random bytes at 0x100000000000 with one needle near the end: dump and find.
// build: lazy = cc -O2 -no-pie -Wl,-z,lazy
#define _GNU_SOURCE
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

__attribute__((noinline)) void ready(void) { __asm__ volatile("" ::: "memory"); }

int main(int argc, char **argv) {
  size_t size = (size_t)(argc > 1 ? atol(argv[1]) : 1) << 20;
  char *base = mmap((void *)0x100000000000, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
  uint64_t state = 0x9e3779b97f4a7c15;
  for (uint64_t *p = (uint64_t *)base; p < (uint64_t *)(base + size); p++) {
    state = state * 6364136223846793005 + 1442695040888963407;
    *p = state & 0x7f7f7f7f7f7f7f7f; // no byte above 0x7f but in the needle
  }
  memcpy(base + size - 64, "\xf1NEEDLE\xf2", 8);
  ready();
  return 0;
}

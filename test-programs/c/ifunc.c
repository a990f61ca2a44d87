// An IFUNC of its own, beside libc's (memcpy, strlen); prints which variant was chosen.
// build: lazy = cc -O1 -fno-builtin -no-pie -Wl,-z,lazy -U_FORTIFY_SOURCE
// build: pie = cc -O1 -fno-builtin -pie -fPIE -Wl,-z,lazy -U_FORTIFY_SOURCE
// build: now = cc -O1 -fno-builtin -pie -fPIE -Wl,-z,now -U_FORTIFY_SOURCE
// build: static = cc -O1 -fno-builtin -static -U_FORTIFY_SOURCE
#include <stdio.h>
#include <string.h>

int answer_small(void) { return 21; }
int answer_large(void) { return 42; }
static int (*choose(void))(void) { return answer_large; }
int answer(void) __attribute__((ifunc("choose")));

int main(int argc, char **argv) {
  char copy[64] = {0};
  memcpy(copy, "copied", strlen("copied") + 1);
  printf("EXPECT ifunc.answer=%p\n", (void *)answer_large);
  printf("%s %d\n", copy, answer());
  return 0;
}

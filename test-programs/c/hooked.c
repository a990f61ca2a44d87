// Calls puts and strlen through slots that a library's constructor has altered.
// library: libhook.so = hook.c cc -O1 -fno-builtin -shared -fPIC
// build: lazy = cc -O1 -fno-builtin -no-pie -Wl,-z,lazy -Wl,-rpath,$ORIGIN -L{dir} -lhook
// build: pie = cc -O1 -fno-builtin -pie -fPIE -Wl,-z,lazy -Wl,-rpath,$ORIGIN -L{dir} -lhook
// build: now = cc -O1 -fno-builtin -pie -fPIE -Wl,-z,now -Wl,-rpath,$ORIGIN -L{dir} -lhook
#include <stdio.h>

int hook_count(void);

int main(void) {
  puts("one");
  puts("two");
  printf("EXPECT hooked=%d\n", hook_count());
  return 0;
}

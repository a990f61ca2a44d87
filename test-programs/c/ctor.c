// Is linked to a library that binds lazily inside its own constructor.
// library: libctor.so = ctorlib.c cc -O0 -fno-builtin -shared -fPIC -Wl,-z,lazy
// build: lazy = cc -O0 -fno-builtin -no-pie -Wl,-z,lazy -L{dir} -Wl,-rpath,$ORIGIN -lctor
// build: pie = cc -O0 -fno-builtin -pie -fPIE -Wl,-z,lazy -L{dir} -Wl,-rpath,$ORIGIN -lctor
#include <stdio.h>

int from_library(void);

int main(void) {
  printf("main: %d\n", from_library());
  return 0;
}

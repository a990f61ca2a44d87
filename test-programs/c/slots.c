// Calls several functions through lazy slots, in a known order, and prints the truth about puts.
// build: lazy = cc -O1 -fno-builtin -no-pie -Wl,-z,lazy -U_FORTIFY_SOURCE
// build: now = cc -O1 -fno-builtin -no-pie -Wl,-z,now -U_FORTIFY_SOURCE
// build: pie = cc -O1 -fno-builtin -pie -fPIE -Wl,-z,lazy -U_FORTIFY_SOURCE
// build: ibt = cc -O1 -fno-builtin -no-pie -fcf-protection -Wl,-z,ibtplt -Wl,-z,lazy -U_FORTIFY_SOURCE
// build: noplt = cc -O1 -fno-builtin -pie -fPIE -fno-plt -U_FORTIFY_SOURCE
// build: lld = clang -O1 -fno-builtin -fuse-ld=lld -pie -fPIE -Wl,-z,lazy -U_FORTIFY_SOURCE
// build: stripped = cc -O1 -fno-builtin -no-pie -Wl,-z,lazy -U_FORTIFY_SOURCE | strip
// build: nosections = cc -O1 -fno-builtin -pie -fPIE -Wl,-z,lazy -U_FORTIFY_SOURCE | strip | no-section-headers
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv) {
  char *copy = strdup(argv[0]);
  size_t n = strlen(copy);
  long number = strtol(argc > 1 ? argv[1] : "42", 0, 10);
  puts("first line");
  printf("EXPECT bound.puts=%p\n", dlsym(RTLD_DEFAULT, "puts"));
  printf("EXPECT number=%ld name=%d\n", number, n > 0);
  free(copy);
  puts("last line");
  return getpid() == 0;
}

// The whole road of a greeting: printf and puts through the PLT, and a function to send puts to.
// build: lazy = cc -O0 -no-pie -Wl,-z,lazy
// build: now = cc -O0 -no-pie -Wl,-z,now
// build: pie = cc -O0 -pie -fPIE -Wl,-z,lazy
// build: pie-now = cc -O0 -pie -fPIE -Wl,-z,now
// build: O2 = cc -O2 -no-pie -Wl,-z,lazy -U_FORTIFY_SOURCE
// build: debug = cc -g -O0 -no-pie -Wl,-z,lazy
// build: ibt = cc -O0 -no-pie -fcf-protection -Wl,-z,ibtplt -Wl,-z,lazy
// build: ibt-pie = cc -O0 -pie -fPIE -fcf-protection -Wl,-z,ibtplt -Wl,-z,lazy
// build: noplt = cc -O0 -pie -fPIE -fno-plt
// build: static = cc -O0 -static
// build: static-pie = cc -O0 -static-pie -fPIE
// build: stripped = cc -O0 -no-pie -Wl,-z,lazy | strip
// build: stripped-pie = cc -O0 -pie -fPIE -Wl,-z,lazy | strip
// build: nosections = cc -O0 -no-pie -Wl,-z,lazy | strip | no-section-headers
// build: nosections-pie = cc -O0 -pie -fPIE -Wl,-z,lazy | strip | no-section-headers
// build: static-stripped = cc -O0 -static | strip
// build: debug-link = cc -O0 -no-pie -Wl,-z,lazy | debug-link
// build: debug-id = cc -O0 -no-pie -Wl,-z,lazy -Wl,--build-id=0xabcdef | debug-id
// build: mini-debug = cc -O0 -no-pie -Wl,-z,lazy | mini-debug
// build: lld = clang -O0 -fuse-ld=lld -no-pie -Wl,-z,lazy
// build: lld-pie = clang -O0 -fuse-ld=lld -pie -fPIE -Wl,-z,lazy
// build: clang = clang -O0 -no-pie -Wl,-z,lazy
// build: musl = musl-gcc -O0 -no-pie
// build: musl-static = musl-gcc -O0 -static
#include <stdio.h>

int my_puts(const char *s) { return printf("my_puts: %s\n", s); }

int main(int argc, char **argv) {
  if (argc == 2)
    printf("hello %s\n", argv[1]);
  puts("bye");
  return 0;
}

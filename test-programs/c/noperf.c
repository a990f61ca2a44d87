// A library that refuses perf_event_open(2) as the kernel does where perf_event_paranoid is high.
// build: lazy = cc -shared -fPIC -O1
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <sys/syscall.h>

long syscall(long number, long a, long b, long c, long d, long e, long f) {
  long (*real)(long, ...) = (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall");
  if (number == SYS_perf_event_open) {
    errno = EACCES;
    return -1;
  }
  return real(number, a, b, c, d, e, f);
}

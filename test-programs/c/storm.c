// Forks in storms. Every process calls `hit` a few times on its way; where it ends, it waits to be looked at (`held`) or exits.
// build: lazy = cc -g -O0 -no-pie -Wl,-z,lazy -pthread
// build: pie = cc -g -O0 -pie -fPIE -Wl,-z,lazy -pthread
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

int number;
__attribute__((noinline)) void hit(void) { asm volatile("nop"); }
__attribute__((noinline)) void done(void) { asm volatile(""); }

static void hits(int count) {
  while (count-- > 0)
    hit();
}

/// All children of one parent; those of `fan` exit by themselves, those of `held` wait.
static int fan(int count, int waits) {
  for (number = 1; number <= count; number++)
    if (fork() == 0) {
      hits(3);
      while (waits)
        pause();
      _exit(number & 0x7f);
    }
  done();
  int sum = 0, status;
  for (int i = 0; !waits && i < count; i++) {
    wait(&status);
    sum += WIFEXITED(status) ? WEXITSTATUS(status) : 10000;
  }
  return sum;
}

/// Each child has the next child; each parent waits to be looked at.
static int chain(int count) {
  for (number = 1; number <= count; number++)
    if (fork() != 0) {
      hits(2);
      for (;;)
        pause();
    }
  hits(3);
  done();
  return 0;
}

/// Children by vfork that run in this memory for a while; every second one executes another program.
static int vforks(int count) {
  int sum = 0, status;
  for (number = 1; number <= count; number++) {
    pid_t child = vfork();
    if (child == 0) {
      hit();
      hit();
      if (number % 2)
        execl("/bin/true", "true", (char *)0);
      _exit(5);
    }
    hit();
    waitpid(child, &status, 0);
    sum += WIFEXITED(status) ? WEXITSTATUS(status) : 10000;
  }
  done();
  return sum;
}

static void *hitting(void *unused) {
  for (;;)
    hit();
  return unused;
}

static void *coming(void *unused) {
  usleep(200000);
  raise(SIGCONT); // no int3 is there now
  for (;;)
    pause();
  return unused;
}

static void *forking(void *unused) {
  for (;;) {
    pid_t child = fork();
    if (child == 0)
      for (;;)
        pause();
  }
  return unused;
}

static void *executing(void *program) {
  execl(program, program, "again", (char *)0);
  _exit(9);
}

int main(int argc, char **argv) {
  const char *mode = argc > 1 ? argv[1] : "";
  int count = argc > 2 ? atoi(argv[2]) : 0;
  pthread_t thread;
  alarm(60);
  if (!strcmp(mode, "fan"))
    return fan(count, 0) == 0;
  if (!strcmp(mode, "held"))
    fan(count, 1);
  if (!strcmp(mode, "asleep")) { // until its vfork child has slept, while another thread comes by
    pthread_create(&thread, NULL, coming, NULL);
    if (vfork() == 0) {
      usleep(700000);
      _exit(5);
    }
  }
  if (!strcmp(mode, "later")) { // once it is told to
    char told;
    if (write(1, "waiting\n", 8) == 8 && read(0, &told, 1) == 1)
      fan(count, 1);
  }
  if (!strcmp(mode, "chain"))
    return chain(count);
  if (!strcmp(mode, "vforks"))
    return vforks(count);
  if (!strcmp(mode, "again")) {
    hits(4);
    return 6;
  }
  if (!strcmp(mode, "exec")) { // by a thread that is not the leader, while others run
    for (int i = 0; i < 6; i++)
      pthread_create(&thread, NULL, hitting, NULL);
    usleep(5000);
    pthread_create(&thread, NULL, executing, argv[0]);
    pthread_join(thread, NULL);
  }
  if (!strcmp(mode, "exit")) { // while threads fork
    for (int i = 0; i < 3; i++)
      pthread_create(&thread, NULL, forking, NULL);
    usleep(3000);
    _exit(3);
  }
  for (;;)
    pause();
}

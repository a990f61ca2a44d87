// Functions to be called from outside: each kind of argument and of result, and what may go wrong within them.
// build: plain = cc -O1 -fno-inline -fno-ipa-cp -fno-ipa-sra -fno-ipa-ra -no-pie -pthread -U_FORTIFY_SOURCE
// build: pie = cc -O1 -fno-inline -fno-ipa-cp -fno-ipa-sra -fno-ipa-ra -pie -fPIE -pthread -U_FORTIFY_SOURCE
// build: debug = cc -g -O0 -no-pie -pthread
// build: static = cc -O1 -fno-inline -fno-ipa-cp -fno-ipa-sra -fno-ipa-ra -static -pthread -U_FORTIFY_SOURCE
#include <complex.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct pair { long a, b; };
struct mixed { double d; int i; };
struct floats { float x, y, z; };
struct big { long a[5]; };
struct extended { long double value; };
typedef double wide __attribute__((vector_size(16)));
typedef __int128 int128;

int counter;
volatile int noise;
volatile long ticks;
volatile int stop_ticking;

int nothing(void) { return ++counter; }
void no_result(int n) { counter = n; }
int add(int a, int b) { return a + b; }
long many(long a, long b, long c, long d, long e, long f, long g, long h) {
  return a + 10 * b + 100 * c + 1000 * d + 10000 * e + 100000 * f + 1000000 * g + 10000000 * h;
}
signed char narrow(signed char c, unsigned short s) { return (signed char)(c + s); }
float half(float x) { return x / 2; }
double mix(double x, int n, float y) { return x * n + y; }
double ten(double a, double b, double c, double d, double e, double f, double g, double h, double i, double j) {
  return a + b + c + d + e + f + g + h + 10 * i + 100 * j;
}
long double longer(long double x, int n) { return x * n; }
int128 shifted(int n, int128 x, int by) { return n + (x << by); }
complex double turned(complex double z) { return z * I; }
complex float turned_float(complex float z) { return z * I; }
complex long double turned_long(complex long double z) { return z * 2; }
wide doubled(wide v) { return v + v; }
struct pair swapped(struct pair p) { return (struct pair){p.b, p.a}; }
struct mixed grown(struct mixed m) { return (struct mixed){m.d * 2, m.i + 1}; }
struct floats rotated(struct floats f) { return (struct floats){f.z, f.x, f.y}; }
struct big counted(struct big b, int by) {
  for (int i = 0; i < 5; i++)
    b.a[i] += by;
  return b;
}
struct extended squared(struct extended e) { return (struct extended){e.value * e.value}; }
size_t length(const char *text) { return strlen(text); }
const char *greeting(void) { return "hello"; }
char *upper(char *text) {
  for (char *at = text; *at; at++)
    if (*at >= 'a' && *at <= 'z')
      *at -= 32;
  return text;
}
double sum(int count, ...) {
  va_list list;
  double total = 0;
  va_start(list, count);
  for (int i = 0; i < count; i++)
    total += va_arg(list, double);
  va_end(list);
  return total;
}
int stop_here(int n) {
  noise = n;
  return n + 1;
}
int outer(int n) { return stop_here(n) * 2; }
int crash(int n) { return *(volatile int *)(long)n; }
void leave(int code) { exit(code); }
int raised(int number) {
  raise(number);
  return number;
}
int recursive(int n) { return n <= 0 ? 0 : 1 + recursive(n - 1); }

static void *tick(void *unused) {
  while (!stop_ticking)
    ticks++;
  return unused;
}
static void *many_hits(void *unused) {
  for (int i = 0; i < 200; i++)
    __sync_fetch_and_add(&ticks, stop_here(0));
  return unused;
}
// Whether another thread has moved on within two seconds.
int others_run(void) {
  long before = ticks;
  for (int i = 0; i < 2000 && ticks == before; i++)
    usleep(1000);
  return ticks != before;
}

int main(int argc, char **argv) {
  if (argc > 1 && !strcmp(argv[1], "read")) {
    char text[16] = "";
    long n = read(0, text, sizeof text - 1);
    printf("read %ld: %s\n", n, text);
    return 0;
  }
  if (argc > 1 && !strcmp(argv[1], "sleep")) {
    struct timespec t = {0, 300000000}, rest = {0, 0};
    printf("nanosleep %d\n", nanosleep(&t, &rest));
    return 0;
  }
  if (argc > 1 && !strcmp(argv[1], "threads")) {
    pthread_t thread;
    pthread_create(&thread, 0, tick, 0);
    // It is in its loop, not on its way there.
    while (!ticks)
      ;
    for (int i = 0; i < 3; i++)
      stop_here(i);
    int run = others_run();
    stop_ticking = 1;
    pthread_join(thread, 0);
    return !run;
  }
  if (argc > 1 && !strcmp(argv[1], "hits")) {
    pthread_t threads[4];
    for (int i = 0; i < 4; i++)
      pthread_create(&threads[i], 0, many_hits, 0);
    for (int i = 0; i < 4; i++)
      pthread_join(threads[i], 0);
    return ticks != 800;
  }
  printf("%d\n", add(1, 2) + outer(3));
  void *used[] = {nothing, no_result, many, narrow, half, mix, ten, longer, shifted, turned, turned_float, turned_long,
                  doubled, swapped, grown, rotated, counted, squared, length, greeting, upper, sum, crash, leave, raised, recursive, others_run};
  return used[argc] == 0;
}

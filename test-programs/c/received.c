// A word that the kernel writes: by read, then by a second thread's read; the program writes it itself in between.
// build: debug = cc -g -O0 -no-pie -pthread
#include <pthread.h>
#include <unistd.h>

char word[8];
long other;
static int ends[2];

static void *receive(void *argument) {
  read(ends[0], word, 5);
  return argument;
}

int main(void) {
  pthread_t thread;
  if (pipe(ends))
    return 1;
  write(ends[1], "firstagain", 10);
  read(ends[0], word, 5);
  word[0] = 'F';
  read(-1, word, 5);
  pthread_create(&thread, 0, receive, 0);
  pthread_join(thread, 0);
  other = word[0];
  return other != 'a';
}

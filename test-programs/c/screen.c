// What a program sees of its terminal: raw modes that outlive a stop, its place in the foreground, the window's size.
// build: lazy = cc -g -O0 -no-pie
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

static volatile int resized;

void mark(void) {}

static void on_resize(int number) { resized = number; }

static void say(const char *what) {
  struct termios modes;
  struct winsize size;
  tcgetattr(0, &modes);
  ioctl(0, TIOCGWINSZ, &size);
  printf("%s: %s, %s, %d columns\r\n", what, modes.c_lflag & (ICANON | ECHO) ? "cooked" : "raw",
         tcgetpgrp(0) == getpgrp() ? "foreground" : "background", size.ws_col);
  fflush(stdout);
}

int main(int argc, char **argv) {
  struct termios before, raw;
  say("begun");
  tcgetattr(0, &before);
  raw = before;
  raw.c_lflag &= ~(ICANON | ECHO);
  tcsetattr(0, TCSADRAIN, &raw);
  mark();
  say("after a stop");
  if (argc > 1 && !strcmp(argv[1], "resize")) {
    signal(SIGWINCH, on_resize);
    say("waiting");
    while (!resized)
      pause();
    say("resized");
  }
  if (argc > 1 && !strcmp(argv[1], "key")) {
    char key = 0;
    say("waiting");
    if (read(0, &key, 1) == 1)
      printf("key %c\r\n", key);
    say("read");
  }
  tcsetattr(0, TCSADRAIN, &before);
  return 0;
}

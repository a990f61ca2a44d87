#include <stdio.h>

int my_puts(const char *text) { return printf("my_puts: %s\n", text); }

int main(int argc, char **argv) {
  if (argc == 2)
    printf("hello %s!\n", argv[1]);
  else
    printf("hello world!\n");
  printf("goodbye\n");
  printf("really\n");
  return 0;
}

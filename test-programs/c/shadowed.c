// A variable that is written while a parameter of the same name is nearer.
// build: debug = cc -g -O0
static long total = 5;
static long *where = &total;

static void add(char *total) {
  *where += total[0];
}
int main(void) {
  total = 6;
  add("\x01");
  total = 8;
  return total == 8 ? 0 : 1;
}

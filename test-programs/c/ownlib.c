// A library for own.c: a variable of each thread's own, and one that no thread but its first toucher has.
#ifdef OTHER
__thread long theirs = 20;
#else
__thread int padding[100], theirs = 10;
#endif
int touch(int n) {
  theirs += n;
  return theirs;
}

// Exceptions: caught in the frame itself, in a caller, on the way through a destructor, thrown again, not caught.
// build: plain = c++ -g -O0 -no-pie
#include <cstdio>
#include <stdexcept>
int count;
struct Guard {
  ~Guard() { count++; }
};
void thrower(int n) {
  if (n > 0)
    throw std::runtime_error("x");
  count++;
}
void middle(int n) {
  Guard g;
  thrower(n);
  count++;
}
int catches(int n) {
  try {
    middle(n);
    count++;
  } catch (std::exception &e) {
    count += 100;
  }
  return count;
}
void rethrow(int n) {
  try {
    thrower(n);
  } catch (...) {
    count++;
    throw;
  }
}
int main() {
  catches(0);
  catches(1);
  try {
    thrower(1);
  } catch (std::exception &e) {
    count++;
  }
  try {
    rethrow(1);
  } catch (std::exception &e) {
    count++;
  }
  std::printf("%d\n", count);
  thrower(2);
  return 0;
}

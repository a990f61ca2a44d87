// A function that throws, to be called from outside: nobody catches it there.
// build: plain = c++ -O0 -no-pie
#include <stdexcept>

extern "C" int thrower(int n) { throw std::runtime_error(n ? "one" : "none"); }
extern "C" int catcher(int n) {
  try {
    return thrower(n);
  } catch (const std::exception &) {
    return 7;
  }
}
extern "C" int stop_here(int n) { return n; }

int main() { return stop_here(catcher(1)) - 7; }

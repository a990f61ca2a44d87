// Exceptions of several types: thrown, caught, thrown on.
// build: shared = c++ -g -O0
// build: static = c++ -g -O0 -static
// build: libcxx = clang++ -g -O0 -stdlib=libc++
#include <cstdio>
#include <stdexcept>

struct Own {
  int code;
  const char *why;
};
static void raise(int n) {
  if (n == 0) throw std::runtime_error("first");
  if (n == 1) throw Own{7, "second"};
  if (n == 2) throw 42;
  if (n == 3) throw (const char *)"third";
  try {
    throw std::logic_error("inner");
  } catch (...) {
    throw;
  }
}
int main() {
  int sum = 0;
  for (int i = 0; i < 5; i++) {
    try {
      raise(i);
    } catch (const std::exception &) {
      sum += 1;
    } catch (const Own &own) {
      sum += own.code;
    } catch (int number) {
      sum += number;
    } catch (const char *text) {
      sum += text[0] == 't';
    }
  }
  return sum;
}

// C++: an exception through two frames, a virtual call, a static constructor that writes.
// build: lazy = c++ -O0 -no-pie -Wl,-z,lazy
// build: pie = c++ -O0 -pie -fPIE -Wl,-z,lazy
// build: debug = c++ -g -O0 -no-pie -Wl,-z,lazy
#include <cstdio>
#include <stdexcept>
#include <string>

namespace zoo {
struct Animal {
  virtual ~Animal() = default;
  virtual std::string name() const { return "animal"; }
};
struct Cat : Animal {
  std::string name() const override { return "cat"; }
};
int feed(const Animal &animal, int portions) {
  if (portions > 2)
    throw std::runtime_error(animal.name() + " is full");
  return portions;
}
} // namespace zoo

static struct Greeting {
  Greeting() { std::puts("static constructor"); }
} greeting;

int main() {
  zoo::Cat cat;
  try {
    for (int portions = 0;; portions++)
      zoo::feed(cat, portions);
  } catch (const std::exception &error) {
    std::printf("caught: %s\n", error.what());
  }
  return 0;
}

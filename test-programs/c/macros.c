// Macros of all kinds, from headers, from the command line, defined anew and taken back on the way.
// build: gcc5 = cc -g3 -gdwarf-5 -O0 -DFROM_LINE=7 -DBARE -DADD(a,b)=((a)+(b))
// build: gcc4 = cc -g3 -gdwarf-4 -O0 -DFROM_LINE=7 -DBARE -DADD(a,b)=((a)+(b))
// build: gcc5-far = cc -g3 -gdwarf-5 -gdwarf64 -O0 -no-pie -DFROM_LINE=7 -DBARE -DADD(a,b)=((a)+(b))
// build: old = cc -g3 -gdwarf-2 -gstrict-dwarf -O0 -DFROM_LINE=7 -DBARE -DADD(a,b)=((a)+(b))
// build: clang5 = clang -g -fdebug-macro -gdwarf-5 -O0 -DFROM_LINE=7 -DBARE -DADD(a,b)=((a)+(b))
// build: clang4 = clang -g -fdebug-macro -gdwarf-4 -O0 -DFROM_LINE=7 -DBARE -DADD(a,b)=((a)+(b))
// build: split = cc -g3 -gdwarf-5 -gsplit-dwarf -O0 -DFROM_LINE=7 -DBARE -DADD(a,b)=((a)+(b))
// build: none = cc -g -O0 -DFROM_LINE=7 -DBARE -DADD(a,b)=((a)+(b))
#include "macros.h"
#include <stdbool.h>
#include <stddef.h>
#define MAX 17
#define SQUARE(x) ((x) * (x))
#define STR(x) #x
#define XSTR(x) STR(x)
#define CAT(a, b) a##b
#define VARIADIC(fmt, ...) f(fmt, ##__VA_ARGS__)
#define NAMED(args...) h(args)
#define SELF SELF + 1
#define PING PONG
#define PONG PING
#define EMPTY
#define NOTHING()
#define field a
#define WORD int
#define PAIR 1, 2
struct s {
    int a;
    int b;
} gs = {3, 4};
int numbers[MAX];
static int first(int n) {
    return n + HEIGHT;
}
#undef HEIGHT
#define HEIGHT 99
int second(int n) {
    int r = n + HEIGHT;
#undef MAX
    r += 2;
#define MAX 18
#define LATER 1
    return r + MAX;
}
#include "macros_code.h"
int main(int argc, char **argv) {
    struct s l = {1, 2}, *p = &l;
    int x = first(argc) + second(2) + inside(4);
#define IN_MAIN (x + 1)
    x = SQUARE(x);
    bool yes = argv != NULL;
    return x == 12345 + FROM_LINE + p->field + ADD(1, 2) + yes;
}

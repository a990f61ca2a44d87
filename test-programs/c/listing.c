// Source to list: comments and blank lines between functions, functions that are inlined, a header with code, a form feed.
// build: plain = cc -g -O0 -no-pie
// build: optimised = cc -g -O2 -no-pie
// build: dwarf4 = cc -gdwarf-4 -O2 -no-pie
// build: clang = clang -g -O0 -no-pie
// build: clang-optimised = clang -g -O2 -no-pie
#include <stdio.h>
#include "listing.h"

int counter;

static int square(int x)
{
    int r = x * x;
    counter += r;
    return r;
}

/* A comment
   of some
   lines.  */
int fact(int n)
{
    if (n <= 1)
        return 1;
    return n * fact(n - 1);
}

static inline int twice(int x)
{
    return 2 * x;
}

int main(int argc, char **argv)
{
    int total = 0;
    int i;
    for (i = 0; i < argc + 3; i++) {
        total += square(i);
        total += twice(i) + from_header(i);
    }

    printf("total %d\n", total);
    total += fact(4);
    return total == 12345;
}
/* the end */
/* line 42 */

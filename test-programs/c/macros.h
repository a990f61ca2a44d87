#define HEIGHT 5
#include "macros_inner.h"
#define AREA(x) (x * HEIGHT)

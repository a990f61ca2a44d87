#define DEPTH 6
static int inside(int q) {
    return q + DEPTH;
}
#undef DEPTH
#define AFTER_CODE 1

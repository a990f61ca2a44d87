// What carrier.c loads: a function, which it calls, and a variable, which nobody uses but a debugger.
int twice(int x) {
    int doubled = 2 * x;
    return doubled;
}
struct pair {
    int first;
    const char *name;
} pair = {7, 0};

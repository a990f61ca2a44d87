/* A header with code, which goes into others' functions. */
static inline int from_header(int y)
{
    int z = y + 1;
    return z * 3;
}

/* header */
static inline int header_fn(int y)
{
    int z = y + 1;
    return z * 3;
}

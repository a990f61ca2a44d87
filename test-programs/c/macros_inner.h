#define INNER "inner"

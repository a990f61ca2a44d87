// dlhost's plugin: its constructor calls through its own lazy PLT, before anybody was told that it is loaded.
#include <stdio.h>
#include <stdlib.h>

__attribute__((constructor)) static void opened(void) { puts("plugin opened"); }
__attribute__((destructor)) static void closed(void) { puts("plugin closed"); }
int plugin(int n) { return abs(-2 * n) + 2; }

// Opens a plugin whose constructor binds lazily, calls it, closes it, and opens it again.
// library: libplugin.so = plugin.c cc -O0 -fno-builtin -shared -fPIC -Wl,-z,lazy
// build: lazy = cc -O0 -no-pie -Wl,-z,lazy -Wl,-rpath,$ORIGIN -ldl
// build: pie = cc -O0 -pie -fPIE -Wl,-z,lazy -Wl,-rpath,$ORIGIN -ldl
// build: now = cc -O0 -pie -fPIE -Wl,-z,now -Wl,-rpath,$ORIGIN -ldl
#include <dlfcn.h>
#include <stdio.h>

static int use(void) {
  void *library = dlopen("libplugin.so", RTLD_LAZY);
  if (!library) {
    fprintf(stderr, "%s\n", dlerror());
    return 1;
  }
  int (*plugin)(int) = (int (*)(int))dlsym(library, "plugin");
  printf("EXPECT plugin=%p\n", (void *)plugin);
  printf("plugin(20) = %d\n", plugin(20));
  return dlclose(library);
}

int main(void) { return use() | use(); }

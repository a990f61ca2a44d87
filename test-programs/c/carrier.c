// Loads a relocatable object by hand, as a JIT compiler or a plug-in loader does: the dynamic linker knows nothing of it.
// library: carried.o = carried.c cc -g -O0 -c -fno-pic
// library: packed.o = carried.c cc -g -O0 -c -fno-pic -gz=zlib
// build: debug = cc -g -O0 -no-pie
#include <elf.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

static char file[1 << 16];
char *text, *data;

void loaded(void) {}

static char *carry(const Elf64_Shdr *section, unsigned long at) {
    int all = PROT_READ | PROT_WRITE | PROT_EXEC;
    char *to = mmap((void *)at, 4096, all, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    return memcpy(to + 64, file + section->sh_offset, section->sh_size);
}

int main(int argc, char **argv) {
    int fd = open(argc > 1 ? argv[1] : "", O_RDONLY);
    FILE *in = fdopen(fd, "r");
    if (fd < 0 || fread(file, 1, sizeof file, in) == 0)
        return 1;
    const Elf64_Ehdr *head = (void *)file;
    const Elf64_Shdr *sections = (void *)(file + head->e_shoff);
    const char *names = file + sections[head->e_shstrndx].sh_offset;
    for (int i = 0; i < head->e_shnum; i++) {
        if (!strcmp(names + sections[i].sh_name, ".text"))
            text = carry(&sections[i], 0x10000000);
        if (!strcmp(names + sections[i].sh_name, ".data"))
            data = carry(&sections[i], 0x20000000);
    }
    loaded();
    int (*twice)(int) = (void *)text;
    printf("%d\n", twice(21));
    loaded();
    return 0;
}

//! What the chapters are called, and what is true of each load.

use super::chapter::Chapter;
use super::life::Life;

/// The name of a chapter's place in the page; `number` is the life's.
pub fn anchor(number: usize, chapter: Chapter) -> String {
    format!("l{number}-{}", word(chapter).replace(['.', ' ', '/'], "-"))
}

/// A chapter in one word.
pub fn word(chapter: Chapter) -> &'static str {
    match chapter {
        Chapter::Exec => "exec",
        Chapter::Loader => "ld.so",
        Chapter::Libraries => "libraries",
        Chapter::Thread => "thread",
        Chapter::Relocations => "relocations",
        Chapter::Relro => "relro",
        Chapter::Constructors => "constructors",
        Chapter::Start => "start",
        Chapter::Main => "main",
        Chapter::Exit => "exit",
        Chapter::Faults => "faults",
    }
}

/// The heading of a chapter.
pub fn title(chapter: Chapter) -> &'static str {
    match chapter {
        Chapter::Exec => "The kernel maps the program",
        Chapter::Loader => "The dynamic linker wakes up",
        Chapter::Libraries => "Libraries are found and mapped",
        Chapter::Thread => "The first thread gets its own storage",
        Chapter::Relocations => "Missing addresses are filled in",
        Chapter::Relro => "What is done is locked",
        Chapter::Constructors => "Libraries set themselves up",
        Chapter::Start => "From _start to main",
        Chapter::Main => "The program runs",
        Chapter::Exit => "The end",
        Chapter::Faults => "Which pages were really touched",
    }
}

fn has_none(chapter: Chapter, life: &Life, kind: &str) -> bool {
    life.chapters.get(&chapter).is_none_or(|c| c.count(kind) == 0)
}

/// What happens in a chapter, as it does in every load.
pub fn prose(chapter: Chapter, life: &Life) -> &'static str {
    let is_static = life.interpreter.is_empty();
    match chapter {
        Chapter::Exec if is_static => {
            "execve throws the old memory away, maps the program's segments and a stack, and jumps to the program's own entry \
             point: it names no interpreter, so nobody else has to be mapped."
        }
        Chapter::Exec => {
            "execve throws the old memory away, maps the program's segments and a stack, and then those of the interpreter that \
             the program names: the dynamic linker. Not a byte of either is read yet; a mapping is a promise, kept page by page \
             when somebody looks. The first instruction to run is the dynamic linker's, not the program's."
        }
        Chapter::Loader if has_none(chapter, life, "syscall") => {
            "It is a program that must run before any program can: first it relocates itself, with no help and no system call, \
             which is why nothing of it is seen here."
        }
        Chapter::Loader => {
            "It is a program that must run before any program can: first it relocates itself, with no help and no system call, \
             which is why nothing of it is seen here. Then it asks the kernel where the heap would begin and takes its first \
             memory."
        }
        Chapter::Libraries => {
            "For each name in DT_NEEDED it looks through its search path, opens the first file that fits, reads the ELF header \
             and the program headers, and maps the segments. One mapping reserves room for the whole file; the others are laid \
             over it with the right permissions."
        }
        Chapter::Thread => {
            "Thread-local variables live in a block that the FS register points to. Here it is made for the first thread, and \
             the kernel is told where it may leave a note when that thread ends."
        }
        Chapter::Relocations if is_static => {
            "With everything in one file few words are left to fill in: for an IRELATIVE one a resolver picks the variant of a \
             function that suits this processor, and a position-independent program adds its load address to each RELATIVE one."
        }
        Chapter::Relocations => {
            "A file does not know where it will lie. Its relocations name each word that has to change: RELATIVE ones get the \
             load address added, GLOB_DAT and 64 get the address of a symbol looked up by name in every library in turn, JUMP_SLOT \
             ones may wait for the first call. For an IRELATIVE one a resolver of the library picks the variant of a function \
             that suits this processor."
        }
        Chapter::Relro if has_none(chapter, life, "unmap") => {
            "The words that were only needed to be writable for that moment are made read-only, so that nobody can bend a pointer \
             in them later (RELRO)."
        }
        Chapter::Relro => {
            "The words that were only needed to be writable for that moment are made read-only, so that nobody can bend a pointer \
             in them later (RELRO). The cache of library paths is unmapped."
        }
        Chapter::Constructors => {
            "Each library's initialisers run, those first on which the others depend. This is ordinary code of the libraries, \
             before a single instruction of the program."
        }
        Chapter::Start if is_static => {
            "_start hands over to __libc_start_main, which does for itself what a dynamic linker would have done: it applies the \
             few relocations that are left, sets up thread-local storage, runs constructors, and calls main."
        }
        Chapter::Start => {
            "At last the program's entry point. _start puts main's address in a register and calls __libc_start_main, which runs \
             the program's own constructors and then main."
        }
        Chapter::Main => {
            "Now it is the program's turn. The first call of each library function takes the long way round through the resolver; \
             every later one jumps straight there."
        }
        Chapter::Exit => {
            "exit runs destructors in the opposite order, flushes what was buffered, and the last system call, exit_group, never \
             returns."
        }
        Chapter::Faults => {
            "A mapping is not memory. These are the page faults of a second run that nobody disturbed, in their order: each mark \
             is a page that somebody touched and the kernel had to supply. The kernel maps neighbouring pages along with it, so \
             fewer faults than pages are used."
        }
    }
}

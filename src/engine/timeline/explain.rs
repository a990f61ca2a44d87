//! What a system call is for, in one sentence; nothing where that is not known for sure.

use crate::base::{page_down, page_up};
use crate::elf::{Segment, pt};
use crate::syscall::is_error;

use super::process::{Change, Recorded};
use super::space::{Area, Loaded};

/// What is known of a call that has returned.
pub struct Facts<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its argument words.
    pub args: [u64; 6],
    /// What it has returned.
    pub ret: i64,
    /// It in strace's words.
    pub text: &'a str,
    /// The dynamic linker has made it.
    pub by_loader: bool,
    /// What it has done to the address space.
    pub changes: &'a [Change],
}

impl Facts<'_> {
    fn failed(&self) -> bool {
        is_error(self.ret)
    }

    /// The first string among the arguments.
    fn path(&self) -> &str {
        self.text.split('"').nth(1).unwrap_or_default()
    }

    fn arg(&self, n: usize) -> u64 {
        self.args.get(n).copied().unwrap_or_default()
    }
}

const CACHE: &str = "/etc/ld.so.cache";
const PRELOAD: &str = "/etc/ld.so.preload";
const MAP_FIXED: u64 = 0x10;
const MAP_ANONYMOUS: u64 = 0x20;
const CLONE_THREAD: u64 = 0x10000;
const ARCH_SET_FS: u64 = 0x1002;
const TCGETS: u64 = 0x5401;

/// The sentence.
pub fn explain(recorded: &Recorded, facts: &Facts<'_>) -> Option<String> {
    let of_loader = facts.by_loader.then(|| loader(recorded, facts)).flatten();
    of_loader.or_else(|| by_arguments(facts).or_else(|| by_name(facts.name)).map(str::to_owned))
}

/// What the dynamic linker does (glibc elf/dl-load.c, dl-cache.c, dl-reloc.c).
fn loader(recorded: &Recorded, facts: &Facts<'_>) -> Option<String> {
    let said = |sentence: &str| Some(sentence.to_owned());
    match facts.name {
        "access" if facts.path() == PRELOAD => {
            said("Looks whether this file names libraries that every program has to load first.")
        }
        "open" | "openat" if facts.path() == CACHE && !facts.failed() => {
            said("Opens ldconfig's index, which says where in the default directories a library is.")
        }
        "open" | "openat" if facts.path().contains(".so") => match facts.ret {
            -2 => said("The library is not here."),
            0.. => said("There is a file of this name here: it is read next."),
            _ => None,
        },
        "read" if facts.path().starts_with("\\177ELF") => {
            said("Reads the ELF header, and as many program headers as come along.")
        }
        "pread64" => {
            let path = crate::os::procfs::open_file(recorded.pid, facts.arg(0) as i32)?;
            let image = crate::elf::Image::open(&path).ok()?;
            let (headers, _) = image.header_tables();
            let is_all = facts.arg(3) == headers.start && facts.ret == (headers.end - headers.start) as i64;
            if is_all { said("Reads the program headers: what is to be mapped, and where.") } else { None }
        }
        "mmap" => mapped(recorded, facts),
        "munmap" => {
            let is_cache = |c: &Change| matches!(c, Change::Unmap(area) if area.file.as_deref() == Some(CACHE));
            if facts.changes.iter().any(is_cache) { said("ldconfig's index is needed no more.") } else { None }
        }
        "mprotect" => {
            let is_relro = |c: &Change| matches!(c, Change::Protect(area) if relro(recorded, area, facts).is_some());
            if facts.changes.iter().any(is_relro) {
                said("RELRO: what only the relocation had to write is read-only from now on.")
            } else {
                None
            }
        }
        _ => None,
    }
}

/// The PT_GNU_RELRO segment that the call protects.
fn relro<'r>(recorded: &'r Recorded, area: &Area, facts: &Facts<'_>) -> Option<&'r Segment> {
    let object: &Loaded = recorded.space.object_at(area.start)?;
    let (start, end) = (facts.arg(0), facts.arg(0).saturating_add(facts.arg(1)));
    object.image.segments().iter().find(|s| {
        let at = object.bias.to_virt(s.addr).0;
        s.kind == pt::PT_GNU_RELRO && page_down(at) == start && end <= page_up(at.saturating_add(s.mem_size))
    })
}

fn mapped(recorded: &Recorded, facts: &Facts<'_>) -> Option<String> {
    let [Change::Map(area)] = facts.changes else { return None };
    if area.file.as_deref() == Some(CACHE) {
        return Some("Maps ldconfig's index, to search in it.".to_owned());
    }
    let segment = recorded.space.segment(area)?;
    let object = recorded.space.object_at(area.start)?;
    let load = object.image.loads().nth(segment)?;
    let is_fixed = facts.arg(3) & MAP_FIXED != 0;
    if facts.arg(3) & MAP_ANONYMOUS != 0 {
        let words = format!("The rest of PT_LOAD {segment} has no bytes in the file (.bss): pages of zeroes.");
        return (is_fixed && load.mem_size > load.file_size).then_some(words);
    }
    match is_fixed {
        true => Some(format!("Maps PT_LOAD {segment} where the first mapping has left room for it.")),
        // All of it in one mapping, so that nothing else comes between.
        false if area.end - area.start > page_up(load.mem_size) => {
            Some(format!("Maps PT_LOAD {segment}, and takes the address space of all the others with it."))
        }
        false => Some(format!("Maps PT_LOAD {segment}.")),
    }
}

/// What the arguments decide.
fn by_arguments(facts: &Facts<'_>) -> Option<&'static str> {
    Some(match facts.name {
        _ if facts.ret == -2
            && matches!(facts.name, "open" | "openat" | "access" | "stat" | "lstat" | "newfstatat" | "readlink") =>
        {
            "There is no such file."
        }
        "brk" if facts.arg(0) == 0 => "Asks where the heap ends, and moves nothing.",
        "brk" if facts.ret as u64 == facts.arg(0) => "Moves the end of the heap.",
        "brk" => "The heap cannot be moved there: its end stays.",
        "mmap" if facts.failed() => return None,
        "mmap" if facts.arg(3) & MAP_ANONYMOUS != 0 => "Memory that belongs to no file, full of zeroes.",
        "mmap" => "Maps a part of a file: a page of it is read when it is touched first.",
        "arch_prctl" if facts.arg(0) == ARCH_SET_FS => {
            "Sets the thread pointer: thread-local storage is found by %fs from now on."
        }
        "arch_prctl" => return None,
        "prlimit64" if facts.arg(2) == 0 => "Asks for a limit on a resource.",
        "prlimit64" => "Sets a limit on a resource.",
        "futex" => match facts.arg(1) & 0x7f {
            0 | 9 => "Sleeps as long as the word has this value, until another thread wakes it.",
            1 | 10 => "Wakes threads that sleep on this word, if there are any.",
            _ => return None,
        },
        "ioctl" if facts.arg(1) == TCGETS => "Asks for the settings of a terminal: an error (ENOTTY) says that it is none.",
        "clone" if facts.arg(0) & CLONE_THREAD != 0 => "Starts a thread in this process.",
        "clone" => "Starts a child process.",
        "rt_sigaction" if facts.arg(1) == 0 => "Asks what is done when the signal comes.",
        "rt_sigaction" => "Sets what is done when the signal comes.",
        "write" if facts.arg(0) == 1 => "Writes to descriptor 1, by convention standard output.",
        "write" if facts.arg(0) == 2 => "Writes to descriptor 2, by convention standard error.",
        "read" if facts.ret == 0 && facts.arg(2) != 0 => "There is nothing more to read.",
        _ => return None,
    })
}

/// What the name alone says.
pub fn by_name(name: &str) -> Option<&'static str> {
    SENTENCES.binary_search_by_key(&name, |s| s.0).ok().and_then(|n| SENTENCES.get(n)).map(|s| s.1)
}

/// By name, sorted; each from the call's manual page.
const SENTENCES: [(&str, &str); 71] = [
    ("access", "Asks whether the file may be used so, and opens nothing."),
    ("alarm", "Asks for SIGALRM after so many seconds."),
    ("bind", "Gives a socket its own address."),
    ("chdir", "Changes the current directory."),
    ("chmod", "Changes a file's permissions."),
    ("clock_gettime", "Asks what time it is."),
    ("clone3", "Starts a process or a thread, as its flags say."),
    ("close", "Gives a descriptor back."),
    ("connect", "Connects a socket to an address."),
    ("dup", "Makes another descriptor for the same open file."),
    ("dup2", "Makes a certain descriptor stand for the same open file."),
    ("dup3", "Makes a certain descriptor stand for the same open file."),
    ("epoll_create1", "Makes a descriptor that waits for many others."),
    ("epoll_wait", "Waits until one of many descriptors is ready."),
    ("execve", "Replaces the program of the process: the kernel maps the new one, and the dynamic linker that it names."),
    ("exit", "Ends this thread."),
    ("exit_group", "Ends the process with all its threads."),
    ("faccessat", "Asks whether the file may be used so, and opens nothing."),
    ("faccessat2", "Asks whether the file may be used so, and opens nothing."),
    ("fadvise64", "Tells the kernel how the file will be read."),
    ("fcntl", "Asks for, or changes, a property of a descriptor."),
    ("fork", "Starts a child process, a copy of this one."),
    ("fstat", "Asks for the file's kind, permissions, size and times."),
    ("getcwd", "Asks for the current directory."),
    ("getdents64", "Reads the entries of a directory."),
    ("getegid", "Asks for the group with whose rights the process acts."),
    ("geteuid", "Asks for the user with whose rights the process acts."),
    ("getgid", "Asks for the group to which the process belongs."),
    ("getpgrp", "Asks for the process group."),
    ("getpid", "Asks for the number of the process."),
    ("getppid", "Asks for the number of the parent process."),
    ("getrandom", "Gets random bytes from the kernel."),
    ("getrusage", "Asks what the process has used of processor and memory."),
    ("gettid", "Asks for the number of the thread."),
    ("getuid", "Asks for the user to whom the process belongs."),
    ("kill", "Sends a signal to a process."),
    ("lseek", "Moves the position from which the file is read or written next."),
    ("lstat", "Asks for the file's kind, permissions, size and times; of a symbolic link for its own."),
    ("madvise", "Tells the kernel how memory will be used."),
    ("mkdir", "Makes a directory."),
    ("mprotect", "Changes what may be done with pages: read, write, execute."),
    ("mremap", "Makes a mapping longer or shorter, or moves it."),
    ("munmap", "Takes a range out of the address space."),
    ("nanosleep", "Sleeps for a time."),
    ("newfstatat", "Asks for the file's kind, permissions, size and times."),
    ("open", "Opens a file: what it returns stands for it from now on."),
    ("openat", "Opens a file: what it returns stands for it from now on."),
    ("pipe", "Makes a pipe: what is written to one descriptor is read from the other."),
    ("pipe2", "Makes a pipe: what is written to one descriptor is read from the other."),
    ("poll", "Waits until one of several descriptors is ready."),
    ("pread64", "Reads from a place of the file, and leaves its position."),
    ("read", "Reads from a descriptor, from its position on."),
    ("readlink", "Asks where a symbolic link leads."),
    ("rename", "Gives a file another name."),
    ("rseq", "Registers the words by which the kernel tells the thread on which processor it runs."),
    ("rt_sigprocmask", "Asks for, or changes, the signals that the thread holds back."),
    ("rt_sigreturn", "Comes back from a signal handler: the kernel restores the registers."),
    ("sched_getaffinity", "Asks on which processors the thread may run."),
    ("set_robust_list", "Says where the list of mutexes is that the kernel releases should the thread die."),
    ("set_tid_address", "Names the word that the kernel clears when the thread ends; it returns the thread's number."),
    ("sigaltstack", "Asks for, or sets, the stack on which signal handlers run."),
    ("socket", "Makes a socket."),
    ("stat", "Asks for the file's kind, permissions, size and times."),
    ("statfs", "Asks what kind of file system the file is on."),
    ("statx", "Asks for the file's kind, permissions, size and times."),
    ("sysinfo", "Asks for the machine's memory and load."),
    ("umask", "Sets which permissions new files do not get."),
    ("uname", "Asks for the name and version of the kernel."),
    ("unlink", "Removes a name of a file."),
    ("vfork", "Starts a child process, which borrows this one's memory until it executes a program."),
    ("wait4", "Waits until a child has changed its state."),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arch::syscalls::syscall_name;

    #[test]
    fn sentences_stand_in_order_and_belong_to_system_calls() {
        assert!(SENTENCES.is_sorted_by(|a, b| a.0 < b.0));
        let known: Vec<&str> = (0..512).filter_map(syscall_name).collect();
        for (name, sentence) in SENTENCES {
            assert!(known.contains(&name), "{name}");
            assert!(sentence.ends_with('.') && sentence.matches('.').count() == 1, "{name}: {sentence}");
        }
    }
}

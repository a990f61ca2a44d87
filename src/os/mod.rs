//! The only room with system calls: ptrace, wait, spawn, /proc, process memory, signals, the terminal.

pub mod affinity;
pub mod arrivals;
pub mod debugregs;
pub mod files;
pub mod guardian;
pub mod mem;
pub mod pagemap;
pub mod perf;
pub mod procfs;
pub mod ptrace;
pub mod seccomp;
pub mod sentinel;
pub mod signals;
pub mod spawn;
pub mod terminal;
pub mod wait;

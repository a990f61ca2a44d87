//! Threads and signals, as numbers with names.

use std::fmt;

/// A thread's id, as gettid(2); the leader's is the process's id.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Tid(pub i32);

impl fmt::Display for Tid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// A signal's number on Linux x86-64 (signal(7)).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Signal(pub i32);

/// Number, name and gdb's description, of every standard signal of Linux x86-64.
const NAMES: [(i32, &str, &str); 31] = [
    (1, "SIGHUP", "Hangup"),
    (2, "SIGINT", "Interrupt"),
    (3, "SIGQUIT", "Quit"),
    (4, "SIGILL", "Illegal instruction"),
    (5, "SIGTRAP", "Trace/breakpoint trap"),
    (6, "SIGABRT", "Aborted"),
    (7, "SIGBUS", "Bus error"),
    (8, "SIGFPE", "Arithmetic exception"),
    (9, "SIGKILL", "Killed"),
    (10, "SIGUSR1", "User defined signal 1"),
    (11, "SIGSEGV", "Segmentation fault"),
    (12, "SIGUSR2", "User defined signal 2"),
    (13, "SIGPIPE", "Broken pipe"),
    (14, "SIGALRM", "Alarm clock"),
    (15, "SIGTERM", "Terminated"),
    (16, "SIGSTKFLT", "Stack fault"),
    (17, "SIGCHLD", "Child status changed"),
    (18, "SIGCONT", "Continued"),
    (19, "SIGSTOP", "Stopped (signal)"),
    (20, "SIGTSTP", "Stopped (user)"),
    (21, "SIGTTIN", "Stopped (tty input)"),
    (22, "SIGTTOU", "Stopped (tty output)"),
    (23, "SIGURG", "Urgent I/O condition"),
    (24, "SIGXCPU", "CPU time limit exceeded"),
    (25, "SIGXFSZ", "File size limit exceeded"),
    (26, "SIGVTALRM", "Virtual timer expired"),
    (27, "SIGPROF", "Profiling timer expired"),
    (28, "SIGWINCH", "Window size changed"),
    (29, "SIGIO", "I/O possible"),
    (30, "SIGPWR", "Power fail/restart"),
    (31, "SIGSYS", "Bad system call"),
];

impl Signal {
    /// Interrupt from the keyboard.
    pub const INT: Signal = Signal(2);
    /// An instruction that is none.
    pub const ILL: Signal = Signal(4);
    /// Breakpoints and single steps.
    pub const TRAP: Signal = Signal(5);
    /// Memory that is mapped and not there.
    pub const BUS: Signal = Signal(7);
    /// A division by zero, say.
    pub const FPE: Signal = Signal(8);
    /// The signal that cannot be caught.
    pub const KILL: Signal = Signal(9);
    /// A memory fault.
    pub const SEGV: Signal = Signal(11);
    /// A child changed state.
    pub const CHLD: Signal = Signal(17);
    /// The stop that cannot be caught.
    pub const STOP: Signal = Signal(19);
    /// A system call that a filter forbids.
    pub const SYS: Signal = Signal(31);

    /// `SIGSEGV`, or `SIG34` for a real-time signal, as gdb writes them.
    pub fn name(self) -> String {
        match NAMES.iter().find(|n| n.0 == self.0) {
            Some(n) => n.1.to_owned(),
            None => format!("SIG{}", self.0),
        }
    }

    /// `Segmentation fault`, as gdb describes it.
    pub fn description(self) -> String {
        match NAMES.iter().find(|n| n.0 == self.0) {
            Some(n) => n.2.to_owned(),
            None => format!("Real-time event {}", self.0),
        }
    }

    /// The signal of a name with or without `SIG`, or of a decimal number from 1 to 64.
    pub fn parse(text: &str) -> Option<Signal> {
        let bare = text.strip_prefix("SIG").unwrap_or(text);
        if let Some(n) = NAMES.iter().find(|n| n.1.get(3..) == Some(bare)) {
            return Some(Signal(n.0));
        }
        bare.parse().ok().filter(|n| (1..=64).contains(n)).map(Signal)
    }

    /// Every signal that a program can get: the standard ones, then the real-time ones that libc leaves to it.
    pub fn all() -> impl Iterator<Item = Signal> {
        (1..=31).chain(34..=64).map(Signal)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_go_both_ways() {
        for s in Signal::all() {
            assert_eq!(Signal::parse(&s.name()), Some(s), "{}", s.name());
        }
        assert_eq!(Signal::parse("USR1"), Some(Signal(10)));
        assert_eq!(Signal::parse("99"), None);
    }
}

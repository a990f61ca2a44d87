//! What happens when the program gets a signal: gdb's table of stop, print and pass.

use std::collections::BTreeMap;

use crate::base::Signal;

/// What to do with a signal.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Disposition {
    /// The program stops.
    pub stop: bool,
    /// It is announced.
    pub print: bool,
    /// The program gets it.
    pub pass: bool,
}

/// The dispositions: gdb's defaults, and what `handle` has changed.
#[derive(Clone, Default, Debug)]
pub struct SignalTable {
    changed: BTreeMap<Signal, Disposition>,
}

impl SignalTable {
    /// What happens to this signal.
    pub fn get(&self, signal: Signal) -> Disposition {
        self.changed.get(&signal).copied().unwrap_or_else(|| default(signal))
    }

    /// Changes it.
    pub fn set(&mut self, signal: Signal, disposition: Disposition) {
        self.changed.insert(signal, disposition);
    }
}

/// gdb's defaults: signals of everyday life neither stop nor show; those that a debugger uses itself are not passed.
fn default(signal: Signal) -> Disposition {
    // SIGALRM SIGCHLD SIGURG SIGVTALRM SIGPROF SIGWINCH SIGIO
    let quiet = matches!(signal.0, 14 | 17 | 23 | 26 | 27 | 28 | 29);
    let own = signal == Signal::INT || signal == Signal::TRAP;
    Disposition { stop: !quiet, print: !quiet, pass: !own }
}

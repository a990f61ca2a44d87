//! Events of the process that the user catches: signals, forks, execs, system calls.

use crate::base::{Result, Signal, Tid};

use super::breakpoints::{Catch, Kind};
use super::session::Session;
use super::stop::{Caught, StopReason};

impl Catch {
    /// Whether it is for this event.
    fn is_for(&self, event: &Caught) -> bool {
        match (self, event) {
            (Catch::Signals(which), Caught::Signal(signal)) => match which {
                SignalChoice::Standard => !matches!(*signal, Signal::TRAP | Signal::INT),
                SignalChoice::All => true,
                SignalChoice::These(signals) => signals.contains(signal),
            },
            (Catch::Fork, Caught::Fork(_)) | (Catch::Vfork, Caught::Vfork(_)) | (Catch::Exec, Caught::Exec(_)) => true,
            (Catch::Syscalls(numbers), Caught::Syscall { number, .. }) => numbers.is_empty() || numbers.contains(number),
            _ => false,
        }
    }
}

/// Which signals `catch signal` catches.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SignalChoice {
    /// All but those that debuggers use.
    Standard,
    /// All.
    All,
    /// These.
    These(Vec<Signal>),
}

impl Session {
    /// Whether an event of a thread is caught: why the program stops then.
    pub(super) fn caught(&mut self, tid: Tid, event: Caught) -> Result<Option<StopReason>> {
        let is_for = |k: &Kind| matches!(k, Kind::Catch(c) if c.is_for(&event));
        let ids: Vec<u32> = self.breakpoints.iter().filter(|b| b.enabled && is_for(&b.kind)).map(|b| b.id).collect();
        let mut first = None;
        for id in ids {
            let hit = self.count_hit(tid, id)?;
            first = first.or(hit);
            let last = match &event {
                Caught::Fork(child) => Some(format!("fork, process {child}")),
                Caught::Vfork(child) => Some(format!("vfork, process {child}")),
                Caught::Exec(path) => Some(format!("exec, program \"{path}\"")),
                _ => None,
            };
            if let (Ok(b), Some(last)) = (self.breakpoints.get_mut(id), last) {
                b.spec = last;
            }
        }
        Ok(first.map(|hit| StopReason::Caught { hit, event }))
    }

    /// Whether the program has to stop at system calls.
    pub(super) fn wants_syscalls(&self) -> bool {
        self.timeline.is_recording()
            || self.breakpoints.iter().any(|b| b.enabled && matches!(b.kind, Kind::Catch(Catch::Syscalls(_))))
    }
}

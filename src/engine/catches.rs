//! Events of the process that the user catches: signals, forks, execs, system calls.

use crate::base::{Result, Signal, Tid};

use crate::os::ptrace::{SystemCallAt, SystemCallStop};
use crate::syscall::Call;

use super::breakpoints::{Breakpoint, Catch, Kind};
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
            (Catch::Relro, Caught::Relro { .. }) => true,
            (Catch::Init(of), Caught::Constructor { names, .. }) => of.as_ref().is_none_or(|o| names.contains(o)),
            (Catch::Raise { what, of }, Caught::Raise { what: w, type_name }) => {
                what == w && of.as_ref().is_none_or(|of| type_name.as_deref().is_some_and(|name| of.is_match(name)))
            }
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

    /// A system call that somebody wants to catch, in strace's words.
    pub(super) fn call_text(&mut self, tid: Tid, number: u64, stop: SystemCallStop) -> Option<String> {
        let is_caught = |k: &Kind| matches!(k, Kind::Catch(Catch::Syscalls(n)) if n.is_empty() || n.contains(&number));
        if !self.breakpoints.iter().any(|b| b.enabled && is_caught(&b.kind)) {
            return None;
        }
        let process = self.inferior.process.as_mut()?;
        match stop.at {
            SystemCallAt::Entry { number, args } => {
                let entered = Call { number, args }.enter(&*process.target);
                let text = entered.begun();
                process.entered.insert(tid, entered);
                Some(text)
            }
            SystemCallAt::Exit { ret } => process.entered.remove(&tid).map(|e| e.finish(ret, &*process.target)),
            SystemCallAt::Unknown => None,
        }
    }

    /// Deletes the breakpoints of threads that there are no more; gdb's sentence for each.
    pub fn end_thread_breakpoints(&mut self) -> Vec<String> {
        let Session { breakpoints, inferior, .. } = self;
        let is_there = |thread: u32| {
            let process = inferior.process.as_ref();
            process.is_some_and(|p| p.target.threads().into_iter().any(|tid| p.number_of(tid) == Some(thread)))
        };
        let gone = |b: &Breakpoint| b.thread.filter(|thread| !is_there(*thread)).map(|thread| (b.id, thread));
        let ended: Vec<(u32, u32)> = breakpoints.iter().filter_map(gone).collect();
        let end = |(id, thread): (u32, u32)| {
            breakpoints.remove(id).ok()?;
            Some(format!("Thread-specific breakpoint {id} deleted - thread {thread} no longer in the thread list."))
        };
        ended.into_iter().filter_map(end).collect()
    }

    /// Whether the program has to stop at system calls.
    pub(super) fn wants_syscalls(&self) -> bool {
        self.timeline.is_recording()
            || self.breakpoints.iter().any(|b| b.enabled && matches!(b.kind, Kind::Catch(Catch::Syscalls(_) | Catch::Relro)))
    }
}

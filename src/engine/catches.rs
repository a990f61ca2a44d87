//! Events of the process that the user catches: signals, forks, execs, system calls.

use crate::base::{Result, Signal, Tid};

use crate::os::ptrace::{SystemCallAt, SystemCallStop};
use crate::syscall::Call;
use crate::target::SystemCalls;

use super::breakpoints::{Breakpoint, Catch, Kind, OneThread, SignalChoice};
use super::constructors::MPROTECT;
use super::session::Session;
use super::stop::{Caught, Notice, StopReason};

/// So many system calls are stopped at for nothing before a word is said.
const MANY: u64 = 100_000;

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
        let is_there = |thread: OneThread| {
            let mut processes = self.inferiors().into_iter().filter_map(|i| i.process.as_ref());
            processes.any(|p| p.target.threads().into_iter().any(|tid| p.global_number_of(tid) == Some(thread.global)))
        };
        let gone = |b: &Breakpoint| b.thread.filter(|thread| !is_there(*thread)).map(|thread| (b.id, self.id_of(thread)));
        let ended: Vec<(u32, String)> = self.breakpoints.iter().filter_map(gone).collect();
        let end = |(id, thread): (u32, String)| {
            self.breakpoints.remove(id).ok()?;
            Some(format!("Thread-specific breakpoint {id} deleted - thread {thread} no longer in the thread list."))
        };
        ended.into_iter().filter_map(end).collect()
    }

    /// At which system calls the program has to stop.
    pub(super) fn wants_syscalls(&self) -> SystemCalls {
        let caught = self.caught_calls();
        let filter = self.inferior.process.as_ref().map(|p| p.filter.as_slice()).unwrap_or_default();
        match caught {
            _ if self.timeline.is_recording() || self.compares_at_calls() => SystemCalls::All,
            Some(numbers) if numbers.is_empty() => SystemCalls::None,
            Some(numbers) if numbers.iter().all(|n| filter.contains(n)) => SystemCalls::Filtered,
            _ => SystemCalls::All,
        }
    }

    /// The numbers of the system calls that are caught now; `None` where it is all of them.
    pub(super) fn caught_calls(&self) -> Option<Vec<u64>> {
        let mut numbers = Vec::new();
        for breakpoint in self.breakpoints.iter().filter(|b| b.enabled) {
            match &breakpoint.kind {
                Kind::Catch(Catch::Syscalls(all)) if all.is_empty() => return None,
                Kind::Catch(Catch::Syscalls(some)) => numbers.extend(some),
                Kind::Catch(Catch::Relro) => numbers.push(MPROTECT),
                _ => {}
            }
        }
        Some(numbers)
    }

    /// Counts stops at system calls that nobody catches: after very many it is said once how to do without.
    pub(super) fn count_uncaught(&mut self) {
        if self.compares_at_calls() {
            return;
        }
        let Some(process) = &mut self.inferior.process else { return };
        process.uncaught += 1;
        // A call stops twice.
        if process.uncaught == 2 * MANY && !self.timeline.is_recording() && self.caught_calls().is_some() {
            let text = format!(
                "{MANY} system calls that nobody catches have been stopped at: after \"set seccomp-catch on\" the next \"run\" lets \
                 them go at full speed."
            );
            self.notices.push_back(Notice::Warning(text));
        }
    }
}

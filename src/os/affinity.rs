//! The tracer follows its tracee to the core on which it runs.
//!
//! A stop hands control from the tracee to the tracer and back. On one core that is a context switch; across two it is an
//! inter-processor interrupt and a wake-up from idle each way, up to 19 times slower in a virtual machine. Only the
//! tracer's own affinity changes, never the tracee's.

use std::sync::OnceLock;

use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
use nix::unistd::Pid;

use super::procfs;
use crate::base::Tid;

/// How many stops pass between two looks at where the tracee runs.
const EVERY: u32 = 512;

/// The affinity that rdbg was started with, as the first thread that asked had it.
fn at_start() -> Option<&'static CpuSet> {
    static AT_START: OnceLock<Option<CpuSet>> = OnceLock::new();
    AT_START.get_or_init(|| sched_getaffinity(Pid::from_raw(0)).ok()).as_ref()
}

/// How many cores rdbg may use, at least 1; however few of them the tracer is on now.
pub fn usable_cores() -> usize {
    let usable = |set: &CpuSet| (0..CpuSet::count()).filter(|core| set.is_set(*core).unwrap_or(false)).count();
    at_start().map_or(1, usable).max(1)
}

/// The cores that are online: a process may come to any of them, however few of them, or how little of their time, rdbg may use.
pub fn online_cores() -> Vec<usize> {
    let text = std::fs::read_to_string("/sys/devices/system/cpu/online").unwrap_or_default();
    let cores = listed(text.trim());
    if cores.is_empty() { (0..usable_cores()).collect() } else { cores }
}

/// The numbers of a list like `0-3,8` (Documentation/admin-guide/cputopology.rst).
fn listed(text: &str) -> Vec<usize> {
    let range = |part: &str| {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        Some(first.parse().ok()?..=last.parse::<usize>().ok()?.min(CpuSet::count()))
    };
    text.split(',').filter_map(range).flatten().collect()
}

/// Gives the calling thread the affinity that rdbg was started with: threads inherit that of their maker, which may follow a
/// tracee.
pub fn unpin_thread() {
    if let Some(set) = at_start() {
        // What fails here costs speed only.
        let _ = sched_setaffinity(Pid::from_raw(0), set);
    }
}

/// The tracing thread's affinity as it was, and where it is now.
#[derive(Debug)]
pub struct Follower {
    original: Option<CpuSet>,
    on: Option<usize>,
    /// Where the tracee was when somebody looked last.
    seen: Option<usize>,
    countdown: u32,
}

impl Follower {
    /// Remembers the calling thread's affinity.
    pub fn new() -> Follower {
        at_start();
        Follower { original: sched_getaffinity(Pid::from_raw(0)).ok(), on: None, seen: None, countdown: 0 }
    }

    /// To be called at each stop of `tid`: moves to its core. Where that is, it asks now and then.
    pub fn follow(&mut self, tid: Tid) {
        if self.countdown == 0 {
            self.countdown = EVERY;
            self.seen = procfs::last_core(tid).or(self.seen);
        }
        self.countdown -= 1;
        let Some(core) = self.seen.filter(|core| self.on != Some(*core) && self.original.is_some()) else { return };
        tracing::debug!(target: "os", %tid, core, "following");
        let mut set = CpuSet::new();
        if set.set(core).is_ok() && sched_setaffinity(Pid::from_raw(0), &set).is_ok() {
            self.on = Some(core);
        }
    }

    /// Gives the thread its own affinity back: before a fork, which would inherit it, and at the prompt.
    pub fn release(&mut self) {
        if self.on.take().is_some()
            && let Some(original) = &self.original
        {
            // What fails here costs speed only.
            let _ = sched_setaffinity(Pid::from_raw(0), original);
        }
    }
}

impl Default for Follower {
    fn default() -> Follower {
        Follower::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_cores() {
        assert_eq!(listed("0-3,8"), [0, 1, 2, 3, 8]);
        assert_eq!(listed("5"), [5]);
        assert!(listed("").is_empty() && listed("x-y,-").is_empty());
        assert!(!online_cores().is_empty());
    }
}

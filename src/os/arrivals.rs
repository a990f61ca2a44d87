//! Which pages of a program have come into memory from one system call to the next: what can be seen of page faults from outside,
//! where the kernel lets nobody count them (perf_event_open(2) refused).

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Write;
use std::time::Instant;

use super::spawn::{Launch, abandon, start_paused, wait_for_exec};
use super::wait::{Status, wait_for};
use super::{pagemap, procfs, ptrace, signals};
use crate::base::{AddrRange, Error, PAGE, Result, Signal, Tid, VirtAddr};

/// Pages side by side that have come since the system call before.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Arrival {
    /// When that was seen, in nanoseconds since the exec.
    pub time: u64,
    /// The pages.
    pub pages: AddrRange,
}

/// All that came in a run.
#[derive(Clone, Debug)]
pub struct Arrivals {
    /// The process.
    pub pid: Tid,
    /// In the order in which they were seen, and by addresses.
    pub all: Vec<Arrival>,
}

/// Runs a program to its end, stopping it at its system calls, and watches its pages. No byte of its memory is read or written by
/// it; its children and further threads are left alone.
pub fn page_arrivals(launch: &Launch) -> Result<Arrivals> {
    let paused = start_paused(launch)?;
    let pid = paused.pid;
    let watched = ptrace::seize_alone(pid).and_then(|()| {
        let _ = File::from(paused.go).write_all(&[1]);
        wait_for_exec(pid)?;
        watch_to_the_end(pid)
    });
    if watched.is_err() {
        abandon(pid);
    }
    Ok(Arrivals { pid, all: watched? })
}

/// From its exec on.
fn watch_to_the_end(pid: Tid) -> Result<Vec<Arrival>> {
    let mut watch = Watch { pid, begun: Instant::now(), known: BTreeSet::new(), all: Vec::new() };
    watch.look();
    ptrace::to_system_call(pid, None)?;
    loop {
        let signal = match wait_for(pid, true) {
            Ok(Some((_, Status::Exited(_) | Status::Killed(_)))) | Err(Error::Gone) => return Ok(watch.all),
            Ok(Some((_, Status::Syscall | Status::ExitStop))) => {
                watch.look();
                None
            }
            Ok(Some((_, Status::Exec))) => {
                watch.known.clear();
                watch.look();
                None
            }
            Ok(Some((_, Status::Signal(signal)))) => Some(signal),
            Ok(Some((_, Status::GroupStop(_)))) => {
                ptrace::listen(pid)?;
                continue;
            }
            Ok(_) => None,
            Err(Error::Cancelled) => {
                let _ = signals::kill(pid, Signal::KILL);
                continue;
            }
            Err(e) => return Err(e),
        };
        match ptrace::to_system_call(pid, signal) {
            Ok(()) | Err(Error::Gone) => {}
            Err(e) => return Err(e),
        }
    }
}

struct Watch {
    pid: Tid,
    begun: Instant,
    /// The pages that are there, by their numbers.
    known: BTreeSet<u64>,
    all: Vec<Arrival>,
}

impl Watch {
    /// Compares the page tables with what they were. A process that dies meanwhile has none.
    fn look(&mut self) {
        let Ok(maps) = procfs::maps(self.pid) else { return };
        let time = u64::try_from(self.begun.elapsed().as_nanos()).unwrap_or(u64::MAX);
        let mut now = BTreeSet::new();
        // The kernel's [vsyscall] lies beyond what pagemap tells of.
        for mapping in maps.mappings.iter().filter(|m| m.name != "[vsyscall]") {
            let states = pagemap::pages(self.pid, mapping.range).unwrap_or_default();
            now.extend((mapping.range.start.0 / PAGE..).zip(states).filter(|(_, s)| s.present || s.swapped).map(|(n, _)| n));
        }
        let new: Vec<u64> = now.difference(&self.known).copied().collect();
        for run in new.chunk_by(|a, b| a + 1 == *b) {
            let Some(first) = run.first() else { continue };
            let pages = AddrRange::with_len(VirtAddr(first * PAGE), run.len() as u64 * PAGE);
            self.all.push(Arrival { time, pages });
        }
        self.known = now;
    }
}

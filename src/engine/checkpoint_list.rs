//! Checkpoints: copies of a process that stand still.

use crate::base::{Error, Tid, VirtAddr};
use crate::os::procfs;
use crate::symbols::Modules;
use crate::target::Control;

use super::journal::Journal;
use super::process::Process;
use super::program::Program;

/// A process that can be gone back to, and what was known of it when it was left.
#[derive(Debug)]
pub(super) struct Checkpoint {
    pub(super) number: u32,
    pub(super) process: Process,
    pub(super) program: Option<Program>,
    pub(super) modules: Modules,
    pub(super) journal: Journal,
    /// Where its open files stood, by their descriptors.
    pub(super) offsets: Vec<(u32, u64)>,
    /// The signals that waited for it (bit 0 is signal 1).
    pub(super) signals: u64,
}

/// A row of `info checkpoints`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CheckpointRow {
    /// Its number; 0 is the process that the first checkpoint was made of.
    pub number: u32,
    /// The process.
    pub pid: Tid,
    /// Where it stands; `None` while it runs.
    pub pc: Option<VirtAddr>,
    /// It is the current process.
    pub is_current: bool,
}

/// The checkpoints of an inferior. Its process has a number among theirs.
#[derive(Debug, Default)]
pub(super) struct Checkpoints {
    /// By their numbers.
    kept: Vec<Checkpoint>,
    /// The number of the current process.
    pub(super) current: u32,
    last: u32,
}

impl Checkpoints {
    pub(super) fn iter(&self) -> impl Iterator<Item = &Checkpoint> {
        self.kept.iter()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }

    pub(super) fn has(&self, number: u32) -> bool {
        self.kept.iter().any(|c| c.number == number)
    }

    /// A number for another one.
    pub(super) fn next_number(&mut self) -> u32 {
        self.last += 1;
        self.last
    }

    pub(super) fn put(&mut self, checkpoint: Checkpoint) {
        self.kept.push(checkpoint);
        self.kept.sort_by_key(|c| c.number);
    }

    /// Takes one out. Without any there are no numbers: the next one is the first.
    pub(super) fn take(&mut self, number: u32) -> Option<Checkpoint> {
        let at = self.kept.iter().position(|c| c.number == number)?;
        let taken = self.kept.remove(at);
        Some(taken)
    }

    /// The number of the one that takes the place of a process that has gone: the last one's.
    pub(super) fn successor(&self) -> Option<u32> {
        self.kept.last().map(|c| c.number)
    }

    /// Counts anew where none is left.
    pub(super) fn count_anew(&mut self) {
        if self.kept.is_empty() {
            *self = Checkpoints::default();
        }
    }

    /// Ends all of them that rdbg has made; the program that it has attached to goes on.
    pub(super) fn end(&mut self) {
        for c in &mut std::mem::take(self).kept {
            let _ = if c.process.dies_with_rdbg() { c.process.control().and_then(Control::kill) } else { c.process.leave() };
        }
    }

    /// Kills all of them. Those that somebody else has killed meanwhile have gone already.
    pub(super) fn kill(&mut self) {
        for c in &mut std::mem::take(self).kept {
            let _ = c.process.control().and_then(Control::kill);
        }
    }
}

/// The signals that wait for a process (bit 0 is signal 1).
pub(super) fn waiting_signals(pid: Tid) -> u64 {
    let set = |key| procfs::signal_set(pid, key).unwrap_or(0);
    set("SigPnd") | set("ShdPnd")
}

/// Where the open files of a process stand.
pub(super) fn file_offsets(pid: Tid) -> Vec<(u32, u64)> {
    let open = procfs::descriptors(pid).unwrap_or_default();
    open.into_iter().filter_map(|(fd, _)| Some((fd, procfs::file_offset(pid, fd)?))).collect()
}

/// Puts the open files of a process to where they stood. rdbg's own standard streams stay where they are: what is in them is not the
/// program's alone. What could not be put back is said.
pub(super) fn put_offsets(control: &mut dyn Control, offsets: &[(u32, u64)]) -> Vec<String> {
    let pid = control.pid();
    let moved = |(fd, offset): &&(u32, u64)| procfs::file_offset(pid, *fd).is_some_and(|now| now != *offset);
    let mut said = Vec::new();
    for (fd, offset) in offsets.iter().filter(moved).filter(|(fd, _)| !procfs::is_own_stream(pid, *fd)) {
        match control.seek(*fd, *offset) {
            Ok(()) => {}
            Err(e @ Error::Os { .. }) => said.push(format!("Descriptor {fd} is not where it was: {e}")),
            Err(e) => {
                said.push(format!("The open files are not where they were: {e}"));
                break;
            }
        }
    }
    said
}

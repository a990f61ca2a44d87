//! What the process was like when it was let go last: what changes are measured against.

use std::collections::BTreeMap;

use crate::base::{PAGE, Tid, read_vec};
use crate::expr::Host;
use crate::os::procfs;

use super::picture::{Moment, Picture};
use super::session::Session;

/// How much writable memory is kept for comparing, in pages: 32 MiB.
const MAX_KEPT: usize = 8192;

/// Of the stops whose commands let the program go on, one in so many has its slots looked at; whoever asks looks anyway.
const NOTE_EVERY: u64 = 16;

impl Session {
    /// Notes what the process is like, right before it goes on.
    pub(super) fn note_moment(&mut self) {
        // A stop whose commands let the program go on is none that the user has seen.
        if self.in_stop_commands {
            if self.resumes.is_multiple_of(NOTE_EVERY) {
                self.note_slots();
            }
            return;
        }
        self.note_slots();
        let whole = if self.looks_back { self.picture() } else { None };
        let pid = self.process().ok().map(|p| p.target.pid());
        self.moment = Moment { faults: pid.and_then(|pid| self.fault_counter.read(pid)), whole };
    }

    /// From now on the whole picture is taken whenever the process goes on. Whether it was before.
    pub fn look_back(&mut self) -> bool {
        std::mem::replace(&mut self.looks_back, true)
    }

    /// What the process was like when it was let go last.
    pub fn moment(&self) -> &Moment {
        &self.moment
    }

    /// What the process is like now; `None` without a process that can be looked at.
    pub fn picture(&self) -> Option<Picture> {
        let process = self.process().ok()?;
        let tid = self.selection.tid?;
        let registers = process.target.registers(tid).ok()?;
        let maps = process.target.maps().ok()?;
        let mut picture = Picture {
            tid,
            registers,
            maps,
            pages: BTreeMap::new(),
            bytes: BTreeMap::new(),
            cut: false,
            descriptors: descriptors(process.target.pid()),
        };
        for mapping in &picture.maps.mappings {
            let states = process.target.pages(mapping.range).unwrap_or_default();
            for (i, state) in (0u64..).zip(states).filter(|(_, s)| s.present || s.swapped) {
                let at = mapping.range.start + i * PAGE;
                picture.pages.insert(at, state);
                if !(mapping.perms.write && state.present) {
                    continue;
                }
                if picture.bytes.len() >= MAX_KEPT {
                    picture.cut = true;
                } else if let Ok(bytes) = read_vec(self.memory(), at, PAGE as usize) {
                    picture.bytes.insert(at, bytes.into_boxed_slice());
                }
            }
        }
        Some(picture)
    }
}

fn descriptors(pid: Tid) -> BTreeMap<u32, String> {
    let entries = procfs::descriptors(pid).unwrap_or_default();
    entries.into_iter().map(|(fd, target)| (fd, target.display().to_string())).collect()
}

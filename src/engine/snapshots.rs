//! Snapshots that the user keeps under a name.

use std::collections::{BTreeMap, BTreeSet};

use crate::base::{AddrRange, Error, Need, PAGE, Result, VirtAddr, page_down, read_vec};
use crate::expr::Host;

use super::picture::Snapshot;
use super::session::Session;

/// The most that is kept of a range of memory, in bytes.
const MAX_RANGE: u64 = 64 << 20;
/// So many snapshots are kept.
const MAX_SNAPSHOTS: usize = 64;

impl Session {
    /// What the process is like now, as far as the parts want it.
    pub fn snapshot(&self, parts: BTreeSet<String>, range: Option<AddrRange>) -> Result<Snapshot> {
        let mut picture = self.picture().ok_or(Error::Needs(Need::Live))?;
        if let Some(range) = range {
            if range.len() > MAX_RANGE {
                return Err(Error::user(format!("At most {} MiB of memory can be kept.", MAX_RANGE >> 20)));
            }
            picture.bytes.clear();
            // Whole pages: a word is compared where it stands.
            let first = page_down(range.start.0);
            for at in (first..range.end.0).step_by(PAGE as usize).map(VirtAddr) {
                let bytes = read_vec(self.memory(), at, PAGE as usize)?;
                picture.bytes.insert(at, bytes.into_boxed_slice());
            }
        }
        let mut slots = BTreeMap::new();
        if parts.contains("got") || parts.is_empty() && range.is_none() {
            for module in self.inferior.modules.iter() {
                let values = self.slot_values(module);
                for (slot, value) in module.got().into_iter().flat_map(|g| &g.slots).zip(values) {
                    let label = format!("{} GOT[{}] {}", module.name, slot.index, slot.versioned_name().unwrap_or_default());
                    slots.extend(value.map(|v| (module.virt(slot.addr), (label.trim_end().to_owned(), v))));
                }
            }
        }
        Ok(Snapshot { parts, range, picture, slots })
    }

    /// Keeps a snapshot under a name; one of that name before is gone.
    pub fn keep_snapshot(&mut self, name: String, snapshot: Snapshot) {
        self.snapshots.retain(|(n, _)| *n != name);
        if self.snapshots.len() >= MAX_SNAPSHOTS {
            self.snapshots.remove(0);
        }
        self.snapshots.push((name, snapshot));
    }

    /// The snapshot of a name, or the one that was made last.
    pub fn kept_snapshot(&self, name: Option<&str>) -> Result<Snapshot> {
        let found = match name {
            Some(name) => self.snapshots.iter().find(|(n, _)| n == name),
            None => self.snapshots.last(),
        };
        found.map(|(_, s)| s.clone()).ok_or_else(|| match name {
            Some(name) => Error::user(format!("There is no snapshot \"{name}\" of this process.")),
            None => Error::user("There is no snapshot of this process: \"snapshot\" makes one."),
        })
    }

    /// The variables of the selected frame that are in memory, with the bytes that they take up.
    pub fn local_places(&self) -> Vec<(String, AddrRange)> {
        let Ok(frame) = self.selected_frame() else { return Vec::new() };
        let locals = self.locals(&frame, false).into_iter().chain(self.locals(&frame, true));
        let place = |local: super::variables::Local| {
            let module = self.inferior.modules.at(VirtAddr(frame.registers.pc()))?;
            let value = self.variable(module, local.variable.die, Some(&frame)).ok()?.value;
            Some((local.variable.name.clone(), AddrRange::with_len(value.address()?, value.ty.stripped().size.max(1))))
        };
        locals.filter(|l| !l.is_hidden).filter_map(place).collect()
    }
}

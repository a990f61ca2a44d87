//! Looking for writes of GOT slots, at every stop: which slot has changed, and who has written it.

use std::sync::Arc;

use crate::base::VirtAddr;
use crate::loader::Slot;
use crate::symbols::{Module, ModuleId};

use super::journal::Change;
use super::session::Session;
use super::slot_log::SlotChange;
use super::slots::SlotMeaning;

/// More changes than this are of a program that plays with its slots.
const MAX_CHANGES: usize = 1 << 16;

impl Session {
    /// Notes what slots hold that held something else at the last look.
    pub fn note_slots(&mut self) {
        let main = self.inferior.modules.main().map(|m| m.id);
        let watched: Vec<ModuleId> = main.into_iter().chain(self.slot_log.modules.iter().copied()).collect();
        let mut found = Vec::new();
        for module in watched.iter().filter_map(|id| self.inferior.modules.get(*id)) {
            let values = self.slot_values(module);
            for (slot, value) in module.got().into_iter().flat_map(|g| &g.slots).zip(values) {
                let (at, Some(new)) = (module.virt(slot.addr), value) else { continue };
                let old = self.slot_log.last.get(&at).copied().unwrap_or(slot.initial);
                if old != new {
                    let by = self.writer(module, slot, new);
                    found.push((module.id, SlotChange { stop: self.resumes, index: slot.index, at, old, new, by }));
                }
            }
        }
        for (id, change) in found {
            self.slot_log.last.insert(change.at, change.new);
            if self.slot_log.changes.len() < MAX_CHANGES {
                self.slot_log.changes.push((id, change));
            }
        }
    }

    /// The changes of a module's slots that were seen, in order. From now on it is looked after.
    pub fn slot_history(&mut self, module: &Arc<Module>) -> Vec<SlotChange> {
        let is_main = self.inferior.modules.main().is_some_and(|m| m.id == module.id);
        if !is_main && !self.slot_log.modules.contains(&module.id) {
            self.slot_log.modules.push(module.id);
        }
        if self.inferior.process.is_some() {
            self.note_slots();
        }
        self.slot_log.changes.iter().filter(|(id, _)| *id == module.id).map(|(_, c)| c.clone()).collect()
    }

    /// Who has put a value into a slot.
    fn writer(&self, module: &Arc<Module>, slot: &Slot, new: u64) -> String {
        let at = module.virt(slot.addr);
        if let Some(command) = self.writer_of(at).filter(|_| !self.is_unlogged(at, new)) {
            return format!("rdbg: {command}");
        }
        if let Some(command) = self.undone_at(at, new) {
            return format!("rdbg: undo of {command}");
        }
        match self.slot_meaning(module, slot, Some(new)) {
            SlotMeaning::Unresolved(_) => "ld.so: load bias added".into(),
            SlotMeaning::Bound(_) | SlotMeaning::Ifunc(_)
                if slot.is_jump_slot() && module.got().is_some_and(|g| g.is_lazy) && !self.binds_eagerly() =>
            {
                "ld.so: bound at its first call".into()
            }
            SlotMeaning::Redirected(_) => "somebody else".into(),
            SlotMeaning::Constant => "the program".into(),
            _ if super::slots::is_static(module.image()) => "its own start-up code".into(),
            _ => "ld.so: relocated at load".into(),
        }
    }

    /// The command that was undone, if that has put this value back into a slot.
    fn undone_at(&self, at: VirtAddr, value: u64) -> Option<String> {
        let bytes = value.to_le_bytes();
        let put_back = |c: &Change| matches!(c, Change::Memory { at: a, old, .. } if *a == at && *old == bytes);
        let mut undone = self.inferior.journal.undone().iter();
        undone.find(|e| e.changes.iter().any(put_back)).map(|e| e.what.clone())
    }

    /// Whether no command has ever written this value into the slot.
    fn is_unlogged(&self, at: VirtAddr, value: u64) -> bool {
        let bytes = value.to_le_bytes();
        let wrote = |c: &Change| matches!(c, Change::Memory { at: a, new, .. } if *a == at && *new == bytes);
        !self.inferior.journal.entries().iter().flat_map(|e| &e.changes).any(wrote)
    }
}

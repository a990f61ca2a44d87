//! Slots of the GOT that turn from unresolved to bound.

use std::collections::{BTreeMap, HashMap};

use serde_json::Value;

use super::chapter::Step;
use crate::command::timeline::words::{address, text, versioned};

/// A slot that was left to the first call.
#[derive(Clone, Debug)]
pub struct Slot {
    /// Where it lies.
    pub address: u64,
    /// `puts@GLIBC_2.2.5`.
    pub symbol: String,
    /// Since when it waits.
    pub since: Step,
    /// When it was bound, to what, by whom.
    pub bound: Option<Bound>,
}

/// A bind.
#[derive(Clone, Debug)]
pub struct Bound {
    /// When.
    pub at: Step,
    /// The module whose function it is.
    pub target: String,
    /// Who called.
    pub caller: String,
    /// `GOT[3]`.
    pub index: String,
    /// The address that was put there.
    pub value: String,
}

/// The slots of a module.
#[derive(Clone, Debug, Default)]
pub struct Slots {
    /// Those that wait, or waited; one of a library that is opened twice comes twice.
    pub lazy: Vec<Slot>,
    current: HashMap<u64, usize>,
    /// How many were bound when the module was relocated.
    pub at_load: u64,
    /// How many waited that were not kept.
    pub dropped: u64,
}

/// More slots of a module than this are counted, not kept.
const MOST: usize = 20_000;

/// All modules' slots, and what kinds of relocations each has.
#[derive(Clone, Debug, Default)]
pub struct AllSlots {
    /// By the module's path, in the order in which they were seen.
    pub modules: Vec<(String, Slots)>,
    /// How many relocations of each type, by module.
    pub relocations: Vec<(String, BTreeMap<String, u64>)>,
}

fn entry<'a, T: Default>(all: &'a mut Vec<(String, T)>, name: &str) -> Option<&'a mut T> {
    let place = all.iter().position(|(n, _)| n == name).unwrap_or_else(|| {
        all.push((name.to_owned(), T::default()));
        all.len() - 1
    });
    all.get_mut(place).map(|(_, of)| of)
}

impl AllSlots {
    /// A relocation was applied.
    pub fn relocated(&mut self, event: &Value, at: Step) {
        let (object, kind) = (text(event, "object"), text(event, "type").trim_start_matches("R_X86_64_"));
        if let Some(types) = entry(&mut self.relocations, object) {
            *types.entry(kind.to_owned()).or_default() += 1;
        }
        if !matches!(kind, "JUMP_SLOT" | "GLOB_DAT") || text(event, "symbol").is_empty() {
            return;
        }
        let Some(slots) = entry(&mut self.modules, object) else { return };
        // A lazy slot was only moved by the load bias: it leads back to its stub.
        match kind == "JUMP_SLOT" && text(event, "target").is_empty() && address(event, "value") != 0 {
            true => slots.wait(event, at),
            false => slots.at_load += 1,
        }
    }

    /// A slot was bound at its first call.
    pub fn bound(&mut self, event: &Value, at: Step) {
        let Some(slots) = entry(&mut self.modules, text(event, "object")) else { return };
        let place = slots.current.get(&address(event, "slot"));
        if place.and_then(|p| slots.lazy.get(*p)).is_none_or(|s| s.bound.is_some()) {
            slots.wait(event, at);
        }
        let place = slots.current.get(&address(event, "slot"));
        let Some(slot) = place.and_then(|p| slots.lazy.get_mut(*p)) else { return };
        slot.bound = Some(Bound {
            at,
            target: text(event, "target").to_owned(),
            caller: text(event, "caller").to_owned(),
            index: text(event, "index").to_owned(),
            value: text(event, "value").to_owned(),
        });
    }
}

impl Slots {
    /// A slot begins to wait for its first call.
    fn wait(&mut self, event: &Value, since: Step) {
        if self.lazy.len() >= MOST {
            self.dropped += 1;
            return;
        }
        let address = address(event, "slot");
        self.current.insert(address, self.lazy.len());
        self.lazy.push(Slot { address, symbol: versioned(event), since, bound: None });
    }

    /// Those that were bound at a call, in the order of their binds.
    pub fn bound(&self) -> Vec<(&Slot, &Bound)> {
        let mut all: Vec<_> = self.lazy.iter().filter_map(|s| Some((s, s.bound.as_ref()?))).collect();
        all.sort_by_key(|(_, b)| b.at);
        all
    }
}

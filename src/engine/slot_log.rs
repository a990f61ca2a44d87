//! The writes of GOT slots that were seen: what a slot held from one stop to the next.

use std::collections::BTreeMap;

use crate::base::VirtAddr;
use crate::symbols::ModuleId;

/// A slot that was found to hold something new.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SlotChange {
    /// How many times the program had been let go on by then; 0 at its first stop.
    pub stop: u64,
    /// n of `GOT[n]`.
    pub index: i64,
    /// The slot.
    pub at: VirtAddr,
    /// What it held: at first the file's value.
    pub old: u64,
    /// What it holds since.
    pub new: u64,
    /// Who wrote it, as far as that is known.
    pub by: String,
}

/// What was seen of the slots of the modules that are looked after: the program, and those whose history was asked for.
#[derive(Clone, Debug, Default)]
pub struct SlotLog {
    pub(super) modules: Vec<ModuleId>,
    pub(super) last: BTreeMap<VirtAddr, u64>,
    pub(super) changes: Vec<(ModuleId, SlotChange)>,
}

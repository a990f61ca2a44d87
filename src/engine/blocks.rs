//! The traces that a plan runs through: stretches of code whose way is known, and the int3s at their ends.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

use crate::base::{MemoryMap, VirtAddr};

use super::inject::Trace;

/// The traces that a plan has run through, and their int3s.
#[derive(Debug, Default)]
pub(super) struct Blocks {
    pub(super) traces: HashMap<VirtAddr, Rc<Trace>>,
    /// Length of every instruction in a trace: an int3 must not lie within one.
    instructions: BTreeMap<VirtAddr, u8>,
    pub(super) planted: BTreeSet<VirtAddr>,
    /// The mappings, once they are asked for.
    pub(super) maps: Option<MemoryMap>,
}

impl Blocks {
    /// Whether an instruction of a trace has this address within it.
    pub(super) fn is_within_instruction(&self, at: VirtAddr) -> bool {
        let before = self.instructions.range(at - 14..at);
        before.rev().any(|(start, len)| *start + u64::from(*len) > at)
    }

    /// Keeps a trace; int3s that lie within its instructions, where two readings of the same bytes overlap.
    pub(super) fn add(&mut self, start: VirtAddr, trace: Trace) -> (Rc<Trace>, Vec<VirtAddr>) {
        let within = |(at, len): &(VirtAddr, u8)| self.planted.range(*at + 1..*at + u64::from(*len)).copied().collect::<Vec<_>>();
        let overlapped: Vec<VirtAddr> = trace.steps.iter().flat_map(within).collect();
        self.planted.retain(|at| !overlapped.contains(at));
        self.instructions.extend(trace.steps.iter().copied());
        let trace = Rc::new(trace);
        self.traces.insert(start, trace.clone());
        (trace, overlapped)
    }
}

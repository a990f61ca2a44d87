//! Plans: what the user asked a thread to do before it stops.

use crate::base::{Tid, VirtAddr};

use super::line_plan::LinePlan;

/// A plan of one thread.
#[derive(Clone, Debug)]
pub enum Plan {
    /// Run so many instructions.
    Instructions {
        /// The thread.
        tid: Tid,
        /// How many are left, at least 1.
        left: u64,
        /// Calls count as one instruction (`nexti`).
        over_calls: bool,
        /// The plan waits for the thread to come back here: from a call, or from a signal's handler.
        until: Option<Return>,
    },
    /// Run to one of these places.
    Reach {
        /// The thread.
        tid: Tid,
        /// The places.
        places: Vec<Return>,
    },
    /// Run to another source line: [`super::Session::line_plan`].
    Lines(LinePlan),
}

/// A place that a plan waits for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Return {
    /// Where.
    pub addr: VirtAddr,
    /// Only with a stack pointer of at least this: a deeper activation of the same function passes.
    pub min_sp: u64,
    /// Whether arriving here counts as an instruction done.
    pub counts: bool,
}

impl Return {
    /// A place that counts in whatever activation.
    pub fn at(addr: VirtAddr) -> Return {
        Return { addr, min_sp: 0, counts: false }
    }
}

impl Plan {
    /// Whose plan it is.
    pub fn tid(&self) -> Tid {
        match self {
            Plan::Instructions { tid, .. } | Plan::Reach { tid, .. } => *tid,
            Plan::Lines(plan) => plan.tid,
        }
    }

    /// The places at which it wants to know.
    pub fn places(&self) -> Vec<Return> {
        match self {
            Plan::Instructions { until, .. } => until.iter().copied().collect(),
            Plan::Reach { places, .. } => places.clone(),
            Plan::Lines(plan) => plan.places().collect(),
        }
    }

    /// Whether the thread runs one instruction at a time now.
    pub fn is_stepping(&self) -> bool {
        match self {
            Plan::Instructions { until, .. } => until.is_none(),
            Plan::Reach { .. } => false,
            Plan::Lines(plan) => plan.stepping,
        }
    }

    /// For `finish`: runs until the activation whose canonical frame address this is has returned to `back`.
    pub fn finish(tid: Tid, back: VirtAddr, cfa: VirtAddr) -> Plan {
        // Back in the caller the stack is as high as before the call. A deeper activation that returns to the same place has
        // a lower one.
        Plan::Reach { tid, places: vec![Return { addr: back, min_sp: cfa.0, counts: false }] }
    }

    /// For `advance` and `until LOCATION`: runs to one of these places, or until the activation that `caller` gives (its return
    /// address and its canonical frame address) has returned.
    pub fn reach(tid: Tid, to: &[VirtAddr], caller: Option<(VirtAddr, VirtAddr)>) -> Plan {
        let places = to.iter().copied().map(Return::at);
        let back = caller.map(|(back, cfa)| Return { addr: back, min_sp: cfa.0, counts: false });
        Plan::Reach { tid, places: places.chain(back).collect() }
    }
}

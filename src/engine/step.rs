//! Plans: what the user asked a thread to do before it stops.

use crate::base::{Tid, VirtAddr};

/// A plan of one thread.
#[derive(Clone, PartialEq, Eq, Debug)]
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
    /// Run until a function has returned, and look at what it returns.
    Finish {
        /// The thread.
        tid: Tid,
        /// Where it returns to.
        place: Return,
        /// Where the function is entered; `None` where that is not known.
        function: Option<VirtAddr>,
        /// The generation of the process from which it runs.
        since: u64,
    },
}

/// A place that a plan waits for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Return {
    /// Where.
    pub addr: VirtAddr,
    /// Only with a stack pointer of at least this: a deeper activation of the same function passes.
    pub min_sp: u64,
    /// Only in the activation with this canonical frame address.
    pub cfa: Option<VirtAddr>,
    /// Whether arriving here counts as an instruction done.
    pub counts: bool,
}

impl Return {
    /// A place that is right however it is reached.
    pub fn anywhere(addr: VirtAddr) -> Return {
        Return { addr, min_sp: 0, cfa: None, counts: false }
    }

    /// A place that a function comes back to with at least this stack pointer.
    pub fn back(addr: VirtAddr, min_sp: u64) -> Return {
        Return { min_sp, ..Return::anywhere(addr) }
    }
}

impl Plan {
    /// Whose plan it is.
    pub fn tid(&self) -> Tid {
        match self {
            Plan::Instructions { tid, .. } | Plan::Reach { tid, .. } | Plan::Finish { tid, .. } => *tid,
        }
    }

    /// The same plan for another thread.
    pub(super) fn for_thread(mut self, new: Tid) -> Plan {
        let (Plan::Instructions { tid, .. } | Plan::Reach { tid, .. } | Plan::Finish { tid, .. }) = &mut self;
        *tid = new;
        self
    }

    /// The places at which it wants to know.
    pub fn places(&self) -> impl Iterator<Item = &Return> {
        let (one, many) = match self {
            Plan::Instructions { until, .. } => (until.as_ref(), [].as_slice()),
            Plan::Reach { places, .. } => (None, places.as_slice()),
            Plan::Finish { place, .. } => (Some(place), [].as_slice()),
        };
        one.into_iter().chain(many)
    }

    /// Whether it is a step: one that ends in its own function needs no frame shown.
    pub fn is_step(&self) -> bool {
        matches!(self, Plan::Instructions { .. })
    }

    /// Whether the thread runs one instruction at a time now.
    pub fn is_stepping(&self) -> bool {
        matches!(self, Plan::Instructions { until: None, .. })
    }
}

//! Plans and steps: what the user asked a thread to do before it stops.

use std::path::Path;
use std::sync::Arc;

use crate::base::{AddrRange, Tid, VirtAddr};

use super::frame_identity::FrameIdentity;

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

/// The frame with which a plan ends, however it is left.
#[derive(Clone, Debug)]
pub(super) struct PlanFrame {
    /// The frame whose end ends the plan.
    pub(super) frame: FrameIdentity,
    /// Where control will land behind a jump out of it.
    pub(super) landing: Option<VirtAddr>,
}

/// A step by lines that is under way.
#[derive(Clone, Debug)]
pub(super) struct LineStep {
    pub(super) tid: Tid,
    pub(super) kind: LineStepKind,
    /// Steps that are left, this one included.
    pub(super) left: u64,
    /// The frame in which it goes on.
    pub(super) frame: FrameIdentity,
    /// The function in which the first step began.
    pub(super) function: Option<VirtAddr>,
    /// The line that it leaves.
    pub(super) file: Arc<Path>,
    pub(super) line: u32,
    /// Code that it runs through.
    pub(super) ranges: Vec<AddrRange>,
    /// It waits at the end of a called function's prologue.
    pub(super) enters: bool,
    /// A signal is delivered with its first instruction: it ends in the handler.
    pub(super) handles: bool,
    /// Its frame was left, or landed in, by a jump out of other frames: it ends where it is.
    pub(super) landed: bool,
}

/// What sort of step by lines.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LineStepKind {
    /// Into functions that have lines.
    Into,
    /// Over functions.
    Over,
    /// Over functions and never backwards: out of loops.
    Until,
}

/// What beginning a step by lines came to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum LineStepBegun {
    /// The program is to be resumed by this plan.
    Plan(Plan),
    /// It is done: an inlined call was entered, where nothing has to run.
    Done,
    /// There is no line at the pc.
    NoLine,
}

impl LineStep {
    /// What a thread has begun another one goes on with: its fork's child.
    pub(super) fn go_on_in(&mut self, parent: Tid, child: Tid) {
        if self.tid == parent {
            self.tid = child;
        }
    }
}

/// A function that has returned to a `finish`, and when that was.
#[derive(Clone, Copy, Debug)]
pub(super) struct Finished {
    pub(super) tid: Tid,
    pub(super) function: Option<VirtAddr>,
    pub(super) resumes: u64,
    /// It returned to where rdbg had called it: the registers are those of before that call again.
    pub(super) into_call: bool,
}

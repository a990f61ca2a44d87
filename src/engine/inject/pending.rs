//! Calls that are under way: until the function returns, their thread is not what the program made it.

use crate::arch::regs::{Registers, XState};
use crate::base::{Signal, Tid, VirtAddr};
use crate::engine::sites::Displaced;

/// A call that is waited for.
#[derive(Clone, Copy, Debug)]
pub(in crate::engine) struct Active {
    pub(super) tid: Tid,
    pub(super) sp: u64,
    /// It was made to decide about an event, while other threads run.
    pub(super) in_event: bool,
}

/// A call: where its function returns to, and what the thread is to be then.
#[derive(Clone, Debug)]
pub(in crate::engine) struct Call {
    pub(super) tid: Tid,
    pub(super) return_to: VirtAddr,
    /// The stack pointer behind the return: it tells the calls apart.
    pub(super) sp: u64,
    pub(super) name: String,
    pub(super) registers: Registers,
    pub(super) xstate: XState,
    /// What the engine knew of the thread.
    pub(super) reported: Option<VirtAddr>,
    pub(super) deliver: Option<Signal>,
    pub(super) displaced: Option<Displaced>,
    /// `std::terminate`, while the call waits and is not to end the program.
    pub(super) terminate: Option<VirtAddr>,
}

/// A call whose function has returned, and the thread's registers as it left them.
#[derive(Debug)]
pub(in crate::engine) struct Returned {
    pub(super) call: Call,
    /// The engine's knowledge of the thread is put back too.
    pub(super) settled: bool,
    pub(super) registers: Registers,
    pub(super) xstate: XState,
}

impl Returned {
    /// What the registers were when a function of this thread returned.
    pub(in crate::engine) fn of(&self, tid: Tid) -> Option<(Registers, XState)> {
        self.call.is_of(tid).then(|| (self.registers, self.xstate.clone()))
    }
}

impl Call {
    pub(super) fn new(tid: Tid, return_to: VirtAddr, sp: u64, name: &str, saved: (Registers, XState)) -> Call {
        let (registers, xstate) = saved;
        let name = name.to_owned();
        Call { tid, return_to, sp, name, registers, xstate, reported: None, deliver: None, displaced: None, terminate: None }
    }

    /// Where an int3 must be.
    pub(in crate::engine) fn places(&self) -> impl Iterator<Item = VirtAddr> {
        std::iter::once(self.return_to).chain(self.terminate)
    }

    /// Where its function returns to.
    pub(in crate::engine) fn return_to(&self) -> VirtAddr {
        self.return_to
    }

    /// Whether this thread made it.
    pub(in crate::engine) fn is_of(&self, tid: Tid) -> bool {
        self.tid == tid
    }

    pub(super) fn is(&self, other: &Call) -> bool {
        self.tid == other.tid && self.sp == other.sp
    }
}

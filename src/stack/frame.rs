//! A frame: one function's activation on a thread's stack.

use crate::arch::regs::{Gpr, Registers};
use crate::base::VirtAddr;

/// A frame's program counter, which is either where the thread is or where it will come back to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FramePc {
    /// The next instruction to run: the innermost frame, and one that a signal interrupted.
    Pc(VirtAddr),
    /// The instruction after a call. The call may be its function's last instruction, so that this lies in the next function.
    Return(VirtAddr),
}

impl FramePc {
    /// The address itself.
    pub fn addr(self) -> VirtAddr {
        match self {
            FramePc::Pc(at) | FramePc::Return(at) => at,
        }
    }

    /// An address to look names, lines and unwind rows up by: for a return address one inside the call.
    pub fn lookup(self) -> VirtAddr {
        match self {
            FramePc::Pc(at) => at,
            FramePc::Return(at) => at - 1,
        }
    }
}

/// How a frame was found from the one inside it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FrameHow {
    /// It is the innermost.
    Innermost,
    /// By unwind tables.
    Cfi,
    /// By a saved rbp.
    FramePointer,
    /// By the kernel's record of what a signal interrupted.
    Signal,
    /// By what the instructions at the function's start do, or worse: it may be wrong.
    Guess,
    /// It is none: a function that rdbg has called returns here, and what lies outwards is what the call interrupted.
    Call,
}

/// One frame.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Frame {
    /// 0 is the innermost.
    pub level: usize,
    /// Where it is.
    pub pc: FramePc,
    /// The canonical frame address: rsp before the call that made this frame. `None` where nothing told it, and in the
    /// outermost frame.
    pub cfa: Option<VirtAddr>,
    /// Its registers, as far as they are known: of outer frames those that the ABI preserves.
    pub registers: Registers,
    /// Where each register's value is in memory, if it was saved there: what a write to this frame's register changes.
    pub saved: [Option<VirtAddr>; 17],
    /// How it was found.
    pub how: FrameHow,
    /// Whether this is the trampoline that a signal handler returns to: shown as `<signal handler called>`.
    pub is_signal_trampoline: bool,
}

impl Frame {
    /// Where the value of a register is saved in memory.
    pub fn saved_at(&self, register: Gpr) -> Option<VirtAddr> {
        self.saved.get(usize::from(register.dwarf()?)).copied().flatten()
    }
}

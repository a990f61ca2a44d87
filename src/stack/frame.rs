//! A frame: one function's activation on a thread's stack.

use std::ops::Deref;
use std::rc::Rc;
use std::sync::Arc;

use crate::arch::regs::{Gpr, Registers};
use crate::base::VirtAddr;
use crate::dwarf::{Block, BlockKind, Body, Declared, Function, RULES};

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
    /// It is gone: its function has left by a jump to another, as the call-site entries on the way tell. Its CFA is that of the
    /// frame further in, its registers are those of the next one further out.
    TailCall,
    /// It is none: a function that rdbg has called returns here, and what lies outwards is what the call interrupted.
    Call,
}

/// What debug information says of a frame: whose code runs in it. Calls that were inlined are frames of their own; they share
/// registers and CFA with the function that they were inlined into.
#[derive(Clone, Debug)]
pub struct FrameCode {
    /// The function whose code it is in the end.
    pub function: Arc<Function>,
    /// The function's blocks.
    pub body: Arc<Body>,
    /// The frame's own outermost block: 0 for the function itself, or that of an inlined call.
    pub block: usize,
    /// The innermost block at the pc that belongs to this frame, or to frames further in.
    pub innermost: usize,
    /// The inlined call that this frame is in the middle of.
    pub callee: Option<usize>,
}

impl PartialEq for FrameCode {
    fn eq(&self, other: &FrameCode) -> bool {
        self.function.die == other.function.die && self.block == other.block
    }
}

impl Eq for FrameCode {}

impl FrameCode {
    /// The frame's outermost block.
    pub fn own_block(&self) -> Option<&Block> {
        self.body.blocks.get(self.block)
    }

    /// The name of the function, or of the inlined one, with namespaces and classes.
    pub fn name(&self) -> &str {
        match self.own_block().map(|b| &b.kind) {
            Some(BlockKind::Inlined { name, .. }) => name,
            _ => &self.function.name,
        }
    }

    /// Whether it is an inlined call.
    pub fn is_inlined(&self) -> bool {
        self.block != 0
    }

    /// The line of the inlined call that it is in the middle of.
    pub fn call_line(&self) -> Option<Declared> {
        match &self.body.blocks.get(self.callee?)?.kind {
            BlockKind::Inlined { call, .. } => *call,
            _ => None,
        }
    }

    /// The blocks whose variables it sees, from the inside to its own outermost one.
    pub fn scopes(&self) -> Vec<&Block> {
        let mut found = Vec::new();
        let mut at = Some(match self.callee {
            Some(callee) => self.body.blocks.get(callee).and_then(|b| b.parent).unwrap_or(0),
            None => self.innermost,
        });
        while let Some(index) = at {
            let Some(block) = self.body.blocks.get(index) else { break };
            found.push(block);
            at = if index == self.block { None } else { block.parent };
        }
        found
    }
}

/// Where in memory a caller's registers are saved: 0 for those that are not, by DWARF number.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct SavedAt([u64; RULES]);

impl SavedAt {
    /// Where a register is saved.
    pub fn get(&self, register: Gpr) -> Option<VirtAddr> {
        let at = self.0.get(usize::from(register.dwarf()?))?;
        (*at != 0).then_some(VirtAddr(*at))
    }

    /// Notes where a register is saved, or that it is not.
    pub fn set(&mut self, register: Gpr, at: Option<VirtAddr>) {
        if let Some(slot) = register.dwarf().and_then(|n| self.0.get_mut(usize::from(n))) {
            *slot = at.map_or(0, |at| at.0);
        }
    }
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
    pub saved: SavedAt,
    /// How it was found.
    pub how: FrameHow,
    /// Whether this is the trampoline that a signal handler returns to: shown as `<signal handler called>`.
    pub is_signal_trampoline: bool,
    /// What debug information says of its code.
    pub code: Option<FrameCode>,
}

impl Frame {
    /// Where the value of a register is saved in memory.
    pub fn saved_at(&self, register: Gpr) -> Option<VirtAddr> {
        self.saved.get(register)
    }
}

/// Frames of one thread, from the innermost on; shared, because there may be very many.
#[derive(Clone, Debug)]
pub struct Frames {
    all: Rc<Vec<Frame>>,
    count: usize,
}

impl Frames {
    /// The first `count` of them, or all if there are fewer.
    pub fn first(all: &Rc<Vec<Frame>>, count: usize) -> Frames {
        Frames { all: all.clone(), count: count.min(all.len()) }
    }
}

impl Deref for Frames {
    type Target = [Frame];

    fn deref(&self) -> &[Frame] {
        self.all.get(..self.count).unwrap_or_default()
    }
}

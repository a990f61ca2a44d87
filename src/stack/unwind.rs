//! Walking from a frame to its caller.

use std::sync::Arc;

use super::frame::Frame;
use crate::arch::regs::Registers;
use crate::base::{LoadBias, Memory, Result, VirtAddr};
use crate::dwarf::UnwindRow;

/// An unwind row of a loaded module.
#[derive(Clone, Debug)]
pub struct CodeRow {
    /// The row, in link-time addresses.
    pub row: Arc<UnwindRow>,
    /// The module's.
    pub bias: LoadBias,
}

/// What the unwinder has to know about code: the modules of a process.
pub trait CodeMap {
    /// The unwind row at a run-time address; `None` where no module says anything about it.
    fn unwind_row(&self, at: VirtAddr) -> Result<Option<CodeRow>>;
    /// The start of the function around a run-time address, from symbols.
    fn function_start(&self, at: VirtAddr) -> Option<VirtAddr>;
    /// Whether code may lie at this run-time address (an executable mapping).
    fn is_code(&self, at: VirtAddr) -> bool;
    /// The pc that the program has, for one inside a slot where a displaced instruction runs.
    fn original_pc(&self, pc: VirtAddr) -> VirtAddr {
        pc
    }
    /// Changes whenever code is loaded or unloaded.
    fn generation(&self) -> u64;
}

/// Why a walk ended.
#[derive(Clone, Debug)]
pub enum StackEnd {
    /// There is no caller: `_start`, a thread's first function, a return address of 0.
    Outermost,
    /// The next frame is not further out than this one.
    NotGrowing,
    /// The next frame is this one again.
    Repeats,
    /// Reading failed, or the tables are damaged.
    Failed(crate::base::Error),
}

/// Walks one thread's stack at one stop.
pub struct Unwinder<'a> {
    memory: &'a dyn Memory,
    code: &'a dyn CodeMap,
}

impl<'a> Unwinder<'a> {
    /// An unwinder. `memory` is best a [`crate::base::PageCache`].
    pub fn new(memory: &'a dyn Memory, code: &'a dyn CodeMap) -> Unwinder<'a> {
        Unwinder { memory, code }
    }

    /// The innermost frame of a thread with these registers.
    pub fn innermost(&self, registers: &Registers) -> Frame {
        let _ = (self.memory, self.code, registers);
        todo!()
    }

    /// The caller's frame, or why there is none.
    pub fn caller(&self, frame: &Frame) -> Result<Frame, StackEnd> {
        let _ = frame;
        todo!()
    }

    /// The frames from the innermost outwards, at most `limit`, and why they ended (`None`: the limit).
    pub fn walk(&self, registers: &Registers, limit: usize) -> (Vec<Frame>, Option<StackEnd>) {
        let _ = (registers, limit);
        todo!()
    }
}

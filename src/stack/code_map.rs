//! What the unwinder has to know about code.

use std::sync::Arc;

use crate::base::{LoadBias, Result, VirtAddr};
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

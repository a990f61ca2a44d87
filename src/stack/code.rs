//! A process's code as the unwinder sees it.

use std::sync::Arc;

use super::code_map::{CodeMap, CodeRow};
use crate::base::{Result, VirtAddr};
use crate::symbols::Modules;

/// The modules of a process, and what else it can run.
pub struct ProcessCode<'a> {
    /// The modules.
    pub modules: &'a Modules,
    /// Whether an address is mapped with execute permission: for code that belongs to no module.
    pub is_mapped_code: &'a dyn Fn(VirtAddr) -> bool,
    /// Translates a pc inside a slot for displaced instructions to the one that the program has.
    pub original_pc: &'a dyn Fn(VirtAddr) -> VirtAddr,
}

impl CodeMap for ProcessCode<'_> {
    fn unwind_row(&self, at: VirtAddr) -> Result<Option<CodeRow>> {
        let Some(module) = self.modules.at(at) else { return Ok(None) };
        Ok(module.unwind_row(at)?.map(|row| CodeRow { row: Arc::new(row), bias: module.bias }))
    }

    fn function_start(&self, at: VirtAddr) -> Option<VirtAddr> {
        self.modules.locate(at).filter(|l| l.is_code && (l.size == 0 || l.offset < l.size)).map(|l| l.start)
    }

    fn is_code(&self, at: VirtAddr) -> bool {
        // A module's own file says what is code in it.
        match self.modules.at(at) {
            Some(module) => module.image().load_at(module.to_file(at)).is_some_and(|s| s.is_code()),
            None => (self.is_mapped_code)(at),
        }
    }

    fn original_pc(&self, pc: VirtAddr) -> VirtAddr {
        (self.original_pc)(pc)
    }

    fn generation(&self) -> u64 {
        self.modules.generation()
    }
}

//! A process's code as the unwinder sees it.

use std::sync::Arc;

use super::code_map::{CodeMap, CodeRow};
use crate::base::{Result, VirtAddr};
use crate::symbols::Modules;

/// The modules of a process, and what else it can run.
pub struct ProcessCode<'a> {
    /// The modules.
    pub modules: &'a Modules,
    /// Whether code may be run at an address. Asked only where the tables say nothing: to know it, the mappings must be read.
    pub is_code: &'a dyn Fn(VirtAddr) -> bool,
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
        (self.is_code)(at)
    }

    fn original_pc(&self, pc: VirtAddr) -> VirtAddr {
        (self.original_pc)(pc)
    }

    fn generation(&self) -> u64 {
        self.modules.generation()
    }
}

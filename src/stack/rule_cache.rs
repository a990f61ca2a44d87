//! Unwind rows that were looked up before.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;

use super::code_map::{CodeMap, CodeRow};
use crate::base::VirtAddr;

/// More distinct pcs than this are not kept: the cache starts anew.
const LIMIT: usize = 1 << 16;

/// Rows by the address that they were looked up for, of one generation of the modules. Keep one for as long as the process.
#[derive(Default, Debug)]
pub struct RuleCache {
    generation: Cell<u64>,
    rows: RefCell<HashMap<VirtAddr, Option<CodeRow>>>,
}

impl RuleCache {
    /// The row at `at`; `None` also where the module's tables are damaged there: then as if they said nothing.
    pub(super) fn row(&self, code: &dyn CodeMap, at: VirtAddr) -> Option<CodeRow> {
        let mut rows = self.rows.borrow_mut();
        let generation = code.generation();
        if self.generation.replace(generation) != generation || rows.len() >= LIMIT {
            rows.clear();
        }
        if let Some(known) = rows.get(&at) {
            return known.clone();
        }
        let row = code.unwind_row(at).unwrap_or_else(|e| {
            tracing::warn!(target: "stack", "{e}");
            None
        });
        rows.insert(at, row.clone());
        row
    }
}

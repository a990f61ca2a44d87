//! What is to be taken out of a live process, and its debug registers.

use std::collections::BTreeSet;

use super::gone::alive;
use super::live::{Live, State};
use super::traits::Target;
use crate::base::{Memory, Result, VirtAddr};
use crate::os::debugregs;
use crate::os::procfs;

/// How much of a stack is searched for return addresses of signal handlers.
const STACK_MAX: usize = 8 << 20;

impl Live {
    /// Puts back what was where rdbg's own code is, but where a signal's handler may return to it.
    pub(super) fn clear_own_code(&mut self) {
        if self.space.borrow().own_code.is_empty() {
            return;
        }
        let maps = procfs::maps(self.pid).unwrap_or_default();
        let mut used = BTreeSet::new();
        for tid in self.threads() {
            let Ok(sp) = self.registers(tid).map(|r| VirtAddr(r.sp())) else { continue };
            let Some(stack) = maps.at(sp) else { continue };
            let mut bytes = vec![0; ((stack.range.end - sp) as usize).min(STACK_MAX)];
            let space = self.space.borrow();
            let n = space.memory.read_partial(sp, &mut bytes).unwrap_or(0);
            let words =
                bytes.get(..n).unwrap_or_default().chunks_exact(8).filter_map(|w| w.try_into().ok().map(u64::from_le_bytes));
            for word in words {
                let piece = space.own_code.range(..=VirtAddr(word)).next_back();
                used.extend(piece.filter(|(at, code)| word - at.0 < code.len() as u64).map(|(at, _)| *at));
            }
        }
        self.space.borrow_mut().clear_own_code(self.pid, &used);
    }

    pub(super) fn set_debug_registers(&mut self) -> Result<()> {
        let in_use = self.watches.iter().any(Option::is_some);
        self.space.borrow_mut().watches(in_use);
        for (tid, thread) in &self.threads {
            if thread.state == State::Stopped {
                alive(debugregs::set(*tid, &self.watches))?;
            }
        }
        Ok(())
    }
}

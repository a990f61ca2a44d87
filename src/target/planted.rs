//! The int3 bytes and debug registers of a live process.

use std::collections::BTreeSet;

use super::gone::alive;
use super::live::{Live, State};
use super::traits::Target;
use super::traps::{INT3, lift_one, plant_one};
use crate::base::{Memory, Result, VirtAddr};
use crate::os::debugregs;
use crate::os::guardian::Guardian;
use crate::os::procfs;

/// How much of a stack is searched for return addresses of signal handlers.
const STACK_MAX: usize = 8 << 20;

impl Live {
    /// Puts the int3 bytes into memory.
    pub(super) fn plant(&mut self) {
        if self.planted || self.vforking > 0 {
            return;
        }
        self.planted = true;
        if !self.int3s.is_empty() {
            self.be_guarded();
        }
        for (addr, covered) in self.int3s.iter_mut().filter(|(_, covered)| covered.is_none()) {
            *covered = plant_one(&self.memory, self.pid, *addr, self.guardian.as_ref()).ok();
        }
    }

    /// Looks which int3 bytes are still there when all have stopped: the program may have written or mapped something else over
    /// them. The next [`plant`](Live::plant) puts those back.
    pub(super) fn look_after_planted(&mut self) {
        for (addr, covered) in &mut self.int3s {
            let mut byte = [0];
            if self.memory.read(*addr, &mut byte).is_err() || byte != [INT3] {
                *covered = None;
            }
            self.planted &= covered.is_some();
        }
    }

    /// Takes the int3 bytes out of memory.
    pub(super) fn lift(&mut self) {
        self.planted = false;
        let in_use = self.any_runs();
        for (addr, covered) in &mut self.int3s {
            if let Some(byte) = covered.take() {
                lift_one(&self.memory, self.pid, *addr, byte, self.guardian.as_ref());
                self.retired.extend(in_use.then_some(*addr));
            }
        }
    }

    /// Puts back what was where rdbg's own code is, but where a signal's handler may return to it.
    pub(super) fn clear_own_code(&mut self) {
        if self.own_code.is_empty() {
            return;
        }
        let maps = procfs::maps(self.pid).unwrap_or_default();
        let mut used = BTreeSet::new();
        for tid in self.threads() {
            let Ok(sp) = self.registers(tid).map(|r| VirtAddr(r.sp())) else { continue };
            let Some(stack) = maps.at(sp) else { continue };
            let mut bytes = vec![0; ((stack.range.end - sp) as usize).min(STACK_MAX)];
            let n = self.memory.read_partial(sp, &mut bytes).unwrap_or(0);
            let words =
                bytes.get(..n).unwrap_or_default().chunks_exact(8).filter_map(|w| w.try_into().ok().map(u64::from_le_bytes));
            for word in words {
                let piece = self.own_code.range(..=VirtAddr(word)).next_back();
                used.extend(piece.filter(|(at, code)| word - at.0 < code.len() as u64).map(|(at, _)| *at));
            }
        }
        for (at, before) in std::mem::take(&mut self.own_code) {
            if !used.contains(&at) {
                let _ = self.memory.write(self.pid, at, &before);
            }
        }
    }

    /// What was launched dies with rdbg; what was attached to must not.
    pub(super) fn be_guarded(&mut self) {
        if !self.launched && self.guardian.is_none() {
            self.guardian = Guardian::start(self.pid, self.memory.descriptor());
        }
    }

    pub(super) fn set_debug_registers(&mut self) -> Result<()> {
        let in_use = self.watches.iter().any(Option::is_some);
        if in_use {
            self.be_guarded();
        }
        if let Some(guardian) = &self.guardian {
            guardian.watches(in_use);
        }
        for (tid, thread) in &self.threads {
            if thread.state == State::Stopped {
                alive(debugregs::set(*tid, &self.watches))?;
            }
        }
        Ok(())
    }
}

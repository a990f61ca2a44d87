//! A frame as DWARF expressions see it: registers, memory, thread-local storage, and what its caller has passed.

use std::cell::Cell;

use crate::arch::regs::{Gpr, by_dwarf};
use crate::base::{LoadBias, Memory, Result, VirtAddr};
use crate::dwarf::{EntryOf, ExpressionHost, Site};
use crate::expr::Host;
use crate::stack::{Frame, FrameHow};
use crate::symbols::Module;

use super::session::Session;

/// Through how many calls a register that every one of them may change is taken to have its value still.
const MAX_UNCHANGED: usize = 32;

/// The frame that an expression of a module is evaluated in; without one only what is the same in all frames is known.
pub(super) struct FrameHost<'s> {
    pub(super) session: &'s Session,
    pub(super) module: &'s Module,
    pub(super) frame: Option<&'s Frame>,
    /// So many frames further out than where somebody has asked for an entry value.
    pub(super) depth: u32,
    /// Whether an expression has asked for thread-local storage.
    pub thread_local_asked: Cell<bool>,
}

impl<'s> FrameHost<'s> {
    /// For expressions of this module's debug information.
    pub fn new(session: &'s Session, module: &'s Module, frame: Option<&'s Frame>) -> FrameHost<'s> {
        FrameHost { session, module, frame, depth: 0, thread_local_asked: Cell::new(false) }
    }

    /// Where in the code it is.
    pub fn site(&self) -> Site {
        site(self.module, self.frame)
    }

    /// Whether a register that the function's calls may change has its value still, where the debug information says so.
    fn trusts_lists(&self) -> bool {
        let unit = self.frame.and_then(|f| f.code.as_ref()).map(|c| c.function.die.unit);
        self.module.debug().zip(unit).is_some_and(|(debug, unit)| debug.ends_lists_before_calls(unit))
    }

    /// A register that no frame further in has saved or changed (GCC's -fipa-ra counts on it).
    fn unchanged(&self, register: Gpr) -> Option<u64> {
        let frame = self.frame.filter(|_| self.trusts_lists())?;
        let innermost = frame.level.saturating_sub(MAX_UNCHANGED);
        (innermost..frame.level).rev().find_map(|level| self.session.frame(level).ok()?.registers.get(register))
    }
}

/// Where in a module's code a frame is.
pub(super) fn site(module: &Module, frame: Option<&Frame>) -> Site {
    Site {
        pc: frame.map(|f| module.to_file(f.pc.lookup())),
        function: frame.and_then(|f| f.code.as_ref()).map(|c| c.function.die),
    }
}

impl ExpressionHost for FrameHost<'_> {
    fn register(&self, dwarf: u16) -> Option<u64> {
        let register = Gpr::from_dwarf(dwarf)?;
        self.frame?.registers.get(register).or_else(|| self.unchanged(register))
    }

    fn register_bytes(&self, dwarf: u16) -> Option<Vec<u8>> {
        let frame = self.frame?;
        let id = by_dwarf(dwarf)?;
        if !id.info().is_extended() {
            let known = id.read(&frame.registers, None).map(|b| b.to_vec());
            return known.or_else(|| self.register(dwarf).map(|n| n.to_le_bytes().to_vec()));
        }
        // Nobody saves these: they are the thread's, as long as no call in between has changed them.
        let is_innermost = || self.session.frame(0).is_ok_and(|f| f.cfa == frame.cfa);
        if !self.trusts_lists() && !is_innermost() {
            return None;
        }
        let xstate = self.session.selected_xstate().ok()?;
        id.read(&frame.registers, Some(&xstate)).map(|b| b.to_vec())
    }

    fn memory(&self) -> &dyn Memory {
        self.session.memory()
    }

    fn load_bias(&self) -> LoadBias {
        self.module.bias
    }

    fn cfa(&self) -> Option<VirtAddr> {
        self.frame?.cfa
    }

    fn thread_local(&self, offset: u64) -> Result<VirtAddr> {
        self.thread_local_asked.set(true);
        self.session.thread_local(self.module, offset)
    }

    fn entry_value(&self, of: EntryOf) -> Result<Option<u64>> {
        self.at_entry(of)
    }
}

impl Session {
    /// The frame of the function that has called a frame's function, be it by a tail call; inlined calls on the way are none.
    pub(super) fn calling_frame(&self, frame: &Frame) -> Option<Frame> {
        let is_inlined = |f: &Frame| f.code.as_ref().is_some_and(|c| c.is_inlined());
        let mut leaves = is_inlined(frame);
        let mut at = self.frame_beyond(frame)?;
        while leaves {
            leaves = is_inlined(&at);
            at = self.frame_beyond(&at)?;
        }
        Some(at)
    }

    /// The frame whose pc gdb takes for the return address of a frame's function; for one that is inlined, or gone by a tail
    /// call, of the function that it belongs to or has to come back to.
    pub fn return_frame(&self, frame: &Frame) -> Option<Frame> {
        let is_artificial = |f: &Frame| f.how == FrameHow::TailCall || f.code.as_ref().is_some_and(|c| c.is_inlined());
        let mut at = frame.clone();
        while is_artificial(&at) {
            at = self.frame_beyond(&at)?;
        }
        self.frame_beyond(&at)
    }

    /// The frame that a frame's function will return to: those that were left by tail calls on the way are passed over.
    pub fn physical_caller(&self, frame: &Frame) -> Option<Frame> {
        let mut at = self.calling_frame(frame)?;
        while at.how == FrameHow::TailCall {
            at = self.frame_beyond(&at)?;
        }
        Some(at)
    }
}

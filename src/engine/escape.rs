//! Frames that are left without returning: by longjmp, and by exceptions and panics that find their handler.
//!
//! While a plan runs, the places that tell of it have sites. Where control will land becomes one too; there the plan ends if its
//! own frame is gone, or has been landed in, as gdb has it.

use crate::arch::regs::{Gpr, Registers};
use crate::base::{Result, Tid, VirtAddr, read_u64};
use crate::stack::Frame;
use crate::symbols::Tells;

use super::frame_identity::FrameIdentity;
use super::session::Session;
use super::step::PlanFrame;
use super::stop::{StopReason, Verdict};

/// How far outwards a plan's frame is looked for.
const MAX_FRAMES: usize = 1000;
/// Where a jmp_buf of x86-64 has the pc, in glibc (sysdeps/x86_64/jmpbuf-offsets.h) and musl.
const JUMP_PC: u64 = 56;
/// Where a thread's control block has the value that glibc mangles addresses with (sysdeps/x86_64/nptl/tls.h `pointer_guard`).
const POINTER_GUARD: u64 = 0x30;

impl Session {
    /// The next plan ends when this frame is left, however that comes.
    pub(super) fn ends_with(&mut self, frame: Option<&Frame>) {
        self.plan_frame = frame.map(|f| self.identity(f));
    }

    /// A plan begins.
    pub(super) fn watch_escapes(&mut self) -> Result<()> {
        let watched = self.plan_frame.take().map(|frame| PlanFrame { frame, landing: None });
        let process = self.process_mut()?;
        process.plan_frame = watched.filter(|_| process.plan.is_some());
        Ok(())
    }

    /// The places that tell of such jumps, while somebody wants to know.
    pub(super) fn escape_places(&self) -> Vec<VirtAddr> {
        let Some(watched) = self.inferior.process.as_ref().and_then(|p| p.plan_frame.as_ref().filter(|_| p.plan.is_some()))
        else {
            return Vec::new();
        };
        let modules = self.inferior.modules.iter();
        let places = modules.flat_map(|m| m.escapes().iter().map(|e| m.virt(e.addr)));
        places.chain(watched.landing).collect()
    }

    /// The plan's thread has reached one of them.
    pub(super) fn escape_reached(&mut self, tid: Tid, at: VirtAddr) -> Result<Option<Verdict>> {
        let Some(watched) = self.process()?.plan_frame.clone() else { return Ok(None) };
        if watched.landing == Some(at) {
            return self.landed(tid, &watched.frame);
        }
        let Some(module) = self.inferior.modules.at(at) else { return Ok(None) };
        let Some(escape) = module.escapes().iter().find(|e| module.virt(e.addr) == at).copied() else { return Ok(None) };
        let registers = self.process()?.target.registers(tid)?;
        let landing = match escape.tells {
            Tells::Register(register) => registers.get(register).map(VirtAddr),
            Tells::JumpBuffer(register) => self.jump_target(&registers, register),
        };
        if let Some(watched) = &mut self.process_mut()?.plan_frame {
            watched.landing = landing;
        }
        self.sync_sites()?;
        Ok(None)
    }

    /// The pc in a jmp_buf.
    fn jump_target(&self, registers: &Registers, register: Gpr) -> Option<VirtAddr> {
        let memory = &*self.process().ok()?.target;
        let stored = read_u64(memory, VirtAddr(registers.get(register)?) + JUMP_PC).ok()?;
        let is_code = |at: &VirtAddr| self.inferior.modules.at(*at).is_some();
        let mangled = || {
            let guard = read_u64(memory, VirtAddr(registers.get(Gpr::FsBase)?) + POINTER_GUARD).ok()?;
            Some(VirtAddr(stored.rotate_right(17) ^ guard))
        };
        Some(VirtAddr(stored)).filter(is_code).or_else(|| mangled().filter(is_code))
    }

    /// Control has landed behind a longjmp or in a handler.
    fn landed(&mut self, tid: Tid, frame: &FrameIdentity) -> Result<Option<Verdict>> {
        let process = self.process_mut()?;
        process.generation += 1;
        if let Some(watched) = &mut process.plan_frame {
            watched.landing = None;
        }
        let frames = self.walk(tid, MAX_FRAMES)?;
        let here = frames.first().map(|f| self.identity(f));
        let is_in_it = here.as_ref().is_some_and(|h| h.is_same_call(frame));
        let is_deeper = !is_in_it && frames.iter().any(|f| self.identity(f).is_same_call(frame));
        if is_deeper {
            self.sync_sites()?;
            // What a step was waiting for may have been left as well.
            return Ok(self.line_step.is_some().then_some(Verdict::Stop(StopReason::Arrived)));
        }
        if let Some(step) = &mut self.line_step {
            step.landed = true;
        }
        Ok(Some(Verdict::Stop(StopReason::Arrived)))
    }
}

//! Many instructions at a time: a plan of N instructions runs whole stretches of code and counts what is in them.
//!
//! A single step ends in a debug exception, which costs about five times as much as an int3, and each instruction needs one.
//! So, while a plan has many instructions left, an int3 is put at the end of the stretch whose way is known (a [`Trace`]), the
//! thread runs to it, and the branch that ends it is carried out in the registers. What stands at the end of a trace is no
//! part of any other one, so that these int3s stay until the plan ends.
//!
//! It holds for a process of one thread, in private mappings that are not writable. Everything else is stepped as ever.

use std::rc::Rc;

use crate::arch::regs::Gpr;
use crate::base::{Error, Result, Tid, VirtAddr};
use crate::target::{RawStop, ResumeAction, Trap, TrapKind};

use super::blocks::Blocks;
use super::inject::{End, Trace};
use super::session::Session;
use super::step::Plan;
use super::stop::StopReason;

/// With fewer instructions left than this, planting an int3 does not pay.
const WORTH_IT: u64 = 8;

/// The bytes of `syscall`.
const SYSCALL: [u8; 2] = [0x0f, 0x05];

/// System calls that change mappings: mmap, mprotect, munmap, mremap, shmat, shmdt, execve, remap_file_pages, execveat,
/// pkey_mprotect (asm/unistd_64.h).
const MAPPING_CALLS: [u64; 10] = [9, 10, 11, 25, 30, 67, 59, 216, 322, 329];

/// How running by traces ended.
pub(super) enum Ran {
    /// The program stops.
    Stop(StopReason),
    /// Something happened on the way. It is told by the next wait.
    Event,
    /// The instruction at the pc is to be stepped, or there is a site.
    Step,
}

impl Session {
    /// Whether the plan's thread may run by traces now.
    pub(super) fn runs_blocks(&self) -> bool {
        let Some(process) = &self.inferior.process else { return false };
        let enough = matches!(process.plan, Some(Plan::Instructions { left, over_calls: false, until: None, .. }) if left >= WORTH_IT || !process.blocks.planted.is_empty());
        enough && !self.looks_at_each_step() && process.hardware.is_empty() && process.target.threads().len() == 1
    }

    /// Runs instructions of the plan by traces, as many as there are or as will go.
    pub(super) fn run_blocks(&mut self, tid: Tid) -> Result<Ran> {
        loop {
            let process = self.process_mut()?;
            let Some(Plan::Instructions { left, .. }) = process.plan else { return Ok(Ran::Step) };
            let pc = process.target.pc(tid)?;
            if process.sites.get(pc).is_some() {
                return Ok(Ran::Step);
            }
            // The last one is a step of its own: whether it leaves the function decides what is shown.
            if left <= 1 {
                return self.step_at(tid, pc);
            }
            let trace = match process.blocks.traces.get(&pc) {
                Some(trace) => trace.clone(),
                None => match self.new_trace(pc)? {
                    Some(trace) => trace,
                    None => return self.step_at(tid, pc),
                },
            };
            let passed = if trace.steps.is_empty() {
                let End::Emulate(code) = trace.last else { return self.step_at(tid, pc) };
                if !self.emulate_code(tid, pc, &code)? {
                    return self.step_at(tid, pc);
                }
                1
            } else {
                let count = usize::try_from(left - 1).unwrap_or(usize::MAX).min(trace.steps.len());
                match self.run_to(tid, &trace, count)? {
                    Some(passed) => passed,
                    None => return Ok(Ran::Event),
                }
            };
            if let Some(reason) = self.instructions_done(tid, passed)? {
                return Ok(Ran::Stop(reason));
            }
        }
    }

    /// The trace from `pc`; `None` where the code may change.
    fn new_trace(&mut self, pc: VirtAddr) -> Result<Option<Rc<Trace>>> {
        let process = self.process_mut()?;
        let maps = match process.blocks.maps.take() {
            Some(maps) => maps,
            None => process.target.maps()?,
        };
        let is_fixed = |at| maps.at(at).is_some_and(|m| m.perms.exec && !m.perms.write && !m.perms.shared);
        let trace = is_fixed(pc).then(|| {
            let may_pass = |at| process.sites.get(at).is_none() && is_fixed(at);
            Trace::follow(&*process.target, pc, &may_pass)
        });
        process.blocks.maps = Some(maps);
        let Some(trace) = trace else { return Ok(None) };
        let (trace, overlapped) = process.blocks.add(pc, trace);
        for addr in overlapped {
            process.control()?.remove(Trap { addr, kind: TrapKind::Int3 })?;
        }
        Ok(Some(trace))
    }

    /// Runs a thread through the first `count` instructions of a trace; how many have run. `None` if something else happened:
    /// the plan has been told then.
    fn run_to(&mut self, tid: Tid, trace: &Trace, count: usize) -> Result<Option<u64>> {
        let process = self.process_mut()?;
        let end = trace.place(count);
        let trap = Trap { addr: end, kind: TrapKind::Int3 };
        let is_natural = count == trace.steps.len() && trace.last != End::Cut;
        let is_there = process.sites.get(end).is_some() || process.blocks.planted.contains(&end);
        if !is_there {
            if process.blocks.is_within_instruction(end) || process.control()?.insert(trap).is_err() {
                // Nothing may be planted there: one step, by the processor.
                process.control()?.resume(tid, ResumeAction::Step(None))?;
                return Ok(None);
            }
            process.blocks.planted.insert(end);
        }
        let control = process.control()?;
        control.resume(tid, ResumeAction::Continue(None))?;
        let event = match control.wait() {
            Ok(event) => Some(event),
            // The plan ends, and whoever waits next hears of it.
            Err(Error::Cancelled) => {
                control.stop_all()?;
                None
            }
            Err(e) => return Err(e),
        };
        let arrived = event.as_ref().is_some_and(|e| e.what == RawStop::Int3(end));
        if arrived {
            if !is_there && !is_natural {
                process.blocks.planted.remove(&end);
                process.control()?.remove(trap)?;
            }
            return Ok(Some(count as u64));
        }
        let passed = process.target.pc(tid).ok().and_then(|pc| trace.passed(pc)).unwrap_or(0);
        if let Some(Plan::Instructions { left, .. }) = &mut process.plan {
            *left = left.saturating_sub(passed as u64);
        }
        if let Some(event) = event {
            process.control()?.postpone(event);
        }
        self.lift_blocks()?;
        Ok(None)
    }

    /// Leaves the instruction at `pc` to be stepped.
    fn step_at(&mut self, tid: Tid, pc: VirtAddr) -> Result<Ran> {
        let process = self.process_mut()?;
        if process.blocks.planted.remove(&pc) && process.sites.get(pc).is_none() {
            process.control()?.remove(Trap { addr: pc, kind: TrapKind::Int3 })?;
        }
        let mut code = [0; 2];
        let is_system_call = process.target.read(pc, &mut code).is_ok() && code == SYSCALL;
        if is_system_call && process.target.registers(tid)?.get(Gpr::Rax).is_none_or(|n| MAPPING_CALLS.contains(&n)) {
            // Code may come, go or become writable.
            self.forget_blocks()?;
        }
        Ok(Ran::Step)
    }

    /// Takes the int3s at the ends of traces out.
    pub(super) fn lift_blocks(&mut self) -> Result<()> {
        let Some(process) = &mut self.inferior.process else { return Ok(()) };
        for addr in std::mem::take(&mut process.blocks.planted) {
            if process.sites.get(addr).is_none() {
                process.control()?.remove(Trap { addr, kind: TrapKind::Int3 })?;
            }
        }
        Ok(())
    }

    /// Forgets the traces: code or sites have changed.
    pub(super) fn forget_blocks(&mut self) -> Result<()> {
        self.lift_blocks()?;
        if let Some(process) = &mut self.inferior.process {
            process.blocks = Blocks::default();
        }
        Ok(())
    }
}

//! Getting a thread past the instruction under a site: in the registers, in a slot, or where it is.

use crate::arch::insn::Insn;
use crate::arch::regs::{Gpr, RESUME_FLAG};
use crate::base::{Error, Result, Signal, Tid, VirtAddr};
use crate::os::signals;
use crate::target::{Event, RawStop, ResumeAction, Trap, TrapKind};

use super::inject;
use super::session::Session;
use super::sites::Past;

impl Session {
    /// Lets the instruction at `pc` run once although a debug register stops there: RF in eflags (Intel SDM vol. 3B, 18.3.1.1).
    pub(super) fn ignore_hardware_once(&mut self, tid: Tid, pc: VirtAddr) -> Result<()> {
        let process = self.process_mut()?;
        if !process.breaks_in_hardware_at(pc) {
            return Ok(());
        }
        let mut registers = process.target.registers(tid)?;
        let flags = registers.get(Gpr::Eflags).unwrap_or(0);
        registers.set(Gpr::Eflags, flags | RESUME_FLAG);
        process.control()?.set_registers(tid, &registers)
    }

    /// Lets a thread go on past the site at `pc` (or plainly, where there is none).
    pub(super) fn go_past(&mut self, tid: Tid, pc: VirtAddr, signal: Option<Signal>) -> Result<()> {
        if self.process()?.sites.get(pc).is_none() {
            return self.process_mut()?.control()?.resume(tid, ResumeAction::Continue(signal));
        }
        match self.past_of(pc)? {
            Past::Slot { at, .. } => {
                let control = self.process_mut()?.control()?;
                control.set_pc(tid, at)?;
                control.resume(tid, ResumeAction::Continue(signal))
            }
            Past::Emulate if self.emulate_at(tid, pc)? => {
                // It may have come to another site, or to the same one.
                self.process_mut()?.control()?.resume(tid, ResumeAction::Continue(signal))
            }
            Past::Emulate | Past::InPlace => self.step_in_place(tid, pc, signal, false),
        }
    }

    /// How to get past the site at `pc`; prepares a slot where that is the way.
    pub(super) fn past_of(&mut self, pc: VirtAddr) -> Result<Past> {
        if self.settings.displaced_stepping == Some(false) {
            return Ok(Past::InPlace);
        }
        let process = self.process_mut()?;
        if let Some(past) = process.sites.past(pc, &*process.target) {
            return Ok(past);
        }
        let Session { inferior, .. } = self;
        let process = inferior.process.as_mut().ok_or(Error::Gone)?;
        let (past, slot) = process.sites.decide(pc, || inferior.modules.text_ends());
        if let (Past::Slot { at, .. }, Some(bytes)) = (past, slot)
            && process.control()?.write_hidden(at, &bytes).is_err()
        {
            process.sites.set_past(pc, Past::InPlace);
            return Ok(Past::InPlace);
        }
        Ok(past)
    }

    /// Carries out the instruction at `pc` in the registers; false where it would fault, and has to run to do so.
    pub(super) fn emulate_at(&mut self, tid: Tid, pc: VirtAddr) -> Result<bool> {
        match self.process()?.sites.get(pc) {
            Some(site) => self.emulate_code(tid, pc, &site.code.clone()),
            None => Ok(false),
        }
    }

    /// The same for an instruction with these bytes.
    pub(super) fn emulate_code(&mut self, tid: Tid, pc: VirtAddr, code: &[u8]) -> Result<bool> {
        let looks = self.looks_at_each_step();
        let process = self.process_mut()?;
        let mut before = process.target.registers(tid)?;
        // What the processor does not run, its debug registers do not see.
        let watched = looks || process.hardware.iter().any(|t| t.kind != TrapKind::HardwareExecute);
        if watched || before.restart_call() {
            return Ok(false);
        }
        let mut registers = before;
        let push = match inject::emulate(code, pc, &mut registers, &*process.target) {
            Ok(push) => push,
            Err(Error::Fault { .. }) => return Ok(false),
            Err(e) => return Err(e),
        };
        before.set(Gpr::Rip, registers.pc());
        let only_pc = before == registers;
        let control = process.control()?;
        if let Some(push) = push
            && control.write(push.at, &push.word.to_le_bytes()).is_err()
        {
            return Ok(false);
        }
        if only_pc {
            control.set_pc(tid, VirtAddr(registers.pc()))?;
        } else {
            control.set_registers(tid, &registers)?;
        }
        Ok(true)
    }

    /// Steps the instruction under a site where it is: all others are stopped, the int3 is taken out, and put back. If
    /// `as_step`, the step is one of the plan's.
    pub(super) fn step_in_place(&mut self, tid: Tid, pc: VirtAddr, signal: Option<Signal>, as_step: bool) -> Result<()> {
        // A software watchpoint is looked at when the step is told.
        let as_step = as_step || self.looks_at_each_step();
        let process = self.process_mut()?;
        let trap = Trap { addr: pc, kind: TrapKind::Int3 };
        let repeats = process.sites.get(pc).is_some_and(|s| Insn::decode(&s.code, pc.0).is_some_and(|i| i.is_rep()));
        let pid = process.target.pid();
        let control = process.control()?;
        let running = control.running();
        control.stop_all()?;
        control.remove(trap)?;
        // The plan steps into a signal's handler; else the instruction comes first, so that it is reached but once.
        let (first, mut later) = if as_step { (signal, None) } else { (None, signal) };
        control.resume(tid, ResumeAction::Step(first))?;
        let (mut interrupted, mut others, mut postponed) = (false, Vec::new(), Vec::new());
        let event = loop {
            match control.wait() {
                Ok(Event { tid: who, what: RawStop::Signal(s) }) if who == tid && !as_step && !is_fault(s) => {
                    match later {
                        // There is room for one; the rest come again.
                        Some(_) => others.push(s),
                        None => later = Some(s),
                    }
                    control.resume(tid, ResumeAction::Step(None))?;
                }
                // A string instruction is stepped one element at a time, and has not been passed before it is done.
                Ok(Event { tid: who, what: RawStop::Stepped })
                    if who == tid && !as_step && repeats && control.pc(tid).is_ok_and(|at| at == pc) =>
                {
                    control.resume(tid, ResumeAction::Step(None))?;
                }
                Ok(event) if event.tid == tid || matches!(event.what, RawStop::Exited(_) | RawStop::Killed(_)) => break event,
                Ok(event) => postponed.push(event),
                // The user's interrupt is answered once this step is done.
                Err(Error::Cancelled) => interrupted |= signals::take_interrupt(),
                Err(e) => return Err(e),
            }
        };
        if interrupted {
            signals::raise_interrupt();
        }
        if !matches!(event.what, RawStop::Exited(_) | RawStop::Killed(_) | RawStop::Exec(_)) {
            control.insert(trap)?;
        }
        match (event.what, later) {
            (RawStop::Stepped, None) if !as_step => control.resume(tid, ResumeAction::Continue(None))?,
            (RawStop::Stepped, Some(s)) if signal == later => control.resume(tid, ResumeAction::Continue(Some(s)))?,
            (RawStop::Stepped, Some(s)) => control.postpone(Event { tid, what: RawStop::Signal(s) }),
            _ => {
                others.extend(later);
                control.postpone(event);
            }
        }
        for s in others {
            // It may have gone meanwhile.
            let _ = signals::kill_thread(pid, tid, s);
        }
        postponed.into_iter().for_each(|e| control.postpone(e));
        for other in running.into_iter().filter(|t| *t != tid) {
            control.go_on(other)?;
        }
        Ok(())
    }
}

/// Whether an instruction raises such a signal itself.
fn is_fault(signal: Signal) -> bool {
    matches!(signal, Signal::TRAP | Signal::SEGV | Signal::BUS | Signal::ILL | Signal::FPE | Signal::SYS)
}

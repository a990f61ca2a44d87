//! What a place means that a thread has come to: to breakpoints, to the plan, to rdbg itself.

use crate::arch::insn::{Flow, Insn, MAX_LEN};
use crate::base::{Result, Signal, Tid, VirtAddr};
use crate::target::{ResumeAction, Trap, TrapKind};

use super::block_run::Ran;
use super::session::Session;
use super::sites::{Owner, Past};
use super::step::{Plan, Return};
use super::stop::{Notice, StopReason, Verdict};

/// What to do when a plan's place was reached.
pub(super) enum Arrival {
    Stop,
    Step,
    /// From a signal's handler, to the instruction that is to be stepped.
    Back,
}

impl Session {
    /// A thread has reached an int3 of ours.
    pub(super) fn at_site(&mut self, tid: Tid, at: VirtAddr) -> Result<Verdict> {
        let Some(site) = self.process()?.sites.get(at) else {
            // Taken out while the event was on its way.
            return Ok(Verdict::Go(None));
        };
        if site.owners.is_empty() {
            let process = self.process_mut()?;
            process.sites.remove(at);
            process.control()?.remove(Trap { addr: at, kind: TrapKind::Int3 })?;
            return self.after_interlude(tid);
        }
        // A debug register that is due here has left it to the int3 to tell.
        let mut user = self.process()?.breaks_in_hardware_at(at);
        let (mut arrived, mut returned, mut landed) = (None, None, None);
        let mut owners = site.owners.clone();
        // `finish` reads what was returned before the registers are those of before the call again.
        owners.sort_by_key(|o| matches!(o, Owner::Call));
        for owner in owners {
            match owner {
                Owner::User(_) => user = true,
                Owner::Plan(of) if of == tid => arrived = self.plan_arrived(tid, at)?,
                Owner::Escape(of) if of == tid => landed = self.escape_reached(tid, at)?,
                Owner::Call => returned = self.call_place_reached(tid, at)?,
                _ => {
                    if let Some(reason) = self.owner_told(owner, tid, at)? {
                        return Ok(Verdict::Stop(reason));
                    }
                }
            }
        }
        if let Some(reason) = returned {
            // `finish` wants to see where it is now.
            let wanted = matches!(arrived, Some(Arrival::Stop)) && matches!(reason, StopReason::CallReturned);
            if let Some(finished) = self.finished.as_mut().filter(|_| wanted) {
                finished.into_call = true;
            }
            return Ok(Verdict::Stop(if wanted { StopReason::Arrived } else { reason }));
        }
        // Back from a signal's handler: this instruction was reached before.
        user &= !matches!(arrived, Some(Arrival::Back));
        if user && let Some(reason) = self.breakpoints_hit(tid, at)? {
            return Ok(Verdict::Stop(reason));
        }
        if let Some(landed) = landed {
            return Ok(landed);
        }
        match arrived {
            Some(Arrival::Stop) => Ok(Verdict::Stop(StopReason::Arrived)),
            Some(Arrival::Step | Arrival::Back) => self.step_instruction(tid, true, None),
            None if self.notices.iter().any(|n| matches!(n, Notice::Printed(_))) => {
                self.process_mut()?.printing.push(tid);
                Ok(Verdict::Nothing)
            }
            None => Ok(Verdict::Past),
        }
    }

    /// Tells one of a site's owners that a thread has reached it: why that stops the program, if it does. The user's breakpoints,
    /// and what plans wait for, are not told here.
    fn owner_told(&mut self, owner: Owner, tid: Tid, at: VirtAddr) -> Result<Option<StopReason>> {
        match owner {
            Owner::Libraries => {
                // So that it has its name while it runs.
                self.process_mut()?.learn_pthread_once(tid);
                self.library_event()
            }
            Owner::Bind => self.bind_reached(tid, at),
            Owner::Init => self.constructor_reached(tid, at),
            Owner::Raise => self.raise_reached(tid, at),
            Owner::WatchEnd => self.watch_scope_reached(tid, at),
            Owner::Call => self.call_place_reached(tid, at),
            Owner::Timeline => self.record_place(tid, at).map(|()| None),
            Owner::User(_) | Owner::Plan(_) | Owner::Escape(_) => Ok(None),
        }
    }

    /// A single step has ended.
    pub(super) fn stepped(&mut self, tid: Tid) -> Result<Verdict> {
        if let Some(reason) = self.software_watch_fired(tid)? {
            return Ok(Verdict::Stop(reason));
        }
        if self.process()?.plan.as_ref().is_none_or(|p| p.tid() != tid || !p.is_stepping()) {
            return Ok(Verdict::Go(None));
        }
        match self.instructions_done(tid, 1)? {
            Some(reason) => Ok(Verdict::Stop(reason)),
            None => self.step_instruction(tid, true, None),
        }
    }

    /// So many instructions of a plan are done: whether that, or what is at the pc now, stops the program.
    pub(super) fn instructions_done(&mut self, tid: Tid, count: u64) -> Result<Option<StopReason>> {
        let process = self.process_mut()?;
        let Some(Plan::Instructions { left, .. }) = &mut process.plan else { return Ok(None) };
        *left = left.saturating_sub(count);
        let (done, is_last) = (*left == 0, *left == 1);
        if is_last {
            self.last_step_begins(tid)?;
        }
        let process = self.process_mut()?;
        let mut pc = process.target.pc(tid)?;
        if let Some(shown) = process.sites.original_pc(pc) {
            pc = shown;
            process.control()?.set_pc(tid, pc)?;
        }
        // The int3 of a site does not run while its instruction is stepped, and a debug register fires before the next one: the
        // owners are told here.
        if process.breaks_in_hardware_at(pc) && process.sites.get(pc).is_none() {
            if let Some(reason) = self.breakpoints_hit(tid, pc)? {
                return Ok(Some(reason));
            }
            self.ignore_hardware_once(tid, pc)?;
        } else if let Some(site) = process.sites.get(pc) {
            for owner in site.owners.clone() {
                let reason = self.owner_told(owner, tid, pc)?;
                if reason.is_some() {
                    return Ok(reason);
                }
            }
            if let Some(reason) = self.breakpoints_hit(tid, pc)? {
                return Ok(Some(reason));
            }
        }
        Ok(done.then_some(StopReason::Arrived))
    }

    /// Of several steps by instructions the last one begins: whether it leaves the function decides what is shown.
    pub(super) fn last_step_begins(&mut self, tid: Tid) -> Result<()> {
        if self.line_step.is_none() {
            self.process_mut()?.generation += 1;
            let frames = self.walk(tid, 1)?;
            self.step_began_in = frames.first().map(|f| self.identity(f));
        }
        Ok(())
    }

    /// Runs the next instruction of a plan; over a call, if the plan says so. `past`: what is at the pc was dealt with.
    pub(super) fn step_instruction(&mut self, tid: Tid, past: bool, signal: Option<Signal>) -> Result<Verdict> {
        let mut past = past;
        loop {
            let process = self.process_mut()?;
            let pc = process.target.pc(tid)?;
            if let Some(Plan::Instructions { over_calls: true, .. }) = process.plan
                && let Some(back) = self.call_at(tid, pc)
            {
                self.set_return(Some(back))?;
                self.go_past(tid, pc, signal)?;
                return Ok(Verdict::Nothing);
            }
            let mut pc = pc;
            if signal.is_none() && self.process()?.sites.get(pc).is_none() && self.runs_blocks() {
                match self.run_blocks(tid)? {
                    Ran::Stop(reason) => return Ok(Verdict::Stop(reason)),
                    Ran::Event => return Ok(Verdict::Nothing),
                    Ran::Step => past = true,
                }
                pc = self.process()?.target.pc(tid)?;
            }
            let process = self.process_mut()?;
            if !past || process.sites.get(pc).is_none() {
                process.control()?.resume(tid, ResumeAction::Step(signal))?;
                return Ok(Verdict::Nothing);
            }
            match self.past_of(pc)? {
                // Nothing has run; the next instruction follows at once.
                Past::Emulate if signal.is_none() && self.emulate_at(tid, pc)? => {
                    if let Some(reason) = self.instructions_done(tid, 1)? {
                        return Ok(Verdict::Stop(reason));
                    }
                    past = true;
                }
                Past::Slot { at, .. } => {
                    let control = self.process_mut()?.control()?;
                    control.set_pc(tid, at)?;
                    control.resume(tid, ResumeAction::Step(signal))?;
                    return Ok(Verdict::Nothing);
                }
                Past::Emulate | Past::InPlace => {
                    self.step_in_place(tid, pc, signal, true)?;
                    return Ok(Verdict::Nothing);
                }
            }
        }
    }

    /// For `nexti`: the place behind a call at `pc`.
    pub(super) fn call_at(&self, tid: Tid, pc: VirtAddr) -> Option<Return> {
        let target = &self.process().ok()?.target;
        let mut code = [0; MAX_LEN];
        let n = target.read_partial(pc, &mut code).ok()?;
        let insn = Insn::decode(code.get(..n)?, pc.0)?;
        matches!(insn.flow(), Flow::Call(_)).then_some(())?;
        let min_sp = target.registers(tid).ok()?.sp();
        Some(Return { counts: true, ..Return::back(VirtAddr(insn.next_ip()), min_sp) })
    }

    /// The canonical frame address of the function that a thread is in at this moment.
    pub(super) fn innermost_cfa(&mut self, tid: Tid) -> Result<Option<VirtAddr>> {
        self.process_mut()?.generation += 1;
        Ok(self.walk(tid, 1)?.first().and_then(|f| f.cfa))
    }

    pub(super) fn set_return(&mut self, place: Option<Return>) -> Result<()> {
        if let Some(Plan::Instructions { until, .. }) = &mut self.process_mut()?.plan {
            *until = place;
        }
        self.sync_sites()
    }

    /// The plan's own place was reached: is it the right activation, and what then?
    pub(super) fn plan_arrived(&mut self, tid: Tid, at: VirtAddr) -> Result<Option<Arrival>> {
        let process = self.process()?;
        let sp = process.target.registers(tid)?.sp();
        let Some(plan) = &process.plan else { return Ok(None) };
        let mut places: Vec<Return> = plan.places().filter(|p| p.addr == at && sp >= p.min_sp).copied().collect();
        if places.iter().any(|p| p.cfa.is_some()) {
            let cfa = self.innermost_cfa(tid)?;
            places.retain(|p| p.cfa.is_none() || p.cfa == cfa);
        }
        let Some(place) = places.first().copied() else { return Ok(None) };
        let Some(plan) = &mut self.process_mut()?.plan else { return Ok(None) };
        match plan {
            Plan::Reach { .. } => Ok(Some(Arrival::Stop)),
            Plan::Finish { function, since, .. } => {
                let (function, since) = (*function, *since);
                self.note_finished(tid, function);
                self.frames.entries.returned((tid, since), self.resumes, sp);
                Ok(Some(Arrival::Stop))
            }
            Plan::Instructions { left, .. } => {
                *left -= u64::from(place.counts);
                let left = *left;
                if left == 1 && place.counts {
                    self.last_step_begins(tid)?;
                }
                let arrival = match left {
                    0 => Arrival::Stop,
                    _ if place.counts => Arrival::Step,
                    _ => Arrival::Back,
                };
                self.set_return(None)?;
                Ok(Some(arrival))
            }
        }
    }

    /// A signal that does not stop the program reaches a thread. While it steps, its handler runs through: the plan waits at
    /// the interrupted instruction.
    pub(super) fn pass_signal(&mut self, tid: Tid, signal: Option<Signal>) -> Result<Verdict> {
        let process = self.process_mut()?;
        if process.plan.as_ref().is_none_or(|p| p.tid() != tid || !p.is_stepping()) {
            return Ok(Verdict::Go(signal));
        }
        if signal.is_none() {
            process.control()?.resume(tid, ResumeAction::Step(None))?;
            return Ok(Verdict::Nothing);
        }
        let registers = process.target.registers(tid)?;
        let pc = process.sites.original_pc(VirtAddr(registers.pc())).unwrap_or(VirtAddr(registers.pc()));
        process.control()?.set_pc(tid, pc)?;
        self.set_return(Some(Return::back(pc, registers.sp())))?;
        Ok(Verdict::Go(signal))
    }
}

//! Running: threads go on, events come in, and most of them are nobody's business but rdbg's.

use std::collections::{BTreeMap, BTreeSet};

use crate::arch::insn::{Flow, Insn, MAX_LEN};
use crate::arch::regs::{Gpr, Registers};
use crate::base::{Error, Result, Signal, Tid, VirtAddr};
use crate::os::signals;
use crate::target::{Event, RawStop, ResumeAction, Trap, TrapKind};

use super::blocks::Ran;
use super::breakpoints::{Catch, Kind, WatchKind};
use super::inferior::Displaced;
use super::inject::{self, Call};
use super::session::Session;
use super::sites::{Owner, Past};
use super::step::{Plan, Return};
use super::stop::{Caught, Happening, Notice, Stop, StopReason};

/// What is to be done with a thread after an event.
pub(super) enum Verdict {
    /// It goes on, with a signal.
    Go(Option<Signal>),
    /// It goes on past the site at its pc.
    Past,
    /// Nothing: it was let go already, or does not exist any more.
    Nothing,
    /// Everything stops.
    Stop(StopReason),
}

impl Session {
    /// Lets the process go on, the plan's thread (or the selected one) by its plan. What comes of it is told by
    /// [`advance`](Session::advance).
    pub fn resume(&mut self, plan: Option<Plan>) -> Result<()> {
        let selected = self.selected_thread()?;
        self.resumes += 1;
        let process = self.process_mut()?;
        process.plan = plan;
        self.watch_escapes()?;
        if self.breakpoints.iter().any(|b| b.locations.iter().any(|l| l.absent)) {
            self.resolve_breakpoints();
        }
        self.sync_sites()?;
        let (stops, stays) = (self.wants_syscalls(), self.settings.breakpoint_always_inserted);
        self.process_mut()?.control()?.set_modes(stops, stays);
        self.notices.extend(std::mem::take(&mut self.told_later));
        self.drop_frames();
        self.selection.level = 0;
        let process = self.process_mut()?;
        process.generation += 1;
        for (tid, displaced) in std::mem::take(&mut process.displaced) {
            // Unless the user has put it elsewhere, it goes on in its slot.
            if process.target.pc(tid).is_ok_and(|pc| pc == displaced.shown) {
                process.control()?.set_pc(tid, displaced.slot)?;
            }
        }
        let pid = process.target.pid();
        if let (Some(terminal), true) = (&mut self.terminal, self.inferior.process.as_ref().is_some_and(|p| p.launched)) {
            terminal.give(pid);
        }
        let stepper = self.process()?.plan.as_ref().map_or(selected, Plan::tid);
        let alone = self.runs_alone();
        let mut first: Vec<Tid> = Vec::new();
        if !alone {
            let process = self.process()?;
            let with_something = process.reported.keys().chain(process.deliver.keys()).copied();
            first.extend(with_something.filter(|t| *t != stepper).collect::<BTreeSet<_>>());
        }
        first.push(stepper);
        for tid in first {
            let verdict = match self.start(tid) {
                Err(Error::Gone) => continue,
                other => other?,
            };
            match verdict {
                // A plan that was carried out without running anything.
                Verdict::Stop(reason) => self.process_mut()?.early = Some((tid, reason)),
                Verdict::Go(signal) => self.process_mut()?.control()?.resume(tid, ResumeAction::Continue(signal))?,
                Verdict::Past | Verdict::Nothing => {}
            }
        }
        let process = self.process_mut()?;
        // The stop is there already: a thread that went on now would run away from it.
        if process.early.is_some() || alone { Ok(()) } else { process.control()?.resume_all() }
    }

    /// Whether other threads stand still while one goes on (`set scheduler-locking`).
    fn runs_alone(&self) -> bool {
        match self.settings.scheduler_locking {
            "on" => true,
            "step" => self.inferior.process.as_ref().is_some_and(|p| p.plan.as_ref().is_some_and(Plan::is_stepping)),
            _ => false,
        }
    }

    /// Lets one thread go on from a stop that was reported.
    fn start(&mut self, tid: Tid) -> Result<Verdict> {
        let process = self.process_mut()?;
        let signal = process.deliver.remove(&tid);
        let pc = process.target.pc(tid)?;
        // In a system call that will be started again, the instruction behind it has not been reached yet.
        let reported = process.reported.remove(&tid) == Some(pc) && !will_restart(&process.target.registers(tid)?);
        if reported {
            self.ignore_hardware_once(tid, pc)?;
        }
        let process = self.process_mut()?;
        if process.plan.as_ref().is_some_and(|p| p.tid() == tid && p.is_stepping()) {
            return self.step_instruction(tid, reported, signal);
        }
        if reported && process.sites.get(pc).is_some() {
            self.go_past(tid, pc, signal)?;
            return Ok(Verdict::Nothing);
        }
        Ok(Verdict::Go(signal))
    }

    /// Waits until there is something to tell. Nothing is printed here, and nobody is called back.
    pub fn advance(&mut self) -> Result<Happening> {
        if let Some((tid, reason)) = self.process_mut()?.early.take()
            && let Some(stop) = self.carry_out(tid, Verdict::Stop(reason))?
        {
            return Ok(Happening::Stop(stop));
        }
        loop {
            if let Some(notice) = self.notices.pop_front() {
                return Ok(Happening::Notice(notice));
            }
            let event = match self.process_mut()?.control()?.wait() {
                Ok(event) => event,
                Err(Error::Cancelled) => {
                    signals::take_interrupt();
                    let tid = self.selection.tid.unwrap_or(self.process()?.target.pid());
                    match self.stop(tid, StopReason::Interrupted)? {
                        Some(stop) => return Ok(Happening::Stop(stop)),
                        None => continue,
                    }
                }
                Err(e) => return Err(e),
            };
            if let Some(happening) = self.handle(event)? {
                return Ok(happening);
            }
        }
    }

    /// Decides about one event.
    fn handle(&mut self, event: Event) -> Result<Option<Happening>> {
        let tid = event.tid;
        if event.what != RawStop::Stepped {
            self.lift_blocks()?;
        }
        let mut notice = None;
        let verdict = match self.judge(&event, &mut notice) {
            Ok(verdict) => verdict,
            // The thread was killed while it was looked at: its end is on the way.
            Err(Error::Gone) => Verdict::Nothing,
            Err(e) => return Err(e),
        };
        if let Verdict::Stop(reason @ (StopReason::Exited(_) | StopReason::Killed(_))) = verdict {
            return self.ended(tid, reason);
        }
        self.carry_out(tid, verdict).map(|stop| stop.map(Happening::Stop).or(notice.map(Happening::Notice)))
    }

    /// What is to be done after an event, and what is to be said of it.
    fn judge(&mut self, event: &Event, notice: &mut Option<Notice>) -> Result<Verdict> {
        let tid = event.tid;
        Ok(match event.what {
            RawStop::Int3(at) => self.at_site(tid, at)?,
            RawStop::Stepped => self.stepped(tid)?,
            RawStop::Debug(bits) => self.debug_registers_fired(tid, bits)?,
            RawStop::Signal(signal) => {
                let disposition = self.signals.get(signal);
                let pass = Some(signal).filter(|_| disposition.pass);
                if let Some(reason) = self.caught(tid, Caught::Signal(signal))? {
                    if let Some(pass) = pass {
                        self.process_mut()?.deliver.insert(tid, pass);
                    }
                    Verdict::Stop(reason)
                } else if disposition.stop {
                    if let Some(pass) = pass {
                        self.process_mut()?.deliver.insert(tid, pass);
                    }
                    Verdict::Stop(StopReason::Signal(signal))
                } else {
                    if disposition.print {
                        *notice = Some(Notice::Signal(signal));
                    }
                    self.pass_signal(tid, pass)?
                }
            }
            RawStop::Clone(child) => {
                let process = self.process_mut()?;
                process.number(child);
                let pthread = process.learn_pthread(child);
                *notice = Some(Notice::ThreadBegun { tid: child, pthread });
                // It may have died already.
                match process.control()?.resume(child, ResumeAction::Continue(None)) {
                    Ok(()) | Err(Error::Gone) => {}
                    Err(e) => return Err(e),
                }
                self.after_interlude(tid)?
            }
            RawStop::Fork(child) | RawStop::Vfork(child) => {
                let vfork = matches!(event.what, RawStop::Vfork(_));
                let told = Notice::Forked { child, vfork };
                match self.caught(tid, if vfork { Caught::Vfork(child) } else { Caught::Fork(child) })? {
                    Some(reason) => {
                        // gdb lets go of the child when the parent goes on, and says so then.
                        self.told_later.push(told);
                        Verdict::Stop(reason)
                    }
                    None => {
                        *notice = Some(told);
                        self.after_interlude(tid)?
                    }
                }
            }
            RawStop::VforkDone => self.after_interlude(tid)?,
            RawStop::Exec(_) => {
                let path = self.after_exec()?;
                *notice = Some(Notice::Exec(path.clone()));
                match self.caught(tid, Caught::Exec(path))? {
                    Some(reason) => {
                        // The notice comes first.
                        self.process_mut()?.early = Some((tid, reason));
                        Verdict::Nothing
                    }
                    None => Verdict::Go(None),
                }
            }
            RawStop::Syscall { number, entry } => match self.caught(tid, Caught::Syscall { number, entry })? {
                Some(reason) => Verdict::Stop(reason),
                None => self.after_interlude(tid)?,
            },
            RawStop::ThreadExited => {
                let pthread = self.process_mut()?.forget_thread(tid);
                *notice = Some(Notice::ThreadEnded { tid, pthread });
                Verdict::Nothing
            }
            RawStop::Exited(code) => Verdict::Stop(StopReason::Exited(code)),
            RawStop::Killed(signal) => Verdict::Stop(StopReason::Killed(signal)),
            // The signal was told before; now the program stands still by it. Told once more, as gdb does: to go on is the
            // user's to say, who could not reach it by Ctrl-C. Where he does not want to hear of the signal, it stands still.
            RawStop::GroupStop(signal) if self.signals.get(signal).stop => Verdict::Stop(StopReason::Signal(signal)),
            RawStop::GroupStop(_) => {
                self.process_mut()?.control()?.stay_in_group_stop(tid)?;
                Verdict::Nothing
            }
            // The target keeps it to itself.
            RawStop::Interrupted => Verdict::Go(None),
        })
    }

    fn carry_out(&mut self, tid: Tid, verdict: Verdict) -> Result<Option<Stop>> {
        let result = match verdict {
            Verdict::Go(signal) => self.process_mut()?.control()?.resume(tid, ResumeAction::Continue(signal)),
            Verdict::Past => {
                let pc = self.process()?.target.pc(tid);
                pc.and_then(|pc| self.go_past(tid, pc, None))
            }
            Verdict::Nothing => Ok(()),
            Verdict::Stop(StopReason::Arrived) if self.line_step.is_some() => match self.line_step_arrived(tid)? {
                Some(plan) => return self.go_by(tid, plan),
                None => return self.stop(tid, StopReason::Arrived),
            },
            Verdict::Stop(reason) => return self.stop(tid, reason),
        };
        match result {
            // A thread may die at any moment: its wait status tells.
            Ok(()) | Err(Error::Gone) => Ok(None),
            Err(e) => Err(e),
        }
    }

    /// A thread goes on by another plan, from a place that nobody was told of.
    fn go_by(&mut self, tid: Tid, plan: Plan) -> Result<Option<Stop>> {
        self.process_mut()?.plan = Some(plan);
        self.sync_sites()?;
        self.drop_frames();
        let process = self.process_mut()?;
        process.generation += 1;
        let mut pc = process.target.pc(tid)?;
        if let Some(shown) = process.sites.original_pc(pc) {
            pc = shown;
            process.control()?.set_pc(tid, pc)?;
        }
        process.reported.insert(tid, pc);
        let verdict = self.start(tid)?;
        self.carry_out(tid, verdict)
    }

    /// Goes on after an event that interrupted nothing: with the plan's step, if there is one.
    pub(super) fn after_interlude(&mut self, tid: Tid) -> Result<Verdict> {
        if self.process()?.plan.as_ref().is_some_and(|p| p.tid() == tid && p.is_stepping()) {
            self.process_mut()?.control()?.resume(tid, ResumeAction::Step(None))?;
            return Ok(Verdict::Nothing);
        }
        Ok(Verdict::Go(None))
    }

    /// Stops everything, and says where and why. `None` when the thread has gone meanwhile, by another's exit or exec: what
    /// it came to is of no interest any more, and what has happened to it is told by the next wait.
    pub(super) fn stop(&mut self, tid: Tid, reason: StopReason) -> Result<Option<Stop>> {
        let process = self.process_mut()?;
        process.control()?.stop_all()?;
        self.forget_blocks()?;
        let process = self.process_mut()?;
        // A Ctrl-C may reach rdbg and the program, where they share a process group: it is one.
        match reason {
            StopReason::Interrupted if process.launched => process.control()?.forget_signal(Signal::INT),
            StopReason::Signal(Signal::INT) => drop(signals::take_interrupt()),
            _ => {}
        }
        let is_there = |t: Tid| process.target.pc(t).is_ok();
        let mut tid = tid;
        if !is_there(tid) {
            let other = process.target.threads().into_iter().find(|t| is_there(*t));
            match other.filter(|_| matches!(reason, StopReason::Interrupted)) {
                Some(other) => tid = other,
                None => {
                    process.control()?.resume_all()?;
                    return Ok(None);
                }
            }
        }
        process.plan = None;
        self.line_step = None;
        let process = self.process_mut()?;
        process.generation += 1;
        for thread in process.target.threads() {
            let Ok(pc) = process.target.pc(thread) else { continue };
            if let Some(shown) = process.sites.original_pc(pc) {
                process.displaced.insert(thread, Displaced { slot: pc, shown });
                process.control()?.set_pc(thread, shown)?;
            }
        }
        process.control()?.settle()?;
        // A signal may come before the instruction at a breakpoint has run: then the breakpoint is still to be hit.
        // One that is set here only now is not.
        let interrupted = matches!(reason, StopReason::Signal(_) | StopReason::Interrupted);
        if let Ok(pc) = process.target.pc(tid)
            && !(interrupted && (process.sites.get(pc).is_some() || process.breaks_in_hardware_at(pc)))
        {
            process.reported.insert(tid, pc);
        }
        process.call_has_returned();
        if let Some(terminal) = &mut self.terminal {
            terminal.take();
        }
        self.selection.tid = Some(tid);
        self.selection.level = 0;
        self.shown_source = None;
        if let Ok(pc) = self.process()?.target.pc(tid) {
            self.stand_before_inlined(pc, self.is_for_inlined(&reason));
        }
        self.find_resolver();
        Ok(Some(Stop { tid, reason }))
    }

    /// Whether a stop is at a place that was named as such: a line, an address or an inlined function, rather than a function whose
    /// first instruction may belong to a call that was inlined.
    fn is_for_inlined(&self, reason: &StopReason) -> bool {
        let StopReason::Breakpoints(hits) = reason else { return false };
        hits.iter().any(|h| h.at_place)
    }

    /// The process has gone.
    fn ended(&mut self, tid: Tid, reason: StopReason) -> Result<Option<Happening>> {
        self.line_step = None;
        self.forget_process();
        Ok(Some(Happening::Stop(Stop { tid, reason })))
    }

    /// A thread has reached an int3 of ours.
    fn at_site(&mut self, tid: Tid, at: VirtAddr) -> Result<Verdict> {
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
        let mut user = false;
        let (mut arrived, mut returned, mut landed) = (None, None, None);
        for owner in site.owners.clone() {
            match owner {
                Owner::User(_) => user = true,
                Owner::Libraries => {
                    if let Some(reason) = self.library_event()? {
                        return Ok(Verdict::Stop(reason));
                    }
                }
                Owner::Bind => {
                    if let Some(reason) = self.bind_reached(tid, at)? {
                        return Ok(Verdict::Stop(reason));
                    }
                }
                Owner::WatchEnd => {
                    if let Some(reason) = self.watch_scope_reached(tid, at)? {
                        return Ok(Verdict::Stop(reason));
                    }
                }
                Owner::Call => returned = self.call_place_reached(tid, at)?,
                Owner::Plan(of) if of == tid => arrived = self.plan_arrived(tid, at)?,
                Owner::Escape(of) if of == tid => landed = self.escape_reached(tid, at)?,
                Owner::Plan(_) | Owner::Escape(_) => {}
            }
        }
        if let Some(reason) = returned {
            // `finish` wants to see where it is now.
            let wanted = matches!(arrived, Some(Arrival::Stop)) && matches!(reason, StopReason::CallReturned);
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
            None => Ok(Verdict::Past),
        }
    }

    /// A single step has ended.
    pub(super) fn stepped(&mut self, tid: Tid) -> Result<Verdict> {
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
                let reason = match owner {
                    Owner::Libraries => self.library_event()?,
                    Owner::Bind => self.bind_reached(tid, pc)?,
                    Owner::WatchEnd => self.watch_scope_reached(tid, pc)?,
                    Owner::Call => self.call_place_reached(tid, pc)?,
                    Owner::User(_) | Owner::Plan(_) | Owner::Escape(_) => None,
                };
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
    fn last_step_begins(&mut self, tid: Tid) -> Result<()> {
        if self.line_step.is_none() {
            self.process_mut()?.generation += 1;
            let frames = self.walk(tid, 1)?.0;
            self.step_began_in = frames.first().map(|f| self.identity(f));
        }
        Ok(())
    }

    /// Runs the next instruction of a plan; over a call, if the plan says so. `past`: what is at the pc was dealt with.
    fn step_instruction(&mut self, tid: Tid, past: bool, signal: Option<Signal>) -> Result<Verdict> {
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

    /// Lets the instruction at `pc` run once although a debug register stops there: RF in eflags (Intel SDM vol. 3B, 18.3.1.1).
    fn ignore_hardware_once(&mut self, tid: Tid, pc: VirtAddr) -> Result<()> {
        let process = self.process_mut()?;
        if !process.breaks_in_hardware_at(pc) {
            return Ok(());
        }
        let mut registers = process.target.registers(tid)?;
        let flags = registers.get(Gpr::Eflags).unwrap_or(0);
        registers.set(Gpr::Eflags, flags | RESUME_FLAG);
        process.control()?.set_registers(tid, &registers)
    }

    /// For `nexti`: the place behind a call at `pc`.
    fn call_at(&self, tid: Tid, pc: VirtAddr) -> Option<Return> {
        let target = &self.process().ok()?.target;
        let mut code = [0; MAX_LEN];
        let n = target.read_partial(pc, &mut code).ok()?;
        let insn = Insn::decode(code.get(..n)?, pc.0)?;
        matches!(insn.flow(), Flow::Call(_)).then_some(())?;
        let min_sp = target.registers(tid).ok()?.sp();
        Some(Return { counts: true, ..Return::back(VirtAddr(insn.next_ip()), min_sp) })
    }

    /// The canonical frame address of the function that a thread is in at this moment.
    fn innermost_cfa(&mut self, tid: Tid) -> Result<Option<VirtAddr>> {
        self.process_mut()?.generation += 1;
        Ok(self.walk(tid, 1)?.0.first().and_then(|f| f.cfa))
    }

    fn set_return(&mut self, place: Option<Return>) -> Result<()> {
        if let Some(Plan::Instructions { until, .. }) = &mut self.process_mut()?.plan {
            *until = place;
        }
        self.sync_sites()
    }

    /// The plan's own place was reached: is it the right activation, and what then?
    fn plan_arrived(&mut self, tid: Tid, at: VirtAddr) -> Result<Option<Arrival>> {
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
            Plan::Finish { function, .. } => {
                let function = *function;
                self.note_finished(tid, function);
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
    fn pass_signal(&mut self, tid: Tid, signal: Option<Signal>) -> Result<Verdict> {
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

    /// Lets a thread go on past the site at `pc` (or plainly, where there is none).
    fn go_past(&mut self, tid: Tid, pc: VirtAddr, signal: Option<Signal>) -> Result<()> {
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
    fn past_of(&mut self, pc: VirtAddr) -> Result<Past> {
        if let Some(past) = self.process()?.sites.past(pc) {
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
    fn emulate_at(&mut self, tid: Tid, pc: VirtAddr) -> Result<bool> {
        match self.process()?.sites.get(pc) {
            Some(site) => self.emulate_code(tid, pc, &site.code.clone()),
            None => Ok(false),
        }
    }

    /// The same for an instruction with these bytes.
    pub(super) fn emulate_code(&mut self, tid: Tid, pc: VirtAddr, code: &[u8]) -> Result<bool> {
        let process = self.process_mut()?;
        let mut before = process.target.registers(tid)?;
        // What the processor does not run, its debug registers do not see.
        let watched = process.hardware.iter().any(|t| t.kind != TrapKind::HardwareExecute);
        if watched || will_restart(&before) {
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
    fn step_in_place(&mut self, tid: Tid, pc: VirtAddr, signal: Option<Signal>, as_step: bool) -> Result<()> {
        let process = self.process_mut()?;
        let trap = Trap { addr: pc, kind: TrapKind::Int3 };
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

    /// Makes int3s and debug registers what breakpoints, catchpoints, plans and the following of libraries want.
    pub(super) fn sync_sites(&mut self) -> Result<()> {
        self.forget_blocks()?;
        let wanted = self.wanted_sites();
        let traps = self.wanted_traps();
        let process = self.process_mut()?;
        // A forked child is not rdbg's: when the function returns there, it must not start the program anew.
        let deadly = process.calls.iter().map(Call::return_to).collect();
        process.control()?.keep_in_children(deadly);
        let mut stale: Vec<VirtAddr> = process.sites.addresses().filter(|a| !wanted.contains_key(a)).collect();
        // What one step needed, the next one may need again: in loops it does.
        if process.plan.is_some() && stale.len() <= MOST_IDLE {
            stale.retain(|addr| !process.sites.make_idle(*addr));
        }
        for addr in stale {
            process.sites.remove(addr);
            process.control()?.remove(Trap { addr, kind: TrapKind::Int3 })?;
        }
        for (addr, owners) in wanted {
            if process.sites.get(addr).is_none() {
                match process.control()?.insert(Trap { addr, kind: TrapKind::Int3 }) {
                    Ok(()) => {}
                    Err(Error::Fault { addr }) => return Err(cannot_insert(&owners, addr)),
                    Err(e) => return Err(e),
                }
            }
            process.sites.put(addr, owners, &*process.target);
        }
        let gone: Vec<Trap> = process.hardware.iter().filter(|t| !traps.contains(t)).copied().collect();
        for trap in gone {
            process.control()?.remove(trap)?;
            process.hardware.retain(|t| *t != trap);
        }
        for trap in traps {
            if !process.hardware.contains(&trap) {
                process.control()?.insert(trap)?;
                process.hardware.push(trap);
            }
        }
        Ok(())
    }

    fn wanted_sites(&self) -> BTreeMap<VirtAddr, Vec<Owner>> {
        let mut wanted: BTreeMap<VirtAddr, Vec<Owner>> = BTreeMap::new();
        let mut want = |addr: VirtAddr, owner: Owner| wanted.entry(addr).or_default().push(owner);
        for b in self.breakpoints.iter().filter(|b| b.enabled) {
            if let Kind::Code { hardware: false } = b.kind {
                b.locations.iter().filter(|l| l.is_wanted()).for_each(|l| want(l.addr, Owner::User(b.id)));
            }
            if let Kind::Watch(watch) = &b.kind
                && let Some(end) = watch.scope.as_ref().and_then(|s| s.end())
            {
                want(end, Owner::WatchEnd);
            }
        }
        let is_bind = |k: &Kind| matches!(k, Kind::Catch(Catch::Bind { .. }));
        if self.breakpoints.iter().any(|b| b.enabled && is_bind(&b.kind)) {
            self.inferior.modules.plt_heads().into_iter().for_each(|head| want(head, Owner::Bind));
        }
        if let Some(process) = &self.inferior.process {
            if let Some(brk) = process.libraries.brk {
                want(brk, Owner::Libraries);
            }
            if let Some(plan) = &process.plan {
                plan.places().for_each(|p| want(p.addr, Owner::Plan(plan.tid())));
                self.escape_places().into_iter().for_each(|at| want(at, Owner::Escape(plan.tid())));
            }
            let places: BTreeSet<VirtAddr> = process.calls.iter().flat_map(Call::places).collect();
            places.into_iter().for_each(|at| want(at, Owner::Call));
        }
        wanted
    }

    fn wanted_traps(&self) -> Vec<Trap> {
        let mut traps = Vec::new();
        for b in self.breakpoints.iter().filter(|b| b.enabled) {
            match &b.kind {
                Kind::Code { hardware: true } => {
                    let on = b.locations.iter().filter(|l| l.is_wanted());
                    traps.extend(on.map(|l| Trap { addr: l.addr, kind: TrapKind::HardwareExecute }));
                }
                Kind::Watch(watch) => traps.extend(watch.pieces.iter().map(|(addr, len)| Trap {
                    addr: *addr,
                    kind: match watch.kind {
                        WatchKind::Write => TrapKind::Write { len: *len },
                        WatchKind::Read | WatchKind::Access => TrapKind::Access { len: *len },
                    },
                })),
                _ => {}
            }
        }
        traps.sort();
        traps.dedup();
        traps
    }
}

/// Sites of plans that nobody waits for any more are left for the next plan, up to this number.
const MOST_IDLE: usize = 16;

/// RF in eflags.
const RESUME_FLAG: u64 = 1 << 16;

/// Whether the kernel will set the pc back by the two bytes of `syscall` and run that again: a signal or rdbg has interrupted a
/// system call (linux/errno.h, ERESTARTSYS to ERESTART_RESTARTBLOCK).
fn will_restart(registers: &Registers) -> bool {
    let signed = |r| registers.get(r).unwrap_or(0) as i64;
    signed(Gpr::OrigRax) >= 0 && (-516..=-512).contains(&signed(Gpr::Rax))
}

/// Whether an instruction raises such a signal itself.
fn is_fault(signal: Signal) -> bool {
    matches!(signal, Signal::TRAP | Signal::SEGV | Signal::BUS | Signal::ILL | Signal::FPE | Signal::SYS)
}

/// What to do when a plan's place was reached.
enum Arrival {
    Stop,
    Step,
    /// From a signal's handler, to the instruction that is to be stepped.
    Back,
}

/// gdb's words for a breakpoint that cannot be planted.
fn cannot_insert(owners: &[Owner], addr: VirtAddr) -> Error {
    let ids: Vec<String> = owners
        .iter()
        .filter_map(|o| if let Owner::User(id) = o { Some(format!("Cannot insert breakpoint {id}.\n")) } else { None })
        .collect();
    Error::user(format!("Warning:\n{}Cannot access memory at address {addr}\n", ids.concat()))
}

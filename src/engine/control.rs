//! Running and standing still: threads go on, and stop.

use std::collections::BTreeSet;

use crate::base::{Error, Need, Result, Signal, Tid};
use crate::os::signals;
use crate::target::ResumeAction;

use super::forks::Followed;
use super::frames::Entered;
use super::session::Session;
use super::sites::Displaced;
use super::step::Plan;
use super::stop::{Happening, Stop, StopReason, Verdict};

impl Session {
    /// Lets the process go on, the plan's thread (or the selected one) by its plan. What comes of it is told by
    /// [`advance`](Session::advance).
    pub fn resume(&mut self, plan: Option<Plan>) -> Result<()> {
        self.require(Need::Live)?;
        let selected = self.selected_thread()?;
        self.note_moment();
        self.resumes += 1;
        self.resumed_from = Some(selected);
        self.makes_step = self.line_step.is_some() || plan.as_ref().is_some_and(Plan::is_step);
        let in_background = self.in_background;
        let process = self.process_mut()?;
        process.is_held = false;
        if in_background {
            // Their names are asked for while they run.
            process.target.threads().into_iter().for_each(|tid| process.learn_pthread_once(tid));
        } else {
            process.learn_pthreads();
        }
        process.plan = plan;
        self.watch_escapes()?;
        if self.breakpoints.iter().any(|b| b.locations.iter().any(|l| l.absent)) {
            self.resolve_breakpoints();
        }
        self.sync_sites()?;
        self.set_modes()?;
        let alone = self.runs_alone();
        let stepper = self.process()?.plan.as_ref().map_or(selected, Plan::tid);
        let control = self.process_mut()?.control()?;
        control.run_alone(alone.then_some(stepper));
        control.forget_steps();
        self.notices.extend(std::mem::take(&mut self.told_later));
        self.drop_frames();
        self.selection.level = 0;
        self.back_into_slots()?;
        let group = self.process()?.group;
        let wants_it = !self.in_background && self.inferior.process.as_ref().is_some_and(|p| p.launched);
        if let Some(terminal) = self.terminal.as_mut().filter(|_| wants_it) {
            terminal.give(group);
        }
        let mut is_held = false;
        for born in std::mem::take(&mut self.process_mut()?.unfollowed) {
            match self.follow_fork(born)? {
                Followed::Parent => {}
                Followed::Child => return Ok(()),
                Followed::Nobody => is_held = true,
            }
        }
        if is_held || self.holds_vfork_child() {
            self.process_mut()?.early = Some((selected, StopReason::HoldsVforkChild));
            return Ok(());
        }
        if self.settings.schedule_multiple && !alone {
            for number in self.other_processes() {
                self.in_inferior(number, Session::go_along)?;
            }
        }
        self.start_threads(Some(stepper), alone)
    }

    /// What the process is to stop at besides int3s.
    pub(super) fn set_modes(&mut self) -> Result<()> {
        let (stops, stays) = (self.wants_syscalls(), self.settings.breakpoint_always_inserted);
        let (looks, keeps) = (self.looks_at_each_step(), self.keeps_children());
        let control = self.process_mut()?.control()?;
        control.set_modes(stops, stays);
        control.keep_children(keeps);
        control.step_always(looks);
        Ok(())
    }

    /// Threads that were shown elsewhere go on in their slots.
    pub(super) fn back_into_slots(&mut self) -> Result<()> {
        let process = self.process_mut()?;
        process.generation += 1;
        for (tid, displaced) in std::mem::take(&mut process.displaced) {
            // Unless the user has put it elsewhere, it goes on in its slot.
            if process.target.pc(tid).is_ok_and(|pc| pc == displaced.shown) {
                process.control()?.set_pc(tid, displaced.slot)?;
            }
        }
        Ok(())
    }

    /// Lets all threads go on, the one with a plan last; or that one `alone`.
    pub(super) fn start_threads(&mut self, stepper: Option<Tid>, alone: bool) -> Result<()> {
        let mut first: Vec<Tid> = Vec::new();
        if !alone {
            let process = self.process()?;
            let with_something = process.reported.keys().chain(process.deliver.keys()).copied();
            first.extend(with_something.filter(|t| Some(*t) != stepper).collect::<BTreeSet<_>>());
        }
        first.extend(stepper);
        for tid in first {
            // A thread with news would run away from them: they come first, and it goes on from there.
            if !self.process_mut()?.control()?.is_free(tid) {
                continue;
            }
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
    pub(super) fn runs_alone(&self) -> bool {
        match self.settings.scheduler_locking {
            "on" => true,
            "step" => self
                .inferior
                .process
                .as_ref()
                .is_some_and(|p| p.plan.as_ref().is_some_and(Plan::is_step) || self.line_step.is_some()),
            _ => false,
        }
    }

    /// Lets one thread go on from a stop that was reported.
    fn start(&mut self, tid: Tid) -> Result<Verdict> {
        let process = self.process_mut()?;
        let signal = process.deliver.remove(&tid);
        let pc = process.target.pc(tid)?;
        let is_stepping = process.plan.as_ref().is_some_and(|p| p.tid() == tid && p.is_stepping());
        let matters = is_stepping || process.sites.get(pc).is_some() || process.breaks_in_hardware_at(pc);
        // In a system call that will be started again, the instruction behind it has not been reached yet.
        let reported = process.reported.remove(&tid) == Some(pc) && matters && !process.target.registers(tid)?.restart_call();
        if reported {
            self.ignore_hardware_once(tid, pc)?;
        }
        if is_stepping {
            return self.step_instruction(tid, reported, signal);
        }
        if reported && self.process()?.sites.get(pc).is_some() {
            self.go_past(tid, pc, signal)?;
            return Ok(Verdict::Nothing);
        }
        Ok(Verdict::Go(signal))
    }

    pub(super) fn carry_out(&mut self, tid: Tid, verdict: Verdict) -> Result<Option<Stop>> {
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
        self.halt()?;
        let process = self.process_mut()?;
        process.away = None;
        // A Ctrl-C may reach rdbg and the program, where they share a process group: it is one.
        match reason {
            StopReason::Interrupted if process.launched => process.control()?.forget_signal(Signal::INT),
            StopReason::Signal(Signal::INT) => drop(signals::take_interrupt()),
            _ => {}
        }
        let Some(tid) = self.thread_left(tid, &reason)? else { return Ok(None) };
        self.line_step = None;
        self.come_to_rest()?;
        self.stop_others()?;
        let process = self.process_mut()?;
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
        let stepped_to = self.frames.stepped_to.take();
        if let Ok(pc) = self.process()?.target.pc(tid)
            && stepped_to != Some(pc)
        {
            self.stand_before_inlined(pc, entered_by(&reason));
        }
        self.find_resolver();
        self.take_seat();
        if self.stop_commands.is_empty() {
            self.rest();
        }
        Ok(Some(Stop { tid, reason }))
    }

    /// Stops all threads of the process. What it has run may have changed its code.
    pub(super) fn halt(&mut self) -> Result<()> {
        self.process_mut()?.control()?.stop_all()?;
        self.forget_blocks()?;
        self.process_mut()?.sites.doubt();
        Ok(())
    }

    /// The thread that is to be shown at a stop: the one that made it, or, if that has gone and any will do, another. Otherwise the
    /// threads go on.
    fn thread_left(&mut self, tid: Tid, reason: &StopReason) -> Result<Option<Tid>> {
        let process = self.process()?;
        let is_there = |t: &Tid| process.target.pc(*t).is_ok();
        if is_there(&tid) {
            return Ok(Some(tid));
        }
        let threads = process.target.threads();
        let other = threads.iter().copied().find(is_there);
        let other = other.filter(|_| matches!(reason, StopReason::Interrupted | StopReason::NoneRuns));
        if other.is_none() && !self.runs_alone() {
            // Whoever was making a step goes on with it.
            let control = self.process_mut()?.control()?;
            threads.into_iter().try_for_each(|thread| control.go_on(thread))?;
        }
        Ok(other)
    }

    /// All threads of the process have stopped: it is made what it is to be shown as.
    pub(super) fn come_to_rest(&mut self) -> Result<()> {
        self.tell_of_threads()?;
        let process = self.process_mut()?;
        process.is_held = true;
        process.plan = None;
        for tid in std::mem::take(&mut process.printing) {
            if let Ok(pc) = process.target.pc(tid) {
                process.reported.insert(tid, pc);
            }
        }
        // What they were told of comes again when they go on.
        process.deferred.clear();
        process.generation += 1;
        for thread in process.target.threads() {
            let Ok(pc) = process.target.pc(thread) else { continue };
            if let Some(shown) = process.sites.original_pc(pc) {
                process.displaced.insert(thread, Displaced { slot: pc, shown });
                process.control()?.set_pc(thread, shown)?;
            }
        }
        process.control()?.settle()
    }

    /// Says that the user is to have the word now: what a stop kept ready in case that the program goes on at once is let go.
    pub fn rest(&mut self) {
        if let Ok(process) = self.process_mut()
            && let Ok(control) = process.control()
        {
            control.rest();
        }
    }

    /// The process has gone.
    pub(super) fn ended(&mut self, tid: Tid, reason: StopReason) -> Result<Option<Happening>> {
        self.line_step = None;
        self.stop_others()?;
        if self.go_back_to_checkpoint()? {
            return Ok(Some(Happening::Stop(Stop { tid, reason })));
        }
        // What is done for the record after its end concerns the last one that goes.
        if self.other_processes().is_empty() {
            self.begin_ending(tid, reason);
            return Ok(None);
        }
        self.forget_process();
        self.take_seat();
        Ok(Some(Happening::Stop(Stop { tid, reason })))
    }
}

/// Which of the inlined calls that begin where a breakpoint has stopped the program it means: all at a line or an address, or the
/// copy of the function that it was set on; none for a function whose first instruction may belong to a call that was inlined.
fn entered_by(reason: &StopReason) -> Entered {
    let StopReason::Breakpoints(hits) = reason else { return Entered::None };
    match hits.iter().find_map(|h| h.copy_of) {
        _ if hits.iter().any(|h| h.at_place) => Entered::All,
        Some(function) => Entered::CopyOf(function),
        None => Entered::None,
    }
}

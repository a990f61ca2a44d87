//! Running: threads go on, events come in, and most of them are nobody's business but rdbg's.

use std::collections::BTreeSet;

use crate::base::{Error, Need, Result, Signal, Tid};
use crate::os::ptrace::SystemCallAt;
use crate::os::signals;
use crate::target::{Event, RawStop, ResumeAction};

use super::forks::Followed;
use super::frames::Entered;
use super::session::Session;
use super::sites::Displaced;
use super::step::Plan;
use super::stop::{Caught, Happening, Notice, Stop, StopReason, Verdict};

impl Session {
    /// Lets the process go on, the plan's thread (or the selected one) by its plan. What comes of it is told by
    /// [`advance`](Session::advance).
    pub fn resume(&mut self, plan: Option<Plan>) -> Result<()> {
        self.require(Need::Live)?;
        let selected = self.selected_thread()?;
        self.note_moment();
        self.resumes += 1;
        self.resumed_from = Some(selected);
        let in_background = self.in_background;
        let process = self.process_mut()?;
        process.is_held = false;
        process.learn_pthreads();
        if in_background {
            // Their names are asked for while they run.
            process.target.threads().into_iter().for_each(|tid| process.learn_pthread_once(tid));
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
        let pid = self.process()?.target.pid();
        let wants_it = !self.in_background && self.inferior.process.as_ref().is_some_and(|p| p.launched);
        if let Some(terminal) = self.terminal.as_mut().filter(|_| wants_it) {
            terminal.give(pid);
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
    fn runs_alone(&self) -> bool {
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

    /// Decides about one event.
    pub(super) fn handle(&mut self, event: Event) -> Result<Option<Happening>> {
        let tid = event.tid;
        if let RawStop::Elsewhere(pid) = event.what {
            return self.place_of_process(pid).map_or(Ok(None), |place| self.event_elsewhere(place));
        }
        if self.must_wait(&event) {
            return Ok(None);
        }
        if event.what != RawStop::Stepped {
            self.lift_blocks()?;
        }
        self.record(&event)?;
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
        if let Verdict::Stop(reason) = &verdict
            && let Some(stop) = self.stop_within_call(tid, reason)
        {
            return Ok(stop.map(Happening::Stop).or(notice.map(Happening::Notice)));
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
                if signal == Signal::INT
                    && let Some(sentinel) = &self.process()?.sentinel
                {
                    sentinel.heard();
                }
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
                // Its maker's too, which may be gone when its name is wanted.
                process.learn_pthread_once(tid);
                *notice = Some(Notice::ThreadBegun { tid: child, pthread });
                if !self.runs_alone() {
                    // It may have died already.
                    match self.process_mut()?.control()?.resume(child, ResumeAction::Continue(None)) {
                        Ok(()) | Err(Error::Gone) => {}
                        Err(e) => return Err(e),
                    }
                }
                self.after_interlude(tid)?
            }
            RawStop::Fork(child) => self.child_born(tid, child, false)?,
            RawStop::Vfork(child) => self.child_born(tid, child, true)?,
            RawStop::VforkDone | RawStop::Interrupted if self.process()?.is_held => Verdict::Nothing,
            RawStop::VforkDone => self.after_interlude(tid)?,
            RawStop::Exec(former) => {
                self.end_vfork("exec")?;
                let path = self.after_exec()?;
                self.record_exec(former, &path)?;
                match self.caught(tid, Caught::Exec(path))? {
                    Some(reason) => Verdict::Stop(reason),
                    None => Verdict::Go(None),
                }
            }
            RawStop::Syscall { number, stop } => {
                let entry = matches!(stop.at, SystemCallAt::Entry { .. });
                let protected = if entry { None } else { self.relro_at(tid, number) };
                let relro = protected.map(|event| self.caught(tid, event)).transpose()?.flatten();
                let text = self.call_text(tid, number, stop);
                match relro.map_or_else(|| self.caught(tid, Caught::Syscall { number, entry, text }), |r| Ok(Some(r)))? {
                    Some(reason) => Verdict::Stop(reason),
                    None => {
                        self.count_uncaught();
                        match self.written_by_kernel(tid, entry)? {
                            Some(reason) => Verdict::Stop(reason),
                            None => self.after_interlude(tid)?,
                        }
                    }
                }
            }
            RawStop::ThreadExited => {
                let pthread = self.process_mut()?.forget_thread(tid);
                *notice = Some(Notice::ThreadEnded { tid, pthread });
                let ended = self.end_thread_breakpoints();
                self.notices.extend(ended.into_iter().map(Notice::Warning));
                Verdict::Nothing
            }
            RawStop::NoneRuns => Verdict::Stop(StopReason::NoneRuns),
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
            RawStop::Interrupted => self.after_interlude(tid)?,
            RawStop::Elsewhere(_) => Verdict::Go(None),
        })
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
        let process = self.process_mut()?;
        process.control()?.stop_all()?;
        self.forget_blocks()?;
        let process = self.process_mut()?;
        process.away = None;
        process.sites.doubt();
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
            match other.filter(|_| matches!(reason, StopReason::Interrupted | StopReason::NoneRuns)) {
                Some(other) => tid = other,
                None if self.runs_alone() => return Ok(None),
                None => {
                    // Whoever was making a step goes on with it.
                    let process = self.process_mut()?;
                    let threads = process.target.threads();
                    let control = process.control()?;
                    threads.into_iter().try_for_each(|thread| control.go_on(thread))?;
                    return Ok(None);
                }
            }
        }
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
        if let Ok(pc) = self.process()?.target.pc(tid) {
            self.stand_before_inlined(pc, entered_by(&reason));
        }
        self.find_resolver();
        self.take_seat();
        if self.stop_commands.is_empty() {
            self.rest();
        }
        Ok(Some(Stop { tid, reason }))
    }

    /// All threads of the process have stopped: it is made what it is to be shown as.
    pub(super) fn come_to_rest(&mut self) -> Result<()> {
        let process = self.process_mut()?;
        if let Some(tid) = process.ended_silently() {
            let pthread = process.forget_thread(tid);
            self.notices.push_back(Notice::ThreadEnded { tid, pthread });
        }
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
    fn ended(&mut self, tid: Tid, reason: StopReason) -> Result<Option<Happening>> {
        self.line_step = None;
        self.stop_others()?;
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

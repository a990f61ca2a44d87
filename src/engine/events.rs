//! Events of the process: most are nobody's business but rdbg's, and some stop the program.

use crate::base::{Error, Result, Signal, Tid};
use crate::os::ptrace::{SystemCallAt, SystemCallStop};
use crate::target::{Event, RawStop, ResumeAction};

use super::session::Session;
use super::stop::{Caught, Happening, Notice, StopReason, Verdict};

impl Session {
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
            RawStop::Signal(signal) => self.signal_arrived(tid, signal, notice)?,
            RawStop::Clone(child) => self.thread_born(tid, child, notice)?,
            RawStop::Fork(child) => self.child_born(tid, child, false)?,
            RawStop::Vfork(child) => self.child_born(tid, child, true)?,
            RawStop::VforkDone | RawStop::Interrupted if self.process()?.is_held => Verdict::Nothing,
            RawStop::VforkDone => self.after_interlude(tid)?,
            RawStop::Exec(former) => self.executed(tid, former)?,
            RawStop::Syscall { number, stop } => self.system_call_stopped(tid, number, stop)?,
            RawStop::ThreadExited => {
                *notice = Some(self.thread_ended(tid)?);
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

    /// There is a new thread; `None` if that has been told.
    fn thread_begun(&mut self, tid: Tid) -> Result<Option<Notice>> {
        let process = self.process_mut()?;
        if process.number_of(tid).is_some() {
            return Ok(None);
        }
        process.number(tid);
        Ok(Some(Notice::ThreadBegun { tid, pthread: process.learn_pthread(tid) }))
    }

    /// A thread has gone, which others may outlive.
    fn thread_ended(&mut self, tid: Tid) -> Result<Notice> {
        let pthread = self.process_mut()?.forget_thread(tid);
        Ok(Notice::ThreadEnded { tid, pthread })
    }

    /// Tells of the threads that have ended, and of those that were born, while the others were being stopped: at a stop, whoever is
    /// there is listed, and nobody else.
    pub(super) fn tell_of_threads(&mut self) -> Result<()> {
        let mut ended = self.process_mut()?.control()?.take_thread_ends();
        for tid in &ended {
            self.record(&Event { tid: *tid, what: RawStop::ThreadExited })?;
        }
        ended.extend(self.process()?.ended_silently());
        for tid in &ended {
            let notice = self.thread_ended(*tid)?;
            self.notices.push_back(notice);
        }
        if !ended.is_empty() {
            let breakpoints = self.end_thread_breakpoints();
            self.notices.extend(breakpoints.into_iter().map(Notice::Warning));
        }
        for tid in self.process()?.target.threads() {
            let notice = self.thread_begun(tid)?;
            self.notices.extend(notice);
        }
        Ok(())
    }

    /// A signal is about to be delivered.
    fn signal_arrived(&mut self, tid: Tid, signal: Signal, notice: &mut Option<Notice>) -> Result<Verdict> {
        if signal == Signal::INT
            && let Some(sentinel) = &self.process()?.sentinel
        {
            sentinel.heard();
        }
        let disposition = self.signals.get(signal);
        let pass = Some(signal).filter(|_| disposition.pass);
        let caught = self.caught(tid, Caught::Signal(signal))?;
        if let Some(reason) = caught.or_else(|| disposition.stop.then_some(StopReason::Signal(signal))) {
            self.process_mut()?.deliver.extend(pass.map(|pass| (tid, pass)));
            return Ok(Verdict::Stop(reason));
        }
        if disposition.print {
            *notice = Some(Notice::Signal(signal));
        }
        self.pass_signal(tid, pass)
    }

    /// A thread has made another one.
    fn thread_born(&mut self, tid: Tid, child: Tid, notice: &mut Option<Notice>) -> Result<Verdict> {
        *notice = self.thread_begun(child)?;
        // Its maker's too, which may be gone when its name is wanted.
        self.process_mut()?.learn_pthread_once(tid);
        if !self.runs_alone() {
            // It may have died already.
            match self.process_mut()?.control()?.resume(child, ResumeAction::Continue(None)) {
                Ok(()) | Err(Error::Gone) => {}
                Err(e) => return Err(e),
            }
        }
        self.after_interlude(tid)
    }

    /// A thread has executed another program; `former` is its id before.
    fn executed(&mut self, tid: Tid, former: Tid) -> Result<Verdict> {
        self.end_vfork("exec")?;
        let path = self.after_exec()?;
        self.record_exec(former, &path)?;
        Ok(match self.caught(tid, Caught::Exec(path))? {
            Some(reason) => Verdict::Stop(reason),
            None => Verdict::Go(None),
        })
    }

    /// A system call begins or has returned.
    fn system_call_stopped(&mut self, tid: Tid, number: u64, stop: SystemCallStop) -> Result<Verdict> {
        let entry = matches!(stop.at, SystemCallAt::Entry { .. });
        let protected = if entry { None } else { self.relro_at(tid, number) };
        let relro = protected.map(|event| self.caught(tid, event)).transpose()?.flatten();
        let text = self.call_text(tid, number, stop);
        let caught = match relro {
            Some(reason) => Some(reason),
            None => self.caught(tid, Caught::Syscall { number, entry, text })?,
        };
        if let Some(reason) = caught {
            return Ok(Verdict::Stop(reason));
        }
        self.count_uncaught();
        match self.written_by_kernel(tid, entry)? {
            Some(reason) => Ok(Verdict::Stop(reason)),
            None => self.after_interlude(tid),
        }
    }
}

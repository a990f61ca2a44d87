//! Children that are followed for the record: nobody is told of what happens to them, and nothing stops them.

use std::time::{Duration, Instant};

use crate::base::{Error, Result, Tid, VirtAddr};
use crate::engine::session::Session;
use crate::engine::sites::{Owner, Past};
use crate::target::{Event, RawStop, ResumeAction, SystemCalls, Target, Trap, TrapKind};

/// Children are looked after for so long at once.
const MOMENT: Duration = Duration::from_millis(5);
/// Between two system calls of a child that is busy less time passes than this.
const PAUSE: Duration = Duration::from_micros(200);

impl Session {
    /// Follows a child of the current process for the record: it goes on.
    pub(in crate::engine) fn adopt_for_record(&mut self, target: Box<dyn Target>) -> Result<()> {
        let (parent, child) = (self.process()?.target.pid(), target.pid());
        let mut inferior = self.child_of_current(target, self.process()?.sites.clone())?;
        (inferior.recorded, inferior.number) = (true, 0);
        if let Some(recorder) = self.timeline.recorder_mut() {
            recorder.copied(parent, child);
        }
        if let Some(process) = &mut inferior.process {
            process.launched = false;
            let control = process.control()?;
            control.spare();
            control.keep_children(true);
            control.set_modes(SystemCalls::All, true);
            gone_is_fine(control.resume(child, ResumeAction::Continue(None)))?;
        }
        self.others.push(inferior);
        Ok(())
    }

    /// Something has happened to a child, at this place among the others.
    pub(in crate::engine) fn child_event(&mut self, place: usize) -> Result<()> {
        self.exchange(place);
        let done = self.heard_of_child();
        self.exchange(place);
        if done? {
            self.others.remove(place);
        }
        Ok(())
    }

    /// Deals with one event of the child that stands for the inferior; whether that was its end.
    fn heard_of_child(&mut self) -> Result<bool> {
        let Some(event) = self.process_mut()?.control()?.news()? else { return Ok(false) };
        if let RawStop::Fork(child) | RawStop::Vfork(child) = event.what
            && let Some(target) = self.process_mut()?.control()?.take_child(child)
        {
            self.adopt_for_record(target)?;
        }
        self.record(&event)?;
        if matches!(event.what, RawStop::Exited(_) | RawStop::Killed(_)) {
            return Ok(true);
        }
        gone_is_fine(self.child_goes_on(&event))?;
        Ok(false)
    }

    fn child_goes_on(&mut self, event: &Event) -> Result<()> {
        let tid = event.tid;
        let mut signal = None;
        match event.what {
            RawStop::Int3(at) => return self.child_at_site(tid, at),
            RawStop::Exec(former) => {
                let path = self.after_exec()?;
                self.record_exec(former, &path)?;
            }
            RawStop::Signal(s) => signal = Some(s),
            RawStop::Clone(thread) => {
                gone_is_fine(self.process_mut()?.control()?.resume(thread, ResumeAction::Continue(None)))?;
            }
            RawStop::GroupStop(_) => return self.process_mut()?.control()?.stay_in_group_stop(tid),
            RawStop::ThreadExited | RawStop::Exited(_) | RawStop::Killed(_) => return Ok(()),
            _ => {}
        }
        self.process_mut()?.control()?.resume(tid, ResumeAction::Continue(signal))
    }

    fn child_at_site(&mut self, tid: Tid, at: VirtAddr) -> Result<()> {
        let owners = self.process()?.sites.get(at).map(|s| s.owners.clone()).unwrap_or_default();
        for owner in owners {
            match owner {
                Owner::Libraries => {
                    self.library_event()?;
                }
                Owner::Timeline => self.record_place(tid, at)?,
                _ => {}
            }
        }
        // To step in place would stop its other threads: rather than that, what comes here next goes unseen.
        if self.process()?.sites.get(at).is_some() && self.past_of(at)? == Past::InPlace {
            let process = self.process_mut()?;
            process.sites.remove(at);
            process.control()?.remove(Trap { addr: at, kind: TrapKind::Int3 })?;
        }
        self.go_past(tid, at, None)
    }

    /// Looks after the children for a moment while the program stands still: they go on, and what they do belongs to the record. To
    /// be called again and again while the user thinks; false where there are none.
    ///
    /// *Folklore*: a traced process waits for its tracer at each system call, `int3` and fork. A debugger that sleeps at its prompt
    /// would hold up whatever the program has started: a server's workers, the other end of a pipe.
    pub fn look_after_children(&mut self) -> bool {
        let begun = Instant::now();
        let mut last = begun;
        while self.records_children() && begun.elapsed() < MOMENT && last.elapsed() < PAUSE {
            let heard = match self.place_with_news(|i| i.recorded) {
                Some(place) => Ok(Some(place)),
                None => {
                    let heard = self.process_mut().and_then(|p| p.control()?.hear_others());
                    heard.map(|pid| pid.and_then(|pid| self.place_of_process(pid)))
                }
            };
            match heard {
                Ok(Some(place)) if self.others.get(place).is_some_and(|i| i.recorded) => {
                    // One that cannot be followed is the next look's.
                    let _ = self.child_event(place);
                    last = Instant::now();
                }
                Ok(Some(_)) => break,
                Ok(None) => std::thread::yield_now(),
                Err(_) => break,
            }
        }
        self.records_children()
    }

    fn records_children(&self) -> bool {
        self.others.iter().any(|i| i.recorded)
    }

    /// The program has ended: its children may go on, and what they do belongs to the record, as long as the user waits for it. Waits
    /// for one event; false when nothing more is to come.
    pub(in crate::engine) fn await_child(&mut self) -> bool {
        let goes_on = self.records_children() && self.hear_child();
        if !goes_on {
            self.leave_recorded();
        }
        goes_on
    }

    fn hear_child(&mut self) -> bool {
        if let Some(place) = self.place_with_news(|i| i.recorded) {
            return self.child_event(place).is_ok();
        }
        let Some(place) = self.others.iter().position(|i| i.recorded) else { return false };
        // Any of them hears for all.
        let Some(Ok(child)) = self.others.get_mut(place).and_then(|i| i.process.as_mut()).map(|p| p.control()) else {
            return false;
        };
        match child.wait() {
            Ok(Event { what: RawStop::Elsewhere(_), .. }) => true,
            Ok(event) => {
                child.postpone(event);
                true
            }
            Err(Error::Cancelled) => {
                crate::os::signals::take_interrupt();
                false
            }
            Err(_) => false,
        }
    }

    /// Those who are followed for the record go on alone.
    pub(in crate::engine) fn leave_recorded(&mut self) {
        let (recorded, others): (Vec<_>, Vec<_>) = std::mem::take(&mut self.others).into_iter().partition(|i| i.recorded);
        self.others = others;
        for mut process in recorded.into_iter().filter_map(|i| i.process) {
            // One that has gone meanwhile needs nothing.
            let _ = process.leave();
        }
    }
}

/// A task may die at any moment: its wait status tells.
fn gone_is_fine(result: Result<()>) -> Result<()> {
    match result {
        Err(Error::Gone) => Ok(()),
        other => other,
    }
}

//! Children that are followed for the record: nobody is told of what happens to them, and nothing stops them.

use std::time::{Duration, Instant};

use crate::base::{Error, Result, Tid, VirtAddr};
use crate::engine::inferior::{Inferior, Process};
use crate::engine::session::Session;
use crate::engine::sites::{Owner, Past};
use crate::target::{Event, RawStop, ResumeAction, Trap, TrapKind};

/// Children are looked after for so long at once.
const MOMENT: Duration = Duration::from_millis(5);
/// Between two system calls of a child that is busy less time passes than this.
const PAUSE: Duration = Duration::from_micros(200);

impl Session {
    /// Takes the children that the process has just got, and lets them go on.
    pub(in crate::engine) fn adopt_children(&mut self) -> Result<()> {
        let born = self.process_mut()?.control()?.take_born();
        for target in born {
            let (parent, child) = (self.process()?.target.pid(), target.pid());
            let mut process = Process::new(target, false);
            process.sites = self.process()?.sites.clone();
            process.libraries = self.process()?.libraries;
            if let Some(recorder) = self.timeline.recorder_mut() {
                recorder.copied(parent, child);
            }
            let control = process.control()?;
            gone_is_fine(control.resume(child, ResumeAction::Continue(None)))?;
            self.followed.push(Inferior {
                program: self.inferior.program.clone(),
                modules: self.inferior.modules.clone(),
                process: Some(process),
                ..Inferior::default()
            });
        }
        Ok(())
    }

    /// Something has happened to a child.
    pub(in crate::engine) fn child_event(&mut self, pid: Tid) -> Result<()> {
        let is_it = |i: &Inferior| i.process.as_ref().is_some_and(|p| p.target.pid() == pid);
        let Some(place) = self.followed.iter().position(is_it) else { return Ok(()) };
        let selection = self.selection;
        if let Some(child) = self.followed.get_mut(place) {
            std::mem::swap(&mut self.inferior, child);
        }
        self.is_elsewhere = true;
        let done = self.heard_of_child();
        self.is_elsewhere = false;
        if let Some(child) = self.followed.get_mut(place) {
            std::mem::swap(&mut self.inferior, child);
        }
        self.selection = selection;
        if done? {
            self.followed.remove(place);
        }
        Ok(())
    }

    /// Deals with one event of the child that stands for the inferior; whether that was its end.
    fn heard_of_child(&mut self) -> Result<bool> {
        let Some(event) = self.process_mut()?.control()?.heard()? else { return Ok(false) };
        if matches!(event.what, RawStop::Fork(_) | RawStop::Vfork(_)) {
            self.adopt_children()?;
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
        while !self.followed.is_empty() && begun.elapsed() < MOMENT && last.elapsed() < PAUSE {
            let heard = self.process_mut().and_then(|p| p.control()?.hear_others());
            match heard {
                Ok(Some(pid)) => {
                    // One that cannot be followed is the next look's.
                    let _ = self.child_event(pid);
                    last = Instant::now();
                }
                Ok(None) => std::thread::yield_now(),
                Err(_) => break,
            }
        }
        !self.followed.is_empty()
    }

    /// The program has ended: its children may go on, and what they do belongs to the record, as long as the user waits for it. Waits
    /// for one event; false when nothing more is to come.
    pub(in crate::engine) fn await_child(&mut self) -> bool {
        let goes_on = !self.followed.is_empty() && self.hear_child();
        if !goes_on {
            // Who is left goes on alone.
            self.followed.clear();
        }
        goes_on
    }

    fn hear_child(&mut self) -> bool {
        let Ok(process) = self.process_mut() else { return false };
        match process.control().and_then(|c| c.wait()) {
            Ok(Event { what: RawStop::Elsewhere(pid), .. }) => self.child_event(pid).is_ok(),
            Ok(_) => true,
            Err(Error::Cancelled) => {
                crate::os::signals::take_interrupt();
                false
            }
            Err(_) => false,
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

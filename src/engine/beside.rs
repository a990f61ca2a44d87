//! The inferiors that run beside the current one: they go on with it, tell what happens to them, and stop with it.

use crate::base::Result;

use super::forks::Followed;
use super::inferior::Inferior;
use super::session::Session;
use super::stop::{Happening, Verdict};

impl Session {
    /// Another inferior's threads go on beside the current one's; those that run already do so anyhow.
    pub(super) fn go_along(&mut self) -> Result<()> {
        if self.holds_vfork_child() || !self.process_mut()?.control()?.running().is_empty() {
            return Ok(());
        }
        for born in std::mem::take(&mut self.process_mut()?.unfollowed) {
            if !matches!(self.follow_fork(born)?, Followed::Parent) {
                return Ok(());
            }
        }
        self.sync_sites()?;
        self.set_modes()?;
        let process = self.process_mut()?;
        process.is_held = false;
        process.target.threads().into_iter().for_each(|tid| process.learn_pthread_once(tid));
        process.control()?.run_alone(None);
        self.back_into_slots()?;
        self.start_threads(None, false)
    }

    /// The place among the others of one, of those that are looked for, that has something to tell.
    pub(super) fn place_with_news(&mut self, looks_for: fn(&Inferior) -> bool) -> Option<usize> {
        self.others.iter_mut().position(|i| {
            if !looks_for(i) {
                return false;
            }
            let Some(process) = &mut i.process else { return false };
            process.early.is_some() || !process.printing.is_empty() || process.control().is_ok_and(|c| c.has_news())
        })
    }

    /// Something has happened to another inferior. If that stops the program, it is the current one from now on.
    pub(super) fn event_elsewhere(&mut self, place: usize) -> Result<Option<Happening>> {
        let before = self.inferior.number;
        if self.others.get(place).is_some_and(|i| i.recorded) {
            return self.child_event(place).map(|()| None);
        }
        self.exchange(place);
        let happening = self.event_here();
        let is_stop = !matches!(happening, Ok(None | Some(Happening::Notice(_))));
        if !is_stop && self.inferior_numbered(before).is_some_and(|i| i.process.is_some()) {
            self.enter(before);
        }
        happening
    }

    /// What the current inferior has to tell without waiting.
    fn event_here(&mut self) -> Result<Option<Happening>> {
        let process = self.process_mut()?;
        if let Some((tid, reason)) = process.early.take() {
            return Ok(self.carry_out(tid, Verdict::Stop(reason))?.map(Happening::Stop));
        }
        if let Some(tid) = process.printing.pop() {
            return Ok(self.carry_out(tid, Verdict::Past)?.map(Happening::Stop));
        }
        match process.control()?.news()? {
            Some(event) => self.handle(event),
            None => Ok(None),
        }
    }

    /// The other inferiors stop too.
    pub(super) fn stop_others(&mut self) -> Result<()> {
        for number in self.other_processes() {
            self.in_inferior(number, |session| {
                let process = session.process_mut()?;
                process.away = None;
                process.to_interrupt = false;
                if process.control()?.running().is_empty() {
                    return Ok(());
                }
                session.halt()?;
                session.rest();
                session.come_to_rest()
            })?;
        }
        Ok(())
    }
}

//! What comes of running: the next thing that is to be told.

use crate::base::{Error, Result};
use crate::os::signals;

use super::session::Session;
use super::stop::{Happening, StopReason, Verdict};

impl Session {
    /// Waits until there is something to tell. Nothing is printed here, and nobody is called back.
    pub fn advance(&mut self) -> Result<Happening> {
        loop {
            if let Some(happening) = self.go_forward(None)? {
                return Ok(happening);
            }
        }
    }

    /// The same; with a limit, `None` where nothing has happened yet, or after so many events that were nobody's business.
    pub(super) fn go_forward(&mut self, mut left: Option<u32>) -> Result<Option<Happening>> {
        if let Some((tid, reason)) = self.process_mut()?.early.take()
            && let Some(stop) = self.carry_out(tid, Verdict::Stop(reason))?
        {
            return Ok(Some(Happening::Stop(stop)));
        }
        loop {
            if let Some(notice) = self.notices.pop_front() {
                return Ok(Some(Happening::Notice(notice)));
            }
            if let Some(notice) = self.progress() {
                return Ok(Some(Happening::Notice(notice)));
            }
            if self.ending.is_some() {
                match self.go_on_ending()? {
                    Some(happening) => return Ok(Some(happening)),
                    None => continue,
                }
            }
            if let Some(tid) = self.process_mut()?.printing.pop() {
                self.carry_out(tid, Verdict::Past)?;
                continue;
            }
            if !self.others.is_empty()
                && let Some(place) = self.place_with_news(|_| true)
            {
                match self.event_elsewhere(place)? {
                    Some(happening) => return Ok(Some(happening)),
                    None => continue,
                }
            }
            if let Some((tid, reason)) = self.deferred_stop() {
                let stop = match self.stop_within_call(tid, &reason) {
                    Some(stop) => stop,
                    None => self.carry_out(tid, Verdict::Stop(reason))?,
                };
                match stop {
                    Some(stop) => return Ok(Some(Happening::Stop(stop))),
                    None => continue,
                }
            }
            if left == Some(0) {
                return Ok(None);
            }
            left = left.map(|n| n - 1);
            let event = match self.process_mut()?.control()?.next_event(left.is_none()) {
                Ok(Some(event)) => event,
                Ok(None) => return Ok(None),
                Err(Error::Cancelled) => {
                    signals::take_interrupt();
                    let tid = self.selection.tid.unwrap_or(self.process()?.target.pid());
                    match self.stop(tid, StopReason::Interrupted)? {
                        Some(stop) => return Ok(Some(Happening::Stop(stop))),
                        None => continue,
                    }
                }
                Err(e) => return Err(e),
            };
            if let Some(happening) = self.handle(event)? {
                return Ok(Some(happening));
            }
        }
    }
}

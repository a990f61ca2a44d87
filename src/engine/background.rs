//! A program that runs while the user has the word (`&`).

use std::collections::BTreeMap;

use crate::base::{Need, Result, VirtAddr};
use crate::os::signals::Busy;
use crate::target::{SystemCalls, Trap};

use super::inferior::Inferior;
use super::session::Session;
use super::sites::Owner;
use super::stop::{Happening, StopReason};

/// So many events are dealt with before the user is looked after again: a condition may be false a hundred thousand times a second.
const AT_ONCE: u32 = 200;

/// What the user wants the program to stop at.
#[derive(PartialEq, Eq, Debug)]
pub struct Wishes {
    sites: BTreeMap<VirtAddr, Vec<Owner>>,
    traps: Vec<Trap>,
    calls: SystemCalls,
    steps: bool,
}

impl Session {
    /// Whether any process runs while the user has the word.
    pub fn is_any_away(&self) -> bool {
        self.inferior.is_away() || self.others.iter().any(Inferior::is_away)
    }

    /// The number of one that runs so, the current one first.
    fn one_away(&self) -> Option<u32> {
        std::iter::once(&self.inferior).chain(&self.others).find(|i| i.is_away()).map(|i| i.number)
    }

    /// The user has the word now, while the process goes on, and those that go along with it.
    pub fn leave_running(&mut self) -> Result<()> {
        self.process_mut()?.away = Some(Busy::begin());
        self.leave_others_running();
        Ok(())
    }

    /// What runs beside the current one does so in the background too.
    fn leave_others_running(&mut self) {
        for process in self.others.iter_mut().filter(|i| !i.recorded).filter_map(|i| i.process.as_mut()) {
            if process.away.is_none() && process.target.control().is_some_and(|c| !c.running().is_empty()) {
                process.away = Some(Busy::begin());
            }
        }
    }

    /// What has happened in the background meanwhile, without waiting; `None` for nothing that is to be told. With a stop everything is
    /// there again, and what has stopped is the current one.
    pub fn advance_at_once(&mut self) -> Result<Option<Happening>> {
        let Some(number) = self.one_away() else { return Ok(None) };
        let before = self.inferior.number;
        self.enter(number);
        let happening = self.advance_this_at_once();
        if matches!(happening, Ok(None | Some(Happening::Notice(_)))) && number != before {
            self.enter(before);
        }
        happening
    }

    fn advance_this_at_once(&mut self) -> Result<Option<Happening>> {
        let process = self.process_mut()?;
        let away = process.away.take();
        if std::mem::take(&mut process.to_interrupt) {
            let tid = self.selection.tid.unwrap_or(self.process()?.target.pid());
            if let Some(stop) = self.stop(tid, StopReason::Interrupted)? {
                return Ok(Some(Happening::Stop(stop)));
            }
        }
        let happening = self.go_forward(Some(AT_ONCE))?;
        if !matches!(happening, Some(Happening::Stop(_))) {
            if let Some(process) = &mut self.inferior.process {
                process.away = away;
            }
            self.leave_others_running();
        }
        Ok(happening)
    }

    /// Has what runs in the background stop; the next [`advance_at_once`](Session::advance_at_once) tells of it.
    pub fn interrupt(&mut self) {
        let Some(number) = self.one_away() else { return };
        if let Some(process) = self.inferior_numbered_mut(number).and_then(|i| i.process.as_mut()) {
            process.to_interrupt = true;
        }
    }

    /// What each process that runs in the background is to stop at, by the numbers of their inferiors.
    pub fn wishes(&mut self) -> BTreeMap<u32, Wishes> {
        let away = std::iter::once(&self.inferior).chain(&self.others).filter(|i| i.is_away());
        let numbers: Vec<u32> = away.map(|i| i.number).collect();
        let wishes = |s: &mut Session| Wishes {
            sites: s.wanted_sites(),
            traps: s.wanted_traps(),
            calls: s.wants_syscalls(),
            steps: s.looks_at_each_step(),
        };
        numbers.into_iter().map(|number| (number, self.in_inferior(number, wishes))).collect()
    }

    /// Makes those that run stop at what the user wants by now, where that is not what he wanted before: for that they stand still for
    /// a moment.
    pub fn grant_wishes(&mut self, before: &BTreeMap<u32, Wishes>) -> Result<()> {
        for (number, wanted) in self.wishes() {
            if before.get(&number).is_some_and(|b| *b != wanted) {
                let grant = |s: &mut Session| s.sync_sites().and_then(|()| s.set_modes());
                self.in_inferior(number, |s| s.while_still(grant))?;
            }
        }
        Ok(())
    }

    /// Does something for which the process must stand still; if it runs in the background, it stands still for a moment, and nobody
    /// is told.
    pub fn while_still<T>(&mut self, act: impl FnOnce(&mut Session) -> Result<T>) -> Result<T> {
        if !self.is_away() {
            return act(self);
        }
        let process = self.process_mut()?;
        let away = process.away.take();
        let running = process.control()?.running();
        process.control()?.stop_all()?;
        let result = act(self);
        self.drop_frames();
        let process = self.process_mut()?;
        process.generation += 1;
        process.away = away;
        let control = process.control()?;
        running.into_iter().try_for_each(|tid| control.go_on(tid))?;
        result
    }

    /// The terminal as it was when rdbg began.
    pub fn leave_terminal(&mut self) {
        if let Some(terminal) = &mut self.terminal {
            terminal.restore();
        }
    }

    /// Stops all that runs in the background, and tells nobody.
    pub fn hold(&mut self) -> Result<()> {
        while let Some(number) = self.one_away() {
            self.in_inferior(number, Session::hold_this)?;
        }
        Ok(())
    }

    /// Stops the current process, if it runs in the background, and tells nobody.
    pub(super) fn hold_this(&mut self) -> Result<()> {
        if !self.is_away() {
            return Ok(());
        }
        self.require(Need::Live)?;
        let process = self.process_mut()?;
        process.away = None;
        process.to_interrupt = false;
        self.halt()?;
        self.line_step = None;
        self.come_to_rest()
    }
}

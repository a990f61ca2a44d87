//! A program that runs while the user has the word (`&`).

use std::collections::BTreeMap;

use crate::base::{Need, Result, VirtAddr};
use crate::os::signals::Busy;
use crate::target::{SystemCalls, Trap};

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
    /// The user has the word now, while the process goes on.
    pub fn leave_running(&mut self) -> Result<()> {
        self.process_mut()?.away = Some(Busy::begin());
        Ok(())
    }

    /// What has happened in the background meanwhile, without waiting; `None` for nothing that is to be told. With a stop the process
    /// is there again.
    pub fn advance_at_once(&mut self) -> Result<Option<Happening>> {
        let process = self.process_mut()?;
        let away = process.away.take();
        if std::mem::take(&mut process.to_interrupt) {
            let tid = self.selection.tid.unwrap_or(self.process()?.target.pid());
            if let Some(stop) = self.stop(tid, StopReason::Interrupted)? {
                return Ok(Some(Happening::Stop(stop)));
            }
        }
        let happening = self.go_forward(Some(AT_ONCE))?;
        if !matches!(happening, Some(Happening::Stop(_)))
            && let Some(process) = &mut self.inferior.process
        {
            process.away = away;
        }
        Ok(happening)
    }

    /// Has a process that runs in the background stop; the next [`advance_at_once`](Session::advance_at_once) tells of it.
    pub fn interrupt(&mut self) {
        if let Some(process) = self.inferior.process.as_mut().filter(|p| p.away.is_some()) {
            process.to_interrupt = true;
        }
    }

    /// What a process that runs in the background is to stop at; `None` where none does.
    pub fn wishes(&self) -> Option<Wishes> {
        self.is_away().then(|| Wishes {
            sites: self.wanted_sites(),
            traps: self.wanted_traps(),
            calls: self.wants_syscalls(),
            steps: self.looks_at_each_step(),
        })
    }

    /// Makes a process that runs stop at what the user wants by now: for that it stands still for a moment.
    pub fn grant_wishes(&mut self) -> Result<()> {
        self.while_still(|s| s.sync_sites().and_then(|()| s.set_modes()))
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

    /// Stops a process that runs in the background, and tells nobody.
    pub fn hold(&mut self) -> Result<()> {
        if !self.is_away() {
            return Ok(());
        }
        self.require(Need::Live)?;
        let process = self.process_mut()?;
        process.away = None;
        process.to_interrupt = false;
        self.halt()?;
        self.line_step = None;
        self.come_to_rest()?;
        self.stop_others()
    }
}

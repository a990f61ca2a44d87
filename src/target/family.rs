//! Processes that one thread traces beside each other: a program and the children of it that are followed.

use super::gone::known;
use super::live::{Live, State, Thread};
use super::traits::{Event, RawStop, Target};
use crate::base::{Error, Result, Tid};
use crate::os::mem::ProcessMemory;
use crate::os::ptrace;
use crate::os::wait::Status;

impl Live {
    pub(super) fn follows(&self) -> bool {
        self.family.borrow().follows
    }

    pub(super) fn set_follows(&mut self, on: bool) {
        self.family.borrow_mut().follows = on;
    }

    pub(super) fn keep_newborn(&self, tid: Tid, status: Status) {
        self.family.borrow_mut().newborn.insert(tid, status);
    }

    pub(super) fn take_newborn(&self, tid: Tid) -> Option<Status> {
        self.family.borrow_mut().newborn.remove(&tid)
    }

    /// Keeps what was heard of a task of another process; that process.
    pub(super) fn hand_on(&self, tid: Tid, status: Status) -> Option<Tid> {
        let mut family = self.family.borrow_mut();
        let owner = family.owners.get(&tid).copied().filter(|owner| *owner != self.pid)?;
        family.heard.entry(owner).or_default().push_back((tid, status));
        Some(owner)
    }

    /// What another has heard for this one.
    pub(super) fn next_heard(&self) -> Option<(Tid, Status)> {
        self.family.borrow_mut().heard.get_mut(&self.pid)?.pop_front()
    }

    /// A followed child has a new thread.
    pub(super) fn own(&self, tid: Tid) {
        let mut family = self.family.borrow_mut();
        if family.owners.contains_key(&self.pid) {
            family.owners.insert(tid, self.pid);
        }
    }

    /// A task has ended; with the leader the process.
    pub(super) fn disown(&self, tid: Tid) {
        let mut family = self.family.borrow_mut();
        family.owners.remove(&tid);
        if tid == self.pid {
            family.owners.retain(|_, owner| *owner != self.pid);
        }
    }

    /// Follows a forked child: its memory is a copy of this one's, or this one itself, with the same int3 bytes in it.
    pub(super) fn adopt_process(&mut self, parent: Tid) -> Result<Tid> {
        let child = Tid(known(ptrace::event_message(parent))?.unwrap_or(0) as i32);
        if self.first_stop(child)?.is_none() {
            return Ok(child);
        }
        let memory = match ProcessMemory::open(child) {
            Ok(memory) => memory,
            // It was killed meanwhile.
            Err(_) => return Ok(child),
        };
        let mut live = Live::with(child, false, memory);
        live.threads.insert(child, Thread::new(State::Stopped));
        live.int3s = self.int3s.clone();
        live.planted = self.planted;
        live.retired = self.retired.clone();
        live.own_code = self.own_code.clone();
        live.syscalls = super::traits::SystemCalls::All;
        live.int3s_stay = true;
        live.family = self.family.clone();
        let mut family = self.family.borrow_mut();
        family.owners.insert(child, child);
        family.born.push(live);
        Ok(child)
    }

    pub(super) fn take_children(&mut self) -> Vec<Box<dyn Target>> {
        let born = std::mem::take(&mut self.family.borrow_mut().born);
        born.into_iter().map(|live| Box::new(live) as Box<dyn Target>).collect()
    }

    /// What another has heard for this process, digested; `None` where it concerns nobody.
    pub(super) fn digest_heard(&mut self) -> Result<Option<Event>> {
        let Some((tid, status)) = self.next_heard() else { return Ok(None) };
        match self.digest(tid, status) {
            Ok(Some(event)) if event.what == RawStop::Interrupted => Ok(Some(event)),
            Err(Error::Gone) => Ok(None),
            other => other,
        }
    }
}

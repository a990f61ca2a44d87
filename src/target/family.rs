//! Processes that one thread traces beside each other, and the children that they bear.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;

use super::gone::{alive, known};
use super::live::{Live, State, Thread};
use super::traits::{Event, Target};
use crate::arch::insn::{Flow, Insn, MAX_LEN, Target as JumpTarget};
use crate::arch::regs::Gpr;
use crate::base::{Error, Memory, Result, Tid};
use crate::os::mem::ProcessMemory;
use crate::os::wait::{Status, wait_for};
use crate::os::{procfs, ptrace};

impl Live {
    pub(super) fn keep_newborn(&self, tid: Tid, status: Status) {
        self.kin.share().newborn.insert(tid, status);
    }

    pub(super) fn take_newborn(&self, tid: Tid) -> Option<Status> {
        self.kin.share().newborn.remove(&tid)
    }

    /// Keeps what was heard of a task of another process; that process.
    pub(super) fn hand_on(&self, tid: Tid, status: Status) -> Option<Tid> {
        let mut family = self.kin.share();
        let owner = family.owners.get(&tid).copied().filter(|owner| *owner != self.pid)?;
        family.heard.entry(owner).or_default().push_back((tid, status));
        Some(owner)
    }

    /// What another has heard for this one.
    pub(super) fn next_heard(&self) -> Option<(Tid, Status)> {
        let mut family = self.kin.share();
        if family.heard.is_empty() {
            return None;
        }
        let own = family.heard.get_mut(&self.pid)?;
        let next = own.pop_front();
        if own.is_empty() {
            family.heard.remove(&self.pid);
        }
        next
    }

    /// Whether another has heard something for this one.
    pub(super) fn has_heard(&self) -> bool {
        self.kin.look().heard.contains_key(&self.pid)
    }

    /// A task belongs to this process.
    pub(super) fn own(&self, tid: Tid) {
        self.kin.share().owners.insert(tid, self.pid);
    }

    /// A task has ended; with the leader the process.
    pub(super) fn disown(&self, tid: Tid) {
        let mut family = self.kin.share();
        family.owners.remove(&tid);
        if tid == self.pid {
            family.owners.retain(|_, owner| *owner != self.pid);
            family.heard.remove(&self.pid);
        }
    }

    /// A task has gone by an exec.
    pub(super) fn disown_task(&self, tid: Tid) {
        self.kin.share().owners.remove(&tid);
    }

    /// A child was born: its memory is a copy of this one's, or this one itself, with the same int3 bytes in it. It waits to be
    /// taken, or is let go at once.
    pub(super) fn bear(&mut self, parent: Tid, child: Tid, vfork: bool) -> Result<Tid> {
        if let Some(thread) = self.threads.get_mut(&parent).filter(|_| vfork) {
            thread.vforked = Some(child);
        }
        if self.first_stop(child)?.is_none() {
            return Ok(child);
        }
        let Some(mut live) = self.child(child, vfork) else { return Ok(child) };
        if self.keeps_children {
            live.own(child);
            if !vfork {
                live.space.borrow_mut().is_kept();
            }
            self.born.push(live);
        } else {
            live.part()?;
        }
        Ok(child)
    }

    /// A stopped child; `None` where it was killed meanwhile.
    pub(super) fn child(&self, child: Tid, vfork: bool) -> Option<Live> {
        let space = if vfork {
            self.space.clone()
        } else {
            let memory = ProcessMemory::of_tracee(child).ok()?;
            Rc::new(RefCell::new(self.space.borrow().copied(memory, child)))
        };
        let mut live = Live::with(child, self.launched, space);
        live.threads.insert(child, Thread::new(State::Stopped));
        Some(live)
    }

    /// Lets go of a child that has not run: nothing of rdbg's is left in it but what is to kill it.
    pub(super) fn part(&mut self) -> Result<()> {
        let shares = self.shares_space();
        if shares {
            self.leave_untraced();
        } else {
            let deadly = self.space.borrow().deadly.clone();
            self.space.borrow_mut().lift_but(self.pid, false, &deadly);
            self.leave_own_code()?;
            self.clear_own_code();
        }
        let done = self.threads().into_iter().try_for_each(|tid| alive(ptrace::detach(tid, None)));
        self.forget_all();
        done
    }

    /// Puts threads that are at the end of a piece of rdbg's own code to where that leads.
    ///
    /// *Folklore*: who forks by a `syscall` that has been moved for a breakpoint on it has its child behind the moved one, in a
    /// copy of the slot, which is not to stay there.
    fn leave_own_code(&mut self) -> Result<()> {
        for tid in self.threads() {
            let Some(pc) = known(self.pc(tid))? else { continue };
            let mut code = [0; MAX_LEN];
            let space = self.space.borrow();
            let piece = space.own_code.range(..=pc).next_back();
            if piece.is_none_or(|(at, bytes)| pc - *at >= bytes.len() as u64) {
                continue;
            }
            let n = space.memory.read_partial(pc, &mut code)?;
            let back = Insn::decode(code.get(..n).unwrap_or_default(), pc.0).map(|i| i.flow());
            if let Some(Flow::Jump(JumpTarget::Direct(to))) = back {
                alive(ptrace::poke_register(tid, Gpr::Rip, to))?;
            }
        }
        Ok(())
    }

    /// Whether another traced process runs in the same memory.
    pub(super) fn shares_space(&self) -> bool {
        Rc::strong_count(&self.space) > 1
    }

    /// This process goes on untraced in memory that another one of ours runs in: no int3 may be there.
    pub(super) fn leave_untraced(&mut self) {
        let mut space = self.space.borrow_mut();
        space.lift_but(self.pid, true, &[]);
        space.untraced += 1;
        drop(space);
        self.kin.share().parted.insert(self.pid);
    }

    /// The vfork child of a thread has let go of the memory.
    pub(super) fn vfork_done(&mut self, tid: Tid) {
        let child = self.threads.get_mut(&tid).and_then(|t| t.vforked.take());
        if child.is_some_and(|c| self.kin.share().parted.remove(&c)) {
            let mut space = self.space.borrow_mut();
            space.untraced = space.untraced.saturating_sub(1);
            space.plant(self.pid);
        }
    }

    /// This process is about to have another memory, or none. Where a process goes on in the old one that nobody traces, nothing
    /// of rdbg's may be left there.
    pub(super) fn leave_space(&mut self) {
        if !self.shares_space() && self.space.borrow().untraced > 0 {
            let mut space = self.space.borrow_mut();
            space.lift_but(self.pid, false, &[]);
            space.clear_own_code(self.pid, &BTreeSet::new());
        }
    }

    /// Forgets the tasks: they are not traced any more.
    pub(super) fn forget_all(&mut self) {
        self.threads.clear();
        self.ended = true;
        self.disown(self.pid);
    }

    /// The child of this number, once.
    pub(super) fn take_child(&mut self, child: Tid) -> Option<Live> {
        let place = self.born.iter().position(|live| live.pid == child)?;
        Some(self.born.remove(place))
    }

    /// Deals with the children whose birth will not be reported any more, because their parent was killed within its fork: they
    /// are traced, stand still, and wait for nobody.
    pub(super) fn take_strays(&mut self) -> Vec<Live> {
        let known = |tid: &Tid| self.kin.look().owners.contains_key(tid);
        let mut strays: Vec<Tid> = procfs::traced_by_this_thread().into_iter().filter(|t| !known(t)).collect();
        // Those of another process that lives are still to be reported.
        strays.retain(|t| {
            let parent = procfs::status_number(*t, "PPid").map(|p| Tid(p as i32));
            parent.is_none_or(|p| p == self.pid || !known(&p))
        });
        let stopped = |child: &Tid| {
            self.take_newborn(*child).is_some()
                || matches!(known_status(*child), Some(s) if !matches!(s, Status::Exited(_) | Status::Killed(_)))
        };
        strays.retain(stopped);
        strays.into_iter().filter_map(|child| self.child(child, false)).collect()
    }

    /// What another has heard for this process, digested; `None` where it concerns nobody.
    pub(super) fn digest_heard(&mut self) -> Result<Option<Event>> {
        if let Some(event) = self.next_ready() {
            return Ok(Some(event));
        }
        let Some((tid, status)) = self.next_heard() else { return Ok(None) };
        match self.digest(tid, status) {
            Err(Error::Gone) => Ok(None),
            other => other,
        }
    }
}

/// The first stop of a task that may not have come to it yet.
fn known_status(tid: Tid) -> Option<Status> {
    loop {
        match wait_for(tid, true) {
            Ok(status) => return status.map(|(_, s)| s),
            Err(Error::Cancelled) => {}
            Err(_) => return None,
        }
    }
}

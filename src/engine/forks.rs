//! Children by fork and vfork: who is followed, who is let go of, who waits.

use crate::base::{Result, Tid, VirtAddr};
use crate::target::{Control, ResumeAction, Trap, TrapKind};

use super::breakpoints::{Catch, Kind, Location};
use super::inferior::{Inferior, Vfork};
use super::process::Unfollowed;
use super::session::Session;
use super::stop::{Caught, Notice, StopReason, Verdict};

/// Who goes on after a fork.
pub(super) enum Followed {
    /// The parent: its thread is to go on.
    Parent,
    /// The child, which is the current inferior now, and runs.
    Child,
    /// Nobody: the parent waits for the child, which would be held.
    Nobody,
}

impl Session {
    /// Whether children are kept until it is decided about them.
    pub(super) fn keeps_children(&self) -> bool {
        let is_birth = |k: &Kind| matches!(k, Kind::Catch(Catch::Fork | Catch::Vfork));
        let follows = self.settings.follow_fork_mode != "parent" || !self.settings.detach_on_fork;
        let is_filtered = self.inferior.process.as_ref().is_some_and(|p| !p.filter.is_empty());
        follows || is_filtered || self.timeline.is_recording() || self.breakpoints.iter().any(|b| b.enabled && is_birth(&b.kind))
    }

    /// A thread has forked.
    pub(super) fn child_born(&mut self, tid: Tid, child: Tid, vfork: bool) -> Result<Verdict> {
        let mut target = self.process_mut()?.control()?.take_child(child);
        let caught = self.caught(tid, if vfork { Caught::Vfork(child) } else { Caught::Fork(child) }).inspect_err(|_| {
            // Its parent has been killed meanwhile: nobody will decide about it.
            let _ = target.as_mut().and_then(|t| t.control()).map_or(Ok(()), Control::part);
        })?;
        let told = Notice::Forked { child, vfork };
        let Some(target) = target else {
            // gdb lets go of the child when the parent goes on, and says so then.
            return match caught {
                Some(reason) => {
                    self.told_later.push(told);
                    Ok(Verdict::Stop(reason))
                }
                None => {
                    self.notices.push_back(told);
                    self.after_interlude(tid)
                }
            };
        };
        let born = Unfollowed { tid, vfork, target, sites: self.process()?.sites.clone() };
        if let Some(reason) = caught {
            self.process_mut()?.unfollowed.push(born);
            return Ok(Verdict::Stop(reason));
        }
        match self.follow_fork(born)? {
            Followed::Parent => self.after_interlude(tid),
            Followed::Child => Ok(Verdict::Nothing),
            Followed::Nobody => Ok(Verdict::Stop(StopReason::HoldsVforkChild)),
        }
    }

    /// Decides about a child, by the settings as they are now.
    pub(super) fn follow_fork(&mut self, mut born: Unfollowed) -> Result<Followed> {
        // A filter of system calls stays in whoever is let go, and answers ENOSYS there.
        let detach = self.settings.detach_on_fork && self.process()?.filter.is_empty();
        // What a function of the program does that rdbg calls is no place to lose the program.
        let follows = self.settings.follow_fork_mode == "child" && self.process()?.calls.is_empty();
        if follows {
            return self.follow_child(born, detach).map(|()| Followed::Child);
        }
        if !detach {
            return self.keep_child(born);
        }
        if self.timeline.is_recording() {
            self.adopt_for_record(born.target)?;
            return Ok(Followed::Parent);
        }
        let child = born.target.pid();
        self.notices.push_back(Notice::Forked { child, vfork: born.vfork });
        born.target.control().map_or(Ok(()), Control::part)?;
        Ok(Followed::Parent)
    }

    /// The child becomes an inferior beside its parent, which goes on.
    fn keep_child(&mut self, born: Unfollowed) -> Result<Followed> {
        let (parent, vfork) = (self.inferior.number, born.vfork);
        if vfork && !self.settings.schedule_multiple {
            self.process_mut()?.unfollowed.push(born);
            return Ok(Followed::Nobody);
        }
        let pid = born.target.pid();
        let child = self.child_of_current(born.target, born.sites)?;
        let number = self.push_child(child, vfork);
        self.notices.push_back(Notice::NewInferior { number, pid: Some(pid) });
        if !vfork {
            self.copy_locations(parent, number);
        }
        if self.settings.schedule_multiple {
            self.in_inferior(number, |session| {
                session.sync_sites()?;
                session.set_modes()?;
                session.process_mut()?.control()?.resume(pid, ResumeAction::Continue(None))
            })?;
        }
        Ok(Followed::Parent)
    }

    fn push_child(&mut self, mut child: Inferior, vfork: bool) -> u32 {
        if let Some(process) = &child.process
            && let Ok(parent) = self.process().map(|p| p.target.pid())
            && let Some(recorder) = self.timeline.recorder_mut()
        {
            recorder.copied(parent, process.target.pid());
        }
        child.goes_by_itself = !vfork;
        child.vfork = vfork.then_some(Vfork::ChildOf(self.inferior.number));
        let number = self.push_inferior(child);
        self.inferior.vfork = vfork.then_some(Vfork::ParentOf(number)).or(self.inferior.vfork);
        number
    }

    /// The child becomes the current inferior, and goes on by what its parent was about to do. The parent is let go of, or waits,
    /// or goes on beside it.
    fn follow_child(&mut self, born: Unfollowed, detach: bool) -> Result<()> {
        let Unfollowed { tid, vfork, target, sites } = born;
        let (parent, child) = (self.inferior.number, target.pid());
        let pthread = self.process_mut()?.learn_pthread(tid);
        let mut inferior = self.child_of_current(target, sites)?;
        let process = self.process_mut()?;
        // Its other threads would go on beside the child, where it is kept.
        process.control()?.stop_all()?;
        if let Some(process_of_child) = &mut inferior.process {
            process_of_child.plan = process.plan.take().filter(|p| p.tid() == tid).map(|p| p.for_thread(child));
            process_of_child.plan_frame = process.plan_frame.take();
        }
        if let Some(step) = &mut self.line_step {
            step.go_on_in(tid, child);
        }
        let number = self.push_child(inferior, vfork);
        self.notices.push_back(Notice::Attaching { tid, pthread, child, vfork });
        self.notices.push_back(Notice::NewInferior { number, pid: Some(child) });
        match (vfork, detach) {
            (true, _) => self.inferior.parts_after_vfork = detach,
            (false, true) => {
                self.move_breakpoints(parent, number, (tid, child));
                self.inferior.is_left = true;
                self.part_with_parent("fork")?;
            }
            (false, false) => self.copy_locations(parent, number),
        }
        self.enter(number);
        // Where a step ends in the child, all of its place is news.
        self.step_began_in = None;
        self.sync_sites()?;
        self.set_modes()?;
        if let Verdict::Go(signal) = self.after_interlude(child)? {
            self.process_mut()?.control()?.resume(child, ResumeAction::Continue(signal))?;
        }
        if self.settings.schedule_multiple && !detach {
            self.in_inferior(parent, Session::go_along)?;
        }
        Ok(())
    }

    /// Lets go of the current inferior's process, in favour of its child.
    fn part_with_parent(&mut self, after: &'static str) -> Result<()> {
        let number = self.inferior.number;
        let Some(mut process) = self.inferior.process.take() else { return Ok(()) };
        let pid = process.target.pid();
        self.notices.push_back(Notice::DetachingParent { pid, after });
        process.leave()?;
        self.inferior.checkpoints.end();
        self.notices.push_back(Notice::Detached { number, pid });
        Ok(())
    }

    /// The places of breakpoints in one inferior are those of another, too.
    fn copy_locations(&mut self, from: u32, to: u32) {
        for b in self.breakpoints.iter_mut() {
            let copies: Vec<_> = b.locations.iter().filter(|l| l.inferior == from).cloned().collect();
            b.locations.extend(copies.into_iter().map(|l| Location { inferior: to, ..l }));
            b.locations.sort_by_key(|l| (l.addr, l.inferior));
        }
    }

    /// The places of breakpoints, and watched values, in one inferior are another's now.
    fn move_breakpoints(&mut self, from: u32, to: u32, (parent, child): (Tid, Tid)) {
        for b in self.breakpoints.iter_mut() {
            b.locations.iter_mut().filter(|l| l.inferior == from).for_each(|l| l.inferior = to);
            if let Kind::Watch(watch) = &mut b.kind
                && watch.inferior == from
            {
                watch.inferior = to;
                if let Some(scope) = watch.scope.as_mut().filter(|s| s.tid == parent) {
                    scope.tid = child;
                }
            }
        }
    }

    /// Whose breakpoints the current inferior has: its own, or those of the parent in whose memory it runs.
    pub(super) fn breakpoints_of(&self) -> u32 {
        match self.inferior.vfork {
            Some(Vfork::ChildOf(parent)) => parent,
            _ => self.inferior.number,
        }
    }

    /// Whether the current inferior waits for a vfork child that waits itself.
    pub(super) fn holds_vfork_child(&self) -> bool {
        let Some(Vfork::ParentOf(child)) = self.inferior.vfork else { return false };
        !self.settings.schedule_multiple && self.inferior_numbered(child).is_some_and(|i| i.process.is_some())
    }

    /// The current inferior does not run in its parent's memory any more (or is about to end, or to exec).
    pub(super) fn end_vfork(&mut self, after: &'static str) -> Result<()> {
        let number = self.inferior.number;
        let parent = match self.inferior.vfork.take() {
            Some(Vfork::ChildOf(parent)) => parent,
            Some(Vfork::ParentOf(child)) => {
                // It has gone itself: the child goes on with what was there.
                self.copy_locations(number, child);
                if let Some(child) = self.inferior_numbered_mut(child) {
                    child.vfork = None;
                }
                return Ok(());
            }
            None => return Ok(()),
        };
        self.inferior.goes_by_itself = self.inferior_numbered(parent).is_some_and(|p| !p.parts_after_vfork);
        let left: Vec<_> = self.process().map(|p| p.sites.addresses().collect()).unwrap_or_default();
        self.enter(parent);
        self.inferior.vfork = None;
        let done = self.take_memory_back(&left, after);
        self.enter(number);
        done
    }

    /// The memory of the current inferior is its own again: the int3s there become its own.
    fn take_memory_back(&mut self, left: &[VirtAddr], after: &'static str) -> Result<()> {
        let Some(process) = &mut self.inferior.process else { return Ok(()) };
        let own: Vec<_> = process.sites.addresses().collect();
        let control = process.target.control();
        if let Some(control) = control {
            let trap = |addr| Trap { addr, kind: TrapKind::Int3 };
            left.iter().filter(|a| !own.contains(a)).try_for_each(|a| control.remove(trap(*a)))?;
            own.iter().try_for_each(|a| control.insert(trap(*a)))?;
        }
        if std::mem::take(&mut self.inferior.parts_after_vfork) {
            self.inferior.is_left = true;
            self.part_with_parent(after)?;
        }
        Ok(())
    }
}

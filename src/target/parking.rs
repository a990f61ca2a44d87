//! Stopping all threads, and seeing those through that die meanwhile.

use std::time::Duration;

use super::gone::{alive, known};
use super::live::{Live, State, Thread};
use super::traits::{Event, RawStop, Target};
use crate::arch::regs::Gpr;
use crate::base::{Error, Result, Tid};
use crate::os::wait::{Status, wait_any, wait_eagerly, wait_for};
use crate::os::{procfs, ptrace, signals};

impl Live {
    /// Lets go of the threads that wait for vfork children, as soon as they stop: nothing is accepted for them before. The others run
    /// on meanwhile. A Ctrl-C ends the waiting; then they stay traced until rdbg ends.
    pub(super) fn let_sleepers_go(&self) {
        // A child that rdbg holds lets nobody go.
        let is_free = |child: Tid| !self.kin.look().owners.contains_key(&child);
        for (tid, _) in self.threads.iter().filter(|(_, t)| t.state == State::Running && t.vforked.is_some_and(is_free)) {
            loop {
                match wait_for(*tid, true) {
                    Err(Error::Cancelled) if !signals::interrupted() => {}
                    Ok(Some((_, Status::Exited(_) | Status::Killed(_)))) | Err(_) => break,
                    Ok(_) => {
                        let _ = ptrace::detach(*tid, None);
                        break;
                    }
                }
            }
        }
    }

    /// Asks all that run to stop; whether any is still to be waited for.
    pub(super) fn interrupt_running(&mut self) -> Result<()> {
        for (tid, thread) in &mut self.threads {
            if thread.state != State::Running {
                continue;
            }
            match ptrace::interrupt(*tid) {
                Ok(()) => {}
                Err(Error::Gone) if procfs::state(*tid) == Some('Z') => thread.state = State::Zombie,
                Err(Error::Gone) => {}
                Err(e) => return Err(e),
            }
        }
        Ok(())
    }

    /// Whether any thread is still to be waited for.
    ///
    /// *Folklore*: a thread that waits for its vfork child sleeps deeper than PTRACE_INTERRUPT reaches, until the child execs or
    /// exits; and the child may be another of ours that has just been stopped. It runs nothing before it stops by that interrupt.
    pub(super) fn any_is_to_stop(&self) -> bool {
        let runs =
            |(tid, t): (&Tid, &Thread)| t.state == State::Running && (t.vforked.is_none() || procfs::state(*tid) != Some('D'));
        self.threads.iter().any(runs)
    }

    /// *Folklore*: PTRACE_INTERRUPT overtakes the SIGTRAP of an int3 or a step that has just run: the thread stops behind the int3,
    /// with the signal still to come. It would kill the program after a detach. So it is let come first.
    pub(super) fn let_trap_come(&mut self, tid: Tid) -> Result<()> {
        // Nothing of rdbg's that could have raised one.
        let steps = self.threads.get(&tid).is_some_and(|t| t.stepping);
        if !steps && !self.space.borrow().has_int3s() && self.watches.iter().all(Option::is_none) {
            return Ok(());
        }
        if known(ptrace::has_pending_trap(tid))? != Some(true) {
            return Ok(());
        }
        if let Some(thread) = self.threads.get_mut(&tid) {
            thread.forget();
            thread.state = State::Running;
        }
        alive(ptrace::cont(tid, None))
    }

    /// A thread that stood still may have been killed by another's exit or exec: then its end is on the way.
    pub(super) fn collect_the_dying(&mut self) -> Result<()> {
        let is_end = |e: &Event| matches!(e.what, RawStop::ThreadExited | RawStop::Exec(_));
        if !self.ready.iter().any(is_end) {
            return Ok(());
        }
        for tid in self.threads() {
            if self.threads.get(&tid).is_some_and(|t| t.state == State::Stopped) && procfs::state(tid) != Some('t') {
                while let Some(Some((tid, status))) = known(wait_for(tid, tid != self.pid))? {
                    self.collect(tid, status)?;
                    if !self.threads.contains_key(&tid) {
                        break;
                    }
                }
            }
        }
        Ok(())
    }

    /// Makes threads stand still for no reason of their own.
    ///
    /// *Folklore*: when a tracer dies, the kernel delivers the signals that its tracees are stopped with: the SIGTRAP of an int3
    /// kills the program. A thread that is told to stop while it stands, and to go on without the signal, stops again before it
    /// runs an instruction; that stop brings no signal.
    pub(super) fn park(&mut self) -> Result<()> {
        for tid in self.threads() {
            if !self.threads.get(&tid).is_some_and(|t| t.state == State::Stopped && t.trapped) {
                continue;
            }
            self.settle_one(tid)?;
            alive(ptrace::interrupt(tid))?;
            alive(ptrace::cont(tid, None))?;
            loop {
                match known(wait_for(tid, true)) {
                    Ok(Some(Some((_, Status::Interrupted)))) => break,
                    Ok(Some(Some((tid, status)))) => {
                        self.collect(tid, status)?;
                        break;
                    }
                    Ok(Some(None)) | Err(Error::Cancelled) => {}
                    Ok(None) => break,
                    Err(e) => return Err(e),
                }
            }
            if let Some(thread) = self.threads.get_mut(&tid) {
                thread.trapped = false;
            }
        }
        Ok(())
    }

    /// Writes a stopped thread's pc, if it was changed.
    pub(super) fn settle_one(&mut self, tid: Tid) -> Result<()> {
        let Some(thread) = self.threads.get_mut(&tid).filter(|t| t.pc_changed) else { return Ok(()) };
        thread.pc_changed = false;
        match thread.pc.get() {
            Some(pc) => alive(ptrace::poke_register(tid, Gpr::Rip, pc)),
            None => Ok(()),
        }
    }

    pub(super) fn settle_all(&mut self) -> Result<()> {
        self.threads().into_iter().try_for_each(|tid| self.settle_one(tid))
    }

    /// The next of the events that came while all were being stopped: of the thread that runs alone, and of the process.
    pub(super) fn next_ready(&mut self) -> Option<Event> {
        let Some(alone) = self.alone else { return self.ready.pop_front() };
        let of_all = |what| {
            matches!(
                what,
                RawStop::ThreadExited | RawStop::Exited(_) | RawStop::Killed(_) | RawStop::Exec(_) | RawStop::Elsewhere(_)
            )
        };
        let at = self.ready.iter().position(|e| e.tid == alone || of_all(e.what))?;
        self.ready.remove(at)
    }

    /// Waits for the next status. A leader that ends before the others sends no word of it: where it runs alone it is looked at
    /// from time to time.
    pub(super) fn wait_for_any(&mut self) -> Result<Option<(Tid, Status)>> {
        if self.alone != Some(self.pid) || self.threads.len() < 2 {
            return wait_eagerly();
        }
        let found = wait_any(false)?;
        if found.is_none() {
            self.look_for_zombie();
            std::thread::sleep(Duration::from_micros(50));
        }
        Ok(found)
    }

    /// The leader may have become a zombie: then no status comes until the others have ended.
    pub(super) fn look_for_zombie(&mut self) {
        if let Some(leader) = self.threads.get_mut(&self.pid).filter(|t| t.state == State::Running)
            && procfs::state(self.pid) == Some('Z')
        {
            leader.state = State::Zombie;
        }
    }

    /// Takes in one event while all are being stopped.
    pub(super) fn collect(&mut self, tid: Tid, status: Status) -> Result<()> {
        if self.hand_on(tid, status).is_some() {
            return Ok(());
        }
        let Some(event) = self.digest(tid, status)? else { return Ok(()) };
        match event.what {
            // The pc is back at the int3: it will be reached again, if it is still there then.
            RawStop::Int3(_) | RawStop::GroupStop(_) => {}
            RawStop::Interrupted => self.let_trap_come(tid)?,
            _ => self.ready.push_back(event),
        }
        Ok(())
    }

    /// Reaps what is left after a SIGKILL.
    pub(super) fn reap(&mut self) {
        while !self.ended {
            match wait_any(true) {
                Ok(Some((tid, status))) if self.hand_on(tid, status).is_some() => {}
                Ok(Some((tid, status @ (Status::Exited(_) | Status::Killed(_))))) => {
                    self.ended(tid, status);
                }
                // A child whose birth is not told any more.
                Ok(Some((tid, status))) if !self.threads.contains_key(&tid) => self.keep_newborn(tid, status),
                // A stop on the way to the end (an exec that was under way, say): go on dying.
                Ok(Some((tid, _))) => {
                    let _ = ptrace::cont(tid, None);
                }
                Ok(None) | Err(Error::Cancelled) => {}
                Err(_) => break,
            }
        }
        self.forget_all();
    }
}

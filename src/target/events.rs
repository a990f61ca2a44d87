//! What a wait status means: traps, threads that begin and end, children, exec.

use std::cell::RefCell;
use std::rc::Rc;

use super::gone::{alive, known};
use super::live::{Live, State};
use super::space::Space;
use super::traits::{Event, RawStop, ResumeAction, SystemCalls, Target};
use crate::arch::regs::{Gpr, Registers};
use crate::base::{Error, Result, Signal, Tid, VirtAddr};
use crate::os::debugregs;
use crate::os::mem::ProcessMemory;
use crate::os::ptrace::SystemCallAt;
use crate::os::wait::{Status, wait_for};
use crate::os::{procfs, ptrace};

impl Live {
    /// What a wait status means; `None` for what concerns nobody (and the thread runs on).
    pub(super) fn digest(&mut self, tid: Tid, status: Status) -> Result<Option<Event>> {
        if !self.threads.contains_key(&tid) {
            if !matches!(status, Status::Exited(_) | Status::Killed(_)) {
                self.keep_newborn(tid, status);
            }
            return Ok(None);
        }
        if let Status::Exited(_) | Status::Killed(_) = status {
            return Ok(Some(self.ended(tid, status)));
        }
        if let Some(thread) = self.threads.get_mut(&tid) {
            thread.state = State::Stopped;
            thread.trapped = status == Status::Signal(Signal::TRAP);
            thread.takes_signal = matches!(status, Status::Signal(_));
        }
        if let Status::Signal(signal) = status
            && self.was_injected(tid, signal)?
        {
            return Ok(None);
        }
        let what = match status {
            Status::Signal(Signal::TRAP) => self.classify_trap(tid)?,
            Status::Signal(signal) => RawStop::Signal(signal),
            // Asked once: the next moment the parent may be dead.
            Status::Clone | Status::Fork | Status::Vfork => {
                match known(ptrace::event_message(tid))?.filter(|child| *child != 0) {
                    Some(child) => self.task_born(tid, Tid(child as i32), status)?,
                    None => RawStop::Interrupted,
                }
            }
            Status::VforkDone => {
                self.vfork_done(tid);
                RawStop::VforkDone
            }
            // A process in this memory, not a thread: it has another memory now, and is none of ours.
            Status::Exec if !self.is_thread(tid) => {
                alive(ptrace::detach(tid, None))?;
                self.threads.remove(&tid);
                RawStop::ThreadExited
            }
            Status::Exec => self.after_exec(tid)?,
            Status::Interrupted => RawStop::Interrupted,
            Status::GroupStop(signal) => RawStop::GroupStop(signal),
            Status::Syscall if self.syscalls != SystemCalls::None => self.system_call(tid)?,
            Status::Seccomp if self.syscalls == SystemCalls::Filtered => self.system_call(tid)?,
            // Not asked for: nothing to tell, go on.
            Status::Syscall | Status::ExitStop | Status::Seccomp | Status::Continued | Status::Exited(_) | Status::Killed(_) => {
                self.let_go(tid, ResumeAction::Continue(None))?;
                return Ok(None);
            }
        };
        if let Some(thread) = self.threads.get_mut(&tid) {
            thread.trapped &= !matches!(what, RawStop::Signal(_));
        }
        Ok(Some(Event { tid, what }))
    }

    /// A system call begins or ends. Its number is known at the entry only, and kept until the exit.
    fn system_call(&mut self, tid: Tid) -> Result<RawStop> {
        let Some(stop) = known(ptrace::system_call_stop(tid))? else { return Ok(RawStop::Interrupted) };
        let thread = self.threads.get_mut(&tid);
        if let (Some(thread), SystemCallAt::Entry { .. } | SystemCallAt::Exit { .. }) = (&thread, stop.at) {
            thread.pc.set(Some(stop.pc));
        }
        let number = match stop.at {
            SystemCallAt::Entry { number, .. } => {
                thread.into_iter().for_each(|t| t.in_call = Some(number));
                number
            }
            SystemCallAt::Exit { .. } | SystemCallAt::Unknown => match thread.and_then(|t| t.in_call.take()) {
                Some(number) => number,
                None => known(ptrace::peek_register(tid, Gpr::OrigRax))?.unwrap_or(u64::MAX),
            },
        };
        Ok(RawStop::Syscall { number, stop })
    }

    pub(super) fn ended(&mut self, tid: Tid, status: Status) -> Event {
        self.threads.remove(&tid);
        self.disown(tid);
        let what = match status {
            _ if tid != self.pid => RawStop::ThreadExited,
            Status::Killed(signal) => RawStop::Killed(signal),
            Status::Exited(code) => RawStop::Exited(code),
            _ => RawStop::ThreadExited,
        };
        if tid == self.pid {
            self.ended = true;
            self.threads.clear();
            // Only who is killed, from outside or by another thread, does not come to tell of its fork.
            if self.threaded || matches!(status, Status::Killed(_)) {
                self.take_strays().iter_mut().for_each(|stray| drop(stray.part()));
            }
            self.leave_space();
        }
        Event { tid, what }
    }

    /// What a SIGTRAP is: an int3 of ours, a step, a debug register, or the program's own.
    pub(super) fn classify_trap(&mut self, tid: Tid) -> Result<RawStop> {
        let stepping = self.threads.get(&tid).is_some_and(|t| t.stepping);
        // The short way: one system call. Only a step or a debug register could put the pc behind an int3 of ours that has
        // not run; or a SIGTRAP that somebody sends while the thread stands there.
        if stepping || self.watches.iter().any(Option::is_some) {
            let Some(info) = known(ptrace::signal_info(tid))? else { return Ok(RawStop::Interrupted) };
            match info.code {
                ptrace::SI_KERNEL => {}
                // Sent by somebody: SI_USER, SI_QUEUE, SI_TKILL, ...
                code if code <= 0 => return Ok(RawStop::Signal(Signal::TRAP)),
                code => {
                    // *Folklore*: a step over a system call, or into a handler, is no debug exception: DR6 is then that of another.
                    let by_exception = matches!(code, ptrace::TRAP_TRACE | ptrace::TRAP_HWBKPT);
                    if let Some(copy) = self.threads.get_mut(&tid).and_then(|t| t.flags_copy.take()) {
                        self.clear_copied_flag(tid, copy)?;
                    }
                    let fired = if by_exception { known(debugregs::fired(tid))?.unwrap_or(0) } else { 0 };
                    return Ok(match fired {
                        0 if stepping => RawStop::Stepped,
                        0 => RawStop::Signal(Signal::TRAP),
                        bits => RawStop::Debug(bits),
                    });
                }
            }
        }
        // All registers cost no more than one, and a condition will want some.
        let Some(words) = known(ptrace::get_registers(tid))? else { return Ok(RawStop::Interrupted) };
        let mut registers = Registers::from_user(words);
        let at = VirtAddr(registers.pc().wrapping_sub(1));
        let mut ours = self.space.borrow().is_ours(at);
        if ours && self.space.borrow().may_stand_behind(at) {
            let Some(info) = known(ptrace::signal_info(tid))? else { return Ok(RawStop::Interrupted) };
            ours = info.code == ptrace::SI_KERNEL;
        }
        if let Some(thread) = self.threads.get_mut(&tid) {
            if ours {
                registers.set(Gpr::Rip, at.0);
                thread.pc_changed = true;
            }
            thread.pc.set(Some(registers.pc()));
            thread.registers.set(Some(registers));
        }
        if !ours {
            return Ok(RawStop::Signal(Signal::TRAP));
        }
        Ok(RawStop::Int3(at))
    }

    /// Waits for the first stop of a child that an event announces; `None` when it has died before.
    pub(super) fn first_stop(&mut self, child: Tid) -> Result<Option<Status>> {
        loop {
            let status = match self.take_newborn(child) {
                Some(status) => status,
                None => match wait_for(child, true) {
                    Ok(Some((_, status))) => status,
                    Ok(None) | Err(Error::Cancelled) => continue,
                    Err(Error::Gone) => return Ok(None),
                    Err(e) => return Err(e),
                },
            };
            return Ok(match status {
                Status::Exited(_) | Status::Killed(_) => None,
                stopped => Some(stopped),
            });
        }
    }

    /// A thread has made a new task.
    fn task_born(&mut self, parent: Tid, child: Tid, status: Status) -> Result<RawStop> {
        Ok(match status {
            // The child runs in this very memory until it execs: where it is not traced, an int3 would kill it.
            Status::Vfork => RawStop::Vfork(self.bear(parent, child, true)?),
            // *Folklore*: the kernel tells of a fork whose child ends without SIGCHLD as of a clone.
            _ if self.is_within(child, status) => RawStop::Clone(self.adopt_thread(child)?),
            _ => RawStop::Fork(self.bear(parent, child, false)?),
        })
    }

    /// Whether the new task is a thread, or a process in this very memory: then our int3s are in its way too, and it is treated as
    /// a thread.
    fn is_within(&self, task: Tid, status: Status) -> bool {
        status == Status::Clone && self.is_thread(task) || ptrace::share_memory(self.pid, task)
    }

    /// Whether the new task is a thread of this process; one that has ended already passes for one.
    pub(super) fn is_thread(&self, task: Tid) -> bool {
        let leader = procfs::status_number(task, "Tgid");
        leader.is_none_or(|l| l == i64::from(self.pid.0))
    }

    fn adopt_thread(&mut self, child: Tid) -> Result<Tid> {
        if self.first_stop(child)?.is_some() {
            self.add(child, State::Stopped);
            self.threaded = true;
            // *Folklore*: a clone does not inherit debug registers that a tracer has set.
            if self.watches.iter().any(Option::is_some) {
                alive(debugregs::set(child, &self.watches))?;
            }
        }
        Ok(child)
    }

    pub(super) fn after_exec(&mut self, tid: Tid) -> Result<RawStop> {
        let former = known(ptrace::event_message(tid))?.unwrap_or(0) as i32;
        // Of children that nobody has been told of nobody will be.
        std::mem::take(&mut self.born).iter_mut().try_for_each(Live::part)?;
        // The thread that called execve has become the leader, and all others are gone without a word.
        for tid in self.threads() {
            self.disown_task(tid);
        }
        self.threads.clear();
        self.add(self.pid, State::Stopped);
        self.ready.clear();
        self.leave_space();
        self.watches = [None; debugregs::SLOTS];
        let memory = ProcessMemory::of_tracee(self.pid)?;
        self.space = Rc::new(RefCell::new(Space::new(memory, (!self.launched).then_some(self.pid))));
        Ok(RawStop::Exec(Tid(former)))
    }
}

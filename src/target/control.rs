//! A live process goes on, is stopped, and is written to.

use std::collections::BTreeMap;

use super::gone::alive;
use super::live::{Live, State, Thread};
use super::traits::{Control, Event, RawStop, ResumeAction, SystemCalls, Target, Trap};
use super::traps::as_watch;
use crate::arch::regs::{Gpr, Registers, XState};
use crate::base::{AddrRange, Error, Result, Signal, Tid, VirtAddr};
use crate::os::wait::wait_any;
use crate::os::{debugregs, ptrace, signals};

impl Control for Live {
    fn resume(&mut self, tid: Tid, action: ResumeAction) -> Result<()> {
        self.space.borrow_mut().plant(self.pid);
        signals::set_running(Some(tid));
        self.let_go(tid, action)
    }

    fn stay_in_group_stop(&mut self, tid: Tid) -> Result<()> {
        let thread = self.thread_mut(tid)?;
        thread.forget();
        thread.state = State::Running;
        alive(ptrace::listen(tid))
    }

    fn resume_all(&mut self) -> Result<()> {
        self.space.borrow_mut().plant(self.pid);
        for tid in self.threads() {
            if self.is_free(tid) {
                self.resume(tid, ResumeAction::Continue(None))?;
            }
        }
        Ok(())
    }

    fn set_modes(&mut self, syscalls: SystemCalls, int3s_stay: bool) {
        self.syscalls = syscalls;
        self.int3s_stay = self.launched || int3s_stay;
    }

    fn run_alone(&mut self, tid: Option<Tid>) {
        self.alone = tid;
    }

    fn forget_steps(&mut self) {
        self.ready.retain(|e| e.what != RawStop::Stepped);
    }

    fn step_always(&mut self, always: bool) {
        self.step_always = always;
    }

    fn running(&self) -> Vec<Tid> {
        self.threads.iter().filter(|(_, t)| t.state == State::Running).map(|(tid, _)| *tid).collect()
    }

    fn is_free(&self, tid: Tid) -> bool {
        self.threads.get(&tid).is_some_and(|t| t.state == State::Stopped) && !self.ready.iter().any(|e| e.tid == tid)
    }

    fn has_lost_memory(&self) -> bool {
        self.ready.iter().any(|e| matches!(e.what, RawStop::Exec(_) | RawStop::Exited(_) | RawStop::Killed(_)))
    }

    fn go_on(&mut self, tid: Tid) -> Result<()> {
        if !self.is_free(tid) {
            return Ok(());
        }
        let stepping = self.threads.get(&tid).is_some_and(|t| t.stepping);
        alive(self.resume(tid, if stepping { ResumeAction::Step(None) } else { ResumeAction::Continue(None) }))
    }

    fn postpone(&mut self, event: Event) {
        self.ready.push_back(event);
    }

    fn withhold(&mut self, tid: Tid) -> Vec<Event> {
        let (withheld, left): (Vec<Event>, Vec<Event>) = self.ready.drain(..).partition(|e| e.tid == tid);
        self.ready = left.into();
        withheld
    }

    fn forget_signal(&mut self, signal: Signal) {
        self.ready.retain(|e| e.what != RawStop::Signal(signal));
    }

    fn next_event(&mut self, waits: bool) -> Result<Option<Event>> {
        if let Some(event) = self.next_ready() {
            return Ok(Some(event));
        }
        loop {
            if waits && signals::interrupted() {
                return Err(Error::Cancelled);
            }
            if self.alone.is_some() && !self.any_runs() && self.threads.values().any(|t| t.state == State::Stopped) {
                return Ok(Some(Event { tid: self.pid, what: RawStop::NoneRuns }));
            }
            let heard = match self.next_heard() {
                None if waits => self.wait_for_any()?,
                None => wait_any(false)?,
                heard => heard,
            };
            let Some((tid, status)) = heard else {
                if waits {
                    continue;
                }
                self.look_for_zombie();
                return Ok(None);
            };
            self.follower.follow(tid);
            if let Some(owner) = self.hand_on(tid, status) {
                return Ok(Some(Event { tid, what: RawStop::Elsewhere(owner) }));
            }
            let Some(event) = self.digest(tid, status)? else { continue };
            match event.what {
                // Left over from an earlier stop, or the handler's (then the flag is set): nothing happened.
                RawStop::Interrupted => {
                    let stepping = self.threads.get(&tid).is_some_and(|t| t.stepping);
                    let action = if stepping { ResumeAction::Step(None) } else { ResumeAction::Continue(None) };
                    self.let_go(tid, action)?;
                }
                _ => return Ok(Some(event)),
            }
        }
    }

    fn stop_all(&mut self) -> Result<()> {
        signals::set_running(None);
        while let Some((tid, status)) = self.next_heard() {
            self.collect(tid, status)?;
        }
        self.interrupt_running()?;
        while self.any_is_to_stop() {
            // A leader that ends before the others sends no word of it: to be looked at from time to time.
            let is_other = |(tid, thread): (&Tid, &Thread)| *tid != self.pid && thread.state == State::Running;
            let alone = self.threads.len() > 1 && !self.threads.iter().any(is_other);
            // Nor does one that falls asleep until its vfork child has let go.
            let may_sleep = self.threads.values().any(|t| t.state == State::Running && t.vforked.is_some());
            match wait_any(!alone && !may_sleep) {
                Ok(Some((tid, status))) => self.collect(tid, status)?,
                Ok(None) => std::thread::sleep(std::time::Duration::from_micros(50)),
                Err(Error::Cancelled) => {}
                Err(Error::Gone) => break,
                Err(e) => return Err(e),
            }
            // A thread that is born meanwhile is another's to hear of.
            while let Some((tid, status)) = self.next_heard() {
                self.collect(tid, status)?;
            }
            // Its /proc/PID/stat adds up all of its threads: not to be read for each of them.
            if alone {
                self.look_for_zombie();
            }
        }
        self.collect_the_dying()?;
        if self.int3s_stay {
            self.space.borrow_mut().look_after_planted();
        } else {
            self.space.borrow_mut().lift_but(self.pid, false, &[]);
            self.park()?;
        }
        // All have stopped, and whoever ran an int3 was set back.
        self.space.borrow_mut().all_stopped();
        Ok(())
    }

    fn take_thread_ends(&mut self) -> Vec<Tid> {
        let is_end = |e: &Event| e.what == RawStop::ThreadExited;
        let ended = self.ready.iter().filter(|e| is_end(e)).map(|e| e.tid).collect();
        self.ready.retain(|e| !is_end(e));
        ended
    }

    fn rest(&mut self) {
        self.follower.release();
    }

    fn write(&mut self, at: VirtAddr, bytes: &[u8]) -> Result<()> {
        self.space.borrow_mut().write(self.pid, at, bytes)
    }

    fn write_hidden(&mut self, at: VirtAddr, bytes: &[u8]) -> Result<()> {
        self.space.borrow_mut().write_hidden(self.pid, at, bytes)
    }

    fn forget_hidden(&mut self, range: AddrRange) {
        self.space.borrow_mut().own_code.retain(|at, _| !range.contains(*at));
    }

    fn set_registers(&mut self, tid: Tid, registers: &Registers) -> Result<()> {
        let thread = self.thread_mut(tid)?;
        // Not kept: the kernel makes its own of some bits (IF in eflags stays set).
        thread.registers.set(None);
        thread.pc.set(Some(registers.pc()));
        thread.pc_changed = false;
        // At once, so that the kernel refuses nonsense (a segment selector, say) while somebody listens.
        ptrace::set_registers(tid, registers.as_user())
    }

    fn set_pc(&mut self, tid: Tid, pc: VirtAddr) -> Result<()> {
        let thread = self.thread_mut(tid)?;
        thread.pc.set(Some(pc.0));
        thread.pc_changed = true;
        if let Some(mut registers) = thread.registers.get() {
            registers.set(Gpr::Rip, pc.0);
            thread.registers.set(Some(registers));
        }
        Ok(())
    }

    fn settle(&mut self) -> Result<()> {
        // What was launched dies with rdbg.
        if self.launched { Ok(()) } else { self.settle_all() }
    }

    fn set_xstate(&mut self, tid: Tid, state: &XState) -> Result<()> {
        self.thread(tid)?;
        ptrace::set_xstate(tid, state)
    }

    fn set_signal_info(&mut self, tid: Tid, info: &[u8; 128]) -> Result<()> {
        self.thread(tid)?;
        ptrace::set_signal_bytes(tid, info)
    }

    fn insert(&mut self, trap: Trap) -> Result<()> {
        let Some(watch) = as_watch(trap) else {
            return self.space.borrow_mut().insert(self.pid, trap.addr);
        };
        let Some(free) = self.watches.iter_mut().find(|w| w.is_none()) else {
            return Err(Error::user(
                "Could not insert hardware breakpoints:\nYou may have requested too many hardware breakpoints/watchpoints.\n",
            ));
        };
        *free = Some(watch);
        self.set_debug_registers()
    }

    fn remove(&mut self, trap: Trap) -> Result<()> {
        let Some(watch) = as_watch(trap) else {
            self.space.borrow_mut().remove(self.pid, trap.addr, self.any_runs());
            return Ok(());
        };
        if let Some(used) = self.watches.iter_mut().find(|w| **w == Some(watch)) {
            *used = None;
            self.set_debug_registers()?;
        }
        Ok(())
    }

    fn keep_children(&mut self, on: bool) {
        self.keeps_children = on;
    }

    fn take_child(&mut self, child: Tid) -> Option<Box<dyn Target>> {
        let live = Live::take_child(self, child)?;
        Some(Box::new(live))
    }

    fn duplicate(&mut self) -> Result<Box<dyn Target>> {
        Ok(Box::new(Live::duplicate(self)?))
    }

    fn seek(&mut self, descriptor: u32, offset: u64) -> Result<()> {
        Live::seek(self, descriptor, offset)
    }

    fn drop_signals_but(&mut self, kept: u64) -> Result<()> {
        Live::drop_signals_but(self, kept)
    }

    fn has_news(&self) -> bool {
        !self.ready.is_empty() || self.has_heard()
    }

    fn hear_others(&mut self) -> Result<Option<Tid>> {
        let is_others = |e: &Event| matches!(e.what, RawStop::Elsewhere(_));
        if let Some(event) = self.ready.iter().position(is_others).and_then(|at| self.ready.remove(at))
            && let RawStop::Elsewhere(owner) = event.what
        {
            return Ok(Some(owner));
        }
        loop {
            let (tid, status) = match wait_any(false) {
                Ok(Some(found)) => found,
                Ok(None) | Err(Error::Gone) => return Ok(None),
                Err(e) => return Err(e),
            };
            if let Some(owner) = self.hand_on(tid, status) {
                return Ok(Some(owner));
            }
            self.collect(tid, status)?;
        }
    }

    fn news(&mut self) -> Result<Option<Event>> {
        self.digest_heard()
    }

    fn part(&mut self) -> Result<()> {
        Live::part(self)
    }

    fn spare(&mut self) {
        self.launched = false;
        self.int3s_stay = true;
    }

    fn keep_in_children(&mut self, places: Vec<VirtAddr>) {
        self.space.borrow_mut().deadly = places;
    }

    fn fired(&self, bits: u8) -> Vec<VirtAddr> {
        let fired = self.watches.iter().enumerate().filter(|(i, _)| bits >> i & 1 != 0);
        fired.filter_map(|(_, w)| w.map(|w| w.addr)).collect()
    }

    fn hidden(&self) -> Vec<AddrRange> {
        self.space.borrow().hidden()
    }

    fn detach(&mut self, wanted: &BTreeMap<Tid, Signal>) -> Result<()> {
        self.stop_all()?;
        let shares = self.shares_space();
        match shares {
            true => self.leave_untraced(),
            false => self.space.borrow_mut().lift_but(self.pid, false, &[]),
        }
        if self.watches.iter().any(Option::is_some) {
            self.watches = [None; debugregs::SLOTS];
            self.set_debug_registers()?;
        }
        self.settle_all()?;
        if !shares {
            self.space.borrow_mut().forget_int3s();
            self.clear_own_code();
        }
        // Nobody was told of them.
        std::mem::take(&mut self.born).iter_mut().try_for_each(Live::part)?;
        for (tid, thread) in &mut self.threads {
            if thread.state != State::Stopped {
                continue;
            }
            // A signal that nobody has seen yet is the program's.
            let held = self.ready.iter().find(|e| e.tid == *tid).and_then(|e| match e.what {
                RawStop::Signal(s) => Some(s),
                _ => None,
            });
            let signal = held.or(wanted.get(tid).copied());
            if let Some(signal) = signal.filter(|_| !thread.takes_signal) {
                alive(signals::kill_thread(self.pid, *tid, signal))?;
            }
            alive(ptrace::detach(*tid, signal))?;
        }
        self.let_sleepers_go();
        self.forget_all();
        Ok(())
    }

    fn kill(&mut self) -> Result<()> {
        self.follower.release();
        // Another may have heard of its end: the number can be anybody's by now.
        while let Some((tid, status)) = self.next_heard() {
            self.collect(tid, status)?;
        }
        if !self.ended {
            for mut child in std::mem::take(&mut self.born) {
                child.kill()?;
            }
            signals::kill(self.pid, Signal::KILL)?;
            self.reap();
        }
        Ok(())
    }
}

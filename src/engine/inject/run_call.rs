//! A called function runs until it returns, or until something stops it.

use crate::arch::regs::{Gpr, Registers, XState};
use crate::base::{Error, Result, Tid, VirtAddr};
use crate::engine::process::Process;
use crate::engine::stop::{Happening, Notice, Stop, StopReason};
use crate::engine::{Plan, Session};
use crate::stack::{Frame, FrameHow, FramePc, SavedAt};
use crate::target::{Event, RawStop, ResumeAction};

use super::pending::{Active, Call, Returned};

/// Conditions of breakpoints may call functions that have breakpoints with conditions: each level takes stack.
const MAX_DEPTH: usize = 20;
/// From so many on, the conditions of other threads wait.
const MAX_THREADS: usize = 8;

impl Session {
    /// Lets a call run until its function returns; the registers as it left them. Everything is put back then. Otherwise it is
    /// abandoned: the stop is told as a notice, and the error says what is left.
    pub(super) fn run_call(&mut self, call: Call, registers: &Registers, xstate: &XState) -> Result<(Registers, XState)> {
        if self.active_calls.len() >= MAX_DEPTH {
            return Err(Error::user("Calls of functions of the program are nested too deeply."));
        }
        let in_event = self.judging > 0;
        let before = (self.selection, self.resumes, self.resumed_from);
        let (call, held) = self.begin_call(call, registers, xstate, in_event)?;
        self.active_calls.push(Active { tid: call.tid, sp: call.sp, in_event });
        let outcome = self.wait_for_call(&call);
        self.active_calls.pop();
        if let Some(process) = &mut self.inferior.process {
            let waiting = std::mem::take(&mut process.waiting);
            let control = process.control()?;
            waiting.into_iter().for_each(|e| control.postpone(e));
        }
        let returned = match outcome? {
            Ok(returned) => returned,
            Err((stop, pid)) => return Err(self.abandoned(&call, stop, pid)),
        };
        (self.selection, self.resumes, self.resumed_from) = before;
        self.take_up(held)?;
        self.drop_frames();
        Ok((returned.registers, returned.xstate))
    }

    /// Makes the thread enter the function, and lets it go: within an event it alone, for the others run.
    fn begin_call(&mut self, mut call: Call, registers: &Registers, xstate: &XState, in_event: bool) -> Result<(Call, Held)> {
        let tid = call.tid;
        call.terminate = self.terminate();
        let process = self.process_mut()?;
        call.reported = process.reported.remove(&tid);
        call.deliver = process.deliver.remove(&tid);
        call.displaced = process.displaced.remove(&tid);
        let held = Held {
            plan: process.plan.take_if(|p| !in_event || p.tid() == tid),
            early: process.early.take_if(|_| !in_event),
            events: process.control()?.withhold(tid),
        };
        process.calls.push(call.clone());
        let control = process.control()?;
        let entered = control.set_registers(tid, registers).and_then(|()| control.set_xstate(tid, xstate));
        self.selection.tid = Some(tid);
        match entered.and_then(|()| self.let_call_go(tid, in_event)) {
            Ok(()) => Ok((call, held)),
            Err(e) => {
                // Nothing has run: an int3 that could not be planted, a register that the kernel refuses.
                self.unwind_call(&call)?;
                self.take_up(held)?;
                Err(e)
            }
        }
    }

    fn let_call_go(&mut self, tid: Tid, in_event: bool) -> Result<()> {
        if !in_event {
            return self.resume(None);
        }
        self.sync_sites()?;
        self.drop_frames();
        let process = self.process_mut()?;
        process.generation += 1;
        process.control()?.resume(tid, ResumeAction::Continue(None))
    }

    /// Goes on with what a call has interrupted.
    fn take_up(&mut self, held: Held) -> Result<()> {
        let process = self.process_mut()?;
        let has_plan = held.plan.is_some();
        process.plan = held.plan.or(process.plan.take());
        process.early = held.early.or(process.early.take());
        let control = process.control()?;
        held.events.into_iter().for_each(|e| control.postpone(e));
        // Its places went when the call began.
        if has_plan { self.sync_sites() } else { Ok(()) }
    }

    /// What a stop means while a function runs that was called within an event, for a condition: the stops of other threads
    /// wait until the condition is known, and the return of the function stops nobody. `None`: it is a stop as ever.
    pub(in crate::engine) fn stop_within_call(&mut self, tid: Tid, reason: &StopReason) -> Option<Option<Stop>> {
        let active = self.active_calls.last().filter(|a| a.in_event)?;
        let (caller, sp) = (active.tid, active.sp);
        let process = self.inferior.process.as_mut()?;
        if tid != caller {
            process.deferred.push_back((tid, reason.clone()));
            return Some(None);
        }
        let is_it = |r: &Returned| r.call.tid == tid && r.call.sp == sp;
        if !matches!(reason, StopReason::CallReturned) || !process.returned.iter().any(is_it) {
            return None;
        }
        process.call_has_returned();
        process.generation += 1;
        self.drop_frames();
        Some(Some(Stop { tid, reason: StopReason::CallReturned }))
    }

    /// A stop that waited for a condition: any, once none is asked any more; else one of the thread that is asked about now,
    /// whose function has returned while another thread's was run within it.
    pub(in crate::engine) fn deferred_stop(&mut self) -> Option<(Tid, StopReason)> {
        let asked = self.active_calls.last().filter(|a| a.in_event).map(|a| a.tid);
        let deferred = &mut self.inferior.process.as_mut()?.deferred;
        let at = deferred.iter().position(|(tid, _)| asked.is_none_or(|asked| asked == *tid))?;
        deferred.remove(at)
    }

    /// Lets an event wait when conditions of many threads call functions at once: each within another takes stack.
    pub(in crate::engine) fn must_wait(&mut self, event: &Event) -> bool {
        let deep = self.active_calls.len() >= MAX_THREADS;
        let other = self.active_calls.last().is_some_and(|a| a.in_event && a.tid != event.tid);
        let waits = deep && other && matches!(event.what, RawStop::Int3(_) | RawStop::Debug(_));
        match &mut self.inferior.process {
            Some(process) if waits => {
                process.waiting.push(event.clone());
                true
            }
            _ => false,
        }
    }

    /// `std::terminate`, where it is to be kept from ending the program.
    fn terminate(&self) -> Option<VirtAddr> {
        let wanted = self.settings.unwind_on_terminating_exception;
        wanted.then(|| self.inferior.modules.find("_ZSt9terminatev", None)).flatten().map(|n| n.addr)
    }

    /// Waits until the function of a call returns, or something else stops the program. What happens on the way is told later.
    fn wait_for_call(&mut self, call: &Call) -> Result<std::result::Result<Returned, (Stop, Tid)>> {
        let pid = self.process()?.target.pid();
        let mut notices = Vec::new();
        let stop = loop {
            match self.advance() {
                Ok(Happening::Stop(stop)) => break Ok(stop),
                Ok(Happening::Notice(notice)) => {
                    let ended = matches!(notice, Notice::ThreadEnded { tid, .. } if tid == call.tid);
                    notices.push(notice);
                    if ended {
                        break self.stop_somewhere();
                    }
                }
                Err(e) => break Err(e),
            }
        };
        notices.extend(self.notices.drain(..));
        self.notices = notices.into();
        let stop = stop?;
        let process = self.inferior.process.as_mut().filter(|_| matches!(stop.reason, StopReason::CallReturned));
        let returned = process.and_then(|p| Some(p.returned.swap_remove(p.returned.iter().position(|r| r.call.is(call))?)));
        Ok(returned.ok_or((stop, pid)))
    }

    /// The thread that was calling has ended: all are stopped, and another one is shown.
    fn stop_somewhere(&mut self) -> Result<Stop> {
        let process = self.process_mut()?;
        process.control()?.stop_all()?;
        let there = process.target.threads().into_iter().find(|t| process.target.pc(*t).is_ok());
        let tid = there.ok_or(Error::Gone)?;
        self.stop(tid, StopReason::Arrived)?.ok_or(Error::Gone)
    }

    /// What is to be said of a call that something has stopped; gdb's sentences.
    fn abandoned(&mut self, call: &Call, stop: Stop, pid: Tid) -> Error {
        let is_signal = matches!(stop.reason, StopReason::Signal(_) | StopReason::Interrupted);
        let other = stop.tid != call.tid;
        let ended = stop.reason.is_end();
        let terminated = matches!(stop.reason, StopReason::CallTerminates);
        let name = &call.name;
        if !terminated {
            let (stop, frame) = (Box::new(stop), self.frame(0).ok().map(Box::new));
            self.notices.push_back(Notice::CallStopped { stop, pid, frame });
        }
        // They belong to a command that was not asked for.
        self.stop_commands.clear();
        let unwinds = !ended && !other && (terminated || is_signal && self.settings.unwindonsignal);
        let unwound = unwinds && self.unwind_call(call).is_ok();
        if let Some(process) = &mut self.inferior.process {
            process.calls.iter_mut().filter(|c| c.is(call)).for_each(|c| c.terminate = None);
        }
        let evaluation = format!("Evaluation of the expression containing the function\n({name}) will be abandoned.");
        let left = "When the function is done executing, GDB will silently stop.";
        Error::user(if ended {
            format!("The program being debugged exited while in a function called from GDB.\n{evaluation}")
        } else if terminated {
            format!(
                "The program being debugged entered a std::terminate call, most likely\ncaused by an unhandled C++ exception.  GDB \
                 blocked this call in order\nto prevent the program from being terminated, and has restored the\ncontext to its \
                 original state before the call.\nTo change this behaviour use \"set unwind-on-terminating-exception \
                 off\".\nEvaluation of the expression containing the function ({name})\nwill be abandoned."
            )
        } else if other && is_signal {
            format!(
                "The program received a signal in another thread while\nmaking a function call from GDB.\n{evaluation}\n{left}"
            )
        } else if other {
            format!("The program stopped in another thread while making a function call from GDB.\n{evaluation}\n{left}")
        } else if is_signal && unwound {
            format!(
                "The program being debugged was signaled while in a function called from GDB.\nGDB has restored the context to \
                 what it was before the call.\nTo change this behavior use \"set unwindonsignal off\".\n{evaluation}"
            )
        } else if is_signal {
            format!(
                "The program being debugged was signaled while in a function called from GDB.\nGDB remains in the frame where the \
                 signal was received.\nTo change this behavior use \"set unwindonsignal on\".\n{evaluation}\n{left}"
            )
        } else {
            format!("The program being debugged stopped while in a function called from GDB.\n{evaluation}\n{left}")
        })
    }

    /// Gives up a call: the thread is as it was before.
    fn unwind_call(&mut self, call: &Call) -> Result<()> {
        let process = self.process_mut()?;
        let Some(at) = process.calls.iter().position(|c| c.is(call)) else { return Err(Error::Gone) };
        let call = process.take_call(at);
        process.put_back(&call)?;
        process.restore_bookkeeping(&call);
        process.generation += 1;
        self.drop_frames();
        Ok(())
    }

    /// Gives up the call whose function returns with this stack pointer.
    pub(in crate::engine) fn unwind_call_to(&mut self, tid: Tid, sp: u64) -> Result<()> {
        let found = self.process()?.calls.iter().find(|c| c.tid == tid && c.sp == sp).cloned();
        self.selection.level = 0;
        found.map_or(Err(Error::Gone), |call| self.unwind_call(&call))
    }

    /// Gives up all calls: before the process goes on without rdbg.
    pub(in crate::engine) fn unwind_calls(&mut self) -> Result<()> {
        let calls = self.inferior.process.as_ref().map_or(Vec::new(), |p| p.calls.clone());
        // A thread's first one was made from the program's own code.
        calls.iter().try_for_each(|call| match self.unwind_call(call) {
            Ok(()) | Err(Error::Gone) => Ok(()),
            Err(e) => Err(e),
        })
    }

    /// A thread has reached a place of [`Call::places`]: whether that stops the program.
    pub(in crate::engine) fn call_place_reached(&mut self, tid: Tid, at: VirtAddr) -> Result<Option<StopReason>> {
        let waits = self.active_calls.last().is_some_and(|a| a.tid == tid);
        let process = self.process_mut()?;
        let last = process.calls.iter().rev().find(|c| c.tid == tid);
        if waits && last.is_some_and(|c| c.terminate == Some(at)) {
            return Ok(Some(StopReason::CallTerminates));
        }
        let registers = process.target.registers(tid)?;
        let is_it = |c: &Call| c.tid == tid && c.return_to == at && c.sp == registers.sp();
        let Some(position) = process.calls.iter().position(is_it) else { return Ok(None) };
        let xstate = process.target.xstate(tid)?;
        let call = process.take_call(position);
        process.put_back(&call)?;
        // Nobody asks for one that was abandoned.
        process.returned.retain(|r| r.call.tid != tid);
        process.returned.push(Returned { call, settled: false, registers, xstate });
        Ok(Some(StopReason::CallReturned))
    }

    /// Ends the frames of a thread at the first one, from `level` on, to which a called function returns. Where the walk has
    /// `ended` and found none, the next call outwards follows all the same: a function that was jumped to by mistake has no
    /// unwind information. The registers that the call has interrupted; `None` if there is no call.
    pub(in crate::engine) fn split_at_call(
        &self,
        tid: Tid,
        level: usize,
        frames: &mut Vec<Frame>,
        ended: bool,
    ) -> Option<Registers> {
        let calls = self.inferior.process.as_ref().map_or([].as_slice(), |p| &p.calls);
        let of_thread = || calls.iter().filter(|c| c.tid == tid);
        let call_of = |f: &Frame| of_thread().find(|c| c.return_to == f.pc.addr() && c.sp == f.registers.sp());
        if let Some((at, call)) = frames.iter().enumerate().skip(level).find_map(|(i, f)| Some((i, call_of(f)?))) {
            frames.truncate(at + 1);
            if let Some(last) = frames.last_mut() {
                last.how = FrameHow::Call;
            }
            return Some(call.registers);
        }
        let last = frames.last().filter(|_| ended)?;
        let call = of_thread().filter(|c| c.sp > last.registers.sp()).min_by_key(|c| c.sp)?;
        let mut registers = Registers::unknown();
        registers.set(Gpr::Rip, call.return_to.0);
        registers.set(Gpr::Rsp, call.sp);
        let cfa = Some(VirtAddr(call.sp));
        let frame = Frame {
            level: last.level + 1,
            pc: FramePc::Return(call.return_to),
            cfa,
            registers,
            how: FrameHow::Call,
            ..last.clone()
        };
        frames.push(Frame { saved: SavedAt::default(), is_signal_trampoline: false, ..frame });
        Some(call.registers)
    }
}

/// What waits while a call runs.
struct Held {
    plan: Option<Plan>,
    early: Option<(Tid, StopReason)>,
    /// The thread's events that are still to be told.
    events: Vec<Event>,
}

impl Process {
    /// Takes a call out, and those that its thread has begun since.
    fn take_call(&mut self, position: usize) -> Call {
        let call = self.calls.remove(position);
        let mut i = 0;
        self.calls.retain(|c| {
            i += 1;
            i <= position || c.tid != call.tid
        });
        call
    }

    /// Gives a call's thread the registers that it had.
    fn put_back(&mut self, call: &Call) -> Result<()> {
        let control = self.control()?;
        control.set_registers(call.tid, &call.registers)?;
        control.set_xstate(call.tid, &call.xstate)
    }

    fn restore_bookkeeping(&mut self, call: &Call) {
        self.reported.remove(&call.tid);
        self.reported.extend(call.reported.map(|at| (call.tid, at)));
        self.deliver.remove(&call.tid);
        self.deliver.extend(call.deliver.map(|s| (call.tid, s)));
        self.displaced.extend(call.displaced.map(|d| (call.tid, d)));
    }

    /// At the stop that a returned call has made: what the engine knew of the thread holds again.
    pub(in crate::engine) fn call_has_returned(&mut self) {
        let mut all = std::mem::take(&mut self.returned);
        for returned in all.iter_mut().filter(|r| !r.settled) {
            returned.settled = true;
            self.restore_bookkeeping(&returned.call);
        }
        self.returned = all;
    }
}

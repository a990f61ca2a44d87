//! System calls that rdbg makes in a stopped thread's name, and the copies of processes that are made by one.

use super::gone::alive;
use super::live::Live;
use super::traits::Target;
use crate::arch::regs::{GPR_COUNT, Gpr, Registers};
use crate::base::{Error, Memory, Result, Signal, Tid, VirtAddr};
use crate::os::wait::{Status, wait_for};
use crate::os::{procfs, ptrace, signals};

/// The numbers of system calls (asm/unistd_64.h).
const LSEEK: u64 = 8;
const CLONE: u64 = 56;
/// clone(2): the child is one of its maker's parent.
const CLONE_PARENT: u64 = 0x8000;
const SIGCHLD: u64 = 17;
const SYSCALL: [u8; 2] = [0x0f, 0x05];
/// So much of a mapping is looked through for that instruction at a time.
const PIECE: usize = 1 << 16;

/// What a thread was before it was made to do something else.
struct Before {
    registers: [u64; GPR_COUNT],
    mask: u64,
    /// The signal that it was stopped with, where it may stand by it.
    signal: Option<[u8; 128]>,
    /// Stop signals that came meanwhile: no mask keeps them back.
    late: Vec<Signal>,
}

/// The signal that a `siginfo_t` is of.
fn number(info: &[u8; 128]) -> Signal {
    let [a, b, c, d, ..] = *info;
    Signal(i32::from_le_bytes([a, b, c, d]))
}

impl Live {
    /// As [`Control::duplicate`](super::Control::duplicate).
    ///
    /// The copy is a child of the program's parent (of rdbg, where that has launched it): the program's own `wait` does not see it, nor
    /// is the program sent SIGCHLD when it ends, and to the copy getppid(2) says what it said before.
    pub(super) fn duplicate(&mut self) -> Result<Live> {
        let tid = self.pid;
        let mut before = self.begin_call(tid)?;
        let made = self.call(tid, &mut before, CLONE, [CLONE_PARENT | SIGCHLD, 0, 0, 0, 0, 0]);
        let child = made.as_ref().ok().and_then(|(_, child)| *child);
        let copied = child.map(|child| self.copy(child, &before));
        self.end_call(tid, before)?;
        match (made?, copied) {
            (_, Some(copy)) => copy,
            ((result, None), _) if result < 0 => Err(Error::Os { call: "fork".to_owned(), errno: -result as i32 }),
            _ => Err(Error::Gone),
        }
    }

    /// A copy that has just been made: where and what its original was.
    fn copy(&mut self, child: Tid, before: &Before) -> Result<Live> {
        let mut copy = self.child(child, false).ok_or(Error::Gone)?;
        copy.own(child);
        copy.launched = true;
        copy.int3s_stay = true;
        copy.space.borrow_mut().needs_no_guard();
        let filtered = self.syscalls == super::SystemCalls::Filtered;
        ptrace::die_with_rdbg(child, filtered)?;
        ptrace::set_registers(child, &before.registers)?;
        let mut same = Before { late: Vec::new(), ..*before };
        let is_signal = copy.stop_by(child, &mut same)?;
        ptrace::set_signal_mask(child, before.mask)?;
        copy.thread_mut(child)?.takes_signal = is_signal;
        Ok(copy)
    }

    /// As [`Control::seek`](super::Control::seek).
    pub(super) fn seek(&mut self, descriptor: u32, offset: u64) -> Result<()> {
        let tid = self.pid;
        let mut before = self.begin_call(tid)?;
        let result = self.call(tid, &mut before, LSEEK, [descriptor.into(), offset, 0, 0, 0, 0]);
        self.end_call(tid, before)?;
        match result?.0 {
            error if error < 0 => Err(Error::Os { call: format!("lseek of descriptor {descriptor}"), errno: -error as i32 }),
            _ => Ok(()),
        }
    }

    /// As [`Control::drop_signals_but`](super::Control::drop_signals_but).
    pub(super) fn drop_signals_but(&mut self, kept: u64) -> Result<()> {
        let tid = self.pid;
        let waiting = || {
            let set = |key| procfs::signal_set(tid, key).unwrap_or(0);
            (set("SigPnd") | set("ShdPnd")) & !kept
        };
        if waiting() == 0 {
            return Ok(());
        }
        let mut before = self.begin_call(tid)?;
        ptrace::set_signal_mask(tid, !0)?;
        loop {
            let which = waiting();
            if which == 0 {
                break;
            }
            // One of them comes before the thread runs an instruction.
            ptrace::set_signal_mask(tid, !which)?;
            ptrace::cont(tid, None)?;
            self.await_stop(tid)?;
        }
        before.late.clear();
        self.end_call(tid, before)
    }

    /// A thread is to run something of rdbg's: it stands behind whatever the kernel was doing for it.
    fn begin_call(&mut self, tid: Tid) -> Result<Before> {
        let thread = self.thread(tid)?;
        if thread.in_call.is_some() || thread.vforked.is_some() {
            return Err(Error::user(
                "The program is in the middle of a system call: let it return first (\"stepi\", or \"finish\").",
            ));
        }
        // What rdbg does not end with it must not stand by a SIGTRAP of rdbg's.
        let info = if thread.takes_signal { Some(ptrace::signal_bytes(tid)?) } else { None };
        let signal = info.filter(|info| self.launched || number(info) != Signal::TRAP);
        self.settle_one(tid)?;
        let mask = ptrace::signal_mask(tid)?;
        // *Folklore*: the kernel takes a SIGTRAP that is blocked, and comes of a step, for an emergency: it unblocks it, and the program's
        // handler is forgotten. All other signals wait.
        ptrace::set_signal_mask(tid, !(1 << (Signal::TRAP.0 - 1)))?;
        let mut before = Before { registers: [0; GPR_COUNT], mask, signal, late: Vec::new() };
        self.park_one(tid, &mut before.late)?;
        before.registers = ptrace::get_registers(tid)?;
        Ok(before)
    }

    /// Lets a stopped thread stop once more, for no reason, behind its system call and before its next instruction.
    fn park_one(&mut self, tid: Tid, late: &mut Vec<Signal>) -> Result<()> {
        ptrace::interrupt(tid)?;
        loop {
            ptrace::cont(tid, None)?;
            match self.await_stop(tid)? {
                Status::Interrupted | Status::GroupStop(_) => return Ok(()),
                Status::Signal(signal) if signal != Signal::TRAP => late.push(signal),
                _ => {}
            }
        }
    }

    /// Makes a system call; its result, and the process that it has made.
    fn call(&mut self, tid: Tid, before: &mut Before, number: u64, arguments: [u64; 6]) -> Result<(i64, Option<Tid>)> {
        let at = self.syscall_instruction()?;
        let mut registers = Registers::from_user(before.registers);
        let places = [Gpr::Rdi, Gpr::Rsi, Gpr::Rdx, Gpr::R10, Gpr::R8, Gpr::R9];
        places.into_iter().zip(arguments).for_each(|(register, value)| registers.set(register, value));
        registers.set(Gpr::Rax, number);
        registers.set(Gpr::Rip, at.0);
        // A call of the program's that was interrupted is begun anew later.
        registers.set(Gpr::OrigRax, u64::MAX);
        ptrace::set_registers(tid, registers.as_user())?;
        let mut made = None;
        loop {
            ptrace::step(tid, None)?;
            match self.await_stop(tid)? {
                Status::Signal(Signal::TRAP) => break,
                Status::Signal(signal) => before.late.push(signal),
                Status::Fork | Status::Clone | Status::Vfork => {
                    let child = Tid(ptrace::event_message(tid)? as i32);
                    made = self.first_stop(child)?.map(|_| child);
                }
                _ => {}
            }
        }
        let after = Registers::from_user(ptrace::get_registers(tid)?);
        if after.pc() != at.0 + SYSCALL.len() as u64 {
            return Err(Error::user(format!("A system call at {at} did not come to its end.")));
        }
        Ok((after.get(Gpr::Rax).unwrap_or(0) as i64, made))
    }

    /// The thread is again what it was.
    fn end_call(&mut self, tid: Tid, mut before: Before) -> Result<()> {
        ptrace::set_registers(tid, &before.registers)?;
        let is_signal = self.stop_by(tid, &mut before)?;
        ptrace::set_signal_mask(tid, before.mask)?;
        for signal in before.late {
            alive(signals::kill_thread(self.pid, tid, signal))?;
        }
        let thread = self.thread_mut(tid)?;
        thread.forget();
        (thread.takes_signal, thread.trapped) = (is_signal, is_signal && thread.trapped);
        Ok(())
    }

    /// Lets a thread stand by the signal that it was stopped with, which says of itself what it said; or, where there was none, by no
    /// signal at all. Which of the two.
    fn stop_by(&mut self, tid: Tid, before: &mut Before) -> Result<bool> {
        let Some(info) = before.signal else {
            // Whatever rdbg dies of, this stop is to bring no SIGTRAP.
            self.park_one(tid, &mut before.late)?;
            return Ok(false);
        };
        let signal = number(&info);
        self.park_one(tid, &mut before.late)?;
        ptrace::set_signal_mask(tid, !(1 << (signal.0 - 1)))?;
        signals::kill_thread(tid, tid, signal)?;
        ptrace::cont(tid, None)?;
        match self.await_stop(tid)? {
            Status::Signal(stopped) if stopped == signal => ptrace::set_signal_bytes(tid, &info).map(|()| true),
            _ => Ok(false),
        }
    }

    /// The next stop of a thread that was let go for a moment.
    fn await_stop(&mut self, tid: Tid) -> Result<Status> {
        loop {
            match wait_for(tid, true) {
                Ok(Some((_, status @ (Status::Exited(_) | Status::Killed(_))))) => {
                    let event = self.ended(tid, status);
                    self.ready.push_back(event);
                    return Err(Error::Gone);
                }
                Ok(Some((_, status))) => return Ok(status),
                Ok(None) | Err(Error::Cancelled) => {}
                Err(e) => return Err(e),
            }
        }
    }

    /// Where there is an instruction that makes a system call: in the vDSO, as in everybody's, or in what else is code.
    fn syscall_instruction(&self) -> Result<VirtAddr> {
        let maps = self.maps()?;
        let code = || maps.mappings.iter().filter(|m| m.perms.exec);
        let mut piece = vec![0; PIECE];
        for mapping in code().filter(|m| m.name == "[vdso]").chain(code().filter(|m| m.name != "[vdso]")) {
            let mut at = mapping.range.start;
            while at < mapping.range.end {
                let wanted = PIECE.min((mapping.range.end - at) as usize);
                // As it is, with the int3s in it.
                let space = self.space.borrow();
                let Ok(n) = space.memory.read_partial(at, piece.get_mut(..wanted).unwrap_or_default()) else { break };
                if let Some(offset) = memchr::memmem::find(piece.get(..n).unwrap_or_default(), &SYSCALL) {
                    return Ok(at + offset as u64);
                }
                at = at + wanted as u64;
            }
        }
        Err(Error::user("The program has no instruction that makes a system call."))
    }
}

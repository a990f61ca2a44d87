//! The two interfaces that everything above sees: [`Target`] for all that can be read, [`Control`] for what can run.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use crate::arch::regs::{Registers, XState};
use crate::base::{AddrRange, Error, Memory, MemoryMap, Need, PageState, Result, Signal, Tid, VirtAddr};
use crate::elf::{CoreFile, Image};
use crate::os::ptrace::SystemCallStop;

/// What live processes, core files and remote stubs have in common.
pub trait Target: Memory {
    /// The process's id.
    fn pid(&self) -> Tid;
    /// The threads, in the order in which they were seen first.
    fn threads(&self) -> Vec<Tid>;
    /// The name of a thread (`comm`); empty where there is none.
    fn thread_name(&self, tid: Tid) -> String;
    /// The general registers of a stopped thread.
    fn registers(&self, tid: Tid) -> Result<Registers>;
    /// The program counter of a stopped thread: cheaper than all registers.
    fn pc(&self, tid: Tid) -> Result<VirtAddr>;
    /// The extended registers of a stopped thread.
    fn xstate(&self, tid: Tid) -> Result<XState>;
    /// The `siginfo_t` of the signal that a thread has stopped with.
    fn signal_info(&self, tid: Tid) -> Result<[u8; 128]>;
    /// The auxiliary vector as the kernel wrote it: pairs of 64-bit words.
    fn auxv(&self) -> Result<Vec<u8>>;
    /// The mappings.
    fn maps(&self) -> Result<MemoryMap>;
    /// The state of each page of a range of whole pages, as far as the kernel tells it.
    fn pages(&self, range: AddrRange) -> Result<Vec<PageState>> {
        let _ = range;
        Err(Error::Needs(Need::Live))
    }
    /// The pages that rdbg has written to, with a breakpoint or a patch: their first addresses.
    fn written_pages(&self) -> Vec<VirtAddr> {
        Vec::new()
    }
    /// Opens a file that the process has mapped, by the path that the process sees.
    fn open_image(&self, path: &Path) -> Result<Arc<Image>>;
    /// The core file that this is.
    fn core_file(&self) -> Option<&CoreFile> {
        None
    }
    /// What can be done beyond reading; `None` for a core file.
    fn control(&mut self) -> Option<&mut dyn Control>;
}

/// How a thread goes on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ResumeAction {
    /// Runs, with this signal delivered.
    Continue(Option<Signal>),
    /// Runs one instruction, with this signal delivered.
    Step(Option<Signal>),
}

/// A trap that can be planted.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Trap {
    /// Where.
    pub addr: VirtAddr,
    /// What.
    pub kind: TrapKind,
}

/// The kinds of [`Trap`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum TrapKind {
    /// An int3 byte over the instruction.
    Int3,
    /// A debug register that stops before the instruction runs.
    HardwareExecute,
    /// A debug register that stops after a write to these `len` (1, 2, 4 or 8, aligned) bytes.
    Write {
        /// Bytes watched.
        len: u8,
    },
    /// A debug register that stops after a read or a write of these bytes.
    Access {
        /// Bytes watched.
        len: u8,
    },
}

/// What happened to one thread. The others still run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Event {
    /// The thread.
    pub tid: Tid,
    /// What happened.
    pub what: RawStop,
}

/// What a wait status means, before the engine gives it a meaning (ptrace(2), waitpid(2)).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RawStop {
    /// An int3 of ours at this address was reached; the thread's pc has been set back to it.
    Int3(VirtAddr),
    /// A single step has ended.
    Stepped,
    /// Debug registers fired; the bits of DR6 (0 to 3).
    Debug(u8),
    /// A signal is about to be delivered (also a SIGTRAP that is not ours).
    Signal(Signal),
    /// Something has happened to another process, this one: its own [`Control::news`] says what.
    Elsewhere(Tid),
    /// Stopped because rdbg asked.
    Interrupted,
    /// A group stop by this signal (job control).
    GroupStop(Signal),
    /// A new thread, which is traced and stopped.
    Clone(Tid),
    /// A system call begins or ends, after [`Control::set_modes`].
    Syscall {
        /// Its number.
        number: u64,
        /// Where, with what, and whether it begins or ends.
        stop: SystemCallStop,
    },
    /// A new process; it is not traced any more, unless children are kept: then it is stopped.
    Fork(Tid),
    /// A new process that shares this one's memory until it execs or exits.
    Vfork(Tid),
    /// The vfork child has let go.
    VforkDone,
    /// A new program image; all other threads have gone. The old id of the thread that called execve.
    Exec(Tid),
    /// A thread other than the last one has ended.
    ThreadExited,
    /// The thread that was to run alone ([`Control::run_alone`]) has ended.
    NoneRuns,
    /// The process has exited with this status.
    Exited(i32),
    /// The process was killed by this signal.
    Killed(Signal),
}

/// At which system calls threads stop.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SystemCalls {
    /// At none.
    None,
    /// At those that the process's own filter names ([`Launch::traced_calls`](crate::os::spawn::Launch::traced_calls)).
    Filtered,
    /// At all.
    All,
}

/// What can be done to a process that lives.
pub trait Control: Target {
    /// Lets threads go on.
    fn resume(&mut self, tid: Tid, action: ResumeAction) -> Result<()>;
    /// Leaves a thread in the group stop that it has told of, until SIGCONT.
    fn stay_in_group_stop(&mut self, tid: Tid) -> Result<()>;
    /// Lets every stopped thread go on, without a signal.
    fn resume_all(&mut self) -> Result<()>;
    /// Whether threads that go on stop at system calls, and whether int3s stay in memory while all stand still.
    fn set_modes(&mut self, syscalls: SystemCalls, int3s_stay: bool);
    /// Whether one thread goes on while all others stand still: then their events wait as well.
    fn run_alone(&mut self, tid: Option<Tid>);
    /// Forgets the ends of steps that nobody waits for any more, before threads go on anew.
    fn forget_steps(&mut self);
    /// Whether threads that go on stop after each instruction, with [`RawStop::Stepped`].
    fn step_always(&mut self, always: bool);
    /// The threads that run now.
    fn running(&self) -> Vec<Tid>;
    /// Whether a thread is stopped by nothing that is still to be told. Another one is not to go on before that is told.
    fn is_free(&self, tid: Tid) -> bool;
    /// Whether its memory has gone, by an exec or its end, and that is still to be told.
    fn has_lost_memory(&self) -> bool;
    /// Lets a thread go on as it did before [`stop_all`](Control::stop_all), with its step or freely, unless it is stopped by an
    /// event that is still to be told (or has gone).
    fn go_on(&mut self, tid: Tid) -> Result<()>;
    /// Gives an event back, to be told by a later `wait`.
    fn postpone(&mut self, event: Event);
    /// Takes back the events of a thread that are still to be told: it is to run something else first. They can be given back
    /// by [`postpone`](Control::postpone).
    fn withhold(&mut self, tid: Tid) -> Vec<Event>;
    /// Drops a signal that came while all were being stopped, and was not told yet.
    fn forget_signal(&mut self, signal: Signal);
    /// The next event; `None`, and only without waiting, where there is none yet. [`Error::Cancelled`] when the user interrupts the
    /// wait.
    fn next_event(&mut self, waits: bool) -> Result<Option<Event>>;
    /// Waits for the next event; [`Error::Cancelled`] when the user interrupted first.
    fn wait(&mut self) -> Result<Event> {
        loop {
            if let Some(event) = self.next_event(true)? {
                return Ok(event);
            }
        }
    }
    /// Stops every thread that runs; what happens to them meanwhile is kept for later `wait`s.
    fn stop_all(&mut self) -> Result<()>;
    /// The threads that have ended while others were being stopped; no `wait` tells of them any more.
    fn take_thread_ends(&mut self) -> Vec<Tid>;
    /// Says that nothing will go on for a while: until now it may be only for a moment.
    fn rest(&mut self);
    /// Writes memory, also where the program may not (FOLL_FORCE). Planted traps stay planted and hidden.
    fn write(&mut self, at: VirtAddr, bytes: &[u8]) -> Result<()>;
    /// Writes code of rdbg's own where nothing of the program is: reads go on to show what was there.
    fn write_hidden(&mut self, at: VirtAddr, bytes: &[u8]) -> Result<()>;
    /// Forgets such code in a range that is not mapped any more.
    fn forget_hidden(&mut self, range: AddrRange);
    /// Sets the general registers of a stopped thread.
    fn set_registers(&mut self, tid: Tid, registers: &Registers) -> Result<()>;
    /// Sets the program counter of a stopped thread, by the time it goes on: cheaper than all registers.
    fn set_pc(&mut self, tid: Tid, pc: VirtAddr) -> Result<()>;
    /// Gives the kernel what [`set_pc`](Control::set_pc) has set, in case rdbg is killed while all stand still.
    fn settle(&mut self) -> Result<()>;
    /// Sets the extended registers of a stopped thread.
    fn set_xstate(&mut self, tid: Tid, state: &XState) -> Result<()>;
    /// Changes the `siginfo_t` of the signal that a thread has stopped with.
    fn set_signal_info(&mut self, tid: Tid, info: &[u8; 128]) -> Result<()>;
    /// Plants a trap.
    fn insert(&mut self, trap: Trap) -> Result<()>;
    /// Takes a trap out.
    fn remove(&mut self, trap: Trap) -> Result<()>;
    /// Whether children that are born from now on are kept, stopped, until they are taken; otherwise they are let go.
    fn keep_children(&mut self, on: bool);
    /// Takes a child that was kept: it is a process of its own.
    fn take_child(&mut self, child: Tid) -> Option<Box<dyn Target>>;
    /// A copy of this process of one thread, as a fork of it that dies with rdbg, and that is stopped where this one is. The program
    /// is not told of it.
    fn duplicate(&mut self) -> Result<Box<dyn Target>>;
    /// Moves an open file of this process, of one stopped thread, to an offset (lseek(2)).
    fn seek(&mut self, descriptor: u32, offset: u64) -> Result<()>;
    /// Drops the signals that wait for a process of one stopped thread, but for those in a set (bit 0 is signal 1).
    fn drop_signals_but(&mut self, kept: u64) -> Result<()>;
    /// Lets go of a child that has not run since it was taken.
    fn part(&mut self) -> Result<()>;
    /// Whatever happens to rdbg, this process goes on without it.
    fn spare(&mut self);
    /// Looks whether something has happened to another process, without waiting; that process. This one's own threads stand still,
    /// and what happens to them all the same is kept for later `wait`s.
    fn hear_others(&mut self) -> Result<Option<Tid>>;
    /// Whether there is something to be told that needs no waiting: from an earlier stop, or heard by another process's `wait`.
    fn has_news(&self) -> bool;
    /// The next of that; `None` where it concerns nobody.
    fn news(&mut self) -> Result<Option<Event>>;
    /// The int3s that forked children keep, and die of, instead of those named before.
    fn keep_in_children(&mut self, places: Vec<VirtAddr>);
    /// The addresses of the debug registers whose bits [`RawStop::Debug`] named.
    fn fired(&self, bits: u8) -> Vec<VirtAddr>;
    /// The ranges of memory that a trap hides a byte in.
    fn hidden(&self) -> Vec<AddrRange>;
    /// Lets go of the process, unharmed, each thread with its signal.
    fn detach(&mut self, signals: &BTreeMap<Tid, Signal>) -> Result<()>;
    /// Kills the process.
    fn kill(&mut self) -> Result<()>;
}

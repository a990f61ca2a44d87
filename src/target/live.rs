//! A live process under ptrace.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::marker::PhantomData;
use std::path::Path;
use std::sync::Arc;

use super::traits::{Control, Event, RawStop, ResumeAction, Target, Trap, TrapKind};
use crate::arch::regs::{Gpr, Registers, XState};
use crate::base::{AddrRange, Error, Memory, MemoryMap, Result, Signal, Tid, VirtAddr};
use crate::elf::Image;
use crate::os::affinity::Follower;
use crate::os::debugregs::{self, Condition, Watch};
use crate::os::mem::ProcessMemory;
use crate::os::spawn::{Launch, launch};
use crate::os::wait::{Status, wait_any, wait_eagerly, wait_for};
use crate::os::{procfs, ptrace, signals};

/// Whether a thread runs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    Running,
    Stopped,
    /// The leader has ended before the others: nothing can be asked of it, and its exit status comes last.
    Zombie,
}

/// What is known of one thread. The caches hold from one stop to the next resume.
#[derive(Debug)]
struct Thread {
    state: State,
    stepping: bool,
    /// It is stopped by a SIGTRAP of our making.
    trapped: bool,
    pc: Cell<Option<u64>>,
    pc_changed: bool,
    registers: Cell<Option<Registers>>,
}

impl Thread {
    fn new(state: State) -> Thread {
        Thread { state, stepping: false, trapped: false, pc: Cell::new(None), pc_changed: false, registers: Cell::new(None) }
    }

    /// Forgets what was cached: the thread is about to run.
    fn forget(&mut self) {
        self.pc.set(None);
        self.registers.set(None);
        self.pc_changed = false;
    }
}

/// A process that rdbg started or attached to. Everything happens in the thread that made it (`!Send`): ptrace accepts
/// requests from no other.
///
/// int3 bytes are in the memory of a process that rdbg attached to only while something runs: every [`Control::stop_all`] takes
/// them out, so that nothing is harmed when rdbg is killed at its prompt. What rdbg launched dies with it (PTRACE_O_EXITKILL),
/// and keeps them. Reads never show them.
#[derive(Debug)]
pub struct Live {
    pid: Tid,
    launched: bool,
    memory: ProcessMemory,
    threads: BTreeMap<Tid, Thread>,
    /// Where an int3 is wanted; the byte that it covers while it is in memory.
    int3s: BTreeMap<VirtAddr, Option<u8>>,
    /// Those of `int3s` that can be are in memory.
    planted: bool,
    /// Where an int3 was taken out while threads ran: one may have run it already. Until all have stopped once.
    retired: BTreeSet<VirtAddr>,
    /// Where rdbg's own code lies: what was there before.
    own_code: BTreeMap<VirtAddr, Box<[u8]>>,
    /// Threads that go on stop at system calls.
    syscalls: bool,
    /// Int3s stay in memory while all stand still, also in a process that rdbg attached to.
    int3s_stay: bool,
    /// How many vfork children run in this memory, untraced: no int3 may be there.
    vforking: u32,
    /// Int3s that are left in the memory of forked children.
    kept_in_children: Vec<VirtAddr>,
    watches: [Option<Watch>; debugregs::SLOTS],
    /// Events that came while all were being stopped.
    ready: VecDeque<Event>,
    /// First stops of children whose birth has not been reported yet: the two come in either order.
    newborn: HashMap<Tid, Status>,
    follower: Follower,
    ended: bool,
    not_send: PhantomData<*const ()>,
}

impl Live {
    /// Starts a program; it is stopped at its first instruction. Also whether its addresses are random although it was
    /// asked that they are not.
    pub fn launch(what: &Launch) -> Result<(Live, bool)> {
        let launched = launch(what)?;
        let mut live = Live::new(launched.pid, true)?;
        live.threads.insert(launched.pid, Thread::new(State::Stopped));
        Ok((live, launched.randomized))
    }

    /// Seizes every thread of a process and stops them.
    pub fn attach(pid: Tid) -> Result<Live> {
        ptrace::seize(pid, false)?;
        let mut live = Live::new(pid, false)?;
        live.threads.insert(pid, Thread::new(State::Running));
        // Threads may start threads that are not traced as long as their parent is not: until a look finds none.
        loop {
            let mut found = false;
            for tid in procfs::threads(pid)? {
                if live.threads.contains_key(&tid) {
                    continue;
                }
                match ptrace::seize(tid, false) {
                    Ok(()) => {
                        live.threads.insert(tid, Thread::new(State::Running));
                        found = true;
                    }
                    Err(Error::Gone) => {}
                    // EPERM: a thread born of a seized one is traced already, and reports itself.
                    Err(Error::Os { .. }) if procfs::status_number(tid, "TracerPid").is_some_and(|t| t != 0) => {}
                    // EPERM also for a thread that is ending.
                    Err(Error::Os { .. }) if tid != pid && matches!(procfs::state(tid), None | Some('Z' | 'X')) => {}
                    Err(e) => return Err(e),
                }
            }
            if !found {
                break;
            }
        }
        live.stop_all()?;
        Ok(live)
    }

    fn new(pid: Tid, launched: bool) -> Result<Live> {
        Ok(Live {
            pid,
            launched,
            memory: ProcessMemory::open(pid)?,
            threads: BTreeMap::new(),
            int3s: BTreeMap::new(),
            planted: false,
            retired: BTreeSet::new(),
            own_code: BTreeMap::new(),
            syscalls: false,
            int3s_stay: launched,
            vforking: 0,
            kept_in_children: Vec::new(),
            watches: [None; debugregs::SLOTS],
            ready: VecDeque::new(),
            newborn: HashMap::new(),
            follower: Follower::new(),
            ended: false,
            not_send: PhantomData,
        })
    }

    fn thread(&self, tid: Tid) -> Result<&Thread> {
        self.threads.get(&tid).filter(|t| t.state == State::Stopped).ok_or(Error::Gone)
    }

    fn thread_mut(&mut self, tid: Tid) -> Result<&mut Thread> {
        self.threads.get_mut(&tid).filter(|t| t.state == State::Stopped).ok_or(Error::Gone)
    }

    /// Writes what was changed and lets the thread go on. A thread that has died meanwhile is no error: its wait status
    /// is still to come.
    fn let_go(&mut self, tid: Tid, action: ResumeAction) -> Result<()> {
        self.thread(tid)?;
        self.settle_one(tid)?;
        let thread = self.thread_mut(tid)?;
        thread.forget();
        thread.state = State::Running;
        thread.stepping = matches!(action, ResumeAction::Step(_));
        // The end of a step that nobody waits for any more.
        self.ready.retain(|e| e.tid != tid || e.what != RawStop::Stepped);
        alive(match action {
            ResumeAction::Continue(signal) if self.syscalls => ptrace::to_system_call(tid, signal),
            ResumeAction::Continue(signal) => ptrace::cont(tid, signal),
            ResumeAction::Step(signal) => ptrace::step(tid, signal),
        })
    }

    /// Puts the int3 bytes into memory.
    fn plant(&mut self) {
        if self.planted || self.vforking > 0 {
            return;
        }
        self.planted = true;
        for (addr, covered) in self.int3s.iter_mut().filter(|(_, covered)| covered.is_none()) {
            *covered = plant_one(&self.memory, self.pid, *addr).ok();
        }
    }

    /// Looks which int3 bytes are still there when all have stopped: the program may have written or mapped something else over
    /// them. The next [`plant`](Live::plant) puts those back.
    fn look_after_planted(&mut self) {
        for (addr, covered) in &mut self.int3s {
            let mut byte = [0];
            if self.memory.read(*addr, &mut byte).is_err() || byte != [INT3] {
                *covered = None;
            }
            self.planted &= covered.is_some();
        }
    }

    /// Takes the int3 bytes out of memory.
    fn lift(&mut self) {
        self.planted = false;
        let in_use = self.any_runs();
        for (addr, covered) in &mut self.int3s {
            if let Some(byte) = covered.take() {
                lift_one(&self.memory, self.pid, *addr, byte);
                self.retired.extend(in_use.then_some(*addr));
            }
        }
    }

    /// Whether a thread is stopped, and not by an event that is still to be told.
    fn is_free(&self, tid: Tid) -> bool {
        self.threads.get(&tid).is_some_and(|t| t.state == State::Stopped) && !self.ready.iter().any(|e| e.tid == tid)
    }

    fn any_runs(&self) -> bool {
        self.threads.values().any(|t| t.state == State::Running)
    }

    /// What a wait status means; `None` for what concerns nobody (and the thread runs on).
    fn digest(&mut self, tid: Tid, status: Status) -> Result<Option<Event>> {
        if !self.threads.contains_key(&tid) {
            if !matches!(status, Status::Exited(_) | Status::Killed(_)) {
                self.newborn.insert(tid, status);
            }
            return Ok(None);
        }
        if let Status::Exited(_) | Status::Killed(_) = status {
            return Ok(Some(self.ended(tid, status)));
        }
        if let Some(thread) = self.threads.get_mut(&tid) {
            thread.state = State::Stopped;
            thread.trapped = status == Status::Signal(Signal::TRAP);
        }
        let what = match status {
            Status::Signal(Signal::TRAP) => self.classify_trap(tid)?,
            Status::Signal(signal) => RawStop::Signal(signal),
            // *Folklore*: the kernel tells of a fork whose child ends without SIGCHLD as of a clone.
            Status::Clone if !self.is_thread(known(ptrace::event_message(tid))?) => RawStop::Fork(self.release_child(tid)?),
            Status::Clone => RawStop::Clone(self.adopt_thread(tid)?),
            Status::Fork => RawStop::Fork(self.release_child(tid)?),
            Status::Vfork => {
                // The child runs in this very memory until it execs; it is not traced, so an int3 would kill it.
                self.lift();
                self.vforking += 1;
                RawStop::Vfork(self.release_child(tid)?)
            }
            Status::VforkDone => {
                self.vforking = self.vforking.saturating_sub(1);
                self.plant();
                RawStop::VforkDone
            }
            Status::Exec => self.after_exec(tid)?,
            Status::Interrupted => RawStop::Interrupted,
            Status::GroupStop(signal) => RawStop::GroupStop(signal),
            Status::Syscall if self.syscalls => RawStop::Syscall {
                entry: known(ptrace::is_system_call_entry(tid))?.unwrap_or(false),
                number: known(ptrace::peek_register(tid, Gpr::OrigRax))?.unwrap_or(u64::MAX),
            },
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

    fn ended(&mut self, tid: Tid, status: Status) -> Event {
        self.threads.remove(&tid);
        let what = match status {
            _ if tid != self.pid => RawStop::ThreadExited,
            Status::Killed(signal) => RawStop::Killed(signal),
            Status::Exited(code) => RawStop::Exited(code),
            _ => RawStop::ThreadExited,
        };
        if tid == self.pid {
            self.ended = true;
            self.threads.clear();
        }
        Event { tid, what }
    }

    /// What a SIGTRAP is: an int3 of ours, a step, a debug register, or the program's own.
    fn classify_trap(&mut self, tid: Tid) -> Result<RawStop> {
        let stepping = self.threads.get(&tid).is_some_and(|t| t.stepping);
        // The short way: one system call. Only a step or a debug register could put the pc behind an int3 of ours that has
        // not run.
        if stepping || self.watches.iter().any(Option::is_some) {
            let Some(info) = known(ptrace::signal_info(tid))? else { return Ok(RawStop::Interrupted) };
            match info.code {
                ptrace::SI_KERNEL => {}
                // Sent by somebody: SI_USER, SI_QUEUE, SI_TKILL, ...
                code if code <= 0 => return Ok(RawStop::Signal(Signal::TRAP)),
                code => {
                    // *Folklore*: a step over a system call, or into a handler, is no debug exception: DR6 is then that of another.
                    let by_exception = matches!(code, ptrace::TRAP_TRACE | ptrace::TRAP_HWBKPT);
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
        let ours = matches!(self.int3s.get(&at), Some(Some(_))) || self.was_ours(at);
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

    /// Whether an int3 of ours was here when a thread ran it, and has been taken out since.
    fn was_ours(&self, at: VirtAddr) -> bool {
        let mut byte = [INT3];
        self.retired.contains(&at) && self.memory.read(at, &mut byte).is_ok() && byte != [INT3]
    }

    /// Waits for the first stop of a child that an event announces; `None` when it has died before.
    fn first_stop(&mut self, child: Tid) -> Result<Option<Status>> {
        loop {
            let status = match self.newborn.remove(&child) {
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

    /// Whether the new task is a thread of this process; one that has ended already passes for one.
    fn is_thread(&self, task: Option<u64>) -> bool {
        let leader = task.and_then(|t| procfs::status_number(Tid(t as i32), "Tgid"));
        leader.is_none_or(|l| l == i64::from(self.pid.0))
    }

    fn adopt_thread(&mut self, parent: Tid) -> Result<Tid> {
        let child = Tid(known(ptrace::event_message(parent))?.unwrap_or(0) as i32);
        if self.first_stop(child)?.is_some() {
            self.threads.insert(child, Thread::new(State::Stopped));
            // *Folklore*: a clone does not inherit debug registers that a tracer has set.
            if self.watches.iter().any(Option::is_some) {
                alive(debugregs::set(child, &self.watches))?;
            }
        }
        Ok(child)
    }

    /// Lets go of a forked child, whose memory is a copy with our int3 bytes in it.
    fn release_child(&mut self, parent: Tid) -> Result<Tid> {
        let child = Tid(known(ptrace::event_message(parent))?.unwrap_or(0) as i32);
        if self.first_stop(child)?.is_some() {
            if let Ok(memory) = ProcessMemory::open(child) {
                for (addr, byte) in self.int3s.iter().filter(|(addr, _)| !self.kept_in_children.contains(addr)) {
                    if let Some(byte) = byte {
                        let _ = memory.write(child, *addr, &[*byte]);
                    }
                }
            }
            alive(ptrace::detach(child, None))?;
        }
        Ok(child)
    }

    fn after_exec(&mut self, tid: Tid) -> Result<RawStop> {
        let former = known(ptrace::event_message(tid))?.unwrap_or(0) as i32;
        // The thread that called execve has become the leader, and all others are gone without a word.
        self.threads.clear();
        self.threads.insert(self.pid, Thread::new(State::Stopped));
        self.ready.clear();
        self.int3s.clear();
        self.own_code.clear();
        self.planted = false;
        self.retired.clear();
        self.vforking = 0;
        self.watches = [None; debugregs::SLOTS];
        self.memory = ProcessMemory::open(self.pid)?;
        Ok(RawStop::Exec(Tid(former)))
    }

    /// Asks all that run to stop; whether any is still to be waited for.
    fn interrupt_running(&mut self) -> Result<()> {
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

    /// *Folklore*: PTRACE_INTERRUPT overtakes the SIGTRAP of an int3 or a step that has just run: the thread stops behind the int3,
    /// with the signal still to come. It would kill the program after a detach. So it is let come first.
    fn let_trap_come(&mut self, tid: Tid) -> Result<()> {
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
    fn collect_the_dying(&mut self) -> Result<()> {
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
    fn park(&mut self) -> Result<()> {
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
    fn settle_one(&mut self, tid: Tid) -> Result<()> {
        let Some(thread) = self.threads.get_mut(&tid).filter(|t| t.pc_changed) else { return Ok(()) };
        thread.pc_changed = false;
        match thread.pc.get() {
            Some(pc) => alive(ptrace::poke_register(tid, Gpr::Rip, pc)),
            None => Ok(()),
        }
    }

    fn settle_all(&mut self) -> Result<()> {
        self.threads().into_iter().try_for_each(|tid| self.settle_one(tid))
    }

    /// Takes in one event while all are being stopped.
    fn collect(&mut self, tid: Tid, status: Status) -> Result<()> {
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
    fn reap(&mut self) {
        while !self.ended {
            match wait_any(true) {
                Ok(Some((tid, status @ (Status::Exited(_) | Status::Killed(_))))) => {
                    self.ended(tid, status);
                }
                // A stop on the way to the end (an exec that was under way, say): go on dying.
                Ok(Some((tid, _))) => {
                    let _ = ptrace::cont(tid, None);
                }
                Ok(None) | Err(Error::Cancelled) => {}
                Err(_) => break,
            }
        }
        self.ended = true;
        self.threads.clear();
    }
}

/// A thread may die at any moment, killed by another's exit_group or from outside; ptrace then says ESRCH, and the truth
/// comes with its wait status. `None` for a thread that has gone.
fn known<T>(result: Result<T>) -> Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(Error::Gone) => Ok(None),
        Err(e) => Err(e),
    }
}

/// [`known`], where there is nothing to know.
fn alive(result: Result<()>) -> Result<()> {
    known(result).map(drop)
}

const INT3: u8 = 0xcc;

/// Puts one int3 into memory; the byte that was there.
fn plant_one(memory: &ProcessMemory, tid: Tid, addr: VirtAddr) -> Result<u8> {
    let mut byte = [0];
    memory.read(addr, &mut byte)?;
    memory.write(tid, addr, &[INT3])?;
    Ok(u8::from_le_bytes(byte))
}

/// Takes one int3 out of memory, if it is still there: the page may be unmapped by now, or hold other code.
fn lift_one(memory: &ProcessMemory, tid: Tid, addr: VirtAddr, covered: u8) {
    let mut byte = [0];
    if memory.read(addr, &mut byte).is_ok() && byte == [INT3] {
        let _ = memory.write(tid, addr, &[covered]);
    }
}

impl Memory for Live {
    fn read_partial(&self, at: VirtAddr, buf: &mut [u8]) -> Result<usize> {
        let n = self.memory.read_partial(at, buf)?;
        let end = VirtAddr(at.0.saturating_add(n as u64));
        // Pieces of own code are short: one that reaches into the range begins not far before it.
        for (start, bytes) in self.own_code.range(VirtAddr(at.0.saturating_sub(64))..end) {
            for (addr, byte) in (start.0..).zip(bytes.iter()).filter(|(addr, _)| *addr >= at.0) {
                if let Some(shown) = buf.get_mut(..n).and_then(|b| b.get_mut((addr - at.0) as usize)) {
                    *shown = *byte;
                }
            }
        }
        if n > 0 {
            for (addr, byte) in self.int3s.range(at..end) {
                if let (Some(byte), Some(shown)) = (byte, buf.get_mut((*addr - at) as usize)) {
                    *shown = *byte;
                }
            }
        }
        Ok(n)
    }
}

impl Target for Live {
    fn pid(&self) -> Tid {
        self.pid
    }

    fn threads(&self) -> Vec<Tid> {
        self.threads.keys().copied().collect()
    }

    fn thread_name(&self, tid: Tid) -> String {
        procfs::thread_name(tid).unwrap_or_default()
    }

    fn registers(&self, tid: Tid) -> Result<Registers> {
        let thread = self.thread(tid)?;
        if let Some(registers) = thread.registers.get() {
            return Ok(registers);
        }
        let mut registers = Registers::from_user(ptrace::get_registers(tid)?);
        if let Some(pc) = thread.pc.get() {
            registers.set(Gpr::Rip, pc);
        }
        thread.registers.set(Some(registers));
        Ok(registers)
    }

    fn pc(&self, tid: Tid) -> Result<VirtAddr> {
        // All registers cost no more than one, and whoever wants the pc often wants others next.
        match self.thread(tid)?.pc.get() {
            Some(pc) => Ok(VirtAddr(pc)),
            None => Ok(VirtAddr(self.registers(tid)?.pc())),
        }
    }

    fn xstate(&self, tid: Tid) -> Result<XState> {
        self.thread(tid)?;
        ptrace::get_xstate(tid)
    }

    fn auxv(&self) -> Result<Vec<u8>> {
        procfs::auxv(self.pid)
    }

    fn maps(&self) -> Result<MemoryMap> {
        procfs::maps(self.pid)
    }

    fn open_image(&self, path: &Path) -> Result<Arc<Image>> {
        Image::open(&procfs::seen_by(self.pid, path))
    }

    fn control(&mut self) -> Option<&mut dyn Control> {
        Some(self)
    }
}

impl Control for Live {
    fn resume(&mut self, tid: Tid, action: ResumeAction) -> Result<()> {
        self.plant();
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
        self.plant();
        self.ready.retain(|e| e.what != RawStop::Stepped);
        for tid in self.threads() {
            if self.is_free(tid) {
                self.resume(tid, ResumeAction::Continue(None))?;
            }
        }
        Ok(())
    }

    fn set_modes(&mut self, syscalls: bool, int3s_stay: bool) {
        self.syscalls = syscalls;
        self.int3s_stay = self.launched || int3s_stay;
    }

    fn running(&self) -> Vec<Tid> {
        self.threads.iter().filter(|(_, t)| t.state == State::Running).map(|(tid, _)| *tid).collect()
    }

    fn go_on(&mut self, tid: Tid) -> Result<()> {
        if !self.is_free(tid) {
            return Ok(());
        }
        let stepping = self.threads.get(&tid).is_some_and(|t| t.stepping);
        self.resume(tid, if stepping { ResumeAction::Step(None) } else { ResumeAction::Continue(None) })
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

    fn wait(&mut self) -> Result<Event> {
        if let Some(event) = self.ready.pop_front() {
            return Ok(event);
        }
        loop {
            if signals::interrupted() {
                return Err(Error::Cancelled);
            }
            let Some((tid, status)) = wait_eagerly()? else { continue };
            self.follower.follow(tid);
            let Some(event) = self.digest(tid, status)? else { continue };
            match event.what {
                // Left over from an earlier stop, or the handler's (then the flag is set): nothing happened.
                RawStop::Interrupted => {
                    let stepping = self.threads.get(&tid).is_some_and(|t| t.stepping);
                    let action = if stepping { ResumeAction::Step(None) } else { ResumeAction::Continue(None) };
                    self.let_go(tid, action)?;
                }
                _ => return Ok(event),
            }
        }
    }

    fn stop_all(&mut self) -> Result<()> {
        signals::set_running(None);
        self.interrupt_running()?;
        while self.any_runs() {
            // A leader that ends before the others sends no word of it: to be looked at from time to time.
            let alone = self.threads.len() > 1 && self.running() == [self.pid];
            match wait_any(!alone) {
                Ok(Some((tid, status))) => self.collect(tid, status)?,
                Ok(None) => std::thread::sleep(std::time::Duration::from_micros(50)),
                Err(Error::Cancelled) => {}
                Err(Error::Gone) => break,
                Err(e) => return Err(e),
            }
            // The leader may become a zombie while it is waited for: then no status comes until the others have ended.
            if let Some(leader) = self.threads.get_mut(&self.pid).filter(|t| t.state == State::Running)
                && procfs::state(self.pid) == Some('Z')
            {
                leader.state = State::Zombie;
            }
        }
        self.collect_the_dying()?;
        if self.int3s_stay {
            self.look_after_planted();
        } else {
            self.lift();
            self.park()?;
        }
        // All have stopped, and whoever ran an int3 was set back.
        self.retired.clear();
        self.follower.release();
        Ok(())
    }

    fn write(&mut self, at: VirtAddr, bytes: &[u8]) -> Result<()> {
        if bytes.is_empty() {
            return Ok(());
        }
        // With the int3 bytes out of the way, so that they cover what was written.
        let covering = self.int3s.range_mut(at..at + bytes.len() as u64);
        let covering: Vec<_> = covering.filter_map(|(addr, covered)| Some((*addr, covered.take()?))).collect();
        for (addr, byte) in &covering {
            lift_one(&self.memory, self.pid, *addr, *byte);
        }
        let mut end = [0];
        let result = match self.memory.read(at + (bytes.len() as u64 - 1), &mut end) {
            // All or nothing: what does not exist to its end is not begun.
            Err(_) if self.memory.read(at, &mut end).is_err() => Err(Error::Fault { addr: at }),
            Err(e) => Err(e),
            Ok(()) => self.memory.write(self.pid, at, bytes),
        };
        for (addr, _) in covering {
            let covered = plant_one(&self.memory, self.pid, addr).ok();
            self.int3s.insert(addr, covered);
        }
        result
    }

    fn write_hidden(&mut self, at: VirtAddr, bytes: &[u8]) -> Result<()> {
        let mut before = vec![0; bytes.len()];
        self.read(at, &mut before)?;
        self.memory.write(self.pid, at, bytes)?;
        self.own_code.entry(at).or_insert(before.into_boxed_slice());
        Ok(())
    }

    fn forget_hidden(&mut self, range: AddrRange) {
        self.own_code.retain(|at, _| !range.contains(*at));
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

    fn insert(&mut self, trap: Trap) -> Result<()> {
        let Some(watch) = as_watch(trap) else {
            if !self.int3s.contains_key(&trap.addr) {
                let mut byte = [0];
                self.memory.read(trap.addr, &mut byte)?;
                let covered = if self.planted { Some(plant_one(&self.memory, self.pid, trap.addr)?) } else { None };
                self.int3s.insert(trap.addr, covered);
            }
            return Ok(());
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
            if let Some(Some(byte)) = self.int3s.remove(&trap.addr) {
                lift_one(&self.memory, self.pid, trap.addr, byte);
                self.retired.extend(self.any_runs().then_some(trap.addr));
            }
            return Ok(());
        };
        if let Some(used) = self.watches.iter_mut().find(|w| **w == Some(watch)) {
            *used = None;
            self.set_debug_registers()?;
        }
        Ok(())
    }

    fn keep_in_children(&mut self, places: Vec<VirtAddr>) {
        self.kept_in_children = places;
    }

    fn fired(&self, bits: u8) -> Vec<VirtAddr> {
        let fired = self.watches.iter().enumerate().filter(|(i, _)| bits >> i & 1 != 0);
        fired.filter_map(|(_, w)| w.map(|w| w.addr)).collect()
    }

    fn hidden(&self) -> Vec<AddrRange> {
        let covered = self.int3s.iter().filter(|(_, byte)| byte.is_some());
        covered.map(|(addr, _)| AddrRange::with_len(*addr, 1)).collect()
    }

    fn detach(&mut self, signals: &BTreeMap<Tid, Signal>) -> Result<()> {
        self.stop_all()?;
        self.lift();
        self.int3s.clear();
        if self.watches.iter().any(Option::is_some) {
            self.watches = [None; debugregs::SLOTS];
            self.set_debug_registers()?;
        }
        self.settle_all()?;
        self.clear_own_code();
        for (tid, thread) in &mut self.threads {
            if thread.state != State::Stopped {
                continue;
            }
            // A signal that nobody has seen yet is the program's.
            let held = self.ready.iter().find(|e| e.tid == *tid).and_then(|e| match e.what {
                RawStop::Signal(s) => Some(s),
                _ => None,
            });
            alive(ptrace::detach(*tid, held.or(signals.get(tid).copied())))?;
        }
        self.threads.clear();
        self.ended = true;
        Ok(())
    }

    fn kill(&mut self) -> Result<()> {
        self.follower.release();
        if !self.ended {
            signals::kill(self.pid, Signal::KILL)?;
            self.reap();
        }
        Ok(())
    }
}

/// How much of a stack is searched for return addresses of signal handlers.
const STACK_MAX: usize = 8 << 20;

impl Live {
    /// Puts back what was where rdbg's own code is, but where a signal's handler may return to it.
    fn clear_own_code(&mut self) {
        if self.own_code.is_empty() {
            return;
        }
        let maps = procfs::maps(self.pid).unwrap_or_default();
        let mut used = BTreeSet::new();
        for tid in self.threads() {
            let Ok(sp) = self.registers(tid).map(|r| VirtAddr(r.sp())) else { continue };
            let Some(stack) = maps.at(sp) else { continue };
            let mut bytes = vec![0; ((stack.range.end - sp) as usize).min(STACK_MAX)];
            let n = self.memory.read_partial(sp, &mut bytes).unwrap_or(0);
            let words =
                bytes.get(..n).unwrap_or_default().chunks_exact(8).filter_map(|w| w.try_into().ok().map(u64::from_le_bytes));
            for word in words {
                let piece = self.own_code.range(..=VirtAddr(word)).next_back();
                used.extend(piece.filter(|(at, code)| word - at.0 < code.len() as u64).map(|(at, _)| *at));
            }
        }
        for (at, before) in std::mem::take(&mut self.own_code) {
            if !used.contains(&at) {
                let _ = self.memory.write(self.pid, at, &before);
            }
        }
    }

    fn set_debug_registers(&mut self) -> Result<()> {
        for (tid, thread) in &self.threads {
            if thread.state == State::Stopped {
                alive(debugregs::set(*tid, &self.watches))?;
            }
        }
        Ok(())
    }
}

/// The debug register's form of a trap; `None` for an int3.
fn as_watch(trap: Trap) -> Option<Watch> {
    let (len, condition) = match trap.kind {
        TrapKind::Int3 => return None,
        TrapKind::HardwareExecute => (1, Condition::Execute),
        TrapKind::Write { len } => (len, Condition::Write),
        TrapKind::Access { len } => (len, Condition::Access),
    };
    Some(Watch { addr: trap.addr, len, condition })
}

impl Drop for Live {
    /// What was launched dies with rdbg, what was attached to goes on.
    fn drop(&mut self) {
        if self.ended {
            return;
        }
        let _ = if self.launched { self.kill() } else { self.detach(&BTreeMap::new()) };
    }
}

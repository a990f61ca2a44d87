//! A live process under ptrace.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::marker::PhantomData;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;

use super::flags_copy::FlagsCopy;
use super::gone::alive;
use super::traits::{Control, Event, RawStop, ResumeAction, SystemCalls, Target, Trap};
use super::traps::{as_watch, lift_one, plant_one};
use crate::arch::regs::{Gpr, Registers, XState};
use crate::base::{AddrRange, Error, Memory, MemoryMap, PageState, Result, Signal, Tid, VirtAddr};
use crate::elf::Image;
use crate::os::affinity::Follower;
use crate::os::debugregs::{self, Watch};
use crate::os::guardian::Guardian;
use crate::os::mem::ProcessMemory;
use crate::os::spawn::{Launch, Launched, launch};
use crate::os::wait::{Status, wait_any};
use crate::os::{pagemap, procfs, ptrace, signals};

/// Whether a thread runs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum State {
    Running,
    Stopped,
    /// The leader has ended before the others: nothing can be asked of it, and its exit status comes last.
    Zombie,
}

/// What is known of one thread. The caches hold from one stop to the next resume.
#[derive(Debug)]
pub(super) struct Thread {
    pub(super) state: State,
    pub(super) stepping: bool,
    /// Where the step that it makes copies the flags to.
    pub(super) flags_copy: Option<FlagsCopy>,
    /// It is stopped by a SIGTRAP of our making.
    pub(super) trapped: bool,
    /// It is stopped by a signal, and can be let go with another.
    pub(super) takes_signal: bool,
    /// rdbg has sent it this signal, which is to reach the program.
    pub(super) injected: Option<Signal>,
    /// The number of the system call that it is in, where its entry was seen.
    pub(super) in_call: Option<u64>,
    pub(super) pc: Cell<Option<u64>>,
    pub(super) pc_changed: bool,
    pub(super) registers: Cell<Option<Registers>>,
}

impl Thread {
    pub(super) fn new(state: State) -> Thread {
        Thread {
            state,
            stepping: false,
            flags_copy: None,
            trapped: false,
            takes_signal: false,
            injected: None,
            in_call: None,
            pc: Cell::new(None),
            pc_changed: false,
            registers: Cell::new(None),
        }
    }

    /// Forgets what was cached: the thread is about to run.
    pub(super) fn forget(&mut self) {
        self.pc.set(None);
        self.registers.set(None);
        self.pc_changed = false;
    }
}

/// What the processes that one thread traces share: waitpid(2) tells each of them of all.
#[derive(Debug, Default)]
pub(super) struct Family {
    /// Whether children are followed rather than let go.
    pub(super) follows: bool,
    /// The process of each task of a followed child.
    pub(super) owners: HashMap<Tid, Tid>,
    /// What one has heard for another.
    pub(super) heard: HashMap<Tid, VecDeque<(Tid, Status)>>,
    /// First stops of children whose birth has not been reported yet: the two come in either order.
    pub(super) newborn: HashMap<Tid, Status>,
    /// Children that nobody has taken yet.
    pub(super) born: Vec<Live>,
}

/// Shared by the processes of one thread.
pub(super) type Kin = Rc<RefCell<Family>>;

/// A process that rdbg started or attached to. Everything happens in the thread that made it (`!Send`): ptrace accepts
/// requests from no other.
///
/// int3 bytes are in the memory of a process that rdbg attached to only while something runs: every [`Control::stop_all`] takes
/// them out, so that nothing is harmed when rdbg is killed at its prompt. What rdbg launched dies with it (PTRACE_O_EXITKILL),
/// and keeps them. Reads never show them.
#[derive(Debug)]
pub struct Live {
    pub(super) pid: Tid,
    pub(super) launched: bool,
    pub(super) memory: ProcessMemory,
    pub(super) threads: BTreeMap<Tid, Thread>,
    /// Where an int3 is wanted; the byte that it covers while it is in memory.
    pub(super) int3s: BTreeMap<VirtAddr, Option<u8>>,
    /// Those of `int3s` that can be are in memory.
    pub(super) planted: bool,
    /// Where an int3 was taken out while threads ran: one may have run it already. Until all have stopped once.
    pub(super) retired: BTreeSet<VirtAddr>,
    /// Threads that go on stop at system calls.
    pub(super) syscalls: SystemCalls,
    /// Threads that go on stop after each instruction.
    step_always: bool,
    /// A signal that is to be dropped when it comes.
    pub(super) unwanted: Option<Signal>,
    /// The one thread that goes on while all others stand still.
    pub(super) alone: Option<Tid>,
    /// Int3s stay in memory while all stand still, also in a process that rdbg attached to.
    pub(super) int3s_stay: bool,
    /// Where rdbg's own code lies: what was there before.
    pub(super) own_code: BTreeMap<VirtAddr, Box<[u8]>>,
    /// How many vfork children run in this memory, untraced: no int3 may be there.
    pub(super) vforking: u32,
    /// Int3s that are left in the memory of forked children.
    pub(super) kept_in_children: Vec<VirtAddr>,
    pub(super) watches: [Option<Watch>; debugregs::SLOTS],
    /// Events that came while all were being stopped.
    pub(super) ready: VecDeque<Event>,
    /// What is shared with the children that are followed.
    pub(super) family: Kin,
    pub(super) follower: Follower,
    /// Puts the code of a process that rdbg attached to back if rdbg is killed.
    pub(super) guardian: Option<Guardian>,
    pub(super) ended: bool,
    pub(super) not_send: PhantomData<*const ()>,
}

impl Live {
    /// Starts a program; it is stopped at its first instruction. Also what there is to say of the start.
    pub fn launch(what: &Launch) -> Result<(Live, Launched)> {
        let launched = launch(what)?;
        let mut live = Live::new(launched.pid, true)?;
        live.threads.insert(launched.pid, Thread::new(State::Stopped));
        Ok((live, launched))
    }

    /// Seizes every thread of a process and stops them.
    pub fn attach(pid: Tid) -> Result<Live> {
        ptrace::seize(pid, false, false)?;
        let mut live = Live::new(pid, false)?;
        live.threads.insert(pid, Thread::new(State::Running));
        // Threads may start threads that are not traced as long as their parent is not: until a look finds none.
        loop {
            let mut found = false;
            for tid in procfs::threads(pid)? {
                if live.threads.contains_key(&tid) {
                    continue;
                }
                match ptrace::seize(tid, false, false) {
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
        Ok(Live::with(pid, launched, ProcessMemory::open(pid)?))
    }

    /// A process of which nothing is known but its memory.
    pub(super) fn with(pid: Tid, launched: bool, memory: ProcessMemory) -> Live {
        Live {
            pid,
            launched,
            memory,
            threads: BTreeMap::new(),
            int3s: BTreeMap::new(),
            planted: false,
            retired: BTreeSet::new(),
            own_code: BTreeMap::new(),
            syscalls: SystemCalls::None,
            step_always: false,
            alone: None,
            unwanted: None,
            int3s_stay: launched,
            vforking: 0,
            kept_in_children: Vec::new(),
            watches: [None; debugregs::SLOTS],
            ready: VecDeque::new(),
            family: Kin::default(),
            follower: Follower::new(),
            guardian: None,
            ended: false,
            not_send: PhantomData,
        }
    }

    pub(super) fn thread(&self, tid: Tid) -> Result<&Thread> {
        self.threads.get(&tid).filter(|t| t.state == State::Stopped).ok_or(Error::Gone)
    }

    pub(super) fn thread_mut(&mut self, tid: Tid) -> Result<&mut Thread> {
        self.threads.get_mut(&tid).filter(|t| t.state == State::Stopped).ok_or(Error::Gone)
    }

    /// Writes what was changed and lets the thread go on. A thread that has died meanwhile is no error: its wait status
    /// is still to come.
    pub(super) fn let_go(&mut self, tid: Tid, action: ResumeAction) -> Result<()> {
        self.thread(tid)?;
        self.settle_one(tid)?;
        let action = match action {
            ResumeAction::Continue(signal) if self.step_always => ResumeAction::Step(signal),
            other => other,
        };
        // The end of a step that nobody waits for any more.
        self.ready.retain(|e| e.tid != tid || e.what != RawStop::Stepped);
        if action == ResumeAction::Step(None) && self.pop_flags(tid)? {
            self.ready.push_back(Event { tid, what: RawStop::Stepped });
            return Ok(());
        }
        let action = self.inject(tid, action)?;
        let stepping = matches!(action, ResumeAction::Step(_));
        // A signal's handler comes first.
        let flags_copy = if matches!(action, ResumeAction::Step(None)) { self.flags_copy(tid) } else { None };
        let mode = self.syscalls;
        let thread = self.thread_mut(tid)?;
        // Behind the filter's stop at its entry a call stops at its exit only where that is asked for.
        let to_system_call = mode == SystemCalls::All || mode == SystemCalls::Filtered && thread.in_call.is_some();
        thread.forget();
        thread.state = State::Running;
        (thread.stepping, thread.flags_copy) = (stepping, flags_copy);
        alive(match action {
            ResumeAction::Continue(signal) if to_system_call => ptrace::to_system_call(tid, signal),
            ResumeAction::Continue(signal) => ptrace::cont(tid, signal),
            ResumeAction::Step(signal) => ptrace::step(tid, signal),
        })
    }

    /// Whether a thread is stopped, and not by an event that is still to be told.
    pub(super) fn is_free(&self, tid: Tid) -> bool {
        self.threads.get(&tid).is_some_and(|t| t.state == State::Stopped) && !self.ready.iter().any(|e| e.tid == tid)
    }

    pub(super) fn any_runs(&self) -> bool {
        self.threads.values().any(|t| t.state == State::Running)
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
        self.threads.iter().filter(|(_, t)| t.state != State::Zombie).map(|(tid, _)| *tid).collect()
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

    fn signal_info(&self, tid: Tid) -> Result<[u8; 128]> {
        self.thread(tid)?;
        ptrace::signal_bytes(tid)
    }

    fn auxv(&self) -> Result<Vec<u8>> {
        procfs::auxv(self.pid)
    }

    fn maps(&self) -> Result<MemoryMap> {
        procfs::maps(self.pid)
    }

    fn pages(&self, range: AddrRange) -> Result<Vec<PageState>> {
        pagemap::pages(self.pid, range)
    }

    fn written_pages(&self) -> Vec<VirtAddr> {
        self.memory.written_pages()
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
        // *Folklore*: PTRACE_INTERRUPT overtakes a signal that has woken the thread: it comes when the thread goes on.
        self.unwanted = Some(signal).filter(|s| procfs::is_pending(self.pid, *s));
        self.ready.retain(|e| e.what != RawStop::Signal(signal));
    }

    fn wait(&mut self) -> Result<Event> {
        if let Some(event) = self.next_ready() {
            return Ok(event);
        }
        loop {
            if signals::interrupted() {
                return Err(Error::Cancelled);
            }
            if self.alone.is_some() && !self.any_runs() && self.threads.values().any(|t| t.state == State::Stopped) {
                return Ok(Event { tid: self.pid, what: RawStop::NoneRuns });
            }
            let heard = self.next_heard();
            let Some((tid, status)) = (if heard.is_some() { heard } else { self.wait_for_any()? }) else { continue };
            self.follower.follow(tid);
            if let Some(owner) = self.hand_on(tid, status) {
                return Ok(Event { tid, what: RawStop::Elsewhere(owner) });
            }
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
            let is_other = |(tid, thread): (&Tid, &Thread)| *tid != self.pid && thread.state == State::Running;
            let alone = self.threads.len() > 1 && !self.threads.iter().any(is_other);
            match wait_any(!alone) {
                Ok(Some((tid, status))) => self.collect(tid, status)?,
                Ok(None) => std::thread::sleep(std::time::Duration::from_micros(50)),
                Err(Error::Cancelled) => {}
                Err(Error::Gone) => break,
                Err(e) => return Err(e),
            }
            // Its /proc/PID/stat adds up all of its threads: not to be read for each of them.
            if alone {
                self.look_for_zombie();
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
        Ok(())
    }

    fn rest(&mut self) {
        self.follower.release();
    }

    fn write(&mut self, at: VirtAddr, bytes: &[u8]) -> Result<()> {
        if bytes.is_empty() {
            return Ok(());
        }
        // With the int3 bytes out of the way, so that they cover what was written.
        let covering = self.int3s.range_mut(at..at + bytes.len() as u64);
        let covering: Vec<_> = covering.filter_map(|(addr, covered)| Some((*addr, covered.take()?))).collect();
        for (addr, byte) in &covering {
            lift_one(&self.memory, self.pid, *addr, *byte, self.guardian.as_ref());
        }
        let mut end = [0];
        let result = match self.memory.read(at + (bytes.len() as u64 - 1), &mut end) {
            // All or nothing: what does not exist to its end is not begun.
            Err(_) if self.memory.read(at, &mut end).is_err() => Err(Error::Fault { addr: at }),
            Err(e) => Err(e),
            Ok(()) => self.memory.write(self.pid, at, bytes),
        };
        for (addr, _) in covering {
            let covered = plant_one(&self.memory, self.pid, addr, self.guardian.as_ref()).ok();
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

    fn set_signal_info(&mut self, tid: Tid, info: &[u8; 128]) -> Result<()> {
        self.thread(tid)?;
        ptrace::set_signal_bytes(tid, info)
    }

    fn insert(&mut self, trap: Trap) -> Result<()> {
        let Some(watch) = as_watch(trap) else {
            if !self.int3s.contains_key(&trap.addr) {
                let mut byte = [0];
                self.memory.read(trap.addr, &mut byte)?;
                if self.planted {
                    self.be_guarded();
                }
                let covered =
                    if self.planted { Some(plant_one(&self.memory, self.pid, trap.addr, self.guardian.as_ref())?) } else { None };
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
                lift_one(&self.memory, self.pid, trap.addr, byte, self.guardian.as_ref());
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

    fn follow_children(&mut self, on: bool) {
        self.set_follows(on);
    }

    fn take_born(&mut self) -> Vec<Box<dyn Target>> {
        self.take_children()
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

    fn heard(&mut self) -> Result<Option<Event>> {
        self.digest_heard()
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

    fn detach(&mut self, wanted: &BTreeMap<Tid, Signal>) -> Result<()> {
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
            let signal = held.or(wanted.get(tid).copied());
            if let Some(signal) = signal.filter(|_| !thread.takes_signal) {
                alive(signals::kill_thread(self.pid, *tid, signal))?;
            }
            alive(ptrace::detach(*tid, signal))?;
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

impl Drop for Live {
    /// What was launched dies with rdbg, what was attached to goes on.
    fn drop(&mut self) {
        if self.ended {
            return;
        }
        let _ = if self.launched { self.kill() } else { self.detach(&BTreeMap::new()) };
    }
}

//! A live process under ptrace.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};
use std::marker::PhantomData;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;

use super::flags_copy::FlagsCopy;
use super::gone::alive;
use super::kin::Kin;
use super::space::Space;
use super::traits::{Control, Event, RawStop, ResumeAction, SystemCalls, Target};
use crate::arch::regs::{Gpr, Registers, XState};
use crate::base::{AddrRange, Error, Memory, MemoryMap, PageState, Result, Signal, Tid, VirtAddr};
use crate::elf::Image;
use crate::os::affinity::Follower;
use crate::os::debugregs::{self, Watch};
use crate::os::mem::ProcessMemory;
use crate::os::spawn::{Launch, Launched, launch};
use crate::os::{pagemap, procfs, ptrace};

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
    /// The child by vfork that it waits for.
    pub(super) vforked: Option<Tid>,
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
            vforked: None,
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
    /// Its memory, which it shares with a vfork child.
    pub(super) space: Rc<RefCell<Space>>,
    pub(super) threads: BTreeMap<Tid, Thread>,
    /// Threads that go on stop at system calls.
    pub(super) syscalls: SystemCalls,
    /// Threads that go on stop after each instruction.
    pub(super) step_always: bool,
    /// The one thread that goes on while all others stand still.
    pub(super) alone: Option<Tid>,
    /// Int3s stay in memory while all stand still, also in a process that rdbg attached to.
    pub(super) int3s_stay: bool,
    pub(super) watches: [Option<Watch>; debugregs::SLOTS],
    /// Events that came while all were being stopped.
    pub(super) ready: VecDeque<Event>,
    /// Children are kept until they are taken.
    pub(super) keeps_children: bool,
    /// Those that nobody has taken yet.
    pub(super) born: Vec<Live>,
    /// The other processes of the thread that traces this one.
    pub(super) kin: Kin,
    pub(super) follower: Follower,
    pub(super) ended: bool,
    /// It has had several threads.
    pub(super) threaded: bool,
    pub(super) not_send: PhantomData<*const ()>,
}

impl Live {
    /// Starts a program beside others; it is stopped at its first instruction. Also what there is to say of the start.
    pub fn launch(what: &Launch) -> Result<(Live, Launched)> {
        let launched = launch(what)?;
        let mut live = Live::new(launched.pid, true)?;
        live.add(launched.pid, State::Stopped);
        Ok((live, launched))
    }

    /// Seizes every thread of a process and stops them.
    pub fn attach(pid: Tid) -> Result<Live> {
        ptrace::seize(pid, false, false)?;
        let mut live = Live::new(pid, false)?;
        live.add(pid, State::Running);
        // Threads may start threads that are not traced as long as their parent is not: until a look finds none.
        loop {
            let mut found = false;
            for tid in procfs::threads(pid)? {
                if live.threads.contains_key(&tid) {
                    continue;
                }
                match ptrace::seize(tid, false, false) {
                    Ok(()) => {
                        live.threaded = true;
                        live.add(tid, State::Running);
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
        let space = Space::new(ProcessMemory::open(pid)?, (!launched).then_some(pid));
        Ok(Live::with(pid, launched, Rc::new(RefCell::new(space))))
    }

    /// A process of which nothing is known but its memory.
    pub(super) fn with(pid: Tid, launched: bool, space: Rc<RefCell<Space>>) -> Live {
        Live {
            pid,
            launched,
            space,
            threads: BTreeMap::new(),
            syscalls: SystemCalls::None,
            step_always: false,
            alone: None,
            int3s_stay: launched,
            watches: [None; debugregs::SLOTS],
            ready: VecDeque::new(),
            keeps_children: false,
            born: Vec::new(),
            kin: Kin::default(),
            follower: Follower::new(),
            ended: false,
            threaded: false,
            not_send: PhantomData,
        }
    }

    /// A task of this process.
    pub(super) fn add(&mut self, tid: Tid, state: State) {
        self.threads.insert(tid, Thread::new(state));
        self.own(tid);
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

    pub(super) fn any_runs(&self) -> bool {
        self.threads.values().any(|t| t.state == State::Running)
    }
}

impl Memory for Live {
    fn read_partial(&self, at: VirtAddr, buf: &mut [u8]) -> Result<usize> {
        self.space.borrow().read_partial(at, buf)
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
        self.space.borrow().memory.written_pages()
    }

    fn open_image(&self, path: &Path) -> Result<Arc<Image>> {
        Image::open(&procfs::seen_by(self.pid, path))
    }

    fn control(&mut self) -> Option<&mut dyn Control> {
        Some(self)
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

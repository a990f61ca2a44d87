//! A process, and what rdbg keeps of it between two of its events.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::rc::Rc;

use crate::arch::regs::Gpr;
use crate::base::{AddrRange, Error, Memory, Pages, Result, Signal, Tid, VirtAddr};
use crate::os::sentinel::Sentinel;
use crate::os::signals::Busy;
use crate::syscall::Entered;
use crate::target::{Control, Event, Target, Trap, TrapKind};

use super::blocks::Blocks;
use super::exits::Exits;
use super::inject::{Call, Returned};
use super::sites::{Displaced, Sites};
use super::step::{Plan, PlanFrame};
use super::stop::StopReason;

/// Where ld.so tells what it loads.
#[derive(Clone, Copy, Debug, Default)]
pub struct LibraryEvents {
    /// The function that it calls after each change (`r_brk`).
    pub brk: Option<VirtAddr>,
    /// `r_debug`.
    pub rendezvous: Option<VirtAddr>,
}

/// The ways out of what was stepped through, by its ranges.
type ExitsByRanges = HashMap<Vec<AddrRange>, Rc<Exits>>;

/// How many threads there have been since there was no process.
pub type ThreadCount = Rc<Cell<u32>>;

/// A child that was just born, and its parent's thread.
pub(super) struct Unfollowed {
    pub(super) tid: Tid,
    pub(super) vfork: bool,
    pub(super) target: Box<dyn Target>,
    /// What was in its memory when it was born.
    pub(super) sites: Sites,
}

/// Pages that were read at a stop, while a command has asked for them to be kept.
#[derive(Debug, Default)]
struct Still(RefCell<Option<(u64, Pages)>>);

/// A process.
pub struct Process {
    /// The process itself.
    pub target: Box<dyn Target>,
    /// rdbg started it; otherwise it was attached to.
    pub launched: bool,
    /// It is a copy that rdbg has made, which dies with rdbg.
    is_copy: bool,
    /// Its process group, if it was started in one of its own.
    pub(super) group: Tid,
    /// Where ld.so tells what it loads.
    pub libraries: LibraryEvents,
    pub(super) sites: Sites,
    /// The debug registers' traps that are set.
    pub(super) hardware: Vec<Trap>,
    pub(super) plan: Option<Plan>,
    /// The frame with which the plan ends.
    pub(super) plan_frame: Option<PlanFrame>,
    pub(super) blocks: Blocks,
    /// The ways out of lines that were stepped over, for one generation of the modules.
    pub(super) exits: RefCell<(u64, ExitsByRanges)>,
    /// Threads whose pc is at a site that they have been reported at: they go past it without being reported again.
    pub(super) reported: BTreeMap<Tid, VirtAddr>,
    /// Signals that threads get when they go on.
    pub(super) deliver: BTreeMap<Tid, Signal>,
    pub(super) displaced: BTreeMap<Tid, Displaced>,
    /// Functions that rdbg has called and that have not returned, in the order in which they were called.
    pub(super) calls: Vec<Call>,
    /// Those that have returned, until they are asked for: the last one of a thread.
    pub(super) returned: Vec<Returned>,
    /// Stops that wait until a condition that calls a function is known.
    pub(super) deferred: VecDeque<(Tid, StopReason)>,
    /// Events that wait for the same.
    pub(super) waiting: Vec<Event>,
    /// Threads that go on past the site at their pc once what a `dprintf` has printed there is shown.
    pub(super) printing: Vec<Tid>,
    /// It is to stand still, while others run: what was still to happen to it changes nothing in that.
    pub(super) is_held: bool,
    /// It runs, and the user has the word.
    pub(super) away: Option<Busy>,
    /// It is to stop, as the user wants.
    pub(super) to_interrupt: bool,
    /// A stop that came of resuming alone, before anything ran.
    pub(super) early: Option<(Tid, StopReason)>,
    /// Children that were caught when they were born, until the process goes on.
    pub(super) unfollowed: Vec<Unfollowed>,
    /// System calls that were caught, until they return.
    pub(super) entered: HashMap<Tid, Entered>,
    /// The system calls at which its seccomp filter stops it.
    pub(super) filter: Vec<u64>,
    /// How often it was stopped at system calls that nobody catches.
    pub(super) uncaught: u64,
    /// Hears the Ctrl-C that the program does not.
    pub(super) sentinel: Option<Sentinel>,
    numbers: BTreeMap<Tid, u32>,
    /// Counts the threads of all processes.
    count: ThreadCount,
    globals: BTreeMap<Tid, u32>,
    /// The pthread_t of threads, to name them when they have gone.
    pthreads: BTreeMap<Tid, u64>,
    /// What the user calls threads.
    given_names: BTreeMap<Tid, String>,
    last_number: u32,
    /// Counts stops: what was read at one is stale at the next.
    pub(super) generation: u64,
    still: Still,
}

impl std::fmt::Debug for Process {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Process").field("pid", &self.target.pid()).finish_non_exhaustive()
    }
}

impl Process {
    /// A process whose threads are all stopped.
    pub fn new(target: Box<dyn Target>, launched: bool, count: &ThreadCount) -> Process {
        let mut process = Process {
            is_copy: false,
            group: target.pid(),
            target,
            launched,
            libraries: LibraryEvents::default(),
            sites: Sites::default(),
            hardware: Vec::new(),
            plan: None,
            plan_frame: None,
            blocks: Blocks::default(),
            exits: RefCell::default(),
            reported: BTreeMap::new(),
            deliver: BTreeMap::new(),
            displaced: BTreeMap::new(),
            calls: Vec::new(),
            returned: Vec::new(),
            deferred: VecDeque::new(),
            waiting: Vec::new(),
            printing: Vec::new(),
            is_held: false,
            away: None,
            to_interrupt: false,
            early: None,
            unfollowed: Vec::new(),
            entered: HashMap::new(),
            filter: Vec::new(),
            uncaught: 0,
            sentinel: None,
            numbers: BTreeMap::new(),
            count: count.clone(),
            globals: BTreeMap::new(),
            pthreads: BTreeMap::new(),
            given_names: BTreeMap::new(),
            last_number: 0,
            generation: 0,
            still: Still::default(),
        };
        // The leader is number 1; of a core file the thread that got the signal.
        if process.target.core_file().is_none() {
            process.number(process.target.pid());
        }
        for tid in process.target.threads() {
            process.number(tid);
        }
        process
    }

    /// What is known of this process of one thread, as that of a copy of it: nobody counts its thread anew.
    pub(super) fn copied(&self, target: Box<dyn Target>) -> Process {
        let (own, copy) = (self.target.pid(), target.pid());
        let mut process = Process::new(target, self.launched, &ThreadCount::default());
        process.is_copy = true;
        let global = self.globals.get(&own).copied();
        process.globals = global.map(|number| (copy, number)).into_iter().collect();
        process.numbers = self.number_of(own).map(|number| (copy, number)).into_iter().collect();
        process.given_names = self.given_names.get(&own).map(|name| (copy, name.clone())).into_iter().collect();
        (process.count, process.last_number) = (self.count.clone(), self.last_number);
        process.libraries = self.libraries;
        process.sites = self.sites.clone();
        process.filter = self.filter.clone();
        process.reported = self.reported.get(&own).map(|at| (copy, *at)).into_iter().collect();
        process.deliver = self.deliver.get(&own).map(|signal| (copy, *signal)).into_iter().collect();
        process.displaced = self.displaced.get(&own).map(|d| (copy, *d)).into_iter().collect();
        process.group = self.group;
        process.is_held = true;
        process.learn_pthread(copy);
        process
    }

    /// Learns what threads are to be called when they have gone, as far as it is not known yet.
    pub(super) fn learn_pthreads(&mut self) {
        if self.pthreads.len() < self.numbers.len() {
            for tid in self.target.threads() {
                if !self.pthreads.contains_key(&tid) {
                    self.learn_pthread(tid);
                }
            }
        }
    }

    /// The number that `info threads` gives a thread.
    pub fn number(&mut self, tid: Tid) -> u32 {
        *self.numbers.entry(tid).or_insert_with(|| {
            self.last_number += 1;
            self.count.set(self.count.get() + 1);
            self.globals.insert(tid, self.count.get());
            self.last_number
        })
    }

    /// Forgets the numbers of threads but that of one, which is the first of its inferior now.
    pub(super) fn number_anew(&mut self, tid: Tid) {
        self.numbers.clear();
        self.globals.clear();
        self.last_number = 0;
        self.number(tid);
    }

    /// The pthread_t of a stopped thread (its fs base), and kept for later; 0 where there is none.
    pub(super) fn learn_pthread(&mut self, tid: Tid) -> u64 {
        let pthread = self.target.registers(tid).ok().and_then(|r| r.get(Gpr::FsBase)).unwrap_or(0);
        self.pthreads.insert(tid, pthread);
        pthread
    }

    /// The pthread_t of a thread, if it is known; 0 where it has none.
    pub fn pthread_of(&self, tid: Tid) -> u64 {
        self.pthreads.get(&tid).copied().unwrap_or(0)
    }

    /// The number of a thread that has one.
    pub fn number_of(&self, tid: Tid) -> Option<u32> {
        self.numbers.get(&tid).copied()
    }

    /// The name of a thread: what the user calls it, or the program.
    pub fn thread_name(&self, tid: Tid) -> String {
        self.given_names.get(&tid).cloned().unwrap_or_else(|| self.target.thread_name(tid))
    }

    /// Gives a thread a name of the user's, or its own again.
    pub fn name_thread(&mut self, tid: Tid, name: Option<&str>) {
        match name {
            Some(name) => drop(self.given_names.insert(tid, name.to_owned())),
            None => drop(self.given_names.remove(&tid)),
        }
    }

    /// The number of a thread among those of all processes.
    pub fn global_number_of(&self, tid: Tid) -> Option<u32> {
        self.globals.get(&tid).copied()
    }

    /// Whether a debug register stops before the instruction at `pc`.
    pub(super) fn breaks_in_hardware_at(&self, pc: VirtAddr) -> bool {
        self.hardware.contains(&Trap { addr: pc, kind: TrapKind::HardwareExecute })
    }

    /// Learns the pthread_t of a thread where it is not known yet.
    pub(super) fn learn_pthread_once(&mut self, tid: Tid) {
        if self.pthreads.get(&tid).is_none_or(|pthread| *pthread == 0) {
            self.learn_pthread(tid);
        }
    }

    /// The leader, if it has ended before the others: of that there is no word.
    pub(super) fn ended_silently(&self) -> Option<Tid> {
        let (leader, threads) = (self.target.pid(), self.target.threads());
        // Where none is left, the end of the process is on the way.
        let has_ended = self.numbers.contains_key(&leader) && !threads.is_empty() && !threads.contains(&leader);
        has_ended.then_some(leader)
    }

    /// Forgets a thread that has gone; its pthread_t.
    pub(super) fn forget_thread(&mut self, tid: Tid) -> u64 {
        self.numbers.remove(&tid);
        self.globals.remove(&tid);
        self.given_names.remove(&tid);
        self.reported.remove(&tid);
        self.deliver.remove(&tid);
        self.displaced.remove(&tid);
        self.entered.remove(&tid);
        self.calls.retain(|c| !c.is_of(tid));
        if self.plan.as_ref().is_some_and(|p| p.tid() == tid) {
            self.plan = None;
        }
        self.pthreads.remove(&tid).unwrap_or(0)
    }

    /// Whether it dies with rdbg; otherwise it goes on then.
    pub fn dies_with_rdbg(&self) -> bool {
        self.launched || self.is_copy
    }

    /// Lets go of it while it runs; no thread is left in a slot, which goes.
    pub(super) fn leave(&mut self) -> Result<()> {
        self.control()?.stop_all()?;
        for thread in self.target.threads() {
            if let Some(shown) = self.target.pc(thread).ok().and_then(|pc| self.sites.original_pc(pc)) {
                self.control()?.set_pc(thread, shown)?;
            }
        }
        let signals = std::mem::take(&mut self.deliver);
        self.control()?.detach(&signals)
    }

    /// Reads each page of its memory only once until `false` is said: for a command that shows a lot at one stop.
    pub fn keep_pages(&self, keep: bool) {
        self.still.0.replace(keep.then(|| (self.generation, Pages::default())));
    }

    /// What can be done to it beyond reading.
    pub fn control(&mut self) -> Result<&mut dyn Control> {
        self.target.control().ok_or_else(|| Error::user("You can't do that without a process to debug."))
    }
}

impl Memory for Process {
    fn read_partial(&self, at: VirtAddr, buf: &mut [u8]) -> Result<usize> {
        let mut still = self.still.0.borrow_mut();
        match &mut *still {
            None => self.target.read_partial(at, buf),
            Some((generation, pages)) => {
                // Something has run or was written: what was read is stale.
                if std::mem::replace(generation, self.generation) != self.generation {
                    *pages = Pages::default();
                }
                pages.read_partial(&*self.target, at, buf)
            }
        }
    }
}

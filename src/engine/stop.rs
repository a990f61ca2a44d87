//! Why the program stands still, and what else there is to tell.

use crate::base::{AddrRange, Signal, Tid, VirtAddr};
use crate::dwarf::DieRef;
use crate::stack::Frame;
use crate::symbols::Raise;
use crate::value::{ModuleRef, Value};

use super::watchpoint::WatchKind;

/// What [`super::Session::advance`] came to.
#[derive(Clone, Debug)]
pub enum Happening {
    /// Something that the user should know; the program goes on.
    Notice(Notice),
    /// The program stands still, or has ended.
    Stop(Stop),
}

/// Something that happens while the program runs.
#[derive(Clone, Debug)]
pub enum Notice {
    /// What a `dprintf` has printed.
    Printed(String),
    /// A thread has begun. `pthread` is its pthread_t (its fs base), 0 where there is none.
    ThreadBegun {
        /// The thread.
        tid: Tid,
        /// Its pthread_t.
        pthread: u64,
    },
    /// A thread has ended.
    ThreadEnded {
        /// The thread.
        tid: Tid,
        /// Its pthread_t.
        pthread: u64,
    },
    /// A process was forked, and goes on untraced.
    Forked {
        /// The child.
        child: Tid,
        /// By vfork.
        vfork: bool,
    },
    /// An inferior was added, with its process where it has one.
    NewInferior {
        /// Its number.
        number: u32,
        /// Its process.
        pid: Option<Tid>,
    },
    /// A child is followed rather than its parent.
    Attaching {
        /// The thread that has forked.
        tid: Tid,
        /// Its pthread_t, 0 where there is none.
        pthread: u64,
        /// The child.
        child: Tid,
        /// By vfork.
        vfork: bool,
    },
    /// The parent of a child that was followed is let go of.
    DetachingParent {
        /// The parent.
        pid: Tid,
        /// After its `fork`, or after the vforked child's `exec` or `exit`.
        after: &'static str,
    },
    /// A process was let go of.
    Detached {
        /// Its inferior.
        number: u32,
        /// The process.
        pid: Tid,
    },
    /// A process executes another program.
    Exec(Tid, String),
    /// A signal that is announced and does not stop.
    Signal(Signal),
    /// Something that did not work.
    Warning(String),
    /// How far something is that takes long: for who looks on, and for nobody later.
    Progress(String),
    /// A function that rdbg has called was stopped. `pid` is that of the process, which may have gone.
    CallStopped {
        /// Where and why.
        stop: Box<Stop>,
        /// The process.
        pid: Tid,
        /// Where its thread was; it may be back where it was before the call.
        frame: Option<Box<Frame>>,
    },
}

/// Where and why the program stands still.
#[derive(Clone, Debug)]
pub struct Stop {
    /// The thread that stopped it.
    pub tid: Tid,
    /// Why.
    pub reason: StopReason,
}

/// A breakpoint that was hit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Hit {
    /// Its number.
    pub id: u32,
    /// Which of its locations, counted from 1, where it has several.
    pub location: Option<usize>,
    /// It was temporary, and is gone.
    pub temporary: bool,
    /// It was set at a line or an address, and not on a function.
    pub at_place: bool,
    /// It was set on this inlined function, of which a copy begins here.
    pub copy_of: Option<DieRef>,
}

/// A lazy bind that was caught before it happens.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Bind {
    /// The module whose slot it is.
    pub module: ModuleRef,
    /// The symbol that will be looked up.
    pub symbol: String,
    /// The index of the slot: `GOT[index]`.
    pub index: i64,
    /// The slot.
    pub slot: VirtAddr,
    /// What is in the slot now.
    pub value: u64,
    /// The address that the call returns to.
    pub returns_to: VirtAddr,
    /// A call to the slot's stub stands before that address. Otherwise the stub was reached by a tail jump.
    pub called: bool,
}

/// An event that was caught.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Caught {
    /// A signal.
    Signal(Signal),
    /// A child by fork.
    Fork(Tid),
    /// A child by vfork.
    Vfork(Tid),
    /// The path of a new program.
    Exec(String),
    /// ld.so has made a part of an object read-only.
    Relro {
        /// The object, by its file's name.
        module: String,
        /// The pages.
        range: AddrRange,
    },
    /// A constructor is about to run.
    Constructor {
        /// The module.
        module: String,
        /// Every name by which the module is known.
        names: Vec<String>,
        /// Where the function's address stands: `DT_INIT_ARRAY[0]`.
        entry: String,
    },
    /// An exception is thrown or caught, or code panics.
    Raise {
        /// Which.
        what: Raise,
        /// The type of the exception, where it is told.
        type_name: Option<String>,
    },
    /// A system call, on its way in or out.
    Syscall {
        /// Its number.
        number: u64,
        /// On its way in.
        entry: bool,
        /// The call in strace's words; with its result on its way out, where its entry was seen.
        text: Option<String>,
    },
}

/// A watchpoint that stops the program.
#[derive(Clone, Debug)]
pub struct WatchHit {
    /// Its number.
    pub id: u32,
    /// What it watches for.
    pub kind: WatchKind,
    /// It was looked at after each instruction.
    pub software: bool,
    /// What it watches.
    pub text: String,
    /// It watches all addresses under a mask: which was touched the instruction before the pc tells.
    pub masked: bool,
    /// Whether the value has changed.
    pub changed: bool,
    /// The value before; `None` if it could not be read.
    pub old: Option<Value>,
    /// The value now; `None` if it cannot be read.
    pub new: Option<Value>,
}

/// Why the program stands still.
#[derive(Clone, Debug)]
pub enum StopReason {
    /// Breakpoints.
    Breakpoints(Vec<Hit>),
    /// Watchpoints.
    Watch(Vec<WatchHit>),
    /// Watchpoints whose function has returned: they are deleted.
    WatchEnded {
        /// Their numbers.
        ids: Vec<u32>,
    },
    /// `catch bind`
    Bind {
        /// The catchpoint.
        hit: Hit,
        /// What is being bound.
        bind: Bind,
    },
    /// `catch load`, `catch unload`, `set stop-on-solib-events`: names of libraries.
    Libraries {
        /// The catchpoint; `None` for the setting.
        hit: Option<Hit>,
        /// What was loaded.
        loaded: Vec<String>,
        /// What was unloaded.
        unloaded: Vec<String>,
    },
    /// `catch signal`, `fork`, `exec`, `syscall`
    Caught {
        /// The catchpoint.
        hit: Hit,
        /// What has happened.
        event: Caught,
    },
    /// A signal is about to be delivered.
    Signal(Signal),
    /// The user interrupted.
    Interrupted,
    /// The thread that ran alone has ended (`set scheduler-locking`).
    NoneRuns,
    /// A step, or `finish`, `until`, `advance`, has come to its end.
    Arrived,
    /// A function that rdbg had called, and that was stopped since, has returned: the thread is as it was before the call.
    CallReturned,
    /// A function that rdbg has called is about to end the program by `std::terminate`.
    CallTerminates,
    /// It cannot go on: it waits for its vfork child, which is held.
    HoldsVforkChild,
    /// The process was just started.
    Begun,
    /// It was just attached to.
    Attached,
    /// It exited with this status.
    Exited(i32),
    /// A signal killed it.
    Killed(Signal),
}

impl StopReason {
    /// The numbers of the breakpoints, watchpoints and catchpoints that it is about.
    pub fn numbers(&self) -> Vec<u32> {
        match self {
            StopReason::Breakpoints(hits) => hits.iter().map(|h| h.id).collect(),
            StopReason::Watch(hits) => hits.iter().map(|h| h.id).collect(),
            StopReason::WatchEnded { ids } => ids.clone(),
            StopReason::Bind { hit, .. } | StopReason::Caught { hit, .. } => vec![hit.id],
            StopReason::Libraries { hit, .. } => hit.iter().map(|h| h.id).collect(),
            _ => Vec::new(),
        }
    }

    /// Whether the process has gone.
    pub fn is_end(&self) -> bool {
        matches!(self, StopReason::Exited(_) | StopReason::Killed(_))
    }
}

/// What is to be done with a thread after an event.
pub(super) enum Verdict {
    /// It goes on, with a signal.
    Go(Option<Signal>),
    /// It goes on past the site at its pc.
    Past,
    /// Nothing: it was let go already, or does not exist any more.
    Nothing,
    /// Everything stops.
    Stop(StopReason),
}

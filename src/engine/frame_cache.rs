//! What was found out about frames, kept for one stop or for as long as it holds.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use crate::base::{AddrRange, Tid, VirtAddr};
use crate::dwarf::{DieRef, EntryOf};
use crate::stack::{Frame, FrameCode, RuleCache, StackEnd, TailCallCache};
use crate::symbols::ModuleId;
use crate::value::Type;

use super::frame_identity::FrameIdentity;

/// The frames that were walked so far, and the unwind rules that were used.
#[derive(Debug, Default)]
pub(super) struct FrameCache {
    pub(super) walked: RefCell<Option<Walked>>,
    pub(super) rules: RuleCache,
    /// Which functions have left by tail calls.
    pub(super) tail_calls: TailCallCache,
    /// Where `main` lies, for one generation of the modules.
    pub(super) main: Cell<Option<(u64, Option<AddrRange>)>>,
    /// Whose code is at a pc, the innermost inlined call first, for one generation of the modules.
    pub(super) code: RefCell<(u64, CodeByPc)>,
    /// So many inlined calls at whose first instruction the thread stands have not been stepped into yet.
    pub(super) not_entered: Cell<usize>,
    /// The pc at which a step by lines has just ended, and with it said how many of them it has entered.
    pub(super) stepped_to: Cell<Option<VirtAddr>>,
    /// What callers have told about values at the entry of functions.
    pub(super) entries: EntryValues,
    /// The types of variables that were looked at, for one generation of the modules.
    pub(super) types: RefCell<(u64, TypeByVariable)>,
}

type TypeByVariable = HashMap<(ModuleId, DieRef), Arc<Type>>;

type CodeByPc = HashMap<VirtAddr, Arc<[FrameCode]>>;

/// The frames of a thread that were walked at one stop.
#[derive(Debug)]
pub(super) struct Walked {
    pub tid: Tid,
    pub generation: u64,
    /// Those further out than `main` stand alone, without what debug information says of them, unless backtraces go on there.
    pub frames: Rc<Vec<Frame>>,
    /// The place of `main` among them, where a backtrace ends there.
    pub main: Option<usize>,
    pub past_main: bool,
    /// How many of them are neither inlined calls nor gone by tail calls.
    pub physical: usize,
    pub end: Option<StackEnd>,
}

impl Walked {
    pub fn is_of(&self, tid: Tid, generation: u64, past_main: bool) -> bool {
        self.tid == tid && self.generation == generation && self.past_main == past_main
    }
}

/// An activation of a function, and what is asked of it. What was there when it was entered stays true as long as it lives.
type Question = (FrameIdentity, EntryOf);

/// What was found out about one thread's activations.
#[derive(Debug, Default)]
pub(super) struct EntryValues {
    of: Cell<Option<(Tid, u64)>>,
    known: RefCell<HashMap<Question, Option<u64>>>,
    /// What would have to be known to answer, where callers were nested too deeply: a frame's level and what is asked of it.
    pub(super) wanted: Cell<Option<(usize, EntryOf)>>,
    /// What the last resume has left as it was.
    standing: Cell<Option<Standing>>,
}

/// The callers of a function that has returned to them: nothing else has ended meanwhile.
#[derive(Clone, Copy, Debug)]
struct Standing {
    /// The thread and the generation of the process at the stop before.
    of: (Tid, u64),
    /// The resume that it is true of.
    resume: u64,
    /// Frames with a higher canonical frame address.
    above: u64,
}

impl EntryValues {
    /// A function of this thread has returned to its caller, after this resume from that generation of the process: whatever has
    /// its canonical frame address above that place still stands.
    pub(super) fn returned(&self, of: (Tid, u64), resume: u64, above: u64) {
        self.standing.set(Some(Standing { of, resume, above }));
    }

    /// Now this thread is asked about, at this generation of its process and after so many resumes: forgets what has ended since.
    pub(super) fn refresh(&self, now: (Tid, u64), resumes: u64) {
        let now = Some(now);
        let before = self.of.replace(now);
        if before != now {
            let stands = self.standing.take().filter(|s| Some(s.of) == before && s.resume == resumes);
            self.known.borrow_mut().retain(|(frame, _), _| stands.is_some_and(|s| frame.cfa.is_some_and(|cfa| cfa.0 > s.above)));
        }
    }

    pub(super) fn get(&self, question: &Question) -> Option<Option<u64>> {
        self.known.borrow().get(question).copied()
    }

    pub(super) fn put(&self, question: Question, value: Option<u64>) {
        self.known.borrow_mut().insert(question, value);
    }
}

//! What processes know of each other that one thread traces.

use std::cell::{Ref, RefCell, RefMut};
use std::collections::{BTreeSet, HashMap, VecDeque};
use std::rc::Rc;

use crate::base::Tid;
use crate::os::wait::Status;

/// Shared by the processes of one tracing thread. waitpid(2) tells each of them of all: whoever waits hears for the others too.
#[derive(Clone, Debug)]
pub(super) struct Kin(Rc<RefCell<Family>>);

thread_local! {
    static OF_THREAD: Kin = Kin(Rc::default());
}

impl Default for Kin {
    /// That of the calling thread.
    fn default() -> Kin {
        OF_THREAD.with(Kin::clone)
    }
}

#[derive(Debug, Default)]
pub(super) struct Family {
    /// The process of each task.
    pub(super) owners: HashMap<Tid, Tid>,
    /// What one has heard for another; no queue is empty.
    pub(super) heard: HashMap<Tid, VecDeque<(Tid, Status)>>,
    /// First stops of children whose birth has not been reported yet: the two come in either order.
    pub(super) newborn: HashMap<Tid, Status>,
    /// Vfork children that have been let go: they run in their parents' memory, untraced.
    pub(super) parted: BTreeSet<Tid>,
}

impl Kin {
    pub(super) fn look(&self) -> Ref<'_, Family> {
        self.0.borrow()
    }

    pub(super) fn share(&self) -> RefMut<'_, Family> {
        self.0.borrow_mut()
    }
}

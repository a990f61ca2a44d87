//! Where an expression that names variables has its meaning: an activation of a function, a block.

use crate::base::{Tid, VirtAddr};
use crate::dwarf::DieRef;

use super::frame_identity::FrameIdentity;

/// The activation of a function in which a watched expression has its meaning.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WatchScope {
    /// The thread.
    pub tid: Tid,
    pub(super) frame: FrameIdentity,
    /// Where the frame was then: names mean what they meant there.
    pub pc: VirtAddr,
    /// Where its caller goes on, and the stack pointer from which on it does.
    pub(super) end: Option<(VirtAddr, VirtAddr)>,
}

impl WatchScope {
    /// Where the caller goes on.
    pub fn end(&self) -> Option<VirtAddr> {
        self.end.map(|(at, _)| at)
    }
}

/// A block in which an expression has its meaning.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BlockScope {
    pub(super) block: DieRef,
    /// An address in it.
    pub pc: VirtAddr,
}

//! What tells one activation of a function from another.

use crate::base::VirtAddr;

/// What tells one activation of a function from another.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct FrameIdentity {
    /// The canonical frame address.
    pub(super) cfa: Option<VirtAddr>,
    /// The function's entry, or its symbol's start.
    pub(super) function: Option<VirtAddr>,
    /// The block of the inlined call; 0 for the function itself.
    pub(super) block: usize,
}

impl FrameIdentity {
    /// Whether both are frames of one activation, which may have inlined calls.
    pub(super) fn is_same_call(&self, other: &FrameIdentity) -> bool {
        self.cfa == other.cfa && self.function == other.function
    }
}

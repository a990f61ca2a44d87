//! A place that a location leads to.

use crate::base::VirtAddr;
use crate::dwarf::{DieRef, LineFile};

use super::module::ModuleId;

/// What is at a [`Place`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PlaceKind {
    /// A function.
    Function,
    /// The resolver of an IFUNC: the function that will run is known only to ld.so and to whoever calls the resolver.
    Ifunc,
    /// A PLT stub.
    PltStub,
    /// A source line.
    Line,
    /// A copy of a function that was inlined into another one.
    Inlined,
}

/// A place that a location leads to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Place {
    /// The module.
    pub module: ModuleId,
    /// The symbol's name as in the file, or `puts@plt`.
    pub name: String,
    /// Where the function starts.
    pub start: VirtAddr,
    /// Where a breakpoint goes: behind the prologue as gdb sees it.
    pub addr: VirtAddr,
    /// What it is.
    pub kind: PlaceKind,
    /// Of an inlined copy the abstract instance of its function.
    pub origin: Option<DieRef>,
    /// Of a line the file, and the number of the line that was found.
    pub line: Option<(LineFile, u32)>,
}

//! The places that a variable may have at one pc: an address, a register, pieces, none (DWARF5 §2.6).

use std::fmt;

use super::entries::FileRange;
use super::unit::DieRef;
use crate::base::{FileAddr, LoadBias, VirtAddr};

/// Where a variable, or a piece of it, is at one pc of one frame.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Location {
    /// In memory, from this run-time address on.
    Memory(VirtAddr),
    /// In a register, by its DWARF number; in its lowest bytes.
    Register(u16),
    /// In the debug information: its bytes, as many as it says, which may be more or fewer than the variable's type has.
    Value(Box<[u8]>),
    /// It is a pointer that does not exist, to something that does.
    ImplicitPointer {
        /// What it points to: a variable's DIE.
        target: Option<DieRef>,
        /// Bytes from the start of that variable.
        offset: i64,
    },
    /// In several places, the lowest bits first.
    Pieces(Vec<Piece>),
    /// Nowhere.
    OptimizedOut(Gone),
}

/// A piece of a variable.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Piece {
    /// How many bits.
    pub bits: u64,
    /// How many bits of the place come before them.
    pub skip: u64,
    /// The place.
    pub location: Location,
}

/// Why a variable is nowhere.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Gone {
    /// The debug information has no location for it at all.
    NoLocation,
    /// Its location list leaves the pc out. These ranges it has.
    NotHere(Vec<FileRange>),
    /// The location is there and empty.
    Empty,
    /// The value at the function's entry would be needed, and the caller does not tell it.
    Entry,
    /// A register of an outer frame would be needed that nobody has saved.
    Register(u16),
}

impl Gone {
    /// The same with its addresses as those of a module that was loaded with this bias.
    pub fn at(&self, bias: LoadBias) -> Gone {
        let moved = |at: FileAddr| FileAddr(bias.to_virt(at).0);
        match self {
            Gone::NotHere(live) => {
                Gone::NotHere(live.iter().map(|r| FileRange { start: moved(r.start), end: moved(r.end) }).collect())
            }
            other => other.clone(),
        }
    }
}

impl fmt::Display for Gone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Gone::NoLocation => f.write_str("no location in the debug information"),
            Gone::NotHere(live) if live.is_empty() => f.write_str("no location at this pc"),
            Gone::NotHere(live) => {
                let ranges: Vec<String> = live.iter().take(4).map(|r| format!("{:#x}-{:#x}", r.start.0, r.end.0)).collect();
                let more = if live.len() > ranges.len() { ", ..." } else { "" };
                write!(f, "no location at this pc; live {}{more}", ranges.join(", "))
            }
            Gone::Empty => f.write_str("the compiler has left nothing of it here"),
            Gone::Entry => f.write_str("its value at the function's entry is needed, and the caller does not tell it"),
            Gone::Register(n) => {
                let name = crate::arch::regs::Gpr::from_dwarf(*n).map(|r| format!("{r:?}").to_lowercase());
                write!(f, "it is in register {}, which was not saved", name.unwrap_or_else(|| format!("{n} (DWARF's number)")))
            }
        }
    }
}

/// Where in the code a location is asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Site {
    /// The frame's pc (of an outer frame one inside the call), as a link-time address.
    pub pc: Option<FileAddr>,
    /// The function whose frame it is: inlined ones have their caller's.
    pub function: Option<DieRef>,
}

//! A watchpoint: what it watches for, what its value depends on, and what was there when it was looked at last.

use std::sync::Arc;

use crate::base::{AddrRange, Memory, VirtAddr};
use crate::expr::Expr;
use crate::value::{Place, Value};

use super::scope::WatchScope;

/// What kind of access a watchpoint watches for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WatchKind {
    /// Writes that change the value (`watch`).
    Write,
    /// Reads (`rwatch`).
    Read,
    /// Reads and writes (`awatch`).
    Access,
}

/// A watchpoint's own part.
#[derive(Clone, Debug)]
pub struct Watch {
    /// In which inferior.
    pub inferior: u32,
    /// What is watched, as typed.
    pub text: String,
    /// The same, parsed.
    pub expr: Arc<Expr>,
    /// For what.
    pub kind: WatchKind,
    /// The aligned pieces (address and 1, 2, 4 or 8 bytes) that cover the value.
    pub pieces: Vec<(VirtAddr, u8)>,
    /// What is looked at after each instruction, where debug registers are not to be had.
    pub software: Option<Looked>,
    /// The frame that it is about, if it names local variables.
    pub scope: Option<WatchScope>,
    /// Where it was set: its names mean what they mean there, whatever other functions call theirs.
    pub set_at: Option<VirtAddr>,
    /// The value when it was looked at last; `None` where it could not be read.
    pub old: Option<Value>,
    /// Every access counts to an address that is the same under this mask.
    pub mask: Option<u64>,
}

impl Watch {
    /// Whether it is the processor that watches, and a change of the value that matters.
    pub(super) fn is_compared(&self) -> bool {
        self.software.is_none() && self.mask.is_none() && self.kind != WatchKind::Read
    }
}

/// What an expression's value depends on.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct WatchedParts {
    /// Memory, sorted, each part once.
    pub ranges: Vec<AddrRange>,
    /// Registers or convenience variables too.
    pub elsewhere: bool,
}

impl WatchedParts {
    /// The pieces of memory that debug registers can watch; `None` where it takes more than four, or not memory alone.
    pub fn pieces(&self) -> Option<Vec<(VirtAddr, u8)>> {
        let fits = !self.elsewhere && !self.ranges.is_empty() && self.ranges.iter().all(|r| r.len() <= 32);
        let mut pieces: Vec<_> = self.ranges.iter().filter(|_| fits).flat_map(|r| pieces(r.start, r.len())).collect();
        pieces.sort_unstable();
        pieces.dedup();
        (fits && pieces.len() <= 4).then_some(pieces)
    }

    /// All that lies where they do under a mask, which leaves the low bits of an address open; `None` for another mask.
    pub fn masked(mut self, mask: u64) -> Option<WatchedParts> {
        let open = !mask;
        if open & open.wrapping_add(1) != 0 {
            return None;
        }
        for range in &mut self.ranges {
            *range = AddrRange::with_len(VirtAddr(range.start.0 & mask), open.checked_add(1)?);
        }
        Some(self)
    }

    /// Whether there is nothing that could change.
    pub fn is_constant(&self) -> bool {
        self.ranges.is_empty() && !self.elsewhere
    }

    pub(super) fn add(&mut self, value: &Value) {
        match (&value.place, value.address()) {
            _ if value.ty.is_function() => {}
            (_, Some(at)) => self.ranges.push(AddrRange::with_len(at, value.ty.size)),
            (Place::Register { .. } | Place::Variable { .. } | Place::Pieces { .. }, None) => self.elsewhere = true,
            _ => {}
        }
    }
}

/// What a software watchpoint looks at.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Looked {
    pub(super) parts: WatchedParts,
    /// The bytes of its ranges when they were looked at last.
    bytes: Vec<u8>,
}

impl Looked {
    /// Looks at these parts for the first time.
    pub fn new(parts: WatchedParts, memory: &dyn Memory) -> Looked {
        let bytes = bytes(&parts.ranges, memory);
        Looked { parts, bytes }
    }

    /// Whether the value may have changed since the last look.
    pub(super) fn again(&mut self, memory: &dyn Memory) -> bool {
        let now = bytes(&self.parts.ranges, memory);
        let differs = now != self.bytes;
        self.bytes = now;
        differs || self.parts.elsewhere
    }
}

/// What is in these ranges; of one that cannot be read, what can.
fn bytes(ranges: &[AddrRange], memory: &dyn Memory) -> Vec<u8> {
    let mut all = Vec::new();
    for range in ranges {
        let before = all.len();
        all.resize(before + range.len() as usize, 0);
        let read = all.get_mut(before..).map_or(Ok(0), |to| memory.read_partial(range.start, to)).unwrap_or(0);
        all.truncate(before + read);
    }
    all
}

/// The aligned pieces of 1, 2, 4 or 8 bytes that cover a range: what debug registers can watch.
fn pieces(start: VirtAddr, len: u64) -> Vec<(VirtAddr, u8)> {
    let mut pieces = Vec::new();
    let mut at = start;
    let end = start + len;
    while at < end {
        let fits = |s: &u8| at.0.is_multiple_of((*s).into()) && end - at >= u64::from(*s);
        let size = [8u8, 4, 2, 1].into_iter().find(fits).unwrap_or(1);
        pieces.push((at, size));
        at = at + size.into();
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_leave_low_bits_open() {
        let parts = || WatchedParts { ranges: vec![AddrRange::with_len(VirtAddr(0x1013), 4)], elsewhere: false };
        let pieces = |mask| parts().masked(mask).and_then(|p| p.pieces());
        assert_eq!(pieces(!0xf), Some(vec![(VirtAddr(0x1010), 8), (VirtAddr(0x1018), 8)]));
        assert_eq!(pieces(!0), Some(vec![(VirtAddr(0x1013), 1)]));
        assert_eq!((pieces(!0xff), pieces(0xff), pieces(!0x10), pieces(0)), (None, None, None, None));
    }

    #[test]
    fn unaligned_values_are_split() {
        assert_eq!(pieces(VirtAddr(0x1000), 8), [(VirtAddr(0x1000), 8)]);
        assert_eq!(pieces(VirtAddr(0x1002), 8), [(VirtAddr(0x1002), 2), (VirtAddr(0x1004), 4), (VirtAddr(0x1008), 2)]);
        assert_eq!(pieces(VirtAddr(0x1000), 16).len(), 2);
        let parts = |len| WatchedParts { ranges: vec![AddrRange::with_len(VirtAddr(0x1000), len)], elsewhere: false };
        assert_eq!(parts(32).pieces().map(|p| p.len()), Some(4));
        assert_eq!(parts(33).pieces(), None);
    }
}

//! Pictures of a process: what it was like at a moment, for comparing.

use std::collections::{BTreeMap, BTreeSet};

use crate::arch::regs::Registers;
use crate::base::{AddrRange, MemoryMap, PageState, Tid, VirtAddr};

/// A moment of a process.
#[derive(Clone, Debug, Default)]
pub struct Moment {
    /// Minor and major faults until then.
    pub faults: Option<(u64, u64)>,
    /// The whole picture, once somebody has asked for changes.
    pub whole: Option<Picture>,
}

/// All that is compared.
#[derive(Clone, Debug)]
pub struct Picture {
    /// The thread whose registers these are.
    pub tid: Tid,
    /// Its registers.
    pub registers: Registers,
    /// The mappings.
    pub maps: MemoryMap,
    /// The state of every page that is not simply absent, by its first address.
    pub pages: BTreeMap<VirtAddr, PageState>,
    /// The bytes of resident writable private pages, at most 32 MiB of them.
    pub bytes: BTreeMap<VirtAddr, Box<[u8]>>,
    /// Whether there were more.
    pub cut: bool,
    /// Open files by descriptor.
    pub descriptors: BTreeMap<u32, String>,
}

/// What was kept.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// The parts that are compared; all if there are none and no range either.
    pub parts: BTreeSet<String>,
    /// The range of memory that is compared.
    pub range: Option<AddrRange>,
    /// Registers, mappings, pages, memory.
    pub picture: Picture,
    /// Every module's slots: `libc.so.6 GOT[3] puts` and the value.
    pub slots: BTreeMap<VirtAddr, (String, u64)>,
}

impl Snapshot {
    /// Whether a part is compared.
    pub fn wants(&self, part: &str) -> bool {
        self.parts.contains(part) || self.parts.is_empty() && self.range.is_none()
    }
}

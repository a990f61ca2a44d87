//! The mappings of an address space.

use super::addr::{AddrRange, VirtAddr};

/// The permissions of a mapping, as the four letters of /proc/PID/maps.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Perms {
    /// `r`
    pub read: bool,
    /// `w`
    pub write: bool,
    /// `x`
    pub exec: bool,
    /// `s` rather than `p`
    pub shared: bool,
}

impl std::fmt::Display for Perms {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let letter = |on, c| if on { c } else { '-' };
        write!(
            f,
            "{}{}{}{}",
            letter(self.read, 'r'),
            letter(self.write, 'w'),
            letter(self.exec, 'x'),
            if self.shared { 's' } else { 'p' }
        )
    }
}

/// One mapping: a row of /proc/PID/maps (proc_pid_maps(5)).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mapping {
    /// Where it is.
    pub range: AddrRange,
    /// What may be done there.
    pub perms: Perms,
    /// Offset in the file, in bytes.
    pub offset: u64,
    /// The device as (major, minor).
    pub device: (u32, u32),
    /// The inode, 0 where there is no file.
    pub inode: u64,
    /// The path, or a name like `[stack]`; empty for an anonymous mapping. ` (deleted)` is kept.
    pub name: String,
}

impl Mapping {
    /// Where in the file an address of the mapping lies, in bytes.
    pub fn offset_at(&self, at: VirtAddr) -> u64 {
        self.offset.saturating_add(at - self.range.start)
    }
}

/// What the kernel says of one page of an address space (Documentation/admin-guide/mm/pagemap.rst).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct PageState {
    /// It has a frame of memory (bit 63).
    pub present: bool,
    /// It is swapped out (bit 62).
    pub swapped: bool,
    /// It is a page of a file or of shared memory; otherwise, if present, a private copy or anonymous (bit 61).
    pub of_file: bool,
    /// No other page table maps its frame (bit 56).
    pub exclusive: bool,
    /// The number of its frame; `None` where the kernel keeps it back (CAP_SYS_ADMIN).
    pub frame: Option<u64>,
}

impl PageState {
    /// A page of the process's own: a copy of a file's page, or anonymous.
    pub fn is_private(self) -> bool {
        self.present && !self.of_file
    }
}

/// The mappings of an address space, sorted by address, without overlaps.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct MemoryMap {
    /// The rows.
    pub mappings: Vec<Mapping>,
}

impl MemoryMap {
    /// The mapping in which `addr` lies.
    pub fn at(&self, addr: VirtAddr) -> Option<&Mapping> {
        let after = self.mappings.partition_point(|m| m.range.start <= addr);
        self.mappings.get(after.checked_sub(1)?).filter(|m| m.range.contains(addr))
    }
}

//! Addresses as types, so that link-time and run-time addresses cannot be mixed up.

use std::fmt;
use std::ops::{Add, Sub};

/// An address in the running process.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct VirtAddr(pub u64);

/// An address in the link-time address space (`p_vaddr`, `st_value`) of one ELF image.
///
/// Only a [`LoadBias`] turns it into a [`VirtAddr`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct FileAddr(pub u64);

/// What is added to an image's link-time addresses to get run-time ones (`l_addr` of glibc's link_map, gABI ch. 5 "base
/// address"). Addition wraps, because a prelinked or odd image may be loaded below its link address.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default, Debug)]
pub struct LoadBias(pub u64);

impl LoadBias {
    /// The run-time address of a link-time one.
    pub fn to_virt(self, addr: FileAddr) -> VirtAddr {
        VirtAddr(addr.0.wrapping_add(self.0))
    }

    /// The link-time address of a run-time one.
    pub fn to_file(self, addr: VirtAddr) -> FileAddr {
        FileAddr(addr.0.wrapping_sub(self.0))
    }
}

macro_rules! address {
    ($name:ident) => {
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({:#x})"), self.0)
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:#x}", self.0)
            }
        }
        impl fmt::LowerHex for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::LowerHex::fmt(&self.0, f)
            }
        }
        /// Wraps: an address plus nonsense is an address that does not exist, not a panic.
        impl Add<u64> for $name {
            type Output = $name;
            fn add(self, n: u64) -> $name {
                $name(self.0.wrapping_add(n))
            }
        }
        impl Sub<u64> for $name {
            type Output = $name;
            fn sub(self, n: u64) -> $name {
                $name(self.0.wrapping_sub(n))
            }
        }
        /// The distance in bytes, wrapping.
        impl Sub<$name> for $name {
            type Output = u64;
            fn sub(self, other: $name) -> u64 {
                self.0.wrapping_sub(other.0)
            }
        }
    };
}
address!(VirtAddr);
address!(FileAddr);

/// A half-open range `start..end` of run-time addresses.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct AddrRange {
    /// The first address.
    pub start: VirtAddr,
    /// One past the last address.
    pub end: VirtAddr,
}

impl AddrRange {
    /// `start..end`.
    pub fn new(start: VirtAddr, end: VirtAddr) -> AddrRange {
        AddrRange { start, end }
    }

    /// `start..start + len`, cut at the end of the address space.
    pub fn with_len(start: VirtAddr, len: u64) -> AddrRange {
        AddrRange { start, end: VirtAddr(start.0.saturating_add(len)) }
    }

    /// The number of bytes; 0 when empty or reversed.
    pub fn len(&self) -> u64 {
        self.end.0.saturating_sub(self.start.0)
    }

    /// Whether no address lies in it.
    pub fn is_empty(&self) -> bool {
        self.end <= self.start
    }

    /// Whether `addr` lies in it.
    pub fn contains(&self, addr: VirtAddr) -> bool {
        self.start <= addr && addr < self.end
    }

    /// Whether the two have an address in common.
    pub fn overlaps(&self, other: &AddrRange) -> bool {
        self.start < other.end && other.start < self.end && !self.is_empty() && !other.is_empty()
    }
}

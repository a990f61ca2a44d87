//! What an argument is decoded with: the call's words and the memory that they point into.

use crate::base::{Memory, VirtAddr, read_cstr};

/// strace's `-s`: so many bytes of a string are shown, and so many elements of an array.
pub const MOST: usize = 32;
/// limits.h PATH_MAX.
pub const PATH_MAX: usize = 4096;

/// A call at one of its two stops.
pub struct Ctx<'a> {
    /// The six argument words.
    pub args: [u64; 6],
    /// What it returned; `None` on the way in.
    pub ret: Option<i64>,
    /// The caller's memory.
    pub memory: &'a dyn Memory,
}

impl Ctx<'_> {
    /// An argument's word.
    pub fn arg(&self, n: usize) -> u64 {
        self.args.get(n).copied().unwrap_or(0)
    }

    /// Whether the call has returned an error.
    pub fn failed(&self) -> bool {
        self.ret.is_some_and(super::errors::is_error)
    }

    /// What the call returned, as a length; 0 for an error.
    pub fn returned(&self) -> usize {
        self.ret.and_then(|r| usize::try_from(r).ok()).unwrap_or(0)
    }

    /// Exactly `N` bytes.
    pub fn bytes<const N: usize>(&self, at: u64) -> Option<[u8; N]> {
        let mut bytes = [0; N];
        self.memory.read(VirtAddr(at), &mut bytes).ok()?;
        Some(bytes)
    }

    /// As many bytes as can be read, at most `len`.
    pub fn some_bytes(&self, at: u64, len: usize) -> Option<Vec<u8>> {
        let mut bytes = vec![0; len];
        let n = self.memory.read_partial(VirtAddr(at), &mut bytes).ok()?;
        bytes.truncate(n);
        (n > 0 || len == 0).then_some(bytes)
    }

    /// A structure of `N` eight-byte words.
    pub fn words<const N: usize>(&self, at: u64) -> Option<[u64; N]> {
        let mut words = [0; N];
        let mut bytes = vec![0; 8 * N];
        self.memory.read(VirtAddr(at), &mut bytes).ok()?;
        for (word, chunk) in words.iter_mut().zip(bytes.chunks_exact(8)) {
            *word = u64::from_le_bytes(chunk.try_into().ok()?);
        }
        Some(words)
    }

    /// A structure of `N` four-byte words.
    pub fn halves<const N: usize>(&self, at: u64) -> Option<[u32; N]> {
        let mut words = [0; N];
        let mut bytes = vec![0; 4 * N];
        self.memory.read(VirtAddr(at), &mut bytes).ok()?;
        for (word, chunk) in words.iter_mut().zip(bytes.chunks_exact(4)) {
            *word = u32::from_le_bytes(chunk.try_into().ok()?);
        }
        Some(words)
    }

    /// A word.
    pub fn word(&self, at: u64) -> Option<u64> {
        self.words::<1>(at).map(|[w]| w)
    }

    /// A C string, at most `limit` bytes of it.
    pub fn c_string(&self, at: u64, limit: usize) -> Option<Vec<u8>> {
        read_cstr(self.memory, VirtAddr(at), limit).ok()
    }
}

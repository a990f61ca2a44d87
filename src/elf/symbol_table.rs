//! Where a symbol table lies, and the indices over it: what an image keeps of one.

use std::ops::Range;
use std::sync::atomic::AtomicU32;
use std::sync::{Mutex, OnceLock};

/// Where a table lies in its file, and its indices.
#[derive(Debug, Default)]
pub(super) struct SymbolTable {
    /// File offset and number of the entries.
    pub(super) offset: usize,
    pub(super) count: usize,
    /// File range of the string table.
    pub(super) strings: Range<usize>,
    /// File range of the version indices, one u16 a symbol.
    pub(super) versions: Option<Range<usize>>,
    pub(super) by_addr: OnceLock<Vec<(u64, u32)>>,
    pub(super) by_name: OnceLock<Vec<u32>>,
    pub(super) name_searches: AtomicU32,
    /// Answers to the last questions: the indices of the symbols.
    pub(super) answers: Mutex<Vec<(String, Vec<u32>)>>,
}

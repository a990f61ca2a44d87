//! Facts that every other room stands on: addresses, errors, memory, maps of an address space.

mod addr;
mod cancel;
mod error;
mod files;
mod maps;
mod memory;
mod task;
mod words;

pub use addr::{AddrRange, FileAddr, LoadBias, VirtAddr};
pub use cancel::Cancel;
pub use error::{Error, Need, Result, Span};
pub use files::Files;
pub use maps::{Mapping, MemoryMap, PageState, Perms};
pub use memory::{Memory, PAGE, PageCache, Pages, SliceMemory, page_down, page_up, read_cstr, read_u64, read_vec};
pub use task::{Signal, Tid};
pub use words::counted;

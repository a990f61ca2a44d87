//! The name index of a module: functions, variables, types, enumerators and namespaces by name.

mod build;
mod complete;
mod entry;
mod lookup;
mod pattern;
mod pool;
mod query;
mod scan;
mod shard;
pub(super) mod sums;
mod table;
mod texts;

pub use entry::{Entry, Kind};
pub(super) use pattern::squeeze;
pub(super) use pool::threads;
pub use query::{Hit, NameIndex};
pub(super) use sums::Checked;
pub(super) use table::{Bytes, Counts, HEADER, Table};

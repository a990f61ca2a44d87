//! The name index of a module: functions, variables, types, enumerators and namespaces by name.

mod build;
mod entry;
mod pattern;
mod pool;
mod query;
mod scan;
mod shard;
mod table;
mod texts;

pub use entry::{Entry, Kind};
pub use query::{Hit, NameIndex};

//! The name index of a module: functions, variables, types, enumerators and namespaces by name.

mod entry;
mod query;
mod scan;

pub use entry::{Entry, Kind};

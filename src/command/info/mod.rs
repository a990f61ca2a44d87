//! What the process is made of, as gdb asks for it: mappings, files, symbols, signals.

mod absent;
mod catalog;
mod family;
mod files;
mod float;
mod probes;
mod process;
mod scope;
mod sections;
mod signals;
mod sources;
mod symbols;
mod vtables;
mod xinfo;

pub use absent::COMMANDS as ABSENT;
pub use family::COMMANDS;
pub use symbols::functions_matching;

//! What the process is made of, as gdb asks for it: mappings, files, symbols, signals.

mod catalog;
mod family;
mod files;
mod process;
mod scope;
mod signals;
mod sources;
mod symbols;
mod vtables;
mod xinfo;

pub use family::COMMANDS;
pub use symbols::functions_matching;

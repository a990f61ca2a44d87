//! What the process is made of, as gdb asks for it: mappings, files, symbols, signals.

mod files;
mod process;
mod signals;
mod symbols;
mod xinfo;

use super::describe::Command;

/// The family.
pub const COMMANDS: &[Command] = &[
    process::PROC,
    process::VMMAP,
    files::FILES,
    symbols::SYMBOL,
    symbols::ADDRESS,
    symbols::FUNCTIONS,
    symbols::VARIABLES,
    signals::SIGNALS,
    signals::HANDLE,
    xinfo::XINFO,
];

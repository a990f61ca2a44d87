//! The commands of this room.

use super::{files, process, scope, signals, sources, symbols, vtables, xinfo};
use crate::command::Command;

/// The family.
pub const COMMANDS: &[Command] = &[
    process::PROC,
    process::VMMAP,
    files::FILES,
    symbols::SYMBOL,
    symbols::ADDRESS,
    scope::SCOPE,
    symbols::FUNCTIONS,
    symbols::VARIABLES,
    symbols::TYPES,
    sources::SOURCES,
    vtables::VTBL,
    signals::SIGNALS,
    signals::HANDLE,
    xinfo::XINFO,
];

//! The commands of this room.

use super::{files, float, probes, process, scope, sections, signals, sources, symbols, vtables, xinfo};
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
    float::FLOAT,
    float::VECTOR,
    probes::PROBES,
    probes::ALL,
    probes::STAP,
    probes::DTRACE,
    sections::MAINTENANCE_INFO,
    sections::MAINTENANCE_SECTIONS,
];

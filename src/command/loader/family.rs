//! The commands of this room.

use super::{
    aslr, changes, file, file_layout, got, hardening, link_map, pages, plt, read_libraries, relocations, search_path, startup,
    why, xrefs,
};
use crate::command::Command;

/// The family.
pub const COMMANDS: &[Command] = &[
    got::GOT,
    plt::PLT,
    relocations::RELOCATIONS,
    pages::PAGES,
    pages::FAULTS,
    why::WHY,
    search_path::SEARCH_PATH,
    link_map::LINK_MAP,
    link_map::SHAREDLIBRARY,
    read_libraries::LOAD_SYMBOLS,
    read_libraries::NO_SYMBOLS,
    read_libraries::SECTION,
    startup::AUXV,
    startup::STARTUP,
    file::ELF,
    file::SECTIONS,
    file::SEGMENTS,
    file::DYNAMIC,
    file::DYNSYM,
    file::VERSIONS,
    file::NOTES,
    file::INTERP,
    file_layout::FILE_LAYOUT,
    xrefs::XREFS,
    hardening::CHECKSEC,
    hardening::SIZE,
    hardening::IFUNC,
    changes::CHANGES,
    changes::SNAPSHOT,
    changes::DIFF,
    aslr::ASLR,
    aslr::PHYSICAL,
];

//! ELF files and images: read lazily, never trusted.
#![deny(clippy::unwrap_used, clippy::indexing_slicing)]

mod auxv;
mod by_address;
mod core_file;
mod core_write;
mod debug_link;
mod dynamic;
mod file;
mod image;
mod notes;
mod placed;
mod relocs;
mod sections;
mod symbol_table;
mod symbols;
mod versions;

pub use auxv::{AuxEntry, AuxFormat, aux};
pub use core_file::{CoreFile, CoreMapping, CoreThread};
pub use core_write::{CoreContents, CoreIdentity, CoreSegment};
pub use debug_link::DebugLink;
pub use dynamic::{DynEntry, Dynamic, dt};
pub use file::{ElfFile, FileKind, Identity, MappedFile, Segment, pf, pt};
pub use image::Image;
pub use notes::{Note, Probe};
pub use relocs::{RelocTable, Relocation, r_x86_64};
pub use sections::{Section, shf};
pub use symbols::{Binding, Symbol, SymbolKind, SymbolVersion, Symbols, TableKind};
pub use versions::{NeededVersion, VersionDefinition, Versions};

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod against_readelf;
#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
pub(crate) mod built;
#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
pub(crate) mod damage;

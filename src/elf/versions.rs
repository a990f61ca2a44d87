//! Symbol versions: what a file needs of others and what it defines (LSB "Symbol Versioning", Drepper's "ELF Symbol Versioning").

use goblin::elf::SectionHeader;
use goblin::elf::section_header::{SHT_GNU_VERDEF, SHT_GNU_VERNEED};
use goblin::elf::symver::{VerdefSection, VerneedSection};

use super::dynamic::{Dynamic, dt};
use super::file::{CTX, ElfFile};
use super::sections::string_in;
use crate::base::FileAddr;

/// A version that a file needs of a library (verneed and vernaux).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NeededVersion {
    /// The library, as `libc.so.6`.
    pub file: String,
    /// The version, as `GLIBC_2.34`.
    pub name: String,
    /// The index by which symbols refer to it.
    pub index: u16,
    /// `vna_flags`; 2 is weak.
    pub flags: u16,
}

/// A version that a file defines (verdef and verdaux).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct VersionDefinition {
    /// The version, as `GLIBC_2.34`.
    pub name: String,
    /// The versions that it inherits from.
    pub parents: Vec<String>,
    /// The index by which symbols refer to it.
    pub index: u16,
    /// `vd_flags`; 1 is the file's own base definition.
    pub flags: u16,
}

/// The versions of a file, in its order.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Versions {
    /// What it needs.
    pub needed: Vec<NeededVersion>,
    /// What it defines.
    pub defined: Vec<VersionDefinition>,
}

/// Indices have 15 bits.
const MAX_VERSIONS: usize = 1 << 15;

impl Versions {
    pub(super) fn parse(file: &ElfFile, dynamic: &Dynamic) -> Versions {
        Versions { needed: needed(file, dynamic).unwrap_or_default(), defined: defined(file, dynamic).unwrap_or_default() }
    }

    /// The version of this index (without the hidden bit): its name and, for a needed one, the library.
    pub fn by_index(&self, index: u16) -> Option<(&str, Option<&str>)> {
        let needed = self.needed.iter().find(|v| v.index == index).map(|v| (v.name.as_str(), Some(v.file.as_str())));
        needed.or_else(|| self.defined.iter().find(|v| v.index == index).map(|v| (v.name.as_str(), None)))
    }
}

/// A section header such as goblin wants, made from the dynamic section, so that files without section headers work too.
fn section_for<'a>(file: &'a ElfFile, dynamic: &Dynamic, kind: u32, addr: u64, count: u64) -> Option<(SectionHeader, &'a [u8])> {
    let addr = dynamic.addr_of(addr)?;
    let info = u32::try_from(dynamic.get(count)?).ok()?;
    let bytes = file.read_from(FileAddr(addr.0))?;
    let header = SectionHeader { sh_type: kind, sh_offset: 0, sh_size: bytes.len() as u64, sh_info: info, ..Default::default() };
    Some((header, bytes))
}

fn needed(file: &ElfFile, dynamic: &Dynamic) -> Option<Vec<NeededVersion>> {
    let (header, bytes) = section_for(file, dynamic, SHT_GNU_VERNEED, dt::DT_VERNEED, dt::DT_VERNEEDNUM)?;
    let strings = dynamic.strings(file);
    let section = VerneedSection::parse(bytes, &[header], CTX).ok()??;
    let mut out = Vec::new();
    for need in section.iter().take(MAX_VERSIONS) {
        let library = string_in(strings, need.vn_file as u64);
        for aux in need.iter().take(MAX_VERSIONS.saturating_sub(out.len())) {
            let name = string_in(strings, aux.vna_name as u64).to_owned();
            out.push(NeededVersion { file: library.to_owned(), name, index: aux.vna_other & 0x7fff, flags: aux.vna_flags });
        }
    }
    Some(out)
}

fn defined(file: &ElfFile, dynamic: &Dynamic) -> Option<Vec<VersionDefinition>> {
    let (header, bytes) = section_for(file, dynamic, SHT_GNU_VERDEF, dt::DT_VERDEF, dt::DT_VERDEFNUM)?;
    let strings = dynamic.strings(file);
    let section = VerdefSection::parse(bytes, &[header], CTX).ok()??;
    let mut out = Vec::new();
    for def in section.iter().take(MAX_VERSIONS) {
        // A definition and its parents: real ones have one or two.
        let mut names = def.iter().take(64).map(|aux| string_in(strings, aux.vda_name as u64).to_owned());
        let name = names.next().unwrap_or_default();
        out.push(VersionDefinition { name, parents: names.collect(), index: def.vd_ndx & 0x7fff, flags: def.vd_flags });
    }
    Some(out)
}

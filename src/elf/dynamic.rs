//! The dynamic section: what ld.so reads first.

use super::file::{ElfFile, pt};
use crate::base::FileAddr;

/// Tags of the dynamic section (gABI ch. 5 "Dynamic Section", glibc elf/elf.h).
pub mod dt {
    use goblin::elf::dynamic;
    /// Ends the section.
    pub const DT_NULL: u64 = dynamic::DT_NULL;
    /// A library that is needed (string).
    pub const DT_NEEDED: u64 = dynamic::DT_NEEDED;
    /// Size of DT_JMPREL's table in bytes.
    pub const DT_PLTRELSZ: u64 = dynamic::DT_PLTRELSZ;
    /// The GOT.
    pub const DT_PLTGOT: u64 = dynamic::DT_PLTGOT;
    /// The hash table of the gABI.
    pub const DT_HASH: u64 = dynamic::DT_HASH;
    /// The string table.
    pub const DT_STRTAB: u64 = dynamic::DT_STRTAB;
    /// The symbol table.
    pub const DT_SYMTAB: u64 = dynamic::DT_SYMTAB;
    /// The relocations.
    pub const DT_RELA: u64 = dynamic::DT_RELA;
    /// Their size in bytes.
    pub const DT_RELASZ: u64 = dynamic::DT_RELASZ;
    /// The string table's size in bytes.
    pub const DT_STRSZ: u64 = dynamic::DT_STRSZ;
    /// The library's own name (string).
    pub const DT_SONAME: u64 = dynamic::DT_SONAME;
    /// Where libraries are searched for, the old way (string).
    pub const DT_RPATH: u64 = dynamic::DT_RPATH;
    /// Where ld.so puts the address of its rendezvous.
    pub const DT_DEBUG: u64 = dynamic::DT_DEBUG;
    /// The relocations that may be applied lazily.
    pub const DT_JMPREL: u64 = dynamic::DT_JMPREL;
    /// All symbols are bound at load.
    pub const DT_BIND_NOW: u64 = dynamic::DT_BIND_NOW;
    /// Where libraries are searched for (string).
    pub const DT_RUNPATH: u64 = dynamic::DT_RUNPATH;
    /// Flags.
    pub const DT_FLAGS: u64 = dynamic::DT_FLAGS;
    /// The GNU hash table.
    pub const DT_GNU_HASH: u64 = dynamic::DT_GNU_HASH;
    /// The version index of each symbol.
    pub const DT_VERSYM: u64 = dynamic::DT_VERSYM;
    /// More flags.
    pub const DT_FLAGS_1: u64 = dynamic::DT_FLAGS_1;
    /// The versions that are defined.
    pub const DT_VERDEF: u64 = dynamic::DT_VERDEF;
    /// Their number.
    pub const DT_VERDEFNUM: u64 = dynamic::DT_VERDEFNUM;
    /// The versions that are needed.
    pub const DT_VERNEED: u64 = dynamic::DT_VERNEED;
    /// Of how many libraries.
    pub const DT_VERNEEDNUM: u64 = dynamic::DT_VERNEEDNUM;
    /// A function that runs at load.
    pub const DT_INIT: u64 = dynamic::DT_INIT;
    /// A function that runs at unload.
    pub const DT_FINI: u64 = dynamic::DT_FINI;
    /// Functions that run at load.
    pub const DT_INIT_ARRAY: u64 = dynamic::DT_INIT_ARRAY;
    /// Their table's size in bytes.
    pub const DT_INIT_ARRAYSZ: u64 = dynamic::DT_INIT_ARRAYSZ;
    /// Functions that run at unload.
    pub const DT_FINI_ARRAY: u64 = dynamic::DT_FINI_ARRAY;
    /// Their table's size in bytes.
    pub const DT_FINI_ARRAYSZ: u64 = dynamic::DT_FINI_ARRAYSZ;
    /// Size of the RELR table in bytes.
    pub const DT_RELRSZ: u64 = 35;
    /// The RELR table.
    pub const DT_RELR: u64 = 36;
    /// The bit of DT_FLAGS that says that all symbols are bound at load.
    pub const DF_BIND_NOW: u64 = 8;
    /// The bit of DT_FLAGS_1 that says the same.
    pub const DF_1_NOW: u64 = 1;
    /// The bit of DT_FLAGS_1 that marks a position-independent program.
    pub const DF_1_PIE: u64 = 0x0800_0000;
}

/// One entry of the dynamic section.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DynEntry {
    /// `d_tag`, see [`dt`].
    pub tag: u64,
    /// `d_val` or `d_ptr`, as in the file.
    pub value: u64,
}

impl DynEntry {
    /// The tag's name as `readelf -d` writes it, without its parentheses: `NEEDED`; the number in hexadecimal if unknown.
    pub fn name(&self) -> String {
        match self.tag {
            35 => return "RELRSZ".into(),
            36 => return "RELR".into(),
            37 => return "RELRENT".into(),
            _ => {}
        }
        let name = goblin::elf::dynamic::tag_to_str(self.tag);
        match name.strip_prefix("DT_") {
            Some(name) if name != "UNKNOWN" => name.to_owned(),
            _ => format!("{:#x}", self.tag),
        }
    }
}

/// The dynamic section's entries up to DT_NULL, in order.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Dynamic {
    /// Where it is; 0 if there is none.
    pub addr: FileAddr,
    /// The entries, without DT_NULL.
    pub entries: Vec<DynEntry>,
}

/// More entries than this are damage: real files have some dozens, some hundreds of DT_NEEDED at most.
const MAX_ENTRIES: usize = 1 << 16;

impl Dynamic {
    pub(super) fn parse(file: &ElfFile) -> Dynamic {
        let Some(segment) = file.segment(pt::PT_DYNAMIC) else { return Dynamic::default() };
        // Through the addresses, as ld.so does; a debug file, whose segments are empty, has none.
        let len = usize::try_from(segment.file_size).unwrap_or(usize::MAX);
        let bytes = file.read_from(segment.addr).unwrap_or_default();
        let bytes = bytes.get(..len).unwrap_or(bytes);
        let word = |b: &[u8]| b.first_chunk().map_or(0, |b| u64::from_le_bytes(*b));
        let entries = bytes
            .chunks_exact(16)
            .take(MAX_ENTRIES)
            .map(|c| c.split_at(8))
            .map(|(tag, value)| DynEntry { tag: word(tag), value: word(value) })
            .take_while(|e| e.tag != dt::DT_NULL)
            .collect();
        Dynamic { addr: segment.addr, entries }
    }

    /// Whether there is none: a static program.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The value of the first entry with this tag.
    pub fn get(&self, tag: u64) -> Option<u64> {
        self.entries.iter().find(|e| e.tag == tag).map(|e| e.value)
    }

    /// The same as a link-time address.
    pub fn addr_of(&self, tag: u64) -> Option<FileAddr> {
        self.get(tag).map(FileAddr)
    }

    /// Whether all symbols are bound when the file is loaded, not at their first call.
    pub fn binds_now(&self) -> bool {
        self.get(dt::DT_BIND_NOW).is_some()
            || self.get(dt::DT_FLAGS).is_some_and(|f| f & dt::DF_BIND_NOW != 0)
            || self.get(dt::DT_FLAGS_1).is_some_and(|f| f & dt::DF_1_NOW != 0)
    }

    /// The dynamic string table (DT_STRTAB, DT_STRSZ) of the file that this is the dynamic section of.
    pub(super) fn strings<'a>(&self, file: &'a ElfFile) -> &'a [u8] {
        let find = || {
            let bytes = file.read_from(self.addr_of(dt::DT_STRTAB)?)?;
            let len = usize::try_from(self.get(dt::DT_STRSZ)?).ok()?;
            Some(bytes.get(..len).unwrap_or(bytes))
        };
        find().unwrap_or_default()
    }
}

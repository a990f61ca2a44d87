//! The dynamic section: what ld.so reads first.

use super::image::{Image, pt};
use super::sections::string_in;
use crate::base::FileAddr;

/// Tags of the dynamic section (gABI ch. 5 "Dynamic Section", glibc elf/elf.h).
pub mod dt {
    pub use goblin::elf::dynamic::{
        DT_BIND_NOW, DT_DEBUG, DT_FINI, DT_FINI_ARRAY, DT_FINI_ARRAYSZ, DT_FLAGS, DT_FLAGS_1, DT_GNU_HASH, DT_HASH, DT_INIT,
        DT_INIT_ARRAY, DT_INIT_ARRAYSZ, DT_JMPREL, DT_NEEDED, DT_NULL, DT_PLTGOT, DT_PLTREL, DT_PLTRELSZ, DT_RELA, DT_RELASZ,
        DT_RPATH, DT_RUNPATH, DT_SONAME, DT_STRSZ, DT_STRTAB, DT_SYMTAB, DT_TEXTREL, DT_VERDEF, DT_VERDEFNUM, DT_VERNEED,
        DT_VERNEEDNUM, DT_VERSYM,
    };
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
    pub(super) fn parse(image: &Image) -> Dynamic {
        let Some(segment) = image.segment(pt::PT_DYNAMIC) else { return Dynamic::default() };
        // Through the addresses, as ld.so does; a debug file, whose segments are empty, has none.
        let len = usize::try_from(segment.file_size).unwrap_or(usize::MAX);
        let bytes = image.read_from(segment.addr).unwrap_or_default();
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
}

impl Image {
    /// The dynamic string table (DT_STRTAB, DT_STRSZ).
    pub(super) fn dynamic_strings(&self) -> &[u8] {
        let find = || {
            let bytes = self.read_from(self.dynamic().addr_of(dt::DT_STRTAB)?)?;
            let len = usize::try_from(self.dynamic().get(dt::DT_STRSZ)?).ok()?;
            Some(bytes.get(..len).unwrap_or(bytes))
        };
        find().unwrap_or_default()
    }

    /// The string of the dynamic string table at this offset.
    pub fn dynamic_string(&self, offset: u64) -> &str {
        string_in(self.dynamic_strings(), offset)
    }

    /// DT_SONAME.
    pub fn soname(&self) -> Option<&str> {
        self.dynamic().get(dt::DT_SONAME).map(|o| self.dynamic_string(o))
    }

    /// The DT_NEEDED names, in order.
    pub fn needed(&self) -> impl Iterator<Item = &str> {
        self.dynamic().entries.iter().filter(|e| e.tag == dt::DT_NEEDED).map(|e| self.dynamic_string(e.value))
    }
}

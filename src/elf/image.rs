//! An ELF image: a file, and what is derived from it when it is first asked for.

use std::ops::Range;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use super::dynamic::{Dynamic, dt};
use super::file::{ElfFile, Purpose};
use super::sections::{self, Section, string_in};
use super::symbol_table::SymbolTable;
use super::versions::Versions;
use crate::base::{FileAddr, Result};

/// An ELF file mapped into memory, or the bytes of one that was read from a process (the vdso).
///
/// Opening reads the header and the program headers only, which [`ElfFile`] has; everything else is read when it is first asked for.
#[derive(Debug)]
pub struct Image {
    file: ElfFile,
    sections: OnceLock<Vec<Section>>,
    pub(super) symtab: OnceLock<SymbolTable>,
    pub(super) dynsym: OnceLock<SymbolTable>,
    dynamic: OnceLock<Dynamic>,
    versions: OnceLock<Versions>,
}

impl std::ops::Deref for Image {
    type Target = ElfFile;

    fn deref(&self) -> &ElfFile {
        &self.file
    }
}

impl Image {
    /// Maps the file at `path`, which must be an x86-64 program or shared library. The errors are gdb's sentences where
    /// gdb has one.
    pub fn open(path: &Path) -> Result<Arc<Image>> {
        ElfFile::map(path, Purpose::Run).map(Image::of)
    }

    /// Maps a separate debug file, whose segments need not have bytes; some have no program headers at all. Its addresses are
    /// those of the file that it describes.
    pub fn open_debug(path: &Path) -> Result<Arc<Image>> {
        ElfFile::map(path, Purpose::Describe).map(Image::of)
    }

    /// Maps a core file: its segments are a process's memory, at run-time addresses.
    pub(super) fn open_core(path: &Path) -> Result<Arc<Image>> {
        ElfFile::map(path, Purpose::Core).map(Image::of)
    }

    /// An image of bytes that were read from memory, such as the vdso's; `name` is shown in place of a path.
    pub fn from_bytes(name: &str, bytes: Vec<u8>) -> Result<Arc<Image>> {
        ElfFile::from_bytes(name, bytes, Purpose::Run).map(Image::of)
    }

    /// The same of a debug file's bytes, which were packed into another file.
    pub(super) fn debug_from_bytes(name: &str, bytes: Vec<u8>) -> Result<Arc<Image>> {
        ElfFile::from_bytes(name, bytes, Purpose::Describe).map(Image::of)
    }

    fn of(file: ElfFile) -> Arc<Image> {
        let (symtab, dynsym) = (OnceLock::new(), OnceLock::new());
        let (sections, dynamic, versions) = (OnceLock::new(), OnceLock::new(), OnceLock::new());
        Arc::new(Image { file, sections, symtab, dynsym, dynamic, versions })
    }

    /// The sections in the file's order; empty if the file has no section headers or if they are damaged.
    pub fn sections(&self) -> &[Section] {
        self.sections.get_or_init(|| sections::parse(&self.file))
    }

    /// The first section of this name.
    pub fn section(&self, name: &str) -> Option<&Section> {
        self.sections().iter().find(|s| s.name == name)
    }

    /// The loaded section in which `addr` lies. Never `.tbss`, which has an address but takes up no memory.
    pub fn section_at(&self, addr: FileAddr) -> Option<&Section> {
        self.sections().iter().find(|s| s.is_loaded() && addr - s.addr < s.size)
    }

    /// The ranges of bytes of the file in which the program headers and the section headers lie.
    pub fn header_tables(&self) -> (Range<u64>, Range<u64>) {
        let table = |at: u64, size: u16, count: usize| at..at.saturating_add(u64::from(size).saturating_mul(count as u64));
        let h = self.header();
        (table(h.e_phoff, h.e_phentsize, self.segments().len()), table(h.e_shoff, h.e_shentsize, self.sections().len()))
    }

    /// The dynamic section, by PT_DYNAMIC; empty for static programs.
    pub fn dynamic(&self) -> &Dynamic {
        self.dynamic.get_or_init(|| Dynamic::parse(&self.file))
    }

    /// The version needs and definitions.
    pub fn versions(&self) -> &Versions {
        self.versions.get_or_init(|| Versions::parse(&self.file, self.dynamic()))
    }

    /// The string of the dynamic string table at this offset.
    pub fn dynamic_string(&self, offset: u64) -> &str {
        string_in(self.dynamic().strings(&self.file), offset)
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

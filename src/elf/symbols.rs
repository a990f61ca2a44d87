//! Symbol tables: .symtab and .dynsym, each a view of the file with indices that are built when they are needed.

use std::ops::Range;
use std::sync::atomic::Ordering;

use goblin::elf::section_header::{SHT_DYNSYM, SHT_GNU_VERSYM, SHT_SYMTAB};
use goblin::elf::sym::{self, Sym, Symtab};

use super::dynamic::dt;
use super::file::CTX;
use super::image::Image;
use super::relocs::Relocation;
use super::sections::string_in;
use super::symbol_table::SymbolTable;
use crate::base::FileAddr;

/// Which symbol table.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TableKind {
    /// .symtab, which strip(1) removes.
    Full,
    /// .dynsym, which ld.so uses.
    Dynamic,
}

/// What a symbol names (`st_info`'s type, gABI ch. 4 "Symbol Table").
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SymbolKind {
    /// STT_NOTYPE: often a label of an assembler source.
    NoType,
    /// STT_OBJECT, and STT_COMMON.
    Object,
    /// STT_FUNC.
    Function,
    /// STT_SECTION.
    Section,
    /// STT_FILE.
    File,
    /// STT_TLS: the value is an offset into the TLS image.
    Tls,
    /// STT_GNU_IFUNC: the value is a resolver, which returns the function's address.
    Ifunc,
    /// Any other.
    Other(u8),
}

impl SymbolKind {
    /// Whether it is something that can be called.
    pub fn is_code(self) -> bool {
        matches!(self, SymbolKind::Function | SymbolKind::Ifunc)
    }
}

/// Who sees a symbol (`st_info`'s binding).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Binding {
    /// STB_LOCAL.
    Local,
    /// STB_GLOBAL.
    Global,
    /// STB_WEAK.
    Weak,
    /// STB_GNU_UNIQUE.
    Unique,
    /// Any other.
    Other(u8),
}

/// A symbol's version.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SymbolVersion<'a> {
    /// Its name, as `GLIBC_2.34`.
    pub name: &'a str,
    /// Whether a reference without a version gets this one (`@@` in readelf).
    pub is_default: bool,
    /// The library in which an undefined symbol is expected.
    pub file: Option<&'a str>,
}

/// A symbol of a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Symbol<'a> {
    /// Its index in its table.
    pub index: u32,
    /// Its name as in the file (mangled), cut at the first byte that is no UTF-8.
    pub name: &'a str,
    /// `st_value`; an offset for TLS symbols, often 0 for undefined ones.
    pub addr: FileAddr,
    /// `st_size` in bytes; 0 if not known.
    pub size: u64,
    /// What it names.
    pub kind: SymbolKind,
    /// Who sees it.
    pub binding: Binding,
    /// `st_other`'s visibility: 0 default, 1 internal, 2 hidden, 3 protected.
    pub visibility: u8,
    /// `st_shndx`; 0 is undefined, 0xfff1 absolute.
    pub section: u16,
    /// Its version; only in .dynsym.
    pub version: Option<SymbolVersion<'a>>,
}

impl Symbol<'_> {
    /// Whether another file has to define it.
    pub fn is_undefined(&self) -> bool {
        self.section == 0
    }

    /// Whether it names a place in memory: defined, named, and not a section, a file, a TLS offset or an absolute number.
    pub fn has_place(&self) -> bool {
        let placed = !matches!(self.kind, SymbolKind::Section | SymbolKind::File | SymbolKind::Tls);
        placed && self.section != 0 && self.section < 0xff00 && !self.name.is_empty()
    }

    /// `puts@GLIBC_2.2.5`, or the bare name where there is no version.
    pub fn versioned_name(&self) -> String {
        match &self.version {
            Some(v) => format!("{}@{}", self.name, v.name),
            None => self.name.to_owned(),
        }
    }
}

/// The length of an entry in bytes (gABI ch. 4 "Symbol Table").
const ENTRY: usize = 24;

impl SymbolTable {
    fn find(image: &Image, kind: TableKind) -> SymbolTable {
        let by_section = from_section(image, if kind == TableKind::Full { SHT_SYMTAB } else { SHT_DYNSYM });
        let found = match kind {
            TableKind::Full => by_section,
            TableKind::Dynamic => by_section.or_else(|| from_dynamic(image)),
        };
        let mut table = found.unwrap_or_default();
        if kind == TableKind::Dynamic {
            table.versions = version_indices(image);
        }
        table
    }

    fn new(image: &Image, offset: usize, count: usize, strings: Range<usize>) -> Option<SymbolTable> {
        let fits = image.bytes().len().checked_sub(offset)? / 24;
        image.bytes().get(strings.clone())?;
        // Symbol indices have 32 bits in relocations.
        let count = count.min(fits).min(u32::MAX as usize);
        Some(SymbolTable { offset, count, strings, ..SymbolTable::default() })
    }
}

fn from_section(image: &Image, kind: u32) -> Option<SymbolTable> {
    let section = image.sections().iter().find(|s| s.kind == kind)?;
    let strings = image.sections().get(section.link as usize)?;
    let strings_at = usize::try_from(strings.offset).ok()?;
    let strings_end = strings_at.checked_add(usize::try_from(strings.size).ok()?)?;
    let offset = usize::try_from(section.offset).ok()?;
    SymbolTable::new(image, offset, usize::try_from(section.size / 24).ok()?, strings_at..strings_end)
}

/// The offset in the file of a slice of the file.
fn offset_in(image: &Image, part: &[u8]) -> usize {
    (part.as_ptr() as usize).wrapping_sub(image.bytes().as_ptr() as usize)
}

fn from_dynamic(image: &Image) -> Option<SymbolTable> {
    let entries = image.read_from(image.dynamic().addr_of(dt::DT_SYMTAB)?)?;
    let strings = image.dynamic().strings(image);
    let strings_at = offset_in(image, strings);
    let count = count_by_hash(image).or_else(|| count_by_gnu_hash(image).map(|n| n.max(count_by_relocations(image))))?;
    let strings = strings_at..strings_at.checked_add(strings.len())?;
    SymbolTable::new(image, offset_in(image, entries), count.min(entries.len() / 24), strings)
}

fn word32(bytes: &[u8], index: usize) -> Option<u32> {
    Some(u32::from_le_bytes(*bytes.get(index.checked_mul(4)?..)?.first_chunk()?))
}

/// DT_HASH: nbucket, nchain, ...; nchain is the number of symbols (gABI ch. 5 "Hash Table").
fn count_by_hash(image: &Image) -> Option<usize> {
    let hash = image.read_from(image.dynamic().addr_of(dt::DT_HASH)?)?;
    Some(word32(hash, 1)? as usize)
}

/// DT_GNU_HASH does not hold the number: the last chain, which ends at a word with bit 0 set, ends at the last symbol (binutils'
/// and glibc's `dl-lookup.c`).
fn count_by_gnu_hash(image: &Image) -> Option<usize> {
    let hash = image.read_from(image.dynamic().addr_of(dt::DT_GNU_HASH)?)?;
    let (buckets, first, bloom_words) = (word32(hash, 0)? as usize, word32(hash, 1)? as usize, word32(hash, 2)? as usize);
    let buckets_at = bloom_words.checked_mul(2)?.checked_add(4)?;
    let chains_at = buckets_at.checked_add(buckets)?;
    let bucket_bytes = hash.get(buckets_at.checked_mul(4)?..chains_at.checked_mul(4)?)?;
    let bucket = |b: &[u8]| b.first_chunk().map_or(0, |b| u32::from_le_bytes(*b) as usize);
    let last = bucket_bytes.chunks_exact(4).map(bucket).max().unwrap_or(0);
    if last < first {
        return Some(first); // every bucket is empty
    }
    let mut index = last;
    while word32(hash, chains_at.checked_add(index - first)?)? & 1 == 0 {
        index = index.checked_add(1)?;
    }
    index.checked_add(1)
}

/// Undefined symbols are in no GNU hash chain; they precede the others, so that a file which defines nothing has no chain to
/// count by. What it uses of others its relocations name.
fn count_by_relocations(image: &Image) -> usize {
    image.relocations().map(|r| r.symbol as usize).max().filter(|n| *n != 0).map_or(0, |n| n + 1)
}

fn version_indices(image: &Image) -> Option<Range<usize>> {
    let by_tag = || Some(offset_in(image, image.read_from(image.dynamic().addr_of(dt::DT_VERSYM)?)?));
    let by_section = || usize::try_from(image.sections().iter().find(|s| s.kind == SHT_GNU_VERSYM)?.offset).ok();
    let start = by_tag().or_else(by_section)?;
    Some(start..image.bytes().len())
}

impl Image {
    /// .symtab; empty if stripped.
    pub fn symtab(&self) -> Symbols<'_> {
        Symbols { image: self, table: self.symtab.get_or_init(|| SymbolTable::find(self, TableKind::Full)) }
    }

    /// .dynsym, found without section headers if need be; empty for static programs.
    pub fn dynsym(&self) -> Symbols<'_> {
        Symbols { image: self, table: self.dynsym.get_or_init(|| SymbolTable::find(self, TableKind::Dynamic)) }
    }

    /// The table in which gdb looks for names: .symtab, or .dynsym if that is empty.
    pub fn symbols(&self) -> Symbols<'_> {
        let full = self.symtab();
        if full.is_empty() { self.dynsym() } else { full }
    }

    /// The symbol of a relocation.
    pub fn relocation_symbol(&self, relocation: &Relocation) -> Option<Symbol<'_>> {
        if relocation.symbol == 0 { None } else { self.dynsym().get(relocation.symbol) }
    }
}

/// So many names are searched for linearly before the index by name is built: one search of a table of 500,000 symbols takes
/// some milliseconds, sorting it half a second.
const SEARCHES_BEFORE_INDEX: u32 = 16;

/// Longer answers than so many symbols are not remembered.
const MAX_REMEMBERED: usize = 4096;

/// A view of one symbol table of an [`Image`].
#[derive(Clone, Copy, Debug)]
pub struct Symbols<'a> {
    pub(super) image: &'a Image,
    pub(super) table: &'a SymbolTable,
}

impl<'a> Symbols<'a> {
    /// The number of entries, the null symbol included.
    pub fn len(self) -> usize {
        self.table.count
    }

    /// Whether there are none.
    pub fn is_empty(self) -> bool {
        self.table.count == 0
    }

    fn raw(self) -> Option<Symtab<'a>> {
        Symtab::parse(self.image.bytes(), self.table.offset, self.table.count, CTX).ok()
    }

    fn entries(self) -> &'a [u8] {
        let end = self.table.offset.saturating_add(self.table.count * ENTRY);
        self.image.bytes().get(self.table.offset..end).unwrap_or_default()
    }

    fn strings(self) -> &'a [u8] {
        self.image.bytes().get(self.table.strings.clone()).unwrap_or_default()
    }

    /// The symbol of this index.
    pub fn get(self, index: u32) -> Option<Symbol<'a>> {
        Some(self.symbol(index, &self.raw()?.get(index as usize)?))
    }

    /// All symbols in the table's order.
    pub fn iter(self) -> impl Iterator<Item = Symbol<'a>> {
        let raw = self.raw().into_iter().flat_map(|t| t.iter());
        raw.enumerate().map(move |(i, s)| self.symbol(i as u32, &s))
    }

    fn symbol(self, index: u32, raw: &goblin::elf::Sym) -> Symbol<'a> {
        let kind = match raw.st_type() {
            sym::STT_NOTYPE => SymbolKind::NoType,
            sym::STT_OBJECT | sym::STT_COMMON => SymbolKind::Object,
            sym::STT_FUNC => SymbolKind::Function,
            sym::STT_SECTION => SymbolKind::Section,
            sym::STT_FILE => SymbolKind::File,
            sym::STT_TLS => SymbolKind::Tls,
            sym::STT_GNU_IFUNC => SymbolKind::Ifunc,
            other => SymbolKind::Other(other),
        };
        let binding = match raw.st_bind() {
            sym::STB_LOCAL => Binding::Local,
            sym::STB_GLOBAL => Binding::Global,
            sym::STB_WEAK => Binding::Weak,
            sym::STB_GNU_UNIQUE => Binding::Unique,
            other => Binding::Other(other),
        };
        Symbol {
            index,
            name: string_in(self.strings(), raw.st_name as u64),
            addr: FileAddr(raw.st_value),
            size: raw.st_size,
            kind,
            binding,
            visibility: raw.st_visibility(),
            section: raw.st_shndx as u16,
            version: self.version(index),
        }
    }

    /// A symbol's word of DT_VERSYM: the index of its version, and bit 15 for one that only references which name it get (LSB
    /// "Symbol Version Table"); `None` without such a table.
    pub fn version_word(self, index: u32) -> Option<u16> {
        let indices = self.image.bytes().get(self.table.versions.clone()?)?;
        Some(u16::from_le_bytes(*indices.get(index as usize * 2..)?.first_chunk()?))
    }

    fn version(self, index: u32) -> Option<SymbolVersion<'a>> {
        let word = self.version_word(index)?;
        let number = word & 0x7fff;
        // 0 is local, 1 is global without a version.
        if number < 2 {
            return None;
        }
        let (name, file) = self.image.versions().by_index(number)?;
        Some(SymbolVersion { name, is_default: file.is_none() && word & 0x8000 == 0, file })
    }

    /// All symbols of exactly this name, in the table's order; undefined ones too.
    pub fn named(self, name: &str) -> Vec<Symbol<'a>> {
        if name.is_empty() {
            return Vec::new();
        }
        if self.table.by_name.get().is_none() {
            let may_search = || self.table.name_searches.fetch_add(1, Ordering::Relaxed) < SEARCHES_BEFORE_INDEX;
            let make = || if may_search() { self.search(name) } else { self.indexed(name) };
            return self.remembered(name.to_owned(), make);
        }
        self.indexed(name)
    }

    fn indexed(self, name: &str) -> Vec<Symbol<'a>> {
        let index = self.by_name();
        let start = index.partition_point(|i| self.name_of(*i) < name);
        let same = index.get(start..).unwrap_or_default().iter().take_while(|i| self.name_of(**i) == name);
        same.filter_map(|i| self.get(*i)).collect()
    }

    /// Searches the string table for the name, then the symbols for those offsets: no string is compared twice, and a name that
    /// is not there costs one pass over the strings.
    fn search(self, name: &str) -> Vec<Symbol<'a>> {
        let wanted = [name.as_bytes(), &[0]].concat();
        // A name may be the tail of another one, whose string it then shares.
        let finder = memchr::memmem::Finder::new(&wanted);
        let mut offsets = Vec::new();
        self.image.pass_over(self.strings(), wanted.len(), |at, part| offsets.extend(finder.find_iter(part).map(|hit| at + hit)));
        self.with_names_at(&offsets, |offset| offsets.binary_search(&offset).is_ok())
    }

    /// All symbols whose names hold `part`, which is not empty, in the table's order. It costs one pass over the strings and one over
    /// the symbols, of which only those that are found are read.
    pub fn containing(self, part: &str) -> Vec<Symbol<'a>> {
        if part.is_empty() {
            return Vec::new();
        }
        let make = || {
            let strings = self.strings();
            // The ranges of offsets at which a name that holds a hit can begin: from behind the NUL before it up to the hit itself.
            let mut ranges: Vec<(usize, usize)> = Vec::new();
            let finder = memchr::memmem::Finder::new(part.as_bytes());
            self.image.pass_over(strings, part.len(), |at, window| {
                for hit in finder.find_iter(window).map(|hit| at + hit) {
                    let start = memchr::memrchr(0, strings.get(..hit).unwrap_or_default()).map_or(0, |nul| nul + 1);
                    match ranges.last_mut().filter(|r| r.0 == start) {
                        Some(last) => last.1 = hit,
                        None => ranges.push((start, hit)),
                    }
                }
            });
            self.with_names_at(&ranges, |offset| {
                let after = ranges.partition_point(|r| r.0 <= offset);
                after.checked_sub(1).and_then(|i| ranges.get(i)).is_some_and(|r| offset <= r.1)
            })
        };
        // No name holds a NUL.
        self.remembered(format!("\0{part}"), make)
    }

    /// The symbols whose names start at offsets of the string table that pass a test; `found` is empty if none does.
    fn with_names_at<T>(self, found: &[T], is_one: impl Fn(usize) -> bool) -> Vec<Symbol<'a>> {
        if found.is_empty() {
            return Vec::new();
        }
        let mut hits = Vec::new();
        self.each_raw(|index, raw| {
            if is_one(raw.st_name) {
                hits.push(self.symbol(index, raw));
            }
        });
        hits
    }

    /// Shows `each` all entries as they are in the file.
    pub(super) fn each_raw(self, mut each: impl FnMut(u32, &Sym)) {
        self.image.pass_over(self.entries(), 1, |at, part| {
            let Ok(table) = Symtab::parse(part, 0, part.len() / ENTRY, CTX) else { return };
            ((at / ENTRY) as u32..).zip(table.iter()).for_each(|(index, raw)| each(index, &raw));
        });
    }

    /// The answer to a question that was asked before, by the symbols' indices; else what `make` says. Few questions are remembered, of
    /// those that are asked again and again for one command.
    fn remembered(self, question: String, make: impl FnOnce() -> Vec<Symbol<'a>>) -> Vec<Symbol<'a>> {
        let known = || Some(self.table.answers.lock().ok()?.iter().find(|(q, _)| *q == question)?.1.clone());
        if let Some(indices) = known() {
            return indices.iter().filter_map(|i| self.get(*i)).collect();
        }
        let found = make();
        if let Ok(mut answers) = self.table.answers.lock()
            && found.len() <= MAX_REMEMBERED
        {
            let extra = (answers.len() + 1).saturating_sub(SEARCHES_BEFORE_INDEX as usize);
            answers.drain(..extra);
            answers.push((question, found.iter().map(|s| s.index).collect()));
        }
        found
    }

    pub(super) fn name_of(self, index: u32) -> &'a str {
        let offset = self.raw().and_then(|t| t.get(index as usize)).map_or(0, |s| s.st_name);
        string_in(self.strings(), offset as u64)
    }

    /// The indices of all named symbols, sorted by name and then by index.
    fn by_name(self) -> &'a [u32] {
        self.table.by_name.get_or_init(|| {
            let mut named: Vec<(&str, u32)> = self.iter().map(|s| (s.name, s.index)).filter(|s| !s.0.is_empty()).collect();
            named.sort_unstable();
            named.into_iter().map(|(_, i)| i).collect()
        })
    }

    /// The symbols whose names start with `prefix`, sorted by name: by the index if it is there, else all names are looked at.
    pub fn with_prefix(self, prefix: &str) -> Vec<Symbol<'a>> {
        if self.table.by_name.get().is_some() || prefix.is_empty() {
            let index = self.by_name();
            let start = index.partition_point(|i| self.name_of(*i) < prefix);
            let rest = index.get(start..).unwrap_or_default().iter().filter_map(|i| self.get(*i));
            return rest.take_while(|s| s.name.starts_with(prefix)).collect();
        }
        let mut found = self.containing(prefix);
        found.retain(|s| s.name.starts_with(prefix));
        found.sort_by_key(|s| (s.name, s.index));
        found
    }
}

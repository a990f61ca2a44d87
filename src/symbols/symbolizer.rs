//! From addresses to names.

use std::borrow::Cow;
use std::sync::Arc;

use crate::base::{FileAddr, VirtAddr};
use crate::elf::{Symbol, SymbolKind};

use super::demangle::demangle;
use super::module::Module;
use super::modules::Modules;

/// Where a name comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LocationKind {
    /// A symbol table.
    Symbol(SymbolKind),
    /// A PLT stub: `puts@plt`.
    PltStub,
    /// A GOT slot: `puts@got.plt`.
    GotSlot,
    /// `_start` or `main`, found without a symbol.
    Found,
}

/// An address by name: module, symbol and offset.
#[derive(Clone, Debug)]
pub struct Location {
    /// The module.
    pub module: Arc<Module>,
    /// The name as in the file (mangled).
    pub raw_name: String,
    /// Distance from the symbol's start in bytes.
    pub offset: u64,
    /// The symbol's start.
    pub start: VirtAddr,
    /// The symbol's size in bytes; 0 if not known.
    pub size: u64,
    /// Where the name comes from.
    pub kind: LocationKind,
    /// The section in which the address lies, as `.text`; `None` without section headers.
    pub section: Option<String>,
    /// Whether the section, or without sections the segment, holds code.
    pub is_code: bool,
}

impl Location {
    /// The name as the programmer wrote it.
    pub fn name(&self) -> Cow<'_, str> {
        demangle(&self.raw_name)
    }

    /// `main+4`, or `main` at its start, with the raw name: what gdb shows between `<` and `>` in `x` and disassembly.
    pub fn with_offset(&self) -> String {
        if self.offset == 0 { self.raw_name.clone() } else { format!("{}+{}", self.raw_name, self.offset) }
    }

    /// The same with the demangled name: what gdb's `print` shows.
    pub fn with_offset_demangled(&self) -> String {
        if self.offset == 0 { self.name().into_owned() } else { format!("{}+{}", self.name(), self.offset) }
    }
}

impl Modules {
    /// The name that is printed beside an address, as `<main+4>`. Data symbols without a size name nothing here, as in gdb.
    pub fn symbolize(&self, addr: VirtAddr) -> Option<Location> {
        self.locate(addr).filter(|l| l.is_code || l.size != 0)
    }

    /// The name of an address for `info symbol`, which shows data symbols without a size too.
    pub fn locate(&self, addr: VirtAddr) -> Option<Location> {
        self.at(addr)?.locate(addr)
    }
}

/// A name before it becomes a [`Location`].
struct Label {
    raw_name: String,
    start: FileAddr,
    size: u64,
    kind: LocationKind,
}

impl Module {
    /// The name of a run-time address in this module.
    pub fn locate(self: &Arc<Module>, at: VirtAddr) -> Option<Location> {
        let addr = self.to_file(at);
        let section = self.image().section_at(addr);
        let segment = self.image().load_at(addr)?;
        let is_code = section.map_or(segment.is_code(), |s| s.is_code());
        // gdb looks for a name within the address's own section only.
        let in_place = |s: &Symbol<'_>| match section {
            Some(section) => usize::from(s.section) == section.index,
            None => segment.contains(s.addr),
        };
        let symbol = self.file.symbol_covering(addr, in_place).map(|s| Label {
            raw_name: s.name.to_owned(),
            start: s.addr,
            size: s.size,
            kind: LocationKind::Symbol(s.kind),
        });
        let made = if is_code { self.stub_or_found(addr) } else { self.slot(addr) };
        // Of two names the nearer one, of two equally near the file's own; but a word of the GOT is a slot before it is
        // `_GLOBAL_OFFSET_TABLE_` plus something.
        let named = match (symbol, made) {
            (Some(s), Some(m)) => Some(if m.start > s.start || s.size == 0 && !is_code { m } else { s }),
            (s, m) => s.or(m),
        }?;
        Some(Location {
            module: self.clone(),
            offset: addr - named.start,
            start: self.virt(named.start),
            raw_name: named.raw_name,
            size: named.size,
            kind: named.kind,
            section: section.map(|s| s.name.clone()),
            is_code,
        })
    }

    /// The PLT stub or the found function that contains the address.
    fn stub_or_found(&self, addr: FileAddr) -> Option<Label> {
        if let Some(stub) = self.plt().stub_at(addr) {
            return Some(Label { raw_name: stub.label(), start: stub.addr, size: stub.len, kind: LocationKind::PltStub });
        }
        let found = self.found_functions().iter().find(|f| addr - f.addr < f.size)?;
        Some(Label { raw_name: found.name.to_owned(), start: found.addr, size: found.size, kind: LocationKind::Found })
    }

    fn slot(&self, addr: FileAddr) -> Option<Label> {
        let slot = self.got()?.slot_at(addr)?;
        Some(Label { raw_name: slot.label()?, start: slot.addr, size: 8, kind: LocationKind::GotSlot })
    }
}

//! Reading the macros of a unit: .debug_macro (DWARF5 §6.3, and GNU's of version 4, which numbers its opcodes likewise) and
//! .debug_macinfo (DWARF4 §6.3).

use std::collections::HashMap;
use std::sync::Arc;

use gimli::{
    AttributeValue, DebugLineOffset, DebugMacinfoOffset, DebugMacroOffset, Dwarf, MacroEntry, MacroIter, MacroString,
    constants as dw,
};

use super::info::DebugInfo;
use super::lines::{LineFile, files};
use super::macro_table::{Entry, Inclusion, MacroPlace, MacroTable, name_length};
use super::reader::{R, bad};
use super::unit::{LoadedUnit, UnitId};

/// No unit has so many definitions; of damaged ones no more are read.
const MOST_ENTRIES: usize = 1 << 20;

/// Nor so many bytes of them.
const MOST_BYTES: usize = 128 << 20;

/// How deep units of macros may import each other, and files may include each other (gcc stops at 200).
const DEEPEST: usize = 256;

/// The section and the offset of a unit's macros.
#[derive(Clone, Copy)]
enum Start {
    /// In .debug_macro.
    Macro(usize),
    /// In .debug_macinfo.
    Macinfo(usize),
}

impl Start {
    fn section(self) -> (&'static str, u64) {
        match self {
            Start::Macro(offset) => (".debug_macro", offset as u64),
            Start::Macinfo(offset) => (".debug_macinfo", offset as u64),
        }
    }
}

impl DebugInfo {
    /// Whether any unit may have macros: by the sections alone.
    pub fn may_have_macros(&self) -> bool {
        let has = |name| self.image().section(name).is_some_and(|s| s.size > 0);
        has(".debug_macro") || has(".debug_macinfo") || self.has_skeletons()
    }

    /// The macros of a unit, read when first asked for; `None` if the compiler has described none.
    pub fn macros(&self, unit: UnitId) -> Option<Arc<MacroTable>> {
        let slot = self.macro_tables().get(unit.0 as usize)?;
        slot.get_or_init(|| {
            let (start, table, read) = self.with(|units| {
                let unit = units.unit(unit).ok()?;
                let start = start(unit)?;
                let (table, read) = Reading::of(unit, start);
                Some((start, table, read))
            })?;
            if let Err(e) = read {
                let (section, offset) = start.section();
                self.complain(bad(self.path(), section, offset, e));
            }
            Some(Arc::new(table))
        })
        .clone()
    }
}

/// Where the macros of a unit are.
fn start(unit: &LoadedUnit<'_>) -> Option<Start> {
    let root = unit.unit.entry(unit.unit.header.root_offset()).ok()?;
    let offset = |name| match root.attr_value(name)? {
        AttributeValue::DebugMacroRef(DebugMacroOffset(offset))
        | AttributeValue::DebugMacinfoRef(DebugMacinfoOffset(offset))
        | AttributeValue::SecOffset(offset) => Some(offset),
        // DWARF 3 and older write offsets as numbers.
        other => usize::try_from(other.udata_value()?).ok(),
    };
    let modern = offset(dw::DW_AT_macros).or_else(|| offset(dw::DW_AT_GNU_macros));
    modern.map(Start::Macro).or_else(|| offset(dw::DW_AT_macro_info).map(Start::Macinfo))
}

/// The macros of a unit while they are being read.
struct Reading<'u, 'a> {
    unit: &'u LoadedUnit<'a>,
    files: Vec<LineFile>,
    /// The number of the first file (DWARF5 §6.2.4): 0, and 1 before version 5.
    first_file: u64,
    inclusions: Vec<Inclusion>,
    /// The inclusions that are open.
    open: Vec<u32>,
    has_main: bool,
    entries: Vec<Entry>,
    /// The definitions of each name since it was taken back last.
    current: HashMap<Box<str>, Vec<usize>>,
    bytes: usize,
    /// How many entries of any kind were read.
    read: usize,
}

impl<'u, 'a> Reading<'u, 'a> {
    /// The table, and whether it could be read to its end.
    fn of(unit: &'u LoadedUnit<'a>, start: Start) -> (MacroTable, gimli::Result<()>) {
        let split = unit.skeleton.as_ref().and_then(|_| {
            // The other part has files of its own: those of its .debug_line.dwo (DWARF5 §7.3.2.2).
            let size = unit.unit.header.address_size();
            unit.dwarf.debug_line.program(DebugLineOffset(0), size, unit.unit.comp_dir, unit.unit.name).ok()
        });
        let header = split.as_ref().or(unit.unit.line_program.as_ref()).map(|p| p.header());
        let (files, main) = header.map(|h| files(unit, h)).unwrap_or_default();
        let text = |r: R<'a>| r.to_string_lossy().into_owned();
        let name = unit.unit.name.map(text).unwrap_or_default();
        let unnamed = LineFile { path: std::path::Path::new(&name).into(), name: name.into() };
        let main = main.and_then(|i| files.get(i as usize)).cloned().unwrap_or(unnamed);
        let mut reading = Reading {
            unit,
            files,
            first_file: header.map_or(0, |h| u64::from(h.version() < 5)),
            inclusions: vec![Inclusion { file: main, from: None, depth: 0 }],
            open: Vec::new(),
            has_main: false,
            entries: Vec::new(),
            current: HashMap::new(),
            bytes: 0,
            read: 0,
        };
        let read = match start {
            Start::Macro(offset) => {
                unit.dwarf.macros(DebugMacroOffset(offset)).and_then(|list| reading.list(list, &unit.dwarf, DEEPEST))
            }
            Start::Macinfo(offset) => {
                unit.dwarf.macinfo(DebugMacinfoOffset(offset)).and_then(|list| reading.list(list, &unit.dwarf, DEEPEST))
            }
        };
        let directory = unit.unit.comp_dir.map(text).unwrap_or_default();
        (MacroTable::new(directory, reading.inclusions, reading.entries), read)
    }

    /// Reads a list of entries, which stand in the sections of `dwarf`.
    fn list(&mut self, mut list: MacroIter<R<'a>>, dwarf: &Dwarf<R<'a>>, depth: usize) -> gimli::Result<()> {
        while let Some(entry) = list.next()? {
            self.read += 1;
            if depth == 0 || self.read > MOST_ENTRIES || self.bytes > MOST_BYTES {
                return Err(gimli::Error::OffsetOutOfBounds(0));
            }
            match entry {
                MacroEntry::Define { line, text } => self.define(line, &self.text(text, dwarf)?),
                MacroEntry::Undef { line, name } => self.undefine(line, &self.text(name, dwarf)?),
                MacroEntry::StartFile { line, file } => self.start_file(line, file),
                MacroEntry::EndFile => _ = self.open.pop(),
                MacroEntry::Import { offset } => self.import(offset, dwarf, depth)?,
                MacroEntry::ImportSup { offset } => {
                    if let Some(shared) = dwarf.sup() {
                        self.list(shared.macros(offset)?, shared, depth - 1)?;
                    }
                }
                MacroEntry::VendorExt { .. } => {}
            }
        }
        Ok(())
    }

    /// Reads what is imported. *Folklore*: in a .dwo file gcc puts what may be shared into sections of their own, and imports it by
    /// offsets within those, which are all 0 and lead nowhere but to the importing unit itself. What is there cannot be found.
    fn import(&mut self, offset: DebugMacroOffset, dwarf: &Dwarf<R<'a>>, depth: usize) -> gimli::Result<()> {
        match self.unit.skeleton.is_some() && offset.0 == 0 {
            true => Ok(()),
            false => self.list(dwarf.macros(offset)?, dwarf, depth - 1),
        }
    }

    fn text(&self, text: MacroString<R<'a>>, dwarf: &Dwarf<R<'a>>) -> gimli::Result<String> {
        let bytes = text.string(gimli::UnitRef::new(dwarf, &self.unit.unit))?;
        Ok(bytes.to_string_lossy().into_owned())
    }

    /// The place of a line where the reading stands. What stands outside of all files is the compiler's command line: gcc puts it
    /// before them, clang behind them.
    fn here(&self, line: u64) -> MacroPlace {
        MacroPlace { inclusion: self.open.last().copied().unwrap_or(0), line: i64::from(u32::try_from(line).unwrap_or(u32::MAX)) }
    }

    fn define(&mut self, line: u64, text: &str) {
        let start = self.here(line);
        let name = text.get(..name_length(text)).unwrap_or_default();
        self.bytes += text.len() + name.len();
        match self.current.get_mut(name) {
            // One that is repeated does not end the one before: both are shown, as gdb has it, and the last one counts.
            Some(earlier) => earlier.push(self.entries.len()),
            None => _ = self.current.insert(name.into(), vec![self.entries.len()]),
        }
        self.entries.push(Entry { text: text.into(), start, end: None });
    }

    fn undefine(&mut self, line: u64, name: &str) {
        let end = self.here(line);
        for index in self.current.remove(name.trim_end()).unwrap_or_default() {
            if let Some(entry) = self.entries.get_mut(index) {
                entry.end = Some(end);
            }
        }
    }

    fn start_file(&mut self, line: u64, file: u64) {
        let index = file.checked_sub(self.first_file).and_then(|i| usize::try_from(i).ok());
        let file = index.and_then(|i| self.files.get(i)).cloned();
        if self.open.is_empty() && !self.has_main {
            self.has_main = true;
            if let (Some(file), Some(main)) = (file, self.inclusions.first_mut()) {
                main.file = file;
            }
            self.open.push(0);
            return;
        }
        let from = self.here(line);
        // One that is too deep counts as part of the file around it.
        if self.open.len() >= DEEPEST {
            self.open.push(from.inclusion);
            return;
        }
        let file = file.unwrap_or_else(|| LineFile { name: "<unknown>".into(), path: std::path::Path::new("<unknown>").into() });
        let depth = self.inclusions.get(from.inclusion as usize).map_or(0, |i| i.depth) + 1;
        self.open.push(u32::try_from(self.inclusions.len()).unwrap_or(u32::MAX));
        self.inclusions.push(Inclusion { file, from: Some(from), depth });
    }
}

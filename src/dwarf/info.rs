//! The debug information of one module: who owns the bytes, and what was parsed of them so far.

use std::any::Any;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use gimli::{Dwarf, EndianSlice, LittleEndian, SectionId};
use self_cell::self_cell;

use super::body::Body;
use super::complaints::Complaints;
use super::functions::{Function, Functions};
use super::globals::Globals;
use super::imports::Import;
use super::index::NameIndex;
use super::lines::LineTable;
use super::macro_table::MacroTable;
use super::ranges::UnitRanges;
use super::reader::{R, bad};
use super::split::SplitFiles;
use super::type_names::TypeNames;
use super::unit::{UnitId, Units};
use crate::base::{Error, FileAddr, Result};
use crate::elf::Image;

/// The files that readers borrow from.
#[derive(Debug)]
pub(super) struct Owner {
    /// The file that holds .debug_info.
    image: Arc<Image>,
    /// dwz's file that several modules share (.gnu_debugaltlink).
    supplementary: Option<Arc<Image>>,
    /// The files of units that are split.
    split: SplitFiles,
}

self_cell!(
    struct Cell {
        owner: Owner,

        #[not_covariant]
        dependent: Units,
    }
);

/// The debug information of one module, read as far as somebody asks: the headers of its units when it is opened, a unit's line
/// rows, functions and types when they are needed. All addresses are link-time addresses.
pub struct DebugInfo {
    cell: Cell,
    ranges: OnceLock<UnitRanges>,
    lines: Box<[OnceLock<Result<Arc<LineTable>>>]>,
    functions: Box<[OnceLock<Result<Arc<Functions>>>]>,
    cached_names: OnceLock<Option<NameIndex>>,
    names: OnceLock<NameIndex>,
    globals: Box<[OnceLock<Result<Arc<Globals>>>]>,
    type_names: Box<[OnceLock<Result<Arc<TypeNames>>>]>,
    macros: Box<[OnceLock<Option<Arc<MacroTable>>>]>,
    attached: OnceLock<Box<dyn Any + Send + Sync>>,
    complaints: Complaints,
}

impl std::fmt::Debug for DebugInfo {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "DebugInfo({})", self.path().display())
    }
}

impl DebugInfo {
    /// Opens what a file holds; `None` if it has no .debug_info. Sections that are compressed are inflated once.
    pub fn open(image: &Arc<Image>, supplementary: Option<Arc<Image>>) -> Result<Option<DebugInfo>> {
        if !image.sections().iter().any(|s| s.name == ".debug_info" && !s.is_nobits() && s.size > 0) {
            return Ok(None);
        }
        let split = load(image).map(|dwarf| SplitFiles::of(image, &dwarf)).unwrap_or_default();
        for missing in &split.missing {
            tracing::warn!(target: "dwarf", "{missing}");
        }
        let owner = Owner { image: image.clone(), supplementary, split };
        let cell = Cell::try_new(owner, |owner| Units::scan(sections(owner)?, &owner.split, &owner.image))
            .map_err(|e| bad(image.path(), ".debug_info", 0, e))?;
        let count = cell.with_dependent(|_, units| units.len());
        let complaints = Complaints::default();
        for (section, e) in unreadable(image) {
            complaints.add(Error::BadDwarf {
                module: image.path().display().to_string(),
                section,
                offset: 0,
                what: e.to_string(),
            });
        }
        cell.with_dependent(|_, units| {
            for (section, offset, e) in units.damaged() {
                complaints.add(bad(image.path(), section, *offset, *e));
            }
        });
        Ok(Some(DebugInfo {
            cell,
            complaints,
            ranges: OnceLock::new(),
            lines: (0..count).map(|_| OnceLock::new()).collect(),
            functions: (0..count).map(|_| OnceLock::new()).collect(),
            cached_names: OnceLock::new(),
            names: OnceLock::new(),
            globals: (0..count).map(|_| OnceLock::new()).collect(),
            type_names: (0..count).map(|_| OnceLock::new()).collect(),
            macros: (0..count).map(|_| OnceLock::new()).collect(),
            attached: OnceLock::new(),
        }))
    }

    /// The file that it was read from.
    pub fn path(&self) -> &Path {
        self.cell.borrow_owner().image.path()
    }

    /// What gdb warns of: parts that are not where the file says that they are.
    pub fn missing(&self) -> &[String] {
        &self.cell.borrow_owner().split.missing
    }

    /// The image that it was read from.
    pub fn image(&self) -> &Arc<Image> {
        &self.cell.borrow_owner().image
    }

    /// Runs something on the parsed units.
    pub(super) fn with<T>(&self, f: impl for<'a> FnOnce(&Units<'a>) -> T) -> T {
        self.cell.with_dependent(|_, units| f(units))
    }

    /// How many units there are.
    pub fn unit_count(&self) -> usize {
        self.lines.len()
    }

    /// All units, in the order of the file.
    pub fn units(&self) -> impl Iterator<Item = UnitId> + use<> {
        (0..self.lines.len() as u32).map(UnitId)
    }

    /// The places of the name index: from the cache, and made here.
    pub(super) fn names(&self) -> (&OnceLock<Option<NameIndex>>, &OnceLock<NameIndex>) {
        (&self.cached_names, &self.names)
    }

    /// The length of .debug_info in bytes.
    pub(super) fn info_size(&self) -> usize {
        self.image().section(".debug_info").map_or(0, |s| s.size as usize)
    }

    /// The name of a unit: the file that was compiled, as the compiler was given it.
    pub fn unit_name(&self, unit: UnitId) -> Option<String> {
        self.with(|units| units.unit_name(unit))
    }

    /// Whether parts of it are in files of their own (DWARF5 §7.3.2), which may change without this one.
    pub(super) fn has_split_units(&self) -> bool {
        self.with(|units| units.ids().any(|u| units.is_skeleton(u)))
    }

    /// Which addresses belong to which unit.
    pub(super) fn ranges(&self) -> &UnitRanges {
        self.ranges.get_or_init(|| {
            let (ranges, damaged) = self.with(|units| UnitRanges::of(units, self.image()));
            for (unit, e) in damaged {
                match unit {
                    Some(unit) => _ = self.damaged(unit, e),
                    None => _ = self.complaints.add(bad(self.path(), ".debug_aranges", 0, e)),
                }
            }
            ranges
        })
    }

    /// The unit whose code lies at an address.
    pub fn unit_at(&self, addr: FileAddr) -> Option<UnitId> {
        self.ranges().at(addr)
    }

    /// The line rows of a unit.
    pub fn lines(&self, unit: UnitId) -> Result<Arc<LineTable>> {
        let slot = self.lines.get(unit.0 as usize).ok_or_else(|| no_unit(self.path()))?;
        slot.get_or_init(|| {
            let is_code = |addr: FileAddr| self.image().load_at(addr).is_some();
            self.with(|units| units.unit(unit).map(|_| ())).map_err(|e| self.damaged(unit, e))?;
            let (offset, table) = self.with(|units| (units.lines_offset(unit), LineTable::of(units, unit, &is_code)));
            let complain = |e| self.complaints.add(bad(self.path(), ".debug_line", offset, e));
            let (table, run) = table.map_err(complain)?;
            if let Err(e) = run {
                complain(e);
            }
            Ok(Arc::new(table))
        })
        .clone()
    }

    /// The functions of a unit.
    pub fn functions(&self, unit: UnitId) -> Result<Arc<Functions>> {
        let slot = self.functions.get(unit.0 as usize).ok_or_else(|| no_unit(self.path()))?;
        slot.get_or_init(|| self.salvaged(unit, self.with(|units| Functions::of(units, unit)))).clone()
    }

    /// The function in whose code an address lies.
    pub fn function_at(&self, addr: FileAddr) -> Option<Arc<Function>> {
        let unit = self.unit_at(addr)?;
        self.functions(unit).ok()?.at(addr).cloned()
    }

    /// The blocks, inlined calls and variables of a function.
    pub fn body(&self, function: &Function) -> Result<Arc<Body>> {
        function
            .body
            .get_or_init(|| {
                let body = self.with(|units| Body::of(units, function.die, &function.ranges, function.entry));
                body.map(Arc::new).map_err(|e| self.damaged(function.die.unit, e))
            })
            .clone()
    }

    /// The global and static variables of a unit, and its enumerators.
    pub fn globals(&self, unit: UnitId) -> Result<Arc<Globals>> {
        let slot = self.globals.get(unit.0 as usize).ok_or_else(|| no_unit(self.path()))?;
        slot.get_or_init(|| self.salvaged(unit, self.with(|units| Globals::of(units, unit)))).clone()
    }

    /// What is imported outside of the functions of a unit.
    pub fn imports(&self, unit: UnitId) -> Result<Arc<[Import]>> {
        Ok(self.globals(unit)?.imports())
    }

    /// The full name of what is imported.
    pub fn imported_name(&self, import: &Import) -> Option<Arc<str>> {
        import.full.get_or_init(|| self.with(|units| units.qualified_name(import.target)).map(Arc::from)).clone()
    }

    /// The named types of a unit; its entries are walked once.
    pub fn type_names(&self, unit: UnitId) -> Result<Arc<TypeNames>> {
        let slot = self.type_names.get(unit.0 as usize).ok_or_else(|| no_unit(self.path()))?;
        slot.get_or_init(|| self.salvaged(unit, self.with(|units| TypeNames::of(units, unit)))).clone()
    }

    /// The places of the units' macros.
    pub(super) fn macro_tables(&self) -> &[OnceLock<Option<Arc<MacroTable>>>] {
        &self.macros
    }

    /// Whether parts of units were looked for in other files.
    pub(super) fn has_skeletons(&self) -> bool {
        !self.cell.borrow_owner().split.is_empty()
    }

    /// Takes note of a damage, to be told.
    pub(super) fn complain(&self, error: Error) {
        self.complaints.add(error);
    }

    /// What another room keeps with this debug information, made when it is first asked for; always of the same type `T`.
    pub fn attached<T: Any + Send + Sync + Default>(&self) -> Option<&T> {
        self.attached.get_or_init(|| Box::new(T::default())).downcast_ref()
    }

    /// An error about a unit, with its place in the file; the user will be told.
    pub(super) fn damaged(&self, unit: UnitId, error: gimli::Error) -> Error {
        let (section, offset) = self.with(|units| (units.section(unit), units.offset(unit)));
        let is_empty = error == gimli::Error::MissingUnitDie;
        let error = bad(self.path(), section, offset, error);
        // A unit of nothing but its header, as assemblers leave them (DWARF5 §7.5.1 asks for no entry).
        if is_empty { error } else { self.complaints.add(error) }
    }

    /// What was read of a unit, whatever is damaged behind it.
    pub(super) fn salvaged<T>(&self, unit: UnitId, read: gimli::Result<(T, gimli::Result<()>)>) -> Result<Arc<T>> {
        let (found, walked) = read.map_err(|e| self.damaged(unit, e))?;
        if let Err(e) = walked {
            self.damaged(unit, e);
        }
        Ok(Arc::new(found))
    }

    /// What was found damaged since this was last asked: [`Error::BadDwarf`], with module, section and offset.
    pub fn take_complaints(&self) -> Vec<Error> {
        self.complaints.take()
    }
}

fn no_unit(module: &Path) -> Error {
    bad(module, ".debug_info", 0, gimli::Error::NoEntryAtGivenOffset(0))
}

/// The sections of debug information whose bytes cannot be had, and why.
fn unreadable(image: &Image) -> Vec<(&'static str, Error)> {
    let mut found = Vec::new();
    let load = Dwarf::load(|id: SectionId| {
        let data = image.section(id.name()).map(|s| image.section_data(s));
        found.extend(data.and_then(Result::err).map(|e| (id.name(), e)));
        gimli::Result::Ok(R::new(&[], LittleEndian))
    });
    drop(load);
    found
}

/// The sections of a file as gimli wants them; one that is damaged is taken for empty, and what needs it will say so.
fn load(image: &Image) -> gimli::Result<Dwarf<R<'_>>> {
    Dwarf::load(|id: SectionId| {
        let section = image.section(id.name());
        let bytes = section.and_then(|s| image.section_data(s).ok()).unwrap_or_default();
        Ok(EndianSlice::new(bytes, LittleEndian))
    })
}

fn sections(owner: &Owner) -> gimli::Result<Dwarf<R<'_>>> {
    let mut dwarf = load(&owner.image)?;
    if let Some(supplementary) = &owner.supplementary {
        dwarf.set_sup(load(supplementary)?);
    }
    Ok(dwarf)
}

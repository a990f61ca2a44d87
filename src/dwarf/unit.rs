//! Units and their entries: the headers of all, and of each one what was asked for.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use gimli::{
    AttributeValue, DebugTypeSignature, DebuggingInformationEntry, Dwarf, Unit, UnitHeader, UnitOffset, UnitType, constants,
};

use super::reader::R;
use super::split::SplitFiles;
use super::without_lines::without_lines;
use crate::elf::Image;

/// The number of a unit in its module: those of .debug_info, then those of .debug_types, then those of dwz's file.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct UnitId(pub u32);

/// Where a DIE is: its unit, and its offset in bytes from the unit's header.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct DieRef {
    /// The unit.
    pub unit: UnitId,
    /// Bytes from the start of the unit's header (DWARF5 §7.5.1).
    pub offset: u32,
}

/// One entry with its attributes.
pub(super) type Die<'a> = DebuggingInformationEntry<R<'a>>;

/// A DIE that others stand in, and that has a name or stands for one.
#[derive(Clone, Debug)]
pub(super) struct Enclosing {
    pub(super) start: UnitOffset,
    /// Behind its last child.
    pub(super) end: UnitOffset,
    /// The one around it.
    pub(super) outer: Option<usize>,
    pub(super) name: String,
}

/// A unit whose root has been read.
#[derive(Debug)]
pub(super) struct LoadedUnit<'a> {
    /// Which one.
    pub id: UnitId,
    /// The sections that it refers to.
    pub dwarf: Arc<Dwarf<R<'a>>>,
    /// gimli's view of it.
    pub unit: Unit<R<'a>>,
    /// Of a split unit what the program has of it: where its code is.
    pub skeleton: Option<(Arc<Dwarf<R<'a>>>, Unit<R<'a>>)>,
    /// DW_AT_language; 0 if it has none.
    pub language: u16,
    /// DW_AT_producer.
    pub producer: Option<R<'a>>,
    /// Where its line program is in .debug_line, and why it cannot be read.
    pub no_lines: Option<(u64, gimli::Error)>,
    lists: OnceLock<bool>,
    /// What encloses its DIEs, once that was asked for.
    pub(super) enclosing: OnceLock<Box<[Enclosing]>>,
}

/// The header of a unit, and the unit once it was read.
#[derive(Debug)]
struct Head<'a> {
    dwarf: Arc<Dwarf<R<'a>>>,
    header: UnitHeader<R<'a>>,
    /// Offset of the header in its section, in bytes.
    offset: u64,
    /// The part of it that is in another file.
    split: Option<(Arc<Dwarf<R<'a>>>, UnitHeader<R<'a>>)>,
    loaded: OnceLock<gimli::Result<LoadedUnit<'a>>>,
}

/// Bytes of .debug_info behind which the memory of what was passed is given back.
const PASSED: usize = 4 << 20;

/// All units of a module.
#[derive(Debug)]
pub(super) struct Units<'a> {
    heads: Vec<Head<'a>>,
    /// How many of them are in .debug_info, and how many up to the end of .debug_types.
    info: usize,
    types: usize,
    /// And how many up to the end of dwz's file.
    shared: usize,
    signatures: HashMap<u64, DieRef>,
    /// DW_AT_language of the first unit: that of partial units, which dwz leaves without.
    language: u16,
    /// Headers that cannot be read: section, offset, why.
    damaged: Vec<(&'static str, u64, gimli::Error)>,
}

impl<'a> Units<'a> {
    /// Reads the headers of all units: what follows one that is damaged cannot be found, what precedes it stays.
    pub fn scan(dwarf: Dwarf<R<'a>>, files: &'a SplitFiles, image: &Image) -> gimli::Result<Units<'a>> {
        let supplementary = dwarf.sup.clone();
        let dwarf = Arc::new(dwarf);
        let mut heads = Vec::new();
        let mut add = |dwarf: &Arc<Dwarf<R<'a>>>, header: UnitHeader<R<'a>>, offset: u64| {
            heads.push(Head { dwarf: dwarf.clone(), header, offset, split: None, loaded: OnceLock::new() });
            heads.len()
        };
        let (mut info, mut types) = (0, 0);
        let mut units = dwarf.units();
        let bytes = image.section(".debug_info").and_then(|s| image.section_data(s).ok()).unwrap_or_default();
        let mut ahead = bytes;
        let (mut damaged, mut end) = (Vec::new(), 0);
        let mut note = |section, at: u64, e| {
            damaged.push((section, at, e));
            None
        };
        while let Some(header) = units.next().unwrap_or_else(|e| note(".debug_info", end, e)) {
            let offset = header.debug_info_offset().map_or(0, |o| o.0 as u64);
            end = offset + header.length_including_self() as u64;
            info = add(&dwarf, header, offset);
            let passed = (offset as usize).saturating_sub(bytes.len() - ahead.len());
            if let Some((before, rest)) = ahead.split_at_checked(passed).filter(|_| passed > PASSED) {
                image.release(before);
                ahead = rest;
            }
        }
        image.release(ahead);
        types = types.max(info);
        let mut units = dwarf.type_units();
        end = 0;
        while let Some(header) = units.next().unwrap_or_else(|e| note(".debug_types", end, e)) {
            let offset = header.debug_types_offset().map_or(0, |o| o.0 as u64);
            end = offset + header.length_including_self() as u64;
            types = add(&dwarf, header, offset);
        }
        if let Some(supplementary) = supplementary {
            let mut units = supplementary.units();
            while let Ok(Some(header)) = units.next() {
                let offset = header.debug_info_offset().map_or(0, |o| o.0 as u64);
                add(&supplementary, header, offset);
            }
        }
        let shared = heads.len();
        add_split(&mut heads, info, &dwarf, files);
        let mut signatures = HashMap::new();
        for (index, head) in heads.iter().enumerate() {
            if let UnitType::Type { type_signature, type_offset } | UnitType::SplitType { type_signature, type_offset } =
                head.header.type_()
            {
                let die = DieRef { unit: UnitId(index as u32), offset: type_offset.0 as u32 };
                signatures.entry(type_signature.0).or_insert(die);
            }
        }
        let mut units = Units { heads, info, types, shared, signatures, language: 0, damaged };
        units.language =
            units.ids().take(64).find_map(|u| units.look_into(u, |u| u.language).ok().filter(|l| *l != 0)).unwrap_or(0);
        Ok(units)
    }

    /// How many units there are.
    pub fn len(&self) -> usize {
        self.heads.len()
    }

    /// All of them.
    pub fn ids(&self) -> impl Iterator<Item = UnitId> + use<> {
        (0..self.heads.len() as u32).map(UnitId)
    }

    /// Offset of a unit's header in its section.
    pub fn offset(&self, unit: UnitId) -> u64 {
        self.heads.get(unit.0 as usize).map_or(0, |h| h.offset)
    }

    /// The section in which a unit's header is: of a split unit the module's own part.
    pub fn section(&self, unit: UnitId) -> &'static str {
        if (self.info..self.types).contains(&(unit.0 as usize)) { ".debug_types" } else { ".debug_info" }
    }

    /// Where a unit's line program is in .debug_line; 0 if it has none.
    pub fn lines_offset(&self, unit: UnitId) -> u64 {
        let Ok(unit) = self.unit(unit) else { return 0 };
        let read = unit.unit.line_program.as_ref().map(|p| p.header().offset().0 as u64);
        unit.no_lines.map(|(offset, _)| offset).or(read).unwrap_or(0)
    }

    /// Headers that cannot be read: section, offset, why.
    pub fn damaged(&self) -> &[(&'static str, u64, gimli::Error)] {
        &self.damaged
    }

    /// The length of a unit in bytes.
    pub fn length(&self, unit: UnitId) -> usize {
        let header = |h: &Head<'_>| h.split.as_ref().map_or(h.header.length_including_self(), |s| s.1.length_including_self());
        self.heads.get(unit.0 as usize).map_or(0, header)
    }

    /// DW_AT_name of a unit.
    pub fn unit_name(&self, unit: UnitId) -> Option<String> {
        Some(self.unit(unit).ok()?.unit.name?.to_string_lossy().into_owned())
    }

    /// Runs something on a unit, which is not kept if nobody had read it before.
    pub fn look_into<T>(&self, id: UnitId, f: impl FnOnce(&LoadedUnit<'a>) -> T) -> gimli::Result<T> {
        let head = self.heads.get(id.0 as usize).ok_or(gimli::Error::MissingUnitDie)?;
        match head.loaded.get() {
            Some(unit) => Ok(f(unit.as_ref().map_err(|e| *e)?)),
            None => Ok(f(&LoadedUnit::read(id, head, self.language)?)),
        }
    }

    /// Whether a unit holds code: neither a type unit nor a partial one.
    pub fn is_compilation(&self, unit: UnitId) -> bool {
        self.heads.get(unit.0 as usize).is_some_and(|h| {
            matches!(h.header.type_(), UnitType::Compilation | UnitType::Skeleton(_) | UnitType::SplitCompilation(_))
                && (unit.0 as usize) < self.info
        })
    }

    /// Whether the rest of a unit is in another file.
    pub fn is_skeleton(&self, unit: UnitId) -> bool {
        self.heads.get(unit.0 as usize).is_some_and(|h| h.split.is_some() || matches!(h.header.type_(), UnitType::Skeleton(_)))
    }

    /// The sections of the module's own file.
    pub fn dwarf(&self) -> Option<&Arc<Dwarf<R<'a>>>> {
        self.heads.first().map(|h| &h.dwarf)
    }

    /// A unit, its root read.
    pub fn unit(&self, id: UnitId) -> gimli::Result<&LoadedUnit<'a>> {
        let head = self.heads.get(id.0 as usize).ok_or(gimli::Error::MissingUnitDie)?;
        head.loaded.get_or_init(|| LoadedUnit::read(id, head, self.language)).as_ref().map_err(|e| *e)
    }

    /// A DIE with the unit that it is in.
    pub fn entry(&self, die: DieRef) -> gimli::Result<(&LoadedUnit<'a>, Die<'a>)> {
        let unit = self.unit(die.unit)?;
        let entry = unit.unit.entry(UnitOffset(die.offset as usize))?;
        Ok((unit, entry))
    }

    /// The unit whose header stands at this offset of .debug_info.
    pub fn at_info_offset(&self, offset: u64) -> Option<UnitId> {
        let index = self.heads.get(..self.info)?.partition_point(|h| h.offset <= offset).checked_sub(1)?;
        Some(UnitId(index as u32))
    }

    /// The DIE that an attribute of a DIE of `unit` refers to, in the same unit, another one, dwz's file, or by signature.
    pub fn reference(&self, unit: UnitId, value: AttributeValue<R<'a>>) -> Option<DieRef> {
        match value {
            AttributeValue::UnitRef(UnitOffset(offset)) => Some(DieRef { unit, offset: u32::try_from(offset).ok()? }),
            AttributeValue::DebugInfoRef(offset) => {
                // A reference by offset stays in the file that its unit is in.
                if (unit.0 as usize) < self.types {
                    self.in_heads(0, self.info, offset.0 as u64)
                } else {
                    self.supplementary(offset.0 as u64)
                }
            }
            AttributeValue::DebugInfoRefSup(offset) => self.supplementary(offset.0 as u64),
            AttributeValue::DebugTypesRef(DebugTypeSignature(signature)) => self.signatures.get(&signature).copied(),
            _ => None,
        }
    }

    fn supplementary(&self, offset: u64) -> Option<DieRef> {
        self.in_heads(self.types, self.shared, offset)
    }

    fn in_heads(&self, from: usize, to: usize, offset: u64) -> Option<DieRef> {
        let heads = self.heads.get(from..to)?;
        let index = heads.partition_point(|h| h.offset <= offset).checked_sub(1)?;
        let within = offset - heads.get(index)?.offset;
        Some(DieRef { unit: UnitId(u32::try_from(from + index).ok()?), offset: u32::try_from(within).ok()? })
    }
}

/// Finds the other parts of skeletons among the first heads, and adds the type units that are in the same files.
fn add_split<'a>(heads: &mut Vec<Head<'a>>, info: usize, dwarf: &Arc<Dwarf<R<'a>>>, files: &'a SplitFiles) {
    let packages = files.packages();
    let mut typed: Vec<Arc<Dwarf<R<'a>>>> = packages.types(dwarf).into_iter().map(Arc::new).collect();
    for head in heads.iter_mut().take(info) {
        for other in files.sections(&packages, head.offset, dwarf).into_iter().map(Arc::new) {
            let mut units = other.units();
            while let Ok(Some(header)) = units.next() {
                if matches!(header.type_(), UnitType::SplitCompilation(_) | UnitType::Compilation) {
                    head.split.get_or_insert((other.clone(), header));
                }
            }
            typed.push(other);
        }
    }
    for dwarf in typed {
        let mut all = Vec::new();
        let mut units = dwarf.units();
        while let Ok(Some(header)) = units.next() {
            all.push((header, header.debug_info_offset().map_or(0, |o| o.0 as u64)));
        }
        let mut units = dwarf.type_units();
        while let Ok(Some(header)) = units.next() {
            all.push((header, header.debug_types_offset().map_or(0, |o| o.0 as u64)));
        }
        for (header, offset) in all {
            if matches!(header.type_(), UnitType::Type { .. } | UnitType::SplitType { .. }) {
                heads.push(Head { dwarf: dwarf.clone(), header, offset, split: None, loaded: OnceLock::new() });
            }
        }
    }
}

/// C of all years.
pub(super) const C: [constants::DwLang; 5] =
    [constants::DW_LANG_C, constants::DW_LANG_C89, constants::DW_LANG_C99, constants::DW_LANG_C11, constants::DW_LANG_C17];

impl<'a> LoadedUnit<'a> {
    /// Whether it is written in C.
    pub(super) fn is_c(&self) -> bool {
        C.contains(&constants::DwLang(self.language))
    }

    fn read(id: UnitId, head: &Head<'a>, language: u16) -> gimli::Result<LoadedUnit<'a>> {
        let mut no_lines = None;
        let own = Unit::new(&head.dwarf, head.header).or_else(|e| {
            let Ok((unit, offset)) = without_lines(&head.dwarf, head.header) else { return Err(e) };
            no_lines = Some((offset.0 as u64, e));
            Ok(unit)
        })?;
        let Some((dwarf, header)) = &head.split else {
            return Ok(LoadedUnit { no_lines, ..LoadedUnit::describe(id, head.dwarf.clone(), own, None, language)? });
        };
        let mut unit = Unit::new(dwarf, *header)?;
        unit.copy_relocated_attributes(&own);
        // These are the skeleton's business (DWARF5 §3.1.2).
        unit.line_program = own.line_program.clone();
        unit.comp_dir = unit.comp_dir.or(own.comp_dir);
        unit.name = unit.name.or(own.name);
        LoadedUnit::describe(id, dwarf.clone(), unit, Some((head.dwarf.clone(), own)), language)
    }

    fn describe(
        id: UnitId,
        dwarf: Arc<Dwarf<R<'a>>>,
        unit: Unit<R<'a>>,
        skeleton: Option<(Arc<Dwarf<R<'a>>>, Unit<R<'a>>)>,
        of_others: u16,
    ) -> gimli::Result<LoadedUnit<'a>> {
        let root = unit.entry(unit.header.root_offset())?;
        let language = match root.attr_value(constants::DW_AT_language) {
            Some(AttributeValue::Language(l)) => l.0,
            _ if root.tag() == constants::DW_TAG_partial_unit => of_others,
            _ => 0,
        };
        let producer = root.attr_value(constants::DW_AT_producer).and_then(|v| dwarf.attr_string(&unit, v).ok());
        let (lists, enclosing) = (OnceLock::new(), OnceLock::new());
        Ok(LoadedUnit { id, dwarf, unit, skeleton, language, producer, no_lines: None, lists, enclosing })
    }

    /// Where its code is.
    pub fn code(&self) -> gimli::Result<gimli::RangeIter<R<'a>>> {
        match &self.skeleton {
            Some((dwarf, unit)) => dwarf.unit_ranges(unit),
            None => self.dwarf.unit_ranges(&self.unit),
        }
    }

    /// Whether a variable or parameter of it has a location list.
    pub fn has_location_lists(&self) -> bool {
        *self.lists.get_or_init(|| {
            let mut cursor = self.unit.entries();
            while let Ok(true) = cursor.next_entry() {
                let Some(die) = cursor.current() else { continue };
                let is_list = |v| matches!(v, AttributeValue::LocationListsRef(_) | AttributeValue::DebugLocListsIndex(_));
                let of_variable = matches!(die.tag(), constants::DW_TAG_variable | constants::DW_TAG_formal_parameter);
                if of_variable && die.attr_value(constants::DW_AT_location).is_some_and(is_list) {
                    return true;
                }
            }
            false
        })
    }

    /// Whether the compiler's name for itself (DW_AT_producer) holds the text.
    pub fn is_made_by(&self, text: &str) -> bool {
        self.producer.is_some_and(|p| p.to_string_lossy().contains(text))
    }

    /// The text of a string attribute.
    pub fn text(&self, value: AttributeValue<R<'a>>) -> Option<R<'a>> {
        self.dwarf.attr_string(&self.unit, value).ok()
    }

    /// The text of an attribute of a DIE, if it has it and it is a string.
    pub fn string(&self, die: &Die<'a>, name: gimli::DwAt) -> Option<String> {
        Some(self.text(die.attr_value(name)?)?.to_string_lossy().into_owned())
    }

    /// A DIE of this unit by its gimli offset.
    pub fn die_ref(&self, offset: UnitOffset) -> DieRef {
        DieRef { unit: self.id, offset: offset.0 as u32 }
    }
}

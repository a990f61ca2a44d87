//! The functions of a unit: their names, where their code is, and what is nested in them.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use gimli::{AttributeValue, DwTag, UnitOffset, constants as dw};

use super::body::Body;
use super::calls::CallSite;
use super::info::DebugInfo;
use super::unit::{Die, DieRef, LoadedUnit, UnitId, Units};
use crate::base::{FileAddr, Result};

/// A half-open range of link-time addresses.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct FileRange {
    /// First address.
    pub start: FileAddr,
    /// One past the last.
    pub end: FileAddr,
}

impl FileRange {
    /// Whether an address lies in it.
    pub fn contains(&self, addr: FileAddr) -> bool {
        self.start <= addr && addr < self.end
    }
}

/// A line of a file, by the file's index in the line table of a unit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Declared {
    /// The unit whose line table numbers the file: not always that of the DIE that asks.
    pub unit: UnitId,
    /// Index into [`LineTable::files`](super::LineTable::files).
    pub file: u32,
    /// The line, from 1.
    pub line: u32,
}

/// A function that has code of its own.
#[derive(Debug)]
pub struct Function {
    /// Its DIE.
    pub die: DieRef,
    /// Its name with namespaces and classes, without parameters: `ns::Class::method`.
    pub name: Arc<str>,
    /// The symbol's name, where the language mangles.
    pub linkage_name: Option<Arc<str>>,
    /// Where its code is; the first range holds the entry.
    pub ranges: Vec<FileRange>,
    /// Where it is entered.
    pub entry: FileAddr,
    /// Where it is declared.
    pub declared: Option<Declared>,
    /// Whether other units see it.
    pub is_external: bool,
    body: OnceLock<Result<Arc<Body>>>,
    pub(super) calls: OnceLock<Result<Arc<[CallSite]>>>,
}

impl Function {
    /// Whether an address lies in its code.
    pub fn contains(&self, addr: FileAddr) -> bool {
        self.ranges.iter().any(|r| r.contains(addr))
    }

    /// The range of its code that holds its entry.
    pub fn entry_range(&self) -> FileRange {
        let own = self.ranges.iter().find(|r| r.contains(self.entry)).or_else(|| self.ranges.first());
        own.copied().unwrap_or(FileRange { start: self.entry, end: self.entry })
    }
}

/// The functions of a unit.
#[derive(Debug, Default)]
pub struct Functions {
    list: Vec<Arc<Function>>,
    /// Start, end, index; sorted by start.
    by_addr: Vec<(FileAddr, FileAddr, u32)>,
}

/// What a name may be prefixed with, at each depth of the walk.
pub(super) struct Enclosing {
    pub depth: isize,
    pub name: Arc<str>,
}

/// How deep references to declarations are followed.
const MAX_ORIGINS: u32 = 16;

impl Functions {
    /// Walks the entries of a unit; what comes before damage stays, and the damage is told too.
    pub(super) fn of(units: &Units<'_>, id: UnitId) -> gimli::Result<(Functions, gimli::Result<()>)> {
        let mut list = Vec::new();
        let walked = Functions::walk(units, units.unit(id)?, &mut list);
        let mut by_addr = Vec::new();
        for (index, function) in list.iter().enumerate() {
            by_addr.extend(function.ranges.iter().map(|r| (r.start, r.end, index as u32)));
        }
        by_addr.sort_unstable();
        Ok((Functions { list, by_addr }, walked))
    }

    fn walk<'a>(units: &Units<'a>, unit: &LoadedUnit<'a>, list: &mut Vec<Arc<Function>>) -> gimli::Result<()> {
        let mut names: HashMap<UnitOffset, Arc<str>> = HashMap::new();
        let mut enclosing: Vec<Enclosing> = Vec::new();
        let mut cursor = unit.unit.entries();
        let mut more = cursor.next_entry()?;
        while more {
            let Some(die) = cursor.current() else {
                more = cursor.next_entry()?;
                continue;
            };
            let depth = cursor.depth();
            while enclosing.last().is_some_and(|e| e.depth >= depth) {
                enclosing.pop();
            }
            let tag = die.tag();
            if opens_scope(tag) {
                let name = units.scope_name(unit, die);
                let name = qualified(&enclosing, &name);
                names.insert(die.offset(), name.clone());
                enclosing.push(Enclosing { depth, name });
            } else if tag == dw::DW_TAG_subprogram {
                let name = function_name(units, unit, die, &enclosing, &names);
                if let Some(name) = name {
                    names.insert(die.offset(), name.clone());
                    if let Some(function) = Function::read(units, unit, die, name.clone()) {
                        list.push(Arc::new(function));
                    }
                    enclosing.push(Enclosing { depth, name });
                }
            }
            // What lies in these is of no interest, and where it ends is often said.
            let skip = matches!(
                tag,
                dw::DW_TAG_enumeration_type | dw::DW_TAG_subroutine_type | dw::DW_TAG_array_type | dw::DW_TAG_inlined_subroutine
            );
            more = if skip && die.has_attr(dw::DW_AT_sibling) {
                cursor.next_sibling()?.is_some() || cursor.next_entry()?
            } else {
                cursor.next_entry()?
            };
        }
        Ok(())
    }

    /// All of them, in the order of the debug information.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Function>> {
        self.list.iter()
    }

    /// The function in whose code an address lies.
    pub fn at(&self, addr: FileAddr) -> Option<&Arc<Function>> {
        let after = self.by_addr.partition_point(|r| r.0 <= addr);
        let (_, _, index) = self.by_addr.get(..after)?.iter().rev().take(8).find(|r| addr < r.1)?;
        self.list.get(*index as usize)
    }

    /// The function of this DIE.
    pub fn of_die(&self, die: DieRef) -> Option<&Arc<Function>> {
        self.list.iter().find(|f| f.die == die)
    }
}

pub(super) fn opens_scope(tag: DwTag) -> bool {
    matches!(
        tag,
        dw::DW_TAG_namespace | dw::DW_TAG_module | dw::DW_TAG_structure_type | dw::DW_TAG_class_type | dw::DW_TAG_union_type
    )
}

pub(super) fn unnamed(tag: DwTag) -> &'static str {
    match tag {
        dw::DW_TAG_namespace => "(anonymous namespace)",
        dw::DW_TAG_union_type => "{union}",
        dw::DW_TAG_class_type => "{class}",
        _ => "{struct}",
    }
}

pub(super) fn qualified(enclosing: &[Enclosing], name: &str) -> Arc<str> {
    match enclosing.last() {
        Some(outer) => format!("{}::{name}", outer.name).into(),
        None => name.into(),
    }
}

/// The name of a subprogram: its own in its scope, or that of the declaration or abstract instance that it completes.
fn function_name<'a>(
    units: &Units<'a>,
    unit: &LoadedUnit<'a>,
    die: &Die<'a>,
    enclosing: &[Enclosing],
    names: &HashMap<UnitOffset, Arc<str>>,
) -> Option<Arc<str>> {
    if let Some(name) = unit.string(die, dw::DW_AT_name) {
        return Some(qualified(enclosing, &name));
    }
    let value = origin(die)?;
    if let AttributeValue::UnitRef(offset) = value
        && let Some(name) = names.get(&offset)
    {
        return Some(name.clone());
    }
    let die = units.reference(unit.id, value)?;
    units.qualified_name(die).map(Arc::from)
}

fn origin<'a>(die: &Die<'a>) -> Option<AttributeValue<super::info::R<'a>>> {
    die.attr_value(dw::DW_AT_specification).or_else(|| die.attr_value(dw::DW_AT_abstract_origin))
}

impl<'a> Units<'a> {
    /// The name of a DIE with what encloses it, found by walking its unit from the root; through declarations.
    pub(super) fn qualified_name(&self, mut die: DieRef) -> Option<String> {
        for _ in 0..MAX_ORIGINS {
            let (unit, entry) = self.entry(die).ok()?;
            match unit.string(&entry, dw::DW_AT_name) {
                Some(name) => {
                    let mut outer = self.enclosing_names(die);
                    outer.push(name);
                    return Some(outer.join("::"));
                }
                None => die = self.reference(unit.id, origin(&entry)?)?,
            }
        }
        None
    }

    /// The name of a namespace or class; of one that only stands for the definition in a type unit (DW_AT_signature) that one's.
    pub(super) fn scope_name(&self, unit: &LoadedUnit<'a>, die: &Die<'a>) -> String {
        let of_type_unit = || {
            let definition = self.reference(unit.id, die.attr_value(dw::DW_AT_signature)?)?;
            let (unit, die) = self.entry(definition).ok()?;
            unit.string(&die, dw::DW_AT_name)
        };
        unit.string(die, dw::DW_AT_name).or_else(of_type_unit).unwrap_or_else(|| unnamed(die.tag()).to_owned())
    }

    /// The first value of an attribute of a DIE or of what it completes, with the unit that the value is to be read in.
    pub(super) fn inherited(&self, die: DieRef, name: gimli::DwAt) -> Option<(UnitId, AttributeValue<super::info::R<'a>>)> {
        let mut at = die;
        for _ in 0..MAX_ORIGINS {
            let (unit, entry) = self.entry(at).ok()?;
            if let Some(value) = entry.attr_value(name) {
                return Some((unit.id, value));
            }
            at = self.reference(unit.id, origin(&entry)?)?;
        }
        None
    }

    /// A string attribute of a DIE or of what it completes.
    pub(super) fn inherited_string(&self, die: DieRef, name: gimli::DwAt) -> Option<String> {
        let (unit, value) = self.inherited(die, name)?;
        Some(self.unit(unit).ok()?.text(value)?.to_string_lossy().into_owned())
    }

    /// Where a DIE, or what it completes, is declared. A file index of version 5 counts from 0, of earlier ones from 1.
    pub(super) fn declared(&self, die: DieRef) -> Option<Declared> {
        let (unit, line) = self.inherited(die, dw::DW_AT_decl_line)?;
        let (_, file) = self.inherited(die, dw::DW_AT_decl_file)?;
        Some(Declared { unit, file: self.unit(unit).ok()?.file_index(&file)?, line: u32::try_from(line.udata_value()?).ok()? })
    }

    /// The code of a DIE, in order, what was thrown away by the linker left out.
    pub(super) fn code_ranges(&self, unit: &LoadedUnit<'a>, die: &Die<'a>) -> Vec<FileRange> {
        let mut ranges = Vec::new();
        if let Ok(mut found) = unit.dwarf.die_ranges(&unit.unit, die) {
            while let Ok(Some(r)) = found.next() {
                if r.begin > 1 && r.begin < r.end {
                    ranges.push(FileRange { start: FileAddr(r.begin), end: FileAddr(r.end) });
                }
            }
        }
        ranges
    }
}

impl<'a> LoadedUnit<'a> {
    /// The index into the unit's files that an attribute such as DW_AT_decl_file means.
    pub(super) fn file_index(&self, value: &AttributeValue<super::info::R<'a>>) -> Option<u32> {
        let number = match value {
            AttributeValue::FileIndex(n) => *n,
            other => other.udata_value()?,
        };
        let version = self.unit.line_program.as_ref().map_or(5, |p| p.header().version());
        let first = if version >= 5 { 0 } else { 1 };
        u32::try_from(number.checked_sub(first)?).ok()
    }
}

impl Function {
    fn read<'a>(units: &Units<'a>, unit: &LoadedUnit<'a>, die: &Die<'a>, name: Arc<str>) -> Option<Function> {
        let has_code = die.has_attr(dw::DW_AT_low_pc) || die.has_attr(dw::DW_AT_ranges);
        if !has_code {
            return None;
        }
        let ranges = units.code_ranges(unit, die);
        let first = ranges.first()?.start;
        let entry = die.attr_value(dw::DW_AT_entry_pc).and_then(|v| unit.dwarf.attr_address(&unit.unit, v).ok().flatten());
        let reference = unit.die_ref(die.offset());
        let linkage = units
            .inherited_string(reference, dw::DW_AT_linkage_name)
            .or_else(|| units.inherited_string(reference, dw::DW_AT_MIPS_linkage_name));
        Some(Function {
            die: reference,
            name,
            linkage_name: linkage.map(Arc::from),
            entry: entry.map_or(first, FileAddr),
            ranges,
            declared: units.declared(reference),
            is_external: matches!(units.inherited(reference, dw::DW_AT_external), Some((_, AttributeValue::Flag(true)))),
            body: OnceLock::new(),
            calls: OnceLock::new(),
        })
    }
}

impl DebugInfo {
    /// The function in whose code an address lies.
    pub fn function_at(&self, addr: FileAddr) -> Option<Arc<Function>> {
        let unit = self.unit_at(addr)?;
        self.functions(unit).ok()?.at(addr).cloned()
    }

    /// The symbol's name that a DIE, or what it completes, has.
    pub fn linkage_name(&self, die: DieRef) -> Option<String> {
        let name = |name| self.with(|units| units.inherited_string(die, name));
        name(dw::DW_AT_linkage_name).or_else(|| name(dw::DW_AT_MIPS_linkage_name))
    }

    /// Whether other units see a function or variable (DW_AT_external), by its DIE or what that completes.
    pub fn is_external(&self, die: DieRef) -> bool {
        self.with(|units| matches!(units.inherited(die, dw::DW_AT_external), Some((_, AttributeValue::Flag(true)))))
    }

    /// Where a DIE, or what it completes, is declared. The index of the file is that of the DIE's own unit.
    pub fn declared_in(&self, die: DieRef) -> Option<Declared> {
        self.with(|units| units.declared(die))
    }

    /// The blocks, inlined calls and variables of a function.
    pub fn body(&self, function: &Function) -> Result<Arc<Body>> {
        function
            .body
            .get_or_init(|| {
                let body = self.with(|units| Body::of(units, function));
                body.map(Arc::new).map_err(|e| self.damaged(function.die.unit, e))
            })
            .clone()
    }
}

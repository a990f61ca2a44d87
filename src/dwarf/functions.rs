//! The functions of a unit: their names, where their code is, and what is nested in them.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use gimli::{AttributeValue, UnitOffset, constants as dw};

use super::body::Body;
use super::calls::CallSite;
use super::entries::{Declared, Enclosing, FileRange, opens_scope, origin, qualified};
use super::unit::{Die, DieRef, LoadedUnit, UnitId, Units};
use crate::base::{FileAddr, Result};

/// A function that has code of its own.
#[derive(Debug)]
pub struct Function {
    /// Its DIE.
    pub die: DieRef,
    /// Its name with namespaces and classes, without parameters: `ns::Class::method`. In C, which mangles nothing, the symbol's:
    /// where it has another, `asm("NAME")` has given it that, as glibc names its own functions `__GI_...`; gdb goes by it too.
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
    pub(super) body: OnceLock<Result<Arc<Body>>>,
    pub(super) calls: OnceLock<Result<Arc<[CallSite]>>>,
}

impl Function {
    /// Whether an address lies in its code.
    pub fn contains(&self, addr: FileAddr) -> bool {
        self.ranges.iter().any(|r| r.contains(addr))
    }

    /// The range of its code that holds an address, or else its first one. That of its entry begins there.
    pub fn range_at(&self, addr: FileAddr) -> FileRange {
        let own = self.ranges.iter().find(|r| r.contains(addr)).or_else(|| self.ranges.first()).copied();
        match own.unwrap_or(FileRange { start: self.entry, end: self.entry }) {
            range if range.contains(self.entry) => FileRange { start: self.entry, ..range },
            range => range,
        }
    }
}

/// The functions of a unit.
#[derive(Debug, Default)]
pub struct Functions {
    list: Vec<Arc<Function>>,
    /// Start, end, index; sorted by start.
    by_addr: Vec<(FileAddr, FileAddr, u32)>,
}

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
        let linkage_name: Option<Arc<str>> = units.linkage_name(reference).map(Arc::from);
        let own = linkage_name.clone().filter(|_| unit.is_c());
        Some(Function {
            die: reference,
            name: own.unwrap_or(name),
            linkage_name,
            entry: entry.map_or(first, FileAddr),
            ranges,
            declared: units.declared(reference),
            is_external: matches!(units.inherited(reference, dw::DW_AT_external), Some((_, AttributeValue::Flag(true)))),
            body: OnceLock::new(),
            calls: OnceLock::new(),
        })
    }
}

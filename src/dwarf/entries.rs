//! What an entry is called, what it completes, and where its code is: what is asked of entries of every sort.

use std::sync::Arc;

use gimli::{AttributeValue, DwTag, constants as dw};

use super::reader::R;
use super::unit::{Die, DieRef, LoadedUnit, UnitId, Units};
use crate::base::FileAddr;

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

/// What a name may be prefixed with, at each depth of the walk.
pub(super) struct Enclosing {
    pub depth: isize,
    pub name: Arc<str>,
}

/// How deep references to declarations are followed.
const MAX_ORIGINS: u32 = 16;

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

/// What a DIE completes: a declaration, or the abstract instance.
pub(super) fn origin<'a>(die: &Die<'a>) -> Option<AttributeValue<R<'a>>> {
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
    pub(super) fn inherited(&self, die: DieRef, name: gimli::DwAt) -> Option<(UnitId, AttributeValue<R<'a>>)> {
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

    /// The symbol's name of what a DIE declares or completes.
    pub(super) fn linkage_name(&self, die: DieRef) -> Option<String> {
        let name = |attribute| self.inherited_string(die, attribute);
        name(dw::DW_AT_linkage_name).or_else(|| name(dw::DW_AT_MIPS_linkage_name))
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

    /// The abstract instance that a DIE completes.
    pub(super) fn abstract_origin(&self, die: DieRef) -> Option<DieRef> {
        let (unit, entry) = self.entry(die).ok()?;
        self.reference(unit.id, entry.attr_value(dw::DW_AT_abstract_origin)?)
    }

    /// Whether a DIE, or what it completes, has a location or a constant.
    pub(super) fn has_place(&self, die: DieRef) -> bool {
        self.inherited(die, dw::DW_AT_location).is_some() || self.inherited(die, dw::DW_AT_const_value).is_some()
    }
}

impl<'a> LoadedUnit<'a> {
    /// The index into the unit's files that an attribute such as DW_AT_decl_file means.
    pub(super) fn file_index(&self, value: &AttributeValue<R<'a>>) -> Option<u32> {
        let number = match value {
            AttributeValue::FileIndex(n) => *n,
            other => other.udata_value()?,
        };
        let version = self.unit.line_program.as_ref().map_or(5, |p| p.header().version());
        let first = if version >= 5 { 0 } else { 1 };
        u32::try_from(number.checked_sub(first)?).ok()
    }

    /// An attribute that is a number; a sign is kept.
    pub(super) fn number(&self, die: &Die<'a>, name: gimli::DwAt) -> Option<i128> {
        Some(match die.attr_value(name)? {
            AttributeValue::Sdata(n) => n.into(),
            AttributeValue::Block(bytes) => int_of(bytes.slice())?,
            other => other.udata_value()?.into(),
        })
    }

    /// Whether an attribute is there and true.
    pub(super) fn flag(&self, die: &Die<'a>, name: gimli::DwAt) -> bool {
        matches!(die.attr_value(name), Some(AttributeValue::Flag(true)))
    }
}

/// A little-endian number in a block of at most 16 bytes.
fn int_of(bytes: &[u8]) -> Option<i128> {
    let mut raw = [0; 16];
    raw.get_mut(..bytes.len())?.copy_from_slice(bytes);
    Some(i128::from_le_bytes(raw))
}

/// Whether a tag is that of a type.
pub(super) fn is_type_tag(tag: DwTag) -> bool {
    matches!(
        tag,
        dw::DW_TAG_base_type
            | dw::DW_TAG_unspecified_type
            | dw::DW_TAG_pointer_type
            | dw::DW_TAG_reference_type
            | dw::DW_TAG_rvalue_reference_type
            | dw::DW_TAG_ptr_to_member_type
            | dw::DW_TAG_array_type
            | dw::DW_TAG_subroutine_type
            | dw::DW_TAG_structure_type
            | dw::DW_TAG_interface_type
            | dw::DW_TAG_class_type
            | dw::DW_TAG_union_type
            | dw::DW_TAG_enumeration_type
            | dw::DW_TAG_typedef
            | dw::DW_TAG_template_alias
            | dw::DW_TAG_const_type
            | dw::DW_TAG_volatile_type
            | dw::DW_TAG_restrict_type
            | dw::DW_TAG_atomic_type
            | dw::DW_TAG_subrange_type
    )
}

/// Moves the cursor behind the children of the entry at this depth.
pub(super) fn past(cursor: &mut gimli::EntriesCursor<'_, R<'_>>, depth: isize) -> gimli::Result<bool> {
    loop {
        if !cursor.next_entry()? {
            return Ok(false);
        }
        if cursor.depth() <= depth && cursor.current().is_some() || cursor.depth() < depth {
            return Ok(true);
        }
    }
}

//! The names of the types of a unit: with what encloses them, and back.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use gimli::{Abbreviation, AttributeValue, DwTag, EntriesRaw, UnitOffset, constants as dw};

use super::cpp_names::canonical;
use super::entries::is_type_tag;
use super::index::squeeze;
use super::reader::R;
use super::unit::{LoadedUnit, UnitId, Units};

/// What a name of a type is: C has structures, unions and enumerations in a name space of their own.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs)]
pub enum NameSpace {
    Struct,
    Union,
    Enum,
    /// Typedefs and base types.
    Plain,
}

/// Stands for the name of an anonymous namespace.
pub(super) const ANONYMOUS: &str = "(anonymous namespace)::";

/// A named type of a unit.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NamedType {
    /// Its DIE's offset in the unit.
    pub offset: u32,
    /// What sort of name.
    pub space: NameSpace,
    /// It is declared here and defined elsewhere.
    pub is_declaration: bool,
    /// Its name with namespaces and classes.
    pub name: Arc<str>,
}

/// The named types of a unit.
#[derive(Debug, Default)]
pub struct TypeNames {
    /// Sorted by offset.
    types: Vec<NamedType>,
    by_name: OnceLock<HashMap<Arc<str>, Vec<u32>>>,
}

impl TypeNames {
    /// The types of this name, in the order of their declaration.
    pub fn named(&self, name: &str) -> impl Iterator<Item = &NamedType> {
        let squeezed = name.contains('<').then(|| squeeze(&canonical(name)));
        self.by_name()
            .get(squeezed.as_deref().unwrap_or(name))
            .into_iter()
            .flatten()
            .filter_map(|index| self.types.get(*index as usize))
    }

    /// The type at this offset, if it has a name.
    pub fn at(&self, offset: u32) -> Option<&NamedType> {
        let index = self.types.binary_search_by_key(&offset, |t| t.offset).ok()?;
        self.types.get(index)
    }

    /// All of them, in the order of their declaration.
    pub fn iter(&self) -> impl Iterator<Item = &NamedType> {
        self.types.iter()
    }

    /// The types by their names, which only who looks for a name needs.
    fn by_name(&self) -> &HashMap<Arc<str>, Vec<u32>> {
        self.by_name.get_or_init(|| {
            let mut by_name: HashMap<Arc<str>, Vec<u32>> = HashMap::new();
            for (index, ty) in self.types.iter().enumerate() {
                let name = if ty.name.contains('<') { squeeze(&canonical(&ty.name)).into() } else { ty.name.clone() };
                // What is in an anonymous namespace is known without its name too.
                if name.contains(ANONYMOUS) {
                    by_name.entry(name.replace(ANONYMOUS, "").into()).or_default().push(index as u32);
                }
                by_name.entry(name).or_default().push(index as u32);
            }
            by_name
        })
    }

    /// Walks the entries of a unit; what comes before damage stays, and the damage is told too.
    pub(super) fn of(units: &Units<'_>, id: UnitId) -> gimli::Result<(TypeNames, gimli::Result<()>)> {
        let mut types = Vec::new();
        let walked = TypeNames::walk(units.unit(id)?, &mut types);
        Ok((TypeNames { types, by_name: OnceLock::new() }, walked))
    }

    fn walk(unit: &LoadedUnit<'_>, types: &mut Vec<NamedType>) -> gimli::Result<()> {
        let is_cpp = matches!(unit.language, 0x4 | 0x19 | 0x1a | 0x21 | 0x2b | 0x2e);
        // What encloses the entry at each depth; the name is `None` where nothing is added to names inside.
        let mut enclosing: Vec<(isize, Option<Arc<str>>)> = Vec::new();
        let mut entries = unit.unit.entries_raw(None)?;
        // After a jump the reader counts depths from 0 again.
        let (mut base, mut passed) = (0, isize::MAX);
        while !entries.is_empty() {
            let offset = entries.next_offset();
            let depth = base + entries.next_depth();
            let Some(abbreviation) = entries.read_abbreviation()? else { continue };
            if depth > passed {
                entries.skip_attributes(abbreviation.attributes())?;
                continue;
            }
            passed = isize::MAX;
            while enclosing.last().is_some_and(|(d, _)| *d >= depth) {
                enclosing.pop();
            }
            let tag = abbreviation.tag();
            let space = name_space(tag);
            let scope = matches!(tag, dw::DW_TAG_namespace | dw::DW_TAG_module);
            let is_passed = abbreviation.has_children() && is_passed_over(tag);
            // Inside of functions, and of structures without a name, names begin anew.
            let mut full: Option<Arc<str>> = None;
            if scope || space.is_some() || is_passed {
                let found = Attributes::read(unit, &mut entries, abbreviation)?;
                let own = found.name.or_else(|| scope.then(|| "(anonymous namespace)".to_owned()));
                let own = own.map(|own| if is_cpp { canonical(&own).into_owned() } else { own });
                full = own.map(|own| match enclosing.last().and_then(|(_, outer)| outer.as_deref()) {
                    Some(outer) => format!("{outer}::{own}").into(),
                    None => own.into(),
                });
                if let (Some(space), Some(name)) = (space, &full) {
                    let (offset, name) = (unit.die_ref(offset).offset, name.clone());
                    types.push(NamedType { offset, space, is_declaration: found.is_declaration, name });
                }
                if is_passed {
                    match found.sibling.filter(|s| s.0 > entries.next_offset().0) {
                        Some(sibling) => (entries, base) = (unit.unit.entries_raw(Some(sibling))?, depth),
                        None => passed = depth,
                    }
                    continue;
                }
            } else {
                entries.skip_attributes(abbreviation.attributes())?;
            }
            if abbreviation.has_children() {
                enclosing.push((depth, full));
            }
        }
        Ok(())
    }
}

/// Whether what lies in an entry has no names of types.
fn is_passed_over(tag: DwTag) -> bool {
    matches!(
        tag,
        dw::DW_TAG_enumeration_type | dw::DW_TAG_subroutine_type | dw::DW_TAG_array_type | dw::DW_TAG_inlined_subroutine
    )
}

/// What is read of an entry.
#[derive(Default)]
struct Attributes {
    name: Option<String>,
    sibling: Option<UnitOffset>,
    is_declaration: bool,
}

impl Attributes {
    fn read<'a>(
        unit: &LoadedUnit<'a>,
        entries: &mut EntriesRaw<'_, R<'a>>,
        abbreviation: &Abbreviation,
    ) -> gimli::Result<Attributes> {
        let mut found = Attributes::default();
        for spec in abbreviation.attributes() {
            match spec.name() {
                dw::DW_AT_name => {
                    let text = unit.text(entries.read_attribute_inline(*spec)?.raw_value());
                    found.name = text.map(|t| t.to_string_lossy().into_owned());
                }
                dw::DW_AT_sibling => {
                    if let AttributeValue::UnitRef(offset) = entries.read_attribute_inline(*spec)?.raw_value() {
                        found.sibling = Some(offset);
                    }
                }
                dw::DW_AT_declaration => {
                    found.is_declaration =
                        !matches!(entries.read_attribute_inline(*spec)?.raw_value(), AttributeValue::Flag(false));
                }
                _ => entries.skip_attributes(std::slice::from_ref(spec))?,
            }
        }
        Ok(found)
    }
}

fn name_space(tag: DwTag) -> Option<NameSpace> {
    Some(match tag {
        dw::DW_TAG_structure_type | dw::DW_TAG_class_type | dw::DW_TAG_interface_type => NameSpace::Struct,
        dw::DW_TAG_union_type => NameSpace::Union,
        dw::DW_TAG_enumeration_type => NameSpace::Enum,
        dw::DW_TAG_typedef
        | dw::DW_TAG_template_alias
        | dw::DW_TAG_base_type
        | dw::DW_TAG_unspecified_type
        | dw::DW_TAG_subrange_type => NameSpace::Plain,
        // Rust's `&str`, `&[u8]` and `*const T` have names of their own.
        tag if is_type_tag(tag) => NameSpace::Plain,
        _ => return None,
    })
}

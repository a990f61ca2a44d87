//! The names of the types of a unit: with what encloses them, and back.

use std::collections::HashMap;
use std::sync::Arc;

use gimli::{DwTag, constants as dw};

use super::cpp_names::canonical;
use super::entries::is_type_tag;
use super::index::squeeze;
use super::unit::{UnitId, Units};

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
    by_name: HashMap<Arc<str>, Vec<u32>>,
}

impl TypeNames {
    /// The types of this name, in the order of their declaration.
    pub fn named(&self, name: &str) -> impl Iterator<Item = &NamedType> {
        let squeezed = name.contains('<').then(|| squeeze(&canonical(name)));
        self.by_name
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

    pub(super) fn of(units: &Units<'_>, id: UnitId) -> gimli::Result<TypeNames> {
        let unit = units.unit(id)?;
        let is_cpp = matches!(unit.language, 0x4 | 0x19 | 0x1a | 0x21 | 0x2b | 0x2e);
        let mut types: Vec<NamedType> = Vec::new();
        // What encloses the entry at each depth; the name is `None` where nothing is added to names inside.
        let mut enclosing: Vec<(isize, Option<Arc<str>>)> = Vec::new();
        let mut cursor = unit.unit.entries();
        let mut more = cursor.next_entry()?;
        while more {
            let Some(die) = cursor.current() else {
                more = cursor.next_entry()?;
                continue;
            };
            let depth = cursor.depth();
            while enclosing.last().is_some_and(|(d, _)| *d >= depth) {
                enclosing.pop();
            }
            let tag = die.tag();
            let space = name_space(tag);
            let scope = matches!(tag, dw::DW_TAG_namespace | dw::DW_TAG_module);
            let mut full: Option<Arc<str>> = None;
            if scope || space.is_some() {
                let own = unit.string(die, dw::DW_AT_name);
                let own = own.or_else(|| scope.then(|| "(anonymous namespace)".to_owned()));
                let own = own.map(|own| if is_cpp { canonical(&own).into_owned() } else { own });
                full = own.map(|own| match enclosing.last().and_then(|(_, outer)| outer.as_deref()) {
                    Some(outer) => format!("{outer}::{own}").into(),
                    None => own.into(),
                });
                if let (Some(space), Some(name)) = (space, &full) {
                    types.push(NamedType {
                        offset: unit.die_ref(die.offset()).offset,
                        space,
                        is_declaration: unit.flag(die, dw::DW_AT_declaration),
                        name: name.clone(),
                    });
                }
            }
            // Inside of functions, and of structures without a name, names begin anew.
            if die.has_children() {
                enclosing.push((depth, full));
            }
            let skip = matches!(tag, dw::DW_TAG_enumeration_type | dw::DW_TAG_subroutine_type | dw::DW_TAG_array_type)
                || tag == dw::DW_TAG_inlined_subroutine;
            more = if skip && die.has_children() && die.has_attr(dw::DW_AT_sibling) {
                cursor.next_sibling()?.is_some() || cursor.next_entry()?
            } else {
                cursor.next_entry()?
            };
        }
        let mut by_name: HashMap<Arc<str>, Vec<u32>> = HashMap::new();
        for (index, ty) in types.iter().enumerate() {
            let name = if ty.name.contains('<') { squeeze(&canonical(&ty.name)).into() } else { ty.name.clone() };
            // What is in an anonymous namespace is known without its name too.
            if name.contains(ANONYMOUS) {
                by_name.entry(name.replace(ANONYMOUS, "").into()).or_default().push(index as u32);
            }
            by_name.entry(name).or_default().push(index as u32);
        }
        Ok(TypeNames { types, by_name })
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

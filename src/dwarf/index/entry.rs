//! What the index knows of a name.

use gimli::{DwTag, constants as dw};

use crate::dwarf::unit::DieRef;

/// What a name stands for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[repr(u8)]
pub enum Kind {
    /// A function: one with code, or the abstract instance of one that is inlined.
    Function,
    /// A variable of a unit, a namespace or a class; none of a function.
    Variable,
    /// `struct`
    Structure,
    /// `class`
    Class,
    /// `union`
    Union,
    /// `enum`
    Enumeration,
    /// `typedef`, `using NAME = TYPE`, a template alias.
    Typedef,
    /// `int`, `char`, ...
    Base,
    /// Another type with a name: a subrange, `decltype(nullptr)`, ...
    OtherType,
    /// A constant of an enumeration.
    Enumerator,
    /// A namespace or module.
    Namespace,
}

impl Kind {
    /// All of them; the position is the number in the index.
    pub const ALL: [Kind; 11] = [
        Kind::Function,
        Kind::Variable,
        Kind::Structure,
        Kind::Class,
        Kind::Union,
        Kind::Enumeration,
        Kind::Typedef,
        Kind::Base,
        Kind::OtherType,
        Kind::Enumerator,
        Kind::Namespace,
    ];

    /// Whether it is a type.
    pub fn is_type(self) -> bool {
        !matches!(self, Kind::Function | Kind::Variable | Kind::Enumerator | Kind::Namespace)
    }

    /// Whether C wants a keyword before its name: `struct x` and the type `x` are two things there.
    pub fn is_tagged(self) -> bool {
        matches!(self, Kind::Structure | Kind::Class | Kind::Union | Kind::Enumeration)
    }

    /// What a DIE of this tag is; `None` for one whose name the index does not hold.
    pub(super) fn of(tag: DwTag) -> Option<Kind> {
        Some(match tag {
            dw::DW_TAG_subprogram => Kind::Function,
            dw::DW_TAG_variable => Kind::Variable,
            dw::DW_TAG_structure_type => Kind::Structure,
            dw::DW_TAG_class_type | dw::DW_TAG_interface_type => Kind::Class,
            dw::DW_TAG_union_type => Kind::Union,
            dw::DW_TAG_enumeration_type => Kind::Enumeration,
            dw::DW_TAG_typedef | dw::DW_TAG_template_alias => Kind::Typedef,
            dw::DW_TAG_base_type => Kind::Base,
            dw::DW_TAG_unspecified_type | dw::DW_TAG_subrange_type | dw::DW_TAG_set_type | dw::DW_TAG_string_type => {
                Kind::OtherType
            }
            dw::DW_TAG_enumerator => Kind::Enumerator,
            dw::DW_TAG_namespace | dw::DW_TAG_module => Kind::Namespace,
            _ => return None,
        })
    }
}

/// A DIE that a name leads to.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Entry {
    /// Where it is. Of a function or variable whose declaration stands apart (DW_AT_specification) it is the definition.
    pub die: DieRef,
    /// What it is.
    pub kind: Kind,
    /// It only says that there is such a thing: `extern int x;`, `struct s;`.
    pub is_declaration: bool,
    /// Other units see it (DW_AT_external).
    pub is_external: bool,
    /// A function without code of its own: what calls that were inlined refer to (DW_AT_inline).
    pub is_inlined: bool,
    /// DW_AT_language of its unit; 0 if it has none.
    pub language: u16,
}

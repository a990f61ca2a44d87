//! What declarations of types begin with: the base type's own short name.

use super::language::Language;
use super::types::{Qualifiers, Type, TypeKind};

/// How deep types are written: damaged debug information may nest them without end.
pub(super) const MAX_DEPTH: u32 = 100;

/// The type at the bottom of pointers, arrays and functions: what a declaration begins with.
pub(super) fn base_of(ty: &Type, depth: u32) -> &Type {
    match &ty.kind {
        TypeKind::Pointer(t) | TypeKind::Reference(t, _) if depth < MAX_DEPTH => base_of(t, depth + 1),
        TypeKind::MemberPointer { target, .. } if depth < MAX_DEPTH => base_of(target, depth + 1),
        TypeKind::VariableArray { element, .. } if depth < MAX_DEPTH => base_of(element, depth + 1),
        TypeKind::Array { element, .. } if ty.name.is_empty() && depth < MAX_DEPTH => base_of(element, depth + 1),
        TypeKind::Function(f) if depth < MAX_DEPTH => base_of(&f.result, depth + 1),
        TypeKind::Qualified { target, .. } if is_derived(target) && depth < MAX_DEPTH => base_of(target, depth + 1),
        _ => ty,
    }
}

/// Whether its name is written around another: pointers, references, arrays and functions without a name of their own.
pub(super) fn is_derived(ty: &Type) -> bool {
    match &ty.kind {
        TypeKind::Pointer(_) | TypeKind::Reference(..) | TypeKind::Function(_) => true,
        TypeKind::MemberPointer { .. } | TypeKind::VariableArray { .. } => true,
        TypeKind::Array { .. } => ty.name.is_empty(),
        TypeKind::Qualified { target, .. } => is_derived(target),
        _ => false,
    }
}

/// `const volatile`: the words of qualifiers.
pub(super) fn qualifiers(of: Qualifiers) -> String {
    let words = [(of.constant, "const"), (of.volatile, "volatile"), (of.restrict, "restrict"), (of.atomic, "_Atomic")];
    words.into_iter().filter(|(set, _)| *set).map(|(_, word)| word).collect::<Vec<_>>().join(" ")
}

/// The word before the tag of a structure, union, class or enumeration.
pub(super) fn keyword(ty: &Type) -> &'static str {
    match ty.kind {
        TypeKind::Struct { union: true, .. } => "union",
        TypeKind::Struct { class: true, .. } => "class",
        TypeKind::Enum { class: true, .. } => "enum class",
        TypeKind::Enum { .. } => "enum",
        _ => "struct",
    }
}

/// A base type by its name.
pub(super) fn short_name(ty: &Type) -> String {
    let tagged = |keyword: &str| match &*ty.name {
        "" => format!("{keyword} {{...}}"),
        name => format!("{keyword} {name}"),
    };
    match &ty.kind {
        TypeKind::Qualified { target, qualifiers: q } => {
            format!("{} {}", qualifiers(*q), short_name(target))
        }
        TypeKind::Struct { .. } | TypeKind::Enum { .. } if ty.language != Language::C && !ty.name.is_empty() => {
            ty.name.to_string()
        }
        TypeKind::Struct { .. } | TypeKind::Enum { .. } => tagged(keyword(ty)),
        _ => ty.name.to_string(),
    }
}

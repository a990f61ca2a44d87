//! What Rust's literals, type names and calls of C's functions stand for.

use std::sync::Arc;

use crate::value::{Language, Layout, Type, TypeKind, Value, rust_type};

/// The value of nothing, `()`.
pub(in crate::expr) fn unit() -> Value {
    Value::computed(&Type::named_in(Language::Rust, "()", 0, TypeKind::Void), Vec::new())
}

/// The value of a string literal: its characters, without a NUL.
pub(super) fn string(bytes: Vec<u8>, is_bytes: bool) -> Value {
    let name = if is_bytes { "u8" } else { "char" };
    let character = Type::named_in(Language::Rust, name, 1, TypeKind::Char { signed: false });
    Value::computed(&Type::array(&character, bytes.len() as u64), bytes)
}

/// What a function has returned: nothing is `()`.
pub(in crate::expr) fn result(value: Value) -> Value {
    if value.ty.is_void() { unit() } else { value }
}

/// Rust's type of the size and signedness of one of C's.
pub(in crate::expr) fn type_like(ty: &Arc<Type>) -> Option<Arc<Type>> {
    rust_type(match (&ty.kind, ty.size, ty.is_signed()) {
        (TypeKind::Int { .. }, 4, true) => "i32",
        (TypeKind::Int { .. }, 4, false) => "u32",
        (TypeKind::Int { .. }, 8, true) => "i64",
        (TypeKind::Int { .. }, 8, false) => "u64",
        (TypeKind::Int { .. }, 16, true) => "i128",
        (TypeKind::Int { .. }, 16, false) => "u128",
        (TypeKind::Float(_), 8, _) => "f64",
        _ => return None,
    })
}

/// The layout of a structure or enumeration with data.
pub(super) fn layout_of(ty: &Arc<Type>) -> Option<Arc<Layout>> {
    match &ty.stripped().kind {
        TypeKind::Struct { fields, .. } => fields.layout().ok(),
        _ => None,
    }
}

/// The value that the name of a type alone stands for: of a structure without members there is only one.
pub(in crate::expr) fn unit_structure(ty: &Arc<Type>) -> Option<Value> {
    if ty.is_void() && &*ty.name == "()" {
        return Some(unit());
    }
    let is_unit = ty.language == Language::Rust && ty.size == 0;
    let layout = layout_of(ty).filter(|l| is_unit && l.variants.is_none() && l.fields.is_empty());
    layout.map(|_| Value::computed(ty, Vec::new()))
}

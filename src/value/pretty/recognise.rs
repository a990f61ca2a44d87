//! Which pretty printer knows a value.

use std::sync::Arc;

use super::{Pretty, Scene, scene};
use super::{
    cpp_adaptor, cpp_bitset, cpp_chrono, cpp_deque, cpp_function, cpp_hash, cpp_iterator, cpp_list, cpp_llvm, cpp_optional,
    cpp_pointer, cpp_string, cpp_tree, cpp_tuple, cpp_vector, rust_btree, rust_cell, rust_hash, rust_list, rust_number, rust_rc,
    rust_sync, rust_text, rust_time, rust_vec,
};
use crate::base::Result;
use crate::value::language::Language;
use crate::value::place::Value;
use crate::value::printer::Printer;
use crate::value::types::{Type, TypeKind};

/// Shows a value, whose type has this name without template arguments; `None` for what it does not know.
type Recogniser = fn(&Scene<'_>, &Value, &str) -> Option<Result<Pretty>>;

const CPP: &[Recogniser] = &[
    cpp_string::show,
    cpp_vector::show,
    cpp_tree::show,
    cpp_hash::show,
    cpp_list::show,
    cpp_deque::show,
    cpp_pointer::show,
    cpp_optional::show,
    cpp_tuple::show,
    cpp_bitset::show,
    cpp_function::show,
    cpp_chrono::show,
    cpp_iterator::show,
    cpp_llvm::show,
];

const RUST: &[Recogniser] = &[
    rust_text::show,
    rust_vec::show,
    rust_rc::show,
    rust_cell::show,
    rust_hash::show,
    rust_btree::show,
    rust_list::show,
    rust_sync::show,
    rust_number::show,
    rust_time::show,
];

/// The elements of a slice or vector of Rust: their type, the address of the first one, and how many there are; `None` for any
/// other value.
pub fn elements_of(printer: &Printer<'_>, value: &Value) -> Option<(Arc<Type>, u64, u64)> {
    rust_vec::elements(&Scene { printer }, value)
}

/// What a pretty printer makes of a value; `None` where none knows its type, or its insides are not what the printer expects.
pub(in crate::value) fn recognise(scene: &Scene<'_>, value: &Value) -> Option<Pretty> {
    let ty = value.ty.stripped();
    if !matches!(ty.kind, TypeKind::Struct { .. }) {
        return None;
    }
    let (recognisers, prefix) = match ty.language {
        Language::Cpp => (CPP, None),
        Language::Rust => (RUST, Some("&*")),
        Language::C => return None,
    };
    let name = scene::template(&ty.name, prefix.is_some());
    if let Some(inner) = cpp_adaptor::inner(scene, value, &name).filter(|_| ty.language == Language::Cpp) {
        return Some(cpp_adaptor::wrapping(&name, recognise(scene, &inner.ok()?)?));
    }
    recognisers.iter().find_map(|show| show(scene, value, &name)).and_then(Result::ok)
}

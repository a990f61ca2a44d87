//! The containers and pointers of the standard libraries, shown as what they hold. A recogniser a file; each goes by the
//! names of types and members in the debug information, and gives up where they are not what it knows: then the value is
//! shown raw.

mod cpp_adaptor;
mod cpp_bitset;
mod cpp_chrono;
mod cpp_deque;
mod cpp_function;
mod cpp_hash;
mod cpp_iterator;
mod cpp_list;
mod cpp_llvm;
mod cpp_optional;
mod cpp_pointer;
mod cpp_string;
mod cpp_tree;
mod cpp_tuple;
mod cpp_vector;
mod rust_btree;
mod rust_cell;
mod rust_hash;
mod rust_number;
mod rust_rc;
mod rust_text;
mod rust_time;
mod rust_vec;
mod scene;
mod shape;

pub(super) use scene::Scene;
pub(super) use shape::{Pretty, Style};

use std::sync::Arc;

use super::language::Language;
use super::place::Value;
use super::print::Printer;
use super::types::{Type, TypeKind};
use crate::base::Result;

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
    cpp_adaptor::show,
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
    rust_number::show,
    rust_time::show,
];

/// The elements of a slice or vector of Rust: their type, the address of the first one, and how many there are; `None` for any
/// other value.
pub fn elements_of(printer: &Printer<'_>, value: &Value) -> Option<(Arc<Type>, u64, u64)> {
    rust_vec::elements(&Scene { printer }, value)
}

/// What a pretty printer makes of a value; `None` where none knows its type, or its insides are not what the printer expects.
pub(super) fn recognise(scene: &Scene<'_>, value: &Value) -> Option<Pretty> {
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
    recognisers.iter().find_map(|show| show(scene, value, &name)).and_then(Result::ok)
}

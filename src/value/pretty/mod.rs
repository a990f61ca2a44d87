//! The containers and pointers of the standard libraries, shown as what they hold. A recogniser a file; each goes by the
//! names of types and members in the debug information, and gives up where they are not what it knows: then the value is
//! shown raw.

mod access;
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
mod nodes;
mod recognise;
mod rust_btree;
mod rust_cell;
mod rust_hash;
mod rust_list;
mod rust_number;
mod rust_pointer;
mod rust_rc;
mod rust_sync;
mod rust_text;
mod rust_time;
mod rust_vec;
mod scene;
mod shape;

pub use access::{asked, element_at, pointed_to};
pub use recognise::elements_of;
pub(super) use recognise::recognise;
pub use rust_pointer::pointee_of;
pub(super) use scene::Scene;
pub(super) use shape::{Pretty, Style};

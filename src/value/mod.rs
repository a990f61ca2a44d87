//! Types, values and how they are shown.

mod alignment;
mod base_types;
mod bignum;
mod c_string;
mod cpp_vtables;
mod debug_types;
mod dynamic;
mod examine;
mod extent;
mod float;
mod float_text;
mod language;
mod names;
mod number;
mod offsets;
mod options;
mod place;
mod pretty;
mod print;
mod printer;
mod printf;
mod ptype;
mod rust_names;
mod scalar;
mod short_names;
mod signature;
mod type_forms;
mod types;
mod variants;
mod vtables;

pub use alignment::alignment;
pub use base_types::{base_type, rust_type};
pub use c_string::{quoted_char, quoted_string};
pub use cpp_vtables::{VirtualTable, is_dynamic_class, virtual_tables};
pub use debug_types::{find_type, resolve_dynamic, type_of, type_of_function, type_of_variable};
pub use dynamic::{base_of, constant_value, seen_as_it_is, static_member};
pub use examine::{Examine, ExamineState, FormatSpec, ShowInstruction, hexdump};
pub use float::Real;
pub use float_text::float_text;
pub use language::Language;
pub use number::{Number, extract_bits, insert_bits, int_from_bytes, int_to_bytes};
pub use options::{Charset, OutputRadix, PrintOptions, Symbols};
pub use place::{Absence, Extent, Place, Pointee, Value};
pub use pretty::{asked, element_at, elements_of, pointed_to, pointee_of};
pub use print::{StringEnd, read_string};
pub use printer::Printer;
pub use printf::{Conversion, Piece, echo_text, format_values, parse_format};
pub use ptype::PtypeOptions;
pub use rust_names::is_tuple as is_rust_tuple;
pub use scalar::{Letter, char_prefix, scalar_text, symbol_suffix};
pub use signature::function_title;
pub use types::{
    ArrayKind, Bits, Enumerator, Field, FieldKind, Fields, Flag, FloatFormat, FunctionType, Layout, Method, ModuleRef, NoDebug,
    Qualifiers, TemplateArg, Type, TypeKind, Variant, Variants,
};
pub use variants::variant_of;
pub use vtables::vtable_at;

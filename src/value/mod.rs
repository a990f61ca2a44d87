//! Types, values and how they are shown.

mod base_types;
mod bignum;
mod c_string;
mod debug_types;
mod dynamic;
mod examine;
mod extent;
mod float;
mod float_text;
mod language;
mod layout;
mod names;
mod number;
mod options;
mod place;
mod print;
mod printf;
mod scalar;
mod types;

pub use base_types::base_type;
pub use c_string::{quoted_char, quoted_string};
pub use debug_types::{find_type, resolve_dynamic, type_of, type_of_function, type_of_variable};
pub use dynamic::{base_of, constant_value, seen_as_it_is, static_member};
pub use examine::{Examine, ExamineState, FormatSpec, ShowInstruction, hexdump};
pub use extent::{Extent, Pointee};
pub use float::Real;
pub use float_text::float_text;
pub use language::Language;
pub use layout::{Field, FieldKind, Fields, Layout, Method, TemplateArg, Variant, Variants};
pub use number::{Number, extract_bits, insert_bits, int_from_bytes, int_to_bytes};
pub use options::{OutputRadix, PrintOptions, Symbols};
pub use place::{Absence, Place, Value};
pub use print::{Printer, StringEnd, read_string};
pub use printf::{Conversion, Piece, echo_text, format_values, parse_format};
pub use scalar::{Letter, char_prefix, scalar_text, symbol_suffix};
pub use types::{ArrayKind, Bits, Enumerator, Flag, FloatFormat, FunctionType, ModuleRef, NoDebug, Qualifiers, Type, TypeKind};

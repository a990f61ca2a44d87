//! Types, values and how they are shown.

mod base_types;
mod options;
mod place;
mod types;

pub use base_types::base_type;
pub use options::{OutputRadix, PrintOptions, Symbols};
pub use place::{Absence, Place, Value};
pub use types::{
    ArrayKind, Bits, Enumerator, Field, Fields, Flag, FloatFormat, FunctionType, ModuleRef, NoDebug, Type, TypeKind,
};

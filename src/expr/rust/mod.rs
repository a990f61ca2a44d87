//! Expressions as Rust writes them: tokens, grammar, paths and types, and what its operators mean.

mod eval;
mod lex;
mod literal;
mod parse;
mod paths;
mod types;
mod values;

pub(super) use eval::{member, range_of};
pub(super) use parse::parse_start;
pub(super) use values::{result, type_like, unit, unit_structure};

//! Expressions as Rust writes them: tokens, grammar, paths and types, and what its operators mean.

mod eval;
mod lex;
mod literal;
mod parse;
mod paths;
mod types;

pub(super) use eval::{member, range_of, result, type_like, unit_structure};
pub(super) use parse::{parse_start, unit};

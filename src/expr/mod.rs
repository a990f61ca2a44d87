//! The expression language.

mod ambiguity;
mod assign;
mod ast;
mod calls;
mod casts;
mod elements;
mod eval;
mod evaluator;
mod functions;
mod host;
mod lex;
mod macros;
mod member_pointers;
mod members;
mod methods;
mod operators;
mod overload;
mod parse;
mod parse_cpp;
mod parse_layout;
mod parse_type;
mod rust;
mod scoped;
mod structures;
mod user_operators;
mod variables;

pub use ast::{Binary, Expr, ExprKind, TypeOf, Unary};
pub use eval::{eval, eval_address, eval_condition, eval_type};
pub use functions::FUNCTIONS;
pub use host::{Host, Names, SettingValue};
pub use macros::{MacroScope, UserMacros, expand, parse_definition};
pub use members::member_named;
pub use operators::{address_of_value, cast, decayed};
pub use parse::{parse, parse_list, parse_prefix};
pub use variables::{ValueHistory, Variables};

#[cfg(test)]
mod gdb_tests;
#[cfg(test)]
mod test_host;
#[cfg(test)]
mod tests;

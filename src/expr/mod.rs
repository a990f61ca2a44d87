//! The expression language.

mod assign;
mod ast;
mod eval;
mod functions;
mod host;
mod lex;
mod members;
mod operators;
mod parse;
mod parse_type;
mod rust;
mod scoped;
mod variables;

pub use ast::{Binary, Expr, ExprKind, Unary};
pub use eval::{address_of_value, eval, eval_address, eval_condition, eval_type};
pub use functions::FUNCTIONS;
pub use host::{Host, Names, SettingValue};
pub use members::member_named;
pub use operators::{cast, decayed};
pub use parse::{parse, parse_list, parse_prefix};
pub use variables::{ValueHistory, Variables};

#[cfg(test)]
mod gdb_tests;
#[cfg(test)]
mod test_host;
#[cfg(test)]
mod tests;

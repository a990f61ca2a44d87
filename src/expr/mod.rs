//! The expression language.

mod ast;
mod host;
mod pending;
mod variables;

pub use ast::{Binary, Expr, ExprKind, Unary};
pub use host::{Host, Names};
pub use pending::{eval, eval_address, eval_condition, parse};
pub use variables::{ValueHistory, Variables};

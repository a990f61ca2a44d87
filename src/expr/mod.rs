//! The expression language.

mod ast;
mod host;
mod variables;

pub use ast::{Binary, Expr, ExprKind, Unary};
pub use host::{Host, Names};
pub use variables::{ValueHistory, Variables};

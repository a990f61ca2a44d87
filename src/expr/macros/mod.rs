//! The preprocessor of C: macros in expressions, and in texts (C11 §6.10.3, with GNU's named variable arguments and C23's
//! `__VA_OPT__`). Text in, text out; who knows the macros is asked by name.

mod definition;
mod expand;
mod in_expression;
mod replace;
mod scope;
mod token;

pub use definition::parse_definition;
pub use expand::expand;
pub(super) use in_expression::{Expanded, expanded};
pub use scope::{MacroScope, UserMacros};

#[cfg(test)]
mod against_gcc;

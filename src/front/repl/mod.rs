//! The prompt: a line editor with history, completion and hints.

mod dumb;
mod editor;

pub use dumb::DumbTerminal;
pub use editor::Repl;

//! The prompt: a line editor with history, completion and hints.

mod editor;

pub use editor::Repl;

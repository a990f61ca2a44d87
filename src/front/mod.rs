//! The faces: the prompt, files and pipes of commands.

mod news;
mod options;
mod plain;
mod repl;
mod start;
mod state;

pub use options::{HELP, Options, Step, quote};
pub use start::run;

//! The commands: one description each, and what follows from it (parsing, abbreviations, help, completion, the reference).

mod args;
mod cx;
mod describe;
mod dispatch;
mod help;
mod interpreter;
mod registry;
mod script;
mod settings;

pub use args::{Args, choice, split_words, word_end};
pub use cx::{Block, Cx};
pub use describe::{ArgKind, ArgSpec, Command, Example, Flow, Group, Repeat};
pub use interpreter::{Interpreter, Language, LineReader, NoLines};
pub use registry::{Entry, Registry, Resolved};
pub use settings::{SETTINGS, Setting, SettingKind};

/// Every family of commands. A family's file ends in the list of its commands.
pub const FAMILIES: &[&[Command]] = &[help::COMMANDS, script::COMMANDS, settings::COMMANDS];

/// The expression language of the commands.
pub const LANGUAGE: Language = Language::NONE;

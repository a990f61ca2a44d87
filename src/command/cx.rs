//! What a command gets: the session, the output, and the interpreter that runs command lines.

use crate::engine::Session;
use crate::ui::{Output, Role, Row};

use super::interpreter::Interpreter;

/// A command's surroundings.
pub struct Cx<'a> {
    /// What is debugged.
    pub session: &'a mut Session,
    /// Where output goes. It may be a capture, a log and JSON lines as well as a terminal.
    pub out: &'a mut dyn Output,
    /// User-defined commands, hooks, sources of lines: what scripts are made of.
    pub interpreter: &'a mut Interpreter,
}

impl Cx<'_> {
    /// Writes plain text; newlines must be in it.
    pub fn say(&mut self, text: impl AsRef<str>) {
        self.out.text(Role::Plain, text.as_ref());
    }

    /// Writes what gdb says only of commands that were given directly.
    pub fn say_directly(&mut self, text: impl AsRef<str>) {
        if self.interpreter.is_direct() {
            self.say(text);
        }
    }

    /// Writes a row.
    pub fn row(&mut self, row: &Row) {
        self.out.row(row);
    }

    /// Writes `warning: TEXT` and a newline.
    pub fn warn(&mut self, text: impl AsRef<str>) {
        self.out.text(Role::Warning, &format!("warning: {}\n", text.as_ref()));
    }
}

/// What kind of block [`Cx::read_body`] reads.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Block {
    /// Commands that may hold blocks themselves (`define`, `commands`, `while`).
    Commands,
    /// Text (`document`): nothing in it is looked at but `end`.
    Text,
}

//! Scripts.

use super::describe::Command;

/// A command that the user defined.
pub struct UserCommand {
    /// Its lines.
    pub body: std::rc::Rc<[String]>,
    /// What `document` says.
    pub document: String,
}

/// Where `set logging` writes.
pub struct Log {}

/// The family.
pub const COMMANDS: &[Command] = &[];

//! What all front ends and completion share.

use crate::command::Interpreter;
use crate::engine::Session;

/// The session and the interpreter, which completion looks at while a line is typed.
pub(super) struct State {
    /// What is debugged.
    pub session: Session,
    /// Names, user's commands, sources.
    pub interpreter: Interpreter,
}

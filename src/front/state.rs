//! What all front ends and completion share.

use std::cell::RefCell;
use std::os::fd::BorrowedFd;
use std::rc::Weak;
use std::time::Duration;

use crate::command::Interpreter;
use crate::engine::Session;
use crate::os::terminal::is_readable;

/// The session and the interpreter, which completion looks at while a line is typed.
pub(super) struct State {
    /// What is debugged.
    pub session: Session,
    /// Names, user's commands, sources.
    pub interpreter: Interpreter,
}

/// How long nobody looks after children that do nothing.
pub(super) const NAP: Duration = Duration::from_millis(1);

/// Looks after the children that are followed for the record; false where there are none, or while a command runs.
pub(super) fn look_after_children(state: &Weak<RefCell<State>>) -> bool {
    let state = state.upgrade();
    state.as_ref().and_then(|s| s.try_borrow_mut().ok()).is_some_and(|mut s| s.session.look_after_children())
}

/// Waits until there is something to read, and looks after the children meanwhile.
pub(super) fn await_input(state: &Weak<RefCell<State>>, input: BorrowedFd<'_>) {
    while !is_readable(input, Duration::ZERO) && look_after_children(state) && !is_readable(input, NAP) {}
}

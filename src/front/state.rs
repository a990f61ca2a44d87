//! What all front ends and completion share.

use std::cell::RefCell;
use std::rc::Weak;
use std::time::Duration;

use crate::command::{Cx, Flow, Interpreter};
use crate::engine::Session;
use crate::ui::{Output, TextOutput};

/// The session and the interpreter, which completion looks at while a line is typed.
pub(super) struct State {
    /// What is debugged.
    pub session: Session,
    /// Names, user's commands, sources.
    pub interpreter: Interpreter,
    /// The commands of a breakpoint have ended rdbg while a line was awaited, with this status.
    pub quit: Option<i32>,
}

/// How long nobody looks after children that do nothing.
pub(super) const NAP: Duration = Duration::from_millis(1);

/// Looks after the children that are followed for the record; false where there are none, or while a command runs.
pub(super) fn look_after_children(state: &Weak<RefCell<State>>) -> bool {
    let state = state.upgrade();
    state.as_ref().and_then(|s| s.try_borrow_mut().ok()).is_some_and(|mut s| s.session.look_after_children())
}

/// Whether a program runs in the background; not known, and false, while a command runs.
pub(super) fn is_away(state: &Weak<RefCell<State>>) -> bool {
    let state = state.upgrade();
    state.as_ref().and_then(|s| s.try_borrow().ok()).is_some_and(|s| s.quit.is_none() && s.session.is_any_away())
}

/// Whether the commands of a breakpoint have ended rdbg.
pub(super) fn has_quit(state: &Weak<RefCell<State>>) -> bool {
    let state = state.upgrade();
    state.as_ref().and_then(|s| s.try_borrow().ok()).is_some_and(|s| s.quit.is_some())
}

/// Tells what has happened in the background; whether there was anything.
pub(super) fn tell_news(state: &Weak<RefCell<State>>, out: &mut TextOutput) -> bool {
    if !is_away(state) {
        return false;
    }
    let state = state.upgrade();
    let Some(mut state) = state.as_ref().and_then(|s| s.try_borrow_mut().ok()) else { return false };
    let State { session, interpreter, quit } = &mut *state;
    out.set_colour(session.settings.style_enabled);
    let (told, flow) = Cx { session, out, interpreter }.tell_news();
    out.flush();
    if let Flow::Quit(status) = flow {
        *quit = Some(status);
    }
    told
}

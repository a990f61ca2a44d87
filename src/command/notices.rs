//! Telling what has happened in the program that is no stop.

use crate::engine::Notice;
use crate::ui::render::notice_text;

use super::cx::Cx;
use super::exit_status::keep_end_of;

/// Shows what has happened in the program while something else was done, as calls of its functions.
pub fn show_notices(cx: &mut Cx<'_>) {
    for notice in cx.session.take_notices() {
        show_notice(cx, &notice);
    }
}

/// Shows one thing that has happened; a function that was called and ended the program leaves how it ended.
pub fn show_notice(cx: &mut Cx<'_>, notice: &Notice) {
    if let Notice::CallStopped { stop, .. } = notice {
        keep_end_of(cx.session, &stop.reason);
    }
    if let Some((role, text)) = notice_text(cx.session, notice) {
        cx.out.text(role, &text);
        cx.out.flush();
    }
}

/// Deletes the breakpoints of threads that have gone with their process.
pub fn show_ended(cx: &mut Cx<'_>) {
    for line in cx.session.end_thread_breakpoints() {
        cx.say(format!("{line}\n"));
    }
}

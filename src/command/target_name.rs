//! gdb's name of the target that is in use.

use crate::base::Error;
use crate::engine::Session;

/// What gdb calls the target that is in use.
pub fn target_name(session: &Session) -> &'static str {
    match (&session.inferior.process, session.is_core()) {
        (Some(_), true) => "core",
        (Some(_), false) => "native",
        (None, _) if session.inferior.program.is_some() => "exec",
        (None, _) => "None",
    }
}

/// gdb's sentence for what only remote targets can do.
pub fn not_with_this_target(session: &Session) -> Error {
    Error::user(format!("You can't do that when your target is `{}'", target_name(session)))
}

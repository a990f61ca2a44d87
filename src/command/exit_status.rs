//! How the program ended last: `$_exitcode` and `$_exitsignal`.

use crate::base::Signal;
use crate::engine::{Session, StopReason};
use crate::expr::Host;
use crate::value::{Type, Value};

/// How a stop ends the program, if it does.
pub fn keep_end_of(session: &mut Session, reason: &StopReason) {
    match reason {
        StopReason::Exited(code) => keep_end(session, Some(*code), None),
        StopReason::Killed(signal) => keep_end(session, None, Some(*signal)),
        _ => {}
    }
}

/// `$_exitcode` or `$_exitsignal`: the one by which the program ended, and the other void.
pub fn keep_end(session: &mut Session, code: Option<i32>, signal: Option<Signal>) {
    for (name, number) in [("_exitcode", code), ("_exitsignal", signal.map(|s| s.0))] {
        session.variables.set(name, number.map_or_else(Value::void, |n| Value::int(&Type::int(), n.into())));
    }
}

/// The exit status by which the program ended last.
pub fn exit_status(session: &Session) -> Option<i32> {
    let value = session.variables.get("_exitcode")?;
    let bytes = value.bytes(session.memory(), None).ok()?;
    Some(i32::from_le_bytes(bytes.get(..4)?.try_into().ok()?))
}

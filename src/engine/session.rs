//! A session: what `rdbg` holds between two commands.

/// Everything that lives as long as rdbg does: the inferior, breakpoints, settings, history.
#[derive(Debug, Default)]
pub struct Session {}

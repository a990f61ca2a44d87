//! A session: what `rdbg` holds between two commands.

use super::settings::Settings;

/// Everything that lives as long as rdbg does: the inferior, breakpoints, settings, history.
#[derive(Debug, Default)]
pub struct Session {
    /// What `set` has set.
    pub settings: Settings,
}

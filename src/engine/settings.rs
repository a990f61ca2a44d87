//! Settings, typed: what `set` writes and the engine reads.

/// Every setting's value. `command/settings.rs` has their names and sentences.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `set confirm`
    pub confirm: bool,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings { confirm: true }
    }
}

//! Settings, typed: what `set` writes and the engine reads.

use crate::value::PrintOptions;

/// Every setting's value. `command/settings.rs` has their names and sentences.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `set confirm`
    pub confirm: bool,
    /// `set args`
    pub args: String,
    /// `set cwd`; empty for rdbg's own.
    pub cwd: String,
    /// `set inferior-tty`; empty for rdbg's own.
    pub inferior_tty: String,
    /// `set disable-randomization`
    pub disable_randomization: bool,
    /// `set print ...`
    pub print: PrintOptions,
    /// `set stop-on-solib-events`
    pub stop_on_solib_events: bool,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            confirm: true,
            args: String::new(),
            cwd: String::new(),
            inferior_tty: String::new(),
            disable_randomization: true,
            print: PrintOptions::default(),
            stop_on_solib_events: false,
        }
    }
}

//! help, apropos, complete.

use super::describe::Command;

/// The family.
pub const COMMANDS: &[Command] = &[];

//! How the program is loaded and linked: GOT, PLT, relocations, link maps, the initial stack, the file itself.

mod got;
mod plt;
mod relocations;
mod scope;

use super::describe::Command;

pub(super) use scope::{address, addressed, module};

/// The family.
pub const COMMANDS: &[Command] = &[got::GOT, plt::PLT, relocations::RELOCATIONS];

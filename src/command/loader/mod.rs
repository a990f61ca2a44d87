//! How the program is loaded and linked: GOT, PLT, relocations, link maps, the initial stack, the file itself.

mod got;
mod link_map;
mod plt;
mod relocations;
mod scope;
mod startup;

use super::describe::Command;

pub(super) use scope::{address, addressed, module};

/// The family.
pub const COMMANDS: &[Command] =
    &[got::GOT, plt::PLT, relocations::RELOCATIONS, link_map::LINK_MAP, link_map::SHAREDLIBRARY, startup::AUXV, startup::STARTUP];

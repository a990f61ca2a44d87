//! Expressions and values.

use crate::base::{Error, Result};

use super::cx::Cx;
use super::interpreter::Language;
use super::run::{at_stake, exit_status};

/// The expression language of the commands.
pub const LANGUAGE: Language =
    Language { require: |session, need| session.require(need), at_stake, exit_status, ..Language::NONE };

/// The integer that an expression comes to.
pub fn integer(_cx: &mut Cx<'_>, text: &str) -> Result<i128> {
    text.trim().parse().map_err(|_| Error::user("pending"))
}

/// Shows the displays.
pub fn show_displays(_cx: &mut Cx<'_>) {}

//! Expressions and values.

use crate::base::{Error, Result};
use crate::expr::{self, Host};
use crate::value::int_from_bytes;

use super::cx::Cx;

/// The integer that an expression comes to.
pub fn integer(cx: &mut Cx<'_>, text: &str) -> Result<i128> {
    let _ = (text, int_from_bytes as *const (), Host::memory(cx.session));
    let _ = expr::parse;
    Err(Error::user("pending"))
}

/// Shows the displays.
pub fn show_displays(_cx: &mut Cx<'_>) {}

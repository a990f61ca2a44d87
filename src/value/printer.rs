//! What values are shown with.

use super::options::{PrintOptions, Symbols};
use crate::base::Memory;

/// The longest string that is read where `set print elements` sets no limit.
pub(super) const MAX_STRING: usize = 1 << 26;

/// Shows values: with the memory that pointers lead to, names of addresses, and options.
#[derive(Clone, Copy)]
pub struct Printer<'a> {
    /// Where strings behind pointers are read.
    pub memory: &'a dyn Memory,
    /// Names of addresses.
    pub symbols: &'a dyn Symbols,
    /// `set print ...`
    pub options: &'a PrintOptions,
}

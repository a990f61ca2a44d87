//! The expressions that are shown at every stop.

use crate::engine::BlockScope;
use crate::expr::Expr;
use crate::value::FormatSpec;

/// An expression that is shown at every stop.
pub(super) struct Display {
    pub number: u32,
    /// As it was typed.
    pub text: String,
    pub expr: Expr,
    /// The block whose variables it names: it is shown only there.
    pub scope: Option<BlockScope>,
    pub spec: FormatSpec,
    pub enabled: bool,
}

impl Display {
    /// Whether memory is shown, as `x` does, rather than a value.
    pub fn examines(&self) -> bool {
        self.spec.size.is_some() || matches!(self.spec.letter, Some('i' | 's'))
    }

    pub fn size(&self) -> char {
        if matches!(self.spec.letter, Some('i' | 's')) { 'b' } else { self.spec.size.unwrap_or('w') }
    }

    pub fn count(&self) -> i64 {
        self.spec.count.unwrap_or(1)
    }
}

/// The displays, and the number of the last one.
#[derive(Default)]
pub(super) struct Displays {
    pub list: Vec<Display>,
    pub last: u32,
}

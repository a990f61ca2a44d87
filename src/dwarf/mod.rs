//! Debug information: units, lines, functions, types, variables, and unwind tables.
#![deny(clippy::unwrap_used, clippy::indexing_slicing)]

mod body;
mod cfi;
mod expression;
mod functions;
mod info;
mod lines;
mod ranges;
mod unit;

pub use body::{Block, BlockKind, Body, Variable};
pub use cfi::{CfaRule, CfiIndex, CfiSections, RegRule, Section, UnwindRow, eh_frame_address};
pub use expression::{ExpressionHost, evaluate};
pub use functions::{Declared, FileRange, Function, Functions};
pub use info::DebugInfo;
pub use lines::{LineFile, LineRow, LineSpan, LineTable};
pub use unit::{DieRef, UnitId};

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod against_tools;

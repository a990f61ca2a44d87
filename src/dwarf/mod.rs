//! Unwind tables.
#![deny(clippy::unwrap_used, clippy::indexing_slicing)]

mod cfi;
mod expression;

pub use cfi::{CfaRule, CfiIndex, CfiSections, RegRule, Section, UnwindRow, eh_frame_address};
pub use expression::{ExpressionHost, evaluate};

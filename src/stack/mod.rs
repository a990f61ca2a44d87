//! Frames.

mod code;
mod frame;
mod guess;
mod rule_cache;
mod unwind;

pub use code::ProcessCode;
pub use frame::{Frame, FrameHow, FramePc};
pub use rule_cache::RuleCache;
pub use unwind::{CodeMap, CodeRow, StackEnd, Unwinder};

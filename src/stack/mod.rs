//! Frames.

mod code;
mod code_map;
mod frame;
mod guess;
mod rule_cache;
mod unwind;

pub use code::ProcessCode;
pub use code_map::{CodeMap, CodeRow};
pub use frame::{Frame, FrameCode, FrameHow, FramePc};
pub use rule_cache::RuleCache;
pub use unwind::{StackEnd, Unwinder};

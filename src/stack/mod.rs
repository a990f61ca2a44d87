//! Frames.

mod call_graph;
mod code;
mod code_map;
mod frame;
mod guess;
mod rule_cache;
mod tail_calls;
mod unwind;

pub use call_graph::{ProcessCalls, TailCallCache};
pub use code::ProcessCode;
pub use code_map::{CodeMap, CodeRow};
pub use frame::{Frame, FrameCode, FrameHow, FramePc, Frames, SavedAt};
pub use rule_cache::RuleCache;
pub use tail_calls::{CallGraph, TailCall, left_by_tail_calls, may_call_itself};
pub use unwind::{StackEnd, Unwinder, Walk};

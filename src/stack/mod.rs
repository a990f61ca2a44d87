//! Frames.

mod frame;
mod unwind;

pub use frame::{Frame, FrameHow, FramePc};
pub use unwind::{CodeMap, CodeRow, StackEnd, Unwinder};

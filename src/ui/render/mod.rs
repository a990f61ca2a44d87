//! What several commands and front ends show: frames and stops.

mod frame;
mod stop;

pub use frame::{FrameLine, frame_line};
pub use stop::{notice_text, stop_text, what_text};

//! What several commands and front ends show: frames, stops, instructions.

mod asm;
mod frame;
mod nearest;
mod source;
mod stop;
mod variables;

pub use asm::{Disassembler, Instruction, instructions_back, next_line};
pub use frame::{FrameInfo, FrameLine, frame_line};
pub use nearest::nearest_source;
pub use source::{annotated_line, source_line, source_lines};
pub use stop::{notice_text, place_of, stop_text, what_text};
pub use variables::{arguments_text, variable_text};

//! What several commands and front ends show: frames, stops, instructions.

mod asm;
mod frame;
mod stop;

pub use asm::{Disassembler, Instruction, instructions_back, next_line};
pub use frame::{FrameLine, frame_line};
pub use stop::{notice_text, stop_text, what_text};

//! The tour: from "what happens when I run hello world" to shared frames of memory, with the commands typed for the reader.

mod family;
mod play;
mod road;
mod workshop;

pub use family::COMMANDS;
pub use road::{Unit, units};

//! The tables of settings: name, place, gdb's `show` sentence, gdb's description.

pub mod files;
pub mod interface;
pub mod row;
pub mod running;
pub mod values;

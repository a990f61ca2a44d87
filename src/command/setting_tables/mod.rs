//! The tables of settings: name, place, gdb's `show` sentence, gdb's description.

pub mod checked;
pub mod files;
pub mod interface;
pub mod row;
pub mod running;
pub mod styles;
pub mod taken;
pub mod values;

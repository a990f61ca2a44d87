//! The timeline of a load: recorded, shown, saved.

mod family;
mod page;
mod save;
mod show;
mod summary;
mod trace;
mod words;

pub use family::COMMANDS;

//! The timeline of a load: recorded, shown, saved.

mod comparable;
mod diff;
mod family;
mod files;
mod page;
mod relative;
mod save;
mod show;
mod story;
mod summary;
mod trace;
mod words;

pub use family::COMMANDS;

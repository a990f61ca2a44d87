//! Breakpoints, watchpoints and catchpoints.

pub mod catch;
pub mod edit;
pub mod place;
pub mod table;
pub mod watch;

pub use edit::ignore_sentence;

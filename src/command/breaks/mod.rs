//! Breakpoints, watchpoints and catchpoints.

mod ambiguous;
pub mod catch;
pub mod catch_event;
pub mod condition;
pub mod edit;
pub mod place;
pub mod rbreak;
pub mod save;
pub mod table;
pub mod watch;

pub use edit::ignore_sentence;

//! The debugger without words: sessions, breakpoints, stops, steps, patches.

mod session;

pub use session::Session;

//! The debugger without words: sessions, breakpoints, stops, steps, patches.

pub mod inject;
mod session;
mod settings;

pub use session::Session;
pub use settings::Settings;

//! The timeline of a load: what happens from exec to exit, recorded as JSON lines and kept on disk where there is much of it.

mod binds;
mod children;
mod ending;
mod explain;
mod faults;
mod line;
mod objects;
mod packed;
mod process;
mod recorder;
mod recording;
mod relocations;
mod session;
mod space;
mod spool;
mod steps;

pub use recording::{Ending, Timeline, Wanted};
pub use spool::Spool;

//! The timeline of a load: what happens from exec to exit, recorded as JSON lines and kept on disk where there is much of it.

mod binds;
mod children;
mod faults;
mod line;
mod objects;
mod packed;
mod process;
mod recorder;
mod relocations;
mod session;
mod space;
mod spool;

pub use session::Timeline;
pub use spool::Spool;

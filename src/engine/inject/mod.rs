//! Code that rdbg puts into the process: the instructions under breakpoints, moved out of the way.

mod displace;
mod emulate;
mod trace;

pub use displace::{Room, SLOT_SIZE, Way, move_to, way};
pub use emulate::emulate;
pub use trace::{End, Trace};

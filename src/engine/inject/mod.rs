//! Code that rdbg puts into the process: the instructions under breakpoints, moved out of the way, and
//! calls of the program's functions.

mod arguments;
mod call;
mod displace;
mod emulate;
mod layout;
mod pending;
mod run_call;
mod rust_layout;
mod trace;

pub(super) use call::{gather, scatter};
pub use displace::{Room, SLOT_SIZE, Way, move_to, way};
pub use emulate::emulate;
pub use layout::{Convention, layout_in};
pub(super) use pending::{Active, Call, Returned};
pub use trace::{End, Trace};

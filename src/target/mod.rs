//! Targets: what can be read (a process, a core file), and what can be controlled.
#![deny(clippy::unwrap_used, clippy::indexing_slicing)]

mod control;
mod core;
mod duplicate;
mod events;
mod family;
mod flags_copy;
mod gone;
mod injected;
mod kin;
mod live;
mod observed;
mod parking;
mod planted;
mod space;
mod traits;
mod trap_flag;
mod traps;

pub use core::{Core, FileTrouble};
pub use live::Live;
pub use observed::Observed;
pub use traits::{Control, Event, RawStop, ResumeAction, SystemCalls, Target, Trap, TrapKind};

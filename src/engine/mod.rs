//! The debugger without words: sessions, breakpoints, stops, steps, patches.

mod arguments;
mod blocks;
mod breakpoints;
mod control;
mod frames;
mod hits;
mod host;
mod inferior;
pub mod inject;
mod journal;
mod launch;
mod libs;
mod patch;
mod redirect;
mod register_types;
mod resolve;
mod session;
mod settings;
mod signal_table;
mod sites;
mod slots;
mod step;
mod stop;

pub use breakpoints::{Breakpoint, Breakpoints, Catch, Condition, Disposition, Kind, Location, Watch, WatchKind};
pub use host::module_ref;
pub use inferior::{Inferior, LibraryEvents, Process, Program};
pub use journal::{Change, Entry, Journal};
pub use launch::pending_signal;
pub use patch::Saved;
pub use redirect::{Redirected, SlotWrite};
pub use session::{Selection, Session};
pub use settings::Settings;
pub use signal_table::{Disposition as SignalDisposition, SignalTable};
pub use slots::{FOUND_RESOLVER, SlotMeaning, is_static, relro_range};
pub use step::{Plan, Return};
pub use stop::{Bind, Happening, Hit, Notice, Stop, StopReason};

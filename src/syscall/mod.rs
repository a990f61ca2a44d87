//! System calls in words: a decoder with one row a call, written as strace writes them.

mod arg;
mod call;
mod ctx;
mod errors;
mod files;
mod ioctl;
mod memory;
mod names;
mod poll;
mod processes;
mod set;
mod signals;
mod sockets;
mod table;
mod text;
mod times;

pub use call::{Call, Entered, execve_text};
pub use errors::{error_name, error_text, is_error};
pub use signals::signal_text;

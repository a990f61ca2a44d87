//! The names of flags and values.

pub mod files;
pub mod memory;
pub mod processes;
pub mod sockets;

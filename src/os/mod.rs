//! The only room with system calls.

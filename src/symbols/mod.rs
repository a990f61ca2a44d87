//! The modules of a process and the names in them.

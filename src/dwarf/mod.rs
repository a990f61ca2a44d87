//! Unwind tables.

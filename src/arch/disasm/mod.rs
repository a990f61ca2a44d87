//! Disassembly as gdb 13 and objdump 2.40 print it.

mod format;
mod operands;
mod prefixes;

pub use format::{Flavor, Formatter};

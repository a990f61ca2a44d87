//! Disassembly as gdb 13 and objdump 2.40 print it.

mod flavor;
mod format;
mod operands;
mod prefixes;

pub use flavor::Flavor;
pub use format::Formatter;

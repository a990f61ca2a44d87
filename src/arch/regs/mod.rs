//! The registers: their values, the table of their names, and where the extended ones lie.

mod table;
mod values;
mod xsave;

pub use table::{
    RegGroup, RegId, RegType, Register, all_registers, by_dwarf, eflags_text, find, general_registers, mxcsr_text, registers,
};
pub use values::{GPR_COUNT, Gpr, RESUME_FLAG, Registers, TRAP_FLAG, XState};
pub use xsave::RegBytes;

//! x86-64 as facts: registers, instructions, disassembly, the SysV calling convention.

pub mod abi;
pub mod disasm;
pub mod insn;
pub mod regs;
pub mod syscalls;

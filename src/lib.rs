//! rdbg: a gdb-like debugger for x86-64 Linux that shows how a process is loaded.
//!
//! The rooms stand in a total order; each imports only rooms to its left (`tests/layers.rs` holds the code to it):
//!
//! `base < arch < elf < os < {loader, dwarf, target} < symbols < stack < value < {expr, syscall} < engine < ui < command < front`
//!
//! | room | what it knows |
//! |---|---|
//! | [`base`] | addresses, errors, memory as a trait, maps of an address space |
//! | [`arch`] | x86-64: registers, instructions, disassembly, the SysV ABI |
//! | [`elf`] | ELF files and what is in them |
//! | [`os`] | the only room with system calls: ptrace, wait, spawn, /proc, signals |
//! | [`loader`] | what ld.so does: link maps, GOT, PLT |
//! | [`dwarf`] | unwind tables |
//! | [`target`] | a process that can be read and controlled |
//! | [`symbols`] | the modules of a process and the names in them |
//! | [`stack`] | frames |
//! | [`value`] | types, values and how they are shown |
//! | [`expr`] | the expression language |
//! | [`syscall`] | system calls in words |
//! | [`engine`] | breakpoints, stops, steps, patches: the debugger without words |
//! | [`ui`] | how output is written |
//! | [`command`] | the commands |
//! | [`front`] | the prompt, scripts |

pub mod arch;
pub mod base;
pub mod command;
pub mod dwarf;
pub mod elf;
pub mod engine;
pub mod expr;
pub mod front;
pub mod loader;
pub mod os;
pub mod stack;
pub mod symbols;
pub mod syscall;
pub mod target;
pub mod ui;
pub mod value;

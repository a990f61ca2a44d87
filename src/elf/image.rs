//! An ELF image.

/// An ELF file mapped into memory, or the bytes of one that was read from a process (the vdso).
#[derive(Debug)]
pub struct Image {}

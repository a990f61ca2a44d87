//! An ELF image.

/// An ELF file mapped into memory, or the bytes of one that was read from a process (the vdso).
#[derive(Debug)]
pub struct Image {}

impl Image {
    /// Opens a file.
    pub fn open(path: &std::path::Path) -> crate::base::Result<std::sync::Arc<Image>> {
        Err(crate::base::Error::user(path.display().to_string()))
    }
}

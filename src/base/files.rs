//! Files as something that can be looked at: a process's own view of the disk, or a table in tests.

use std::path::Path;

/// The disk as the process sees it.
pub trait Files {
    /// Up to `limit` bytes from the start of a regular file; `None` if there is none that can be read.
    fn head(&self, path: &Path, limit: usize) -> Option<Vec<u8>>;
    /// Whether there is such a directory.
    fn is_dir(&self, path: &Path) -> bool;
}

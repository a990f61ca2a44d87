//! The program's file.

use std::path::PathBuf;
use std::sync::Arc;

use crate::elf::Image;

/// The executable that `file` named.
#[derive(Clone, Debug)]
pub struct Program {
    /// Its absolute path.
    pub path: PathBuf,
    /// The file.
    pub image: Arc<Image>,
    /// It was a core file that named it, and not the user.
    pub of_core: bool,
}

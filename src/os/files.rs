//! The disk as a process sees it.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use crate::base::{Files, Tid};

use super::procfs;

/// Files below a process's root, or below rdbg's own.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ProcessFiles {
    /// The process whose root counts; `None` for rdbg's own.
    pub pid: Option<Tid>,
}

impl ProcessFiles {
    /// Where rdbg finds what the process sees as `path`.
    pub fn found_at(&self, path: &Path) -> PathBuf {
        self.pid.map_or_else(|| path.to_owned(), |pid| procfs::seen_by(pid, path))
    }
}

impl Files for ProcessFiles {
    fn head(&self, path: &Path, limit: usize) -> Option<Vec<u8>> {
        let file = File::open(self.found_at(path)).ok().filter(|f| f.metadata().is_ok_and(|m| m.is_file()))?;
        let mut bytes = Vec::new();
        file.take(limit as u64).read_to_end(&mut bytes).ok()?;
        Some(bytes)
    }

    fn is_dir(&self, path: &Path) -> bool {
        self.found_at(path).is_dir()
    }
}

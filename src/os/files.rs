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
        let path = self.found_at(path);
        // What is no file is not opened: a pipe that nobody writes to would never be (fifo(7)).
        let file = path.is_file().then(|| File::open(path).ok())?.filter(|f| f.metadata().is_ok_and(|m| m.is_file()))?;
        let mut bytes = Vec::new();
        file.take(limit as u64).read_to_end(&mut bytes).ok()?;
        Some(bytes)
    }

    fn is_dir(&self, path: &Path) -> bool {
        self.found_at(path).is_dir()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As ld.so's search comes by one.
    #[test]
    fn a_pipe_has_no_head() {
        let path = std::env::temp_dir().join(format!("rdbg-pipe-of-a-search-{}", std::process::id()));
        nix::unistd::mkfifo(&path, nix::sys::stat::Mode::S_IRUSR).unwrap();
        let (done, is_done) = std::sync::mpsc::channel();
        let pipe = path.clone();
        std::thread::spawn(move || done.send(ProcessFiles { pid: None }.head(&pipe, 64)));
        let found = is_done.recv_timeout(std::time::Duration::from_secs(60));
        std::fs::remove_file(&path).unwrap();
        assert_eq!(found, Ok(None));
    }
}

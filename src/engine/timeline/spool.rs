//! Where events are kept: in memory while they are few, then in a file that nobody else sees.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::base::{Error, Result};

/// So many bytes are kept in memory.
const IN_MEMORY: usize = 4 << 20;

/// Lines in the order in which they came.
#[derive(Debug, Default)]
pub struct Spool {
    /// What came first.
    file: Option<File>,
    /// What came last.
    recent: Vec<u8>,
    count: u64,
}

/// A file in the directory for temporary ones, with no name.
fn nameless() -> Result<File> {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let name = format!("rdbg-timeline-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
    let path = std::env::temp_dir().join(name);
    let opened = OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(&path);
    let file = opened.map_err(|e| Error::io(path.display().to_string(), &e))?;
    // What fails here leaves a file behind, and no more.
    let _ = std::fs::remove_file(&path);
    Ok(file)
}

impl Spool {
    /// Adds a line, without its newline.
    pub fn push(&mut self, line: &str) -> Result<()> {
        self.recent.extend_from_slice(line.as_bytes());
        self.recent.push(b'\n');
        self.count += 1;
        if self.recent.len() >= IN_MEMORY { self.spill() } else { Ok(()) }
    }

    fn spill(&mut self) -> Result<()> {
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(nameless()?),
        };
        file.write_all(&self.recent).map_err(|e| Error::io("the timeline's temporary file", &e))?;
        self.recent.clear();
        Ok(())
    }

    /// How many lines there are.
    pub fn len(&self) -> u64 {
        self.count
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Hands each line to `each`, in order, until it says that it has enough.
    pub fn read(&self, mut each: impl FnMut(&str) -> Result<bool>) -> Result<()> {
        let failed = |e: std::io::Error| Error::io("the timeline's temporary file", &e);
        let mut first: Box<dyn Read> = Box::new(std::io::empty());
        if let Some(file) = &self.file {
            let mut file = file.try_clone().map_err(failed)?;
            file.seek(SeekFrom::Start(0)).map_err(failed)?;
            first = Box::new(file);
        }
        let mut reader = BufReader::with_capacity(1 << 16, first.chain(self.recent.as_slice()));
        let mut line = String::new();
        let mut result = Ok(());
        loop {
            line.clear();
            match reader.read_line(&mut line) {
                Ok(0) => break,
                Ok(_) => {}
                Err(e) => {
                    result = Err(failed(e));
                    break;
                }
            }
            match each(line.trim_end_matches('\n')) {
                Ok(true) => {}
                Ok(false) => break,
                Err(e) => {
                    result = Err(e);
                    break;
                }
            }
        }
        // The two handles share one position: what comes next goes to the end.
        if let Some(mut file) = self.file.as_ref() {
            file.seek(SeekFrom::End(0)).map_err(failed)?;
        }
        result
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_to_disk_comes_back_in_order() {
        let mut spool = Spool::default();
        let long = "x".repeat(1000);
        for n in 0..10_000 {
            spool.push(&format!("{n} {long}")).unwrap();
        }
        assert!(spool.file.is_some() && spool.recent.len() < IN_MEMORY);
        for _ in 0..2 {
            let mut next = 0;
            spool
                .read(|line| {
                    assert!(line.starts_with(&format!("{next} ")) && line.ends_with("xx"));
                    next += 1;
                    Ok(true)
                })
                .unwrap();
            assert_eq!(next, 10_000);
        }
        spool.push("last").unwrap();
        let mut last = String::new();
        spool
            .read(|line| {
                last = line.to_owned();
                Ok(true)
            })
            .unwrap();
        assert_eq!((last.as_str(), spool.len()), ("last", 10_001));
    }
}

//! Where events are kept: in memory while they are few, then in a file that nobody else sees.

use std::cell::Cell;
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::base::{Error, Result};

use super::packed::{Batch, Unpacker};

/// So many bytes are kept in memory.
const IN_MEMORY: usize = 4 << 20;

/// Events in the order in which they came: lines of JSON, and relocations as words.
#[derive(Debug, Default)]
pub struct Spool {
    /// What came first.
    file: Option<File>,
    /// What came last.
    recent: Vec<u8>,
    /// What the words belong to that stand behind a line which begins with [`PACKED`].
    batches: Vec<Batch>,
    /// How many events there are, once somebody has counted.
    count: Cell<Option<u64>>,
}

/// Begins the line `<PACKED> BATCH WORDS`, behind which so many words stand. No line of JSON begins so.
const PACKED: char = '\u{1}';

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
        self.count.set(None);
        if self.recent.len() >= IN_MEMORY { self.spill() } else { Ok(()) }
    }

    /// Adds relocations, with the words in their slots.
    pub fn push_batch(&mut self, batch: Batch, words: &[u64]) -> Result<()> {
        self.push(&format!("{PACKED}{} {}", self.batches.len(), words.len()))?;
        self.batches.push(batch);
        words.iter().for_each(|w| self.recent.extend_from_slice(&w.to_le_bytes()));
        if self.recent.len() >= IN_MEMORY { self.spill() } else { Ok(()) }
    }

    fn spill(&mut self) -> Result<()> {
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(nameless()?),
        };
        file.write_all(&self.recent).map_err(failed)?;
        self.recent.clear();
        Ok(())
    }

    /// How many events there are.
    pub fn len(&self) -> u64 {
        if self.count.get().is_none() {
            // What cannot be read is missed by who wants to see it.
            let _ = self.read(|_| Ok(true));
        }
        self.count.get().unwrap_or_default()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.file.is_none() && self.recent.is_empty()
    }

    /// Hands each event to `each`, a line of JSON, in order, until it says that it has enough.
    pub fn read(&self, mut each: impl FnMut(&str) -> Result<bool>) -> Result<()> {
        let mut first: Box<dyn Read> = Box::new(std::io::empty());
        if let Some(file) = &self.file {
            let mut file = file.try_clone().map_err(failed)?;
            file.seek(SeekFrom::Start(0)).map_err(failed)?;
            first = Box::new(file);
        }
        let mut count = 0;
        let mut counted = |line: &str| {
            count += 1;
            each(line)
        };
        let reader = BufReader::with_capacity(1 << 16, first.chain(self.recent.as_slice()));
        let result = self.read_all(reader, &mut counted);
        if let Ok(true) = result {
            self.count.set(Some(count));
        }
        // The two handles share one position: what comes next goes to the end.
        if let Some(mut file) = self.file.as_ref() {
            file.seek(SeekFrom::End(0)).map_err(failed)?;
        }
        result.map(drop)
    }

    /// Whether everything was read.
    fn read_all(&self, mut reader: impl BufRead, each: &mut impl FnMut(&str) -> Result<bool>) -> Result<bool> {
        let mut line = String::new();
        let mut unpacker = Unpacker::default();
        loop {
            line.clear();
            if reader.read_line(&mut line).map_err(failed)? == 0 {
                return Ok(true);
            }
            let line = line.trim_end_matches('\n');
            let goes_on = match line.strip_prefix(PACKED) {
                None => each(line)?,
                Some(packed) => {
                    let numbers = packed.split_once(' ').and_then(|(n, len)| Some((n.parse().ok()?, len.parse().ok()?)));
                    let Some((batch, len)) = numbers.and_then(|(n, len): (usize, usize)| Some((self.batches.get(n)?, len))) else {
                        return Err(Error::user("The timeline's temporary file is damaged."));
                    };
                    let mut words = vec![0; len * 8];
                    reader.read_exact(&mut words).map_err(failed)?;
                    let words = words.chunks_exact(8).map(|b| b.first_chunk().map_or(0, |w| u64::from_le_bytes(*w)));
                    unpacker.unpack(batch, words, each)?
                }
            };
            if !goes_on {
                return Ok(false);
            }
        }
    }
}

fn failed(e: std::io::Error) -> Error {
    Error::io("the timeline's temporary file", &e)
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

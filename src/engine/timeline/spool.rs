//! Where events are kept: in memory while they are few, then in a file that nobody else sees.

use std::cell::Cell;
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::base::{Error, Result, VirtAddr};
use crate::symbols::Module;

use super::line::Line;
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
    /// The modules in which names are looked up.
    modules: Vec<Arc<Module>>,
    /// How many lines and words were added.
    pushed: u64,
    /// How many events there are, once somebody has counted.
    count: Cell<Option<u64>>,
}

/// Begins the line `<PACKED> BATCH WORDS`, behind which so many words stand. No line of JSON begins so.
const PACKED: char = '\u{1}';
/// Begins the line `<NAMED> FORM MODULE ADDRESS EVENT`: an event whose last field, a name, is looked up when it is read.
const NAMED: char = '\u{2}';

/// What an address is called.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Naming {
    /// `"caller":"git!main+48"`
    Caller,
    /// `"name":"_init_first"`; null where no function begins there.
    Function,
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
        self.count.set(None);
        self.pushed += 1;
        if self.recent.len() >= IN_MEMORY { self.spill() } else { Ok(()) }
    }

    /// Adds relocations, with the words in their slots.
    pub fn push_batch(&mut self, batch: Batch, words: &[u64]) -> Result<()> {
        self.push(&format!("{PACKED}{} {}", self.batches.len(), words.len()))?;
        self.batches.push(batch);
        self.pushed += words.len() as u64;
        words.iter().for_each(|w| self.recent.extend_from_slice(&w.to_le_bytes()));
        if self.recent.len() >= IN_MEMORY { self.spill() } else { Ok(()) }
    }

    /// Adds an event whose last field is the name of an address. Symbol tables are read when somebody reads the record: that takes
    /// longer than the load.
    pub fn push_named(&mut self, line: Line, naming: Naming, module: &Arc<Module>, at: VirtAddr) -> Result<()> {
        let known = self.modules.iter().rposition(|m| Arc::ptr_eq(m, module));
        let number = known.unwrap_or_else(|| {
            self.modules.push(module.clone());
            self.modules.len() - 1
        });
        let form = if naming == Naming::Caller { 'c' } else { 'f' };
        self.push(&format!("{NAMED}{form} {number} {:x} {}", at.0, line.so_far()))
    }

    /// The event of a line that [`NAMED`] begins.
    fn named(&self, rest: &str) -> Option<String> {
        let mut words = rest.splitn(4, ' ');
        let form = words.next()?;
        let module = self.modules.get(words.next()?.parse::<usize>().ok()?)?;
        let at = VirtAddr(u64::from_str_radix(words.next()?, 16).ok()?);
        let line = Line::from_part(words.next()?);
        let location = module.locate(at);
        let line = match form {
            "f" => line.maybe("name", location.filter(|l| l.offset == 0).map(|l| l.raw_name).as_deref()),
            _ => {
                let bare = || format!("{}+{:#x}", module.name, module.to_file(at).0);
                let name = location.map(|l| format!("{}!{}", module.name, l.with_offset_demangled()));
                line.text("caller", &name.unwrap_or_else(bare))
            }
        };
        Some(line.end())
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

    /// How many there are, but for IFUNCs among the relocations: without reading them.
    pub fn about(&self) -> u64 {
        self.pushed
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
                None => match line.strip_prefix(NAMED) {
                    None => each(line)?,
                    Some(named) => each(&self.named(named).ok_or_else(damaged)?)?,
                },
                Some(packed) => {
                    let numbers = packed.split_once(' ').and_then(|(n, len)| Some((n.parse().ok()?, len.parse().ok()?)));
                    let Some((batch, len)) = numbers.and_then(|(n, len): (usize, usize)| Some((self.batches.get(n)?, len)))
                    else {
                        return Err(damaged());
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

fn damaged() -> Error {
    Error::user("The timeline's temporary file is damaged.")
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

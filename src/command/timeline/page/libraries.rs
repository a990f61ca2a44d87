//! Each library: searched for, opened, read, mapped.

use serde_json::Value;

use super::chapter::Chapter;
use crate::command::timeline::words::{address, base_name, text};

/// One mapping of a library.
#[derive(Clone, Debug)]
pub struct Piece {
    /// The addresses.
    pub start: u64,
    /// The first address behind it.
    pub end: u64,
    /// What may be done there.
    pub perms: String,
    /// The PT_LOAD.
    pub segment: Option<u64>,
    /// Where in the file; `None` for the zeroed tail.
    pub offset: Option<u64>,
    /// The sections in it, where the record names them.
    pub sections: String,
}

/// A library as the dynamic linker came by it.
#[derive(Clone, Debug, Default)]
pub struct Library {
    /// Its path.
    pub path: String,
    /// Paths that were tried in vain, the first ones.
    pub vain: Vec<String>,
    /// How many were tried in vain.
    pub tried: u64,
    /// How often it was read before it was mapped.
    pub reads: u64,
    /// Its mappings.
    pub pieces: Vec<Piece>,
    /// Who needs it.
    pub needed_by: Option<String>,
}

/// Follows the dynamic linker's search.
#[derive(Clone, Debug, Default)]
pub struct Search {
    vain: Vec<String>,
    tried: u64,
    reads: u64,
    /// Mappings of libraries that are not told.
    pub untold: u64,
    /// The chapter and the place there of the one that is being mapped.
    current: Option<(Chapter, usize)>,
}

/// More libraries of a chapter than this are counted, not kept.
const MOST: usize = 120;
/// So many paths in vain are named.
const MOST_VAIN: usize = 3;

impl Search {
    /// A system call of the dynamic linker.
    pub fn call(&mut self, event: &Value) {
        let failed = event.get("ret").and_then(Value::as_i64).is_none_or(|r| r < 0);
        match text(event, "name") {
            "open" | "openat" if failed => {
                self.tried += 1;
                if let Some(path) = text(event, "text").split('"').nth(1).filter(|_| self.vain.len() < MOST_VAIN) {
                    self.vain.push(path.to_owned());
                }
            }
            "open" | "openat" => {
                self.reads = 0;
                self.current = None;
            }
            "read" | "pread64" => self.reads += 1,
            "close" => self.current = None,
            _ => {}
        }
    }

    /// A mapping that belongs to a segment of a file: of the library that was begun, or of a new one.
    pub fn mapped(&mut self, chapter: Chapter, libraries: &mut Vec<Library>, event: &Value) {
        let file = text(event, "file");
        let is_current = |l: &Library| file.is_empty() || l.path == file;
        let place = self.current.filter(|(c, n)| *c == chapter && libraries.get(*n).is_some_and(is_current));
        let place = match place {
            Some((_, n)) => n,
            None if file.is_empty() => return,
            None if libraries.len() >= MOST => {
                self.untold += 1;
                return;
            }
            None => {
                let vain = std::mem::take(&mut self.vain);
                let (tried, reads) = (std::mem::take(&mut self.tried), std::mem::take(&mut self.reads));
                libraries.push(Library { path: file.to_owned(), vain, tried, reads, ..Library::default() });
                self.current = Some((chapter, libraries.len() - 1));
                libraries.len() - 1
            }
        };
        if let Some(library) = libraries.get_mut(place) {
            library.pieces.push(Piece {
                start: address(event, "start"),
                end: address(event, "end"),
                perms: text(event, "perms").to_owned(),
                segment: event.get("segment").and_then(Value::as_u64),
                offset: event.get("offset").and_then(Value::as_u64).filter(|_| !file.is_empty()),
                sections: sections(event),
            });
        }
    }
}

/// The sections in a mapping, where the record names them.
fn sections(event: &Value) -> String {
    match event.get("sections") {
        Some(Value::Array(all)) => all.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" "),
        Some(Value::String(all)) => all.clone(),
        _ => String::new(),
    }
}

impl Library {
    /// The base name of its path.
    pub fn name(&self) -> &str {
        base_name(&self.path)
    }

    /// The first address and the first behind it.
    pub fn span(&self) -> (u64, u64) {
        let start = self.pieces.iter().map(|p| p.start).min().unwrap_or_default();
        (start, self.pieces.iter().map(|p| p.end).max().unwrap_or_default())
    }
}

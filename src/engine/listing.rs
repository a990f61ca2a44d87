//! Where `list` and `search` stand.

use std::path::PathBuf;

use crate::dwarf::LineFile;

/// Where `list` and `search` stand.
#[derive(Clone, Debug, Default)]
pub struct Listing {
    /// The file, and the line that the next `list` begins with; around which it lists if nothing was listed since it was set.
    pub(super) current: Option<(LineFile, u32)>,
    /// The first line that was listed; 0 if none was since the current line was set.
    first: u32,
    /// The line behind which `info line` and `search` go on; 0 likewise.
    last: u32,
    /// The file whose text was wanted last, if it is missing: that is said once.
    pub(super) missing: Option<PathBuf>,
    /// What `search` looked for last.
    pub pattern: String,
}

impl Listing {
    /// The line of a frame or of a match: the next `list` shows what is around it.
    pub fn center(&mut self, file: &LineFile, line: u32) {
        self.current = Some((file.clone(), line));
        (self.first, self.last) = (0, 0);
    }

    /// Lines from `first` on were listed, and `next` is the one behind the last.
    pub fn listed(&mut self, file: &LineFile, first: u32, next: u32) {
        self.current = Some((file.clone(), next));
        (self.first, self.last) = (first, first);
    }

    /// A line was found: the next `search` goes on behind it, the next `list` shows what is around it.
    pub fn found(&mut self, file: &LineFile, line: u32, next: u32) {
        self.current = Some((file.clone(), next));
        (self.first, self.last) = (line, line);
    }

    /// `info line` without arguments tells about this line.
    pub fn told(&mut self, next: u32) {
        self.last = next;
    }

    /// The first line that was listed, if one was.
    pub fn first(&self) -> Option<u32> {
        Some(self.first).filter(|f| *f != 0)
    }

    /// The file that was shown last.
    pub fn file(&self) -> Option<&LineFile> {
        self.current.as_ref().map(|c| &c.0)
    }

    /// The line behind which `search` goes on; 0 if none was listed.
    pub fn last(&self) -> u32 {
        self.last
    }
}

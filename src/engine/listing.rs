//! Which source the user looks at: the line that `list` goes on with, and the file that a bare line number means.

use std::path::PathBuf;
use std::sync::Arc;

use crate::base::Result;
use crate::dwarf::LineFile;
use crate::symbols::{Module, SourceText, demangle};

use super::session::Session;

/// Where `list` and `search` stand.
#[derive(Clone, Debug, Default)]
pub struct Listing {
    /// The file, and the line that the next `list` begins with; around which it lists if nothing was listed since it was set.
    current: Option<(LineFile, u32)>,
    /// The first line that was listed; 0 if none was since the current line was set.
    first: u32,
    /// The line behind which `info line` and `search` go on; 0 likewise.
    last: u32,
    /// The file whose text was wanted last, if it is missing: that is said once.
    missing: Option<PathBuf>,
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

impl Session {
    /// How many lines `list` shows.
    pub fn list_size(&self) -> u32 {
        self.settings.listsize.unwrap_or(u32::MAX)
    }

    /// The source file and line that lines without a file are meant in: what was shown last; at first, some lines before `main`'s.
    pub fn current_source(&self) -> Option<(LineFile, u32)> {
        self.listing.current.clone().or_else(|| {
            let (file, line) = self.line_of_main()?;
            Some((file, line.saturating_sub(self.list_size() - 1).max(1)))
        })
    }

    /// The line of the program's `main`, behind its prologue; of a Rust program that of its own `main`.
    fn line_of_main(&self) -> Option<(LineFile, u32)> {
        let main = self.inferior.modules.main()?;
        let line_of = |entry| {
            let found = main.source_line(main.virt(main.past_prologue(entry)))?;
            Some((found.file, found.line))
        };
        let entry = main.address_of("main").map(|a| main.to_file(a));
        entry.and_then(line_of).or_else(|| main_of_rust(main).and_then(line_of))
    }

    /// A file's name as the user wants it (`set filename-display`).
    pub fn file_name(&self, file: &LineFile) -> String {
        match self.settings.filename_display {
            "absolute" => file.path.display().to_string(),
            "basename" => file.name.rsplit('/').next().unwrap_or_default().to_owned(),
            _ => file.name.to_string(),
        }
    }

    /// The text of a source file; the error is gdb's, and the second time in a row `None`.
    pub fn source_text_once(&mut self, file: &LineFile) -> Option<Result<Arc<SourceText>>> {
        if !self.settings.source_open {
            return None;
        }
        let text = self.source_text(file);
        match (&text, &self.listing.missing) {
            (Ok(_), _) => self.listing.missing = None,
            (Err(_), Some(path)) if **path == *file.path => return None,
            (Err(_), _) => self.listing.missing = Some(file.path.to_path_buf()),
        }
        Some(text)
    }
}

/// `main` of the crate that a Rust program was made from: `CRATE::main`, which the C function `main` calls by way of the standard
/// library.
fn main_of_rust(module: &Module) -> Option<crate::base::FileAddr> {
    let is_main = |name: &str| name.contains("4main") && demangle(name).split("::").filter(|p| *p != "main").count() == 1;
    let mut symbols = module.file.symbols();
    symbols.find(|s| s.has_place() && s.name.starts_with("_") && is_main(s.name)).map(|s| s.addr)
}

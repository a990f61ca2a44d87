//! Which source the user looks at: the line that `list` goes on with, and the file that a bare line number means.

use std::sync::Arc;

use crate::base::Result;
use crate::dwarf::LineFile;
use crate::symbols::{Module, SourceText, demangle};

use super::session::Session;

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

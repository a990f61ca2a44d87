//! What `step` does not enter: functions and files that were named to be skipped.

use std::path::Path;
use std::sync::Arc;

/// Which source files.
#[derive(Clone, Debug)]
pub struct SkipFile {
    /// As typed.
    pub text: String,
    /// A pattern of the shell's kind (`-gfile`); otherwise the end of a path.
    pub pattern: Option<glob::Pattern>,
}

/// Which functions.
#[derive(Clone, Debug)]
pub struct SkipFunction {
    /// As typed.
    pub text: String,
    /// A regular expression (`-rfunction`); otherwise a name.
    pub pattern: Option<regex::Regex>,
}

/// One entry: a function is skipped if it fits all that is named.
#[derive(Clone, Debug)]
pub struct Skip {
    /// Its number.
    pub id: u32,
    /// Whether it holds at present.
    pub enabled: bool,
    /// In these files.
    pub file: Option<SkipFile>,
    /// These functions.
    pub function: Option<SkipFunction>,
}

/// All entries.
#[derive(Clone, Debug, Default)]
pub struct Skips {
    /// In the order of their numbers.
    pub list: Vec<Skip>,
    last: u32,
}

impl Skips {
    /// Adds an entry.
    pub fn add(&mut self, file: Option<SkipFile>, function: Option<SkipFunction>) {
        self.last += 1;
        self.list.push(Skip { id: self.last, enabled: true, file, function });
    }

    /// Whether a function is skipped; `source` is asked for the file that its code is from, if it matters.
    pub(super) fn has(&self, function: &str, source: impl FnOnce() -> Option<Arc<Path>>) -> bool {
        if self.list.iter().all(|s| !s.enabled) {
            return false;
        }
        let source = source();
        let fits = |s: &Skip| {
            let file = s.file.as_ref().is_none_or(|f| source.as_ref().is_some_and(|path| f.fits(path)));
            file && s.function.as_ref().is_none_or(|f| f.fits(function))
        };
        self.list.iter().any(|s| s.enabled && fits(s))
    }
}

impl SkipFile {
    fn fits(&self, path: &Path) -> bool {
        match &self.pattern {
            // gdb compares base names first.
            Some(pattern) => {
                let options = glob::MatchOptions { require_literal_separator: true, ..glob::MatchOptions::default() };
                let name = path.file_name().map(Path::new);
                name.is_some_and(|n| pattern.matches_path_with(n, options)) || pattern.matches_path_with(path, options)
            }
            None => path.ends_with(&self.text),
        }
    }
}

impl SkipFunction {
    fn fits(&self, name: &str) -> bool {
        match &self.pattern {
            Some(pattern) => pattern.is_match(name),
            None => name == self.text || name.split('(').next() == Some(&self.text),
        }
    }
}

//! The text of source files: where it is on this machine, read once.

use std::cell::RefCell;
use std::collections::HashMap;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use crate::base::{Error, Result};
use crate::dwarf::LineFile;

/// Where source files are looked for.
#[derive(Clone, Copy, Debug)]
pub struct SourcePaths<'a> {
    /// `set substitute-path FROM TO`: the first rule whose FROM is a path's beginning, whole components, replaces it.
    pub substitutions: &'a [(String, String)],
    /// `set directories`: directories separated by colons; `$cdir` is that of the compilation, `$cwd` rdbg's own.
    pub directories: &'a str,
}

impl SourcePaths<'_> {
    /// A file's path with the rule obeyed that fits, whether it is there or not.
    pub fn substituted(&self, file: &LineFile) -> PathBuf {
        substituted(&file.path, self.substitutions)
    }
}

/// A source file's text.
#[derive(Debug)]
pub struct SourceText {
    /// Where it was read from.
    pub path: PathBuf,
    text: String,
    /// The offset in bytes at which each line starts.
    starts: Vec<usize>,
}

/// Of a file with more bytes than this nothing is shown.
const MAX_BYTES: u64 = 256 << 20;

impl SourceText {
    fn read(path: &Path) -> Result<SourceText> {
        let io = |e: &std::io::Error| Error::io(path.display().to_string(), e);
        let meta = std::fs::metadata(path).map_err(|e| io(&e))?;
        if !meta.is_file() || meta.len() > MAX_BYTES {
            return Err(Error::user(format!("{}: not a source file", path.display())));
        }
        let bytes = std::fs::read(path).map_err(|e| io(&e))?;
        let text = String::from_utf8(bytes).unwrap_or_else(|e| String::from_utf8_lossy(e.as_bytes()).into_owned());
        let mut starts = vec![0];
        starts.extend(memchr::memchr_iter(b'\n', text.as_bytes()).map(|at| at + 1));
        if starts.last() == Some(&text.len()) {
            starts.pop();
        }
        Ok(SourceText { path: path.to_path_buf(), text, starts })
    }

    /// How many lines it has.
    pub fn line_count(&self) -> u32 {
        u32::try_from(self.starts.len()).unwrap_or(u32::MAX)
    }

    /// How many bytes stand before a line, by its number from 1.
    pub fn offset(&self, number: u32) -> Option<usize> {
        self.starts.get(usize::try_from(number).ok()?.checked_sub(1)?).copied()
    }

    /// A line by its number from 1, without its end.
    pub fn line(&self, number: u32) -> Option<&str> {
        let index = usize::try_from(number).ok()?.checked_sub(1)?;
        let start = *self.starts.get(index)?;
        let end = self.starts.get(index + 1).copied().unwrap_or(self.text.len());
        Some(self.text.get(start..end)?.trim_end_matches(['\n', '\r']))
    }
}

/// The source files that were read, and those that could not be.
#[derive(Debug, Default)]
pub struct SourceCache {
    read: RefCell<HashMap<PathBuf, Result<Arc<SourceText>>>>,
}

impl SourceCache {
    /// Forgets all: the paths to search have changed.
    pub fn clear(&self) {
        self.read.borrow_mut().clear();
    }

    /// The text of a file; the error is gdb's, about the name that the compiler was given.
    pub fn text(&self, file: &LineFile, paths: SourcePaths<'_>) -> Result<Arc<SourceText>> {
        let mut read = self.read.borrow_mut();
        let entry = read.entry(file.path.to_path_buf()).or_insert_with(|| {
            let found = candidates(file, paths).into_iter().find(|p| p.is_file());
            let missing = || Error::user(format!("{}: No such file or directory.", file.name));
            SourceText::read(&found.ok_or_else(missing)?).map(Arc::new)
        });
        entry.clone()
    }
}

/// The path with the first rule obeyed that fits. A rule's FROM has no slash at its end, and is empty for `/`.
fn substituted(path: &Path, rules: &[(String, String)]) -> PathBuf {
    let Some(text) = path.to_str() else { return path.to_path_buf() };
    let by = |(from, to): &(String, String)| {
        let rest = text.strip_prefix(from.as_str()).filter(|rest| rest.is_empty() || rest.starts_with('/'))?;
        Some(PathBuf::from(format!("{to}{rest}")))
    };
    rules.iter().find_map(by).unwrap_or_else(|| path.to_path_buf())
}

/// The places where a file may be, in the order in which they are tried (GDB manual, "Source Path"): its name in each directory,
/// its whole path below each, the last component of its name in each.
fn candidates(file: &LineFile, paths: SourcePaths<'_>) -> Vec<PathBuf> {
    let name = Path::new(&*file.name);
    let path = substituted(&file.path, paths.substitutions);
    // The path is the directory of the compilation and the name, or the name alone.
    let is_name = |c: &Component<'_>| matches!(c, Component::Normal(_));
    let depth = if name.is_absolute() { 1 } else { name.components().filter(is_name).count() };
    let compiled_in = file.path.ancestors().nth(depth).unwrap_or(&file.path);
    let directory = |text: &str| match text {
        "$cdir" => substituted(compiled_in, paths.substitutions),
        "$cwd" => std::env::current_dir().unwrap_or_default(),
        other => PathBuf::from(other),
    };
    let directories: Vec<PathBuf> = paths.directories.split(':').filter(|d| !d.is_empty()).map(directory).collect();
    let mut found: Vec<PathBuf> = Vec::new();
    if name.is_absolute() {
        found.push(path.clone());
    } else {
        found.extend(directories.iter().map(|d| d.join(name)));
    }
    let below = path.strip_prefix("/").unwrap_or(&path);
    found.extend(directories.iter().map(|d| d.join(below)));
    if let Some(base) = name.file_name() {
        found.extend(directories.iter().map(|d| d.join(base)));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_the_files() {
        let dir = std::env::temp_dir().join(format!("rdbg-source-{}", std::process::id()));
        std::fs::create_dir_all(&dir).unwrap();
        std::fs::write(dir.join("a.c"), "one\r\ntwo\n\nfour").unwrap();
        let file = LineFile { name: "src/a.c".into(), path: Path::new("/build/src/a.c").into() };
        let cache = SourceCache::default();
        let missing = cache.text(&file, SourcePaths { substitutions: &[], directories: "$cdir:$cwd" }).unwrap_err();
        assert_eq!(missing.to_string(), "src/a.c: No such file or directory.");
        cache.clear();
        let rules = [("/build/src".to_owned(), dir.display().to_string())];
        let text = cache.text(&file, SourcePaths { substitutions: &rules, directories: "$cdir:$cwd" });
        // The directory of the compilation is /build, to which no rule applies.
        assert!(text.is_err());
        cache.clear();
        let directories = format!("/nonexistent:{}", dir.display());
        let text = cache.text(&file, SourcePaths { substitutions: &[], directories: &directories }).unwrap();
        let lines: Vec<_> = (0..=5).map(|n| text.line(n)).collect();
        assert_eq!(lines, [None, Some("one"), Some("two"), Some(""), Some("four"), None]);
        assert_eq!(text.line_count(), 4);
        std::fs::remove_dir_all(&dir).unwrap();
    }
}

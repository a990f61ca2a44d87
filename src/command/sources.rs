//! Where command lines come from: a reader, a file, a block that was kept.

use std::io::BufRead;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use crate::base::{Error, Result};

/// The longest line that is looked at, in bytes.
pub const MAX_LINE: usize = 1 << 20;

/// Where lines come from: a terminal, a pipe.
pub trait LineReader {
    /// The next line without its newline, `None` at the end of input. The prompt is shown as the front end sees fit.
    fn read(&mut self, prompt: &str) -> Result<Option<String>>;
    /// Whether a person types.
    fn is_terminal(&self) -> bool;
}

/// A reader that has no lines.
pub struct NoLines;

impl LineReader for NoLines {
    fn read(&mut self, _prompt: &str) -> Result<Option<String>> {
        Ok(None)
    }

    fn is_terminal(&self) -> bool {
        false
    }
}

/// Lines that are being run: a file, the body of a user's command, of a loop.
pub(super) struct Source {
    /// The lines.
    pub lines: Rc<[String]>,
    /// The index of the next one.
    pub next: usize,
    /// The file's name, for errors.
    pub file: Option<PathBuf>,
}

impl Source {
    /// These lines, which stand in no file.
    pub fn of_lines(lines: &[String]) -> Source {
        Source { lines: lines.into(), next: 0, file: None }
    }

    /// The lines of a file of commands.
    pub fn of_file(path: &Path) -> Result<Source> {
        Ok(Source { lines: read_lines(path)?, next: 0, file: Some(path.to_owned()) })
    }

    /// The next line. A backslash at its end joins the line after it.
    pub fn next_line(&mut self) -> Option<String> {
        let mut line = self.lines.get(self.next)?.clone();
        self.next += 1;
        while line.ends_with('\\') {
            line.pop();
            let Some(more) = self.lines.get(self.next) else { break };
            line.push_str(more);
            self.next += 1;
        }
        Some(line)
    }
}

/// The lines of a file; a line that cannot be text is an error that names it.
fn read_lines(path: &Path) -> Result<Rc<[String]>> {
    let fail = |e: &std::io::Error| match Error::io("", e) {
        Error::Os { errno, .. } => {
            let text = std::io::Error::from_raw_os_error(errno).to_string();
            Error::user(format!("{}: {}.", path.display(), text.split(" (os error").next().unwrap_or_default()))
        }
        _ => Error::user(format!("{}: {e}.", path.display())),
    };
    let file = std::fs::File::open(path).map_err(|e| fail(&e))?;
    let mut reader = std::io::BufReader::new(file);
    let mut lines = Vec::new();
    loop {
        let mut bytes = Vec::new();
        if reader.read_until(b'\n', &mut bytes).map_err(|e| fail(&e))? == 0 {
            return Ok(lines.into());
        }
        let line = decode_line(bytes).map_err(|e| Error::user(format!("{}:{}: {e}", path.display(), lines.len() + 1)))?;
        lines.push(line);
    }
}

/// A line of input as text, without its newline. NUL bytes and bytes that are not UTF-8 are errors, except in comments.
pub fn decode_line(mut bytes: Vec<u8>) -> Result<String> {
    if bytes.last() == Some(&b'\n') {
        bytes.pop();
    }
    if bytes.last() == Some(&b'\r') {
        bytes.pop();
    }
    if bytes.trim_ascii_start().first() == Some(&b'#') {
        return Ok(String::from_utf8_lossy(&bytes).into_owned());
    }
    if bytes.len() > MAX_LINE {
        return Err(Error::user(format!("Line is too long: more than {MAX_LINE} bytes.")));
    }
    if let Some(at) = memchr::memchr(0, &bytes) {
        return Err(Error::user(format!("Line contains a NUL byte, in column {}.", at + 1)));
    }
    String::from_utf8(bytes)
        .map_err(|e| Error::user(format!("Line is not UTF-8, in column {}.", e.utf8_error().valid_up_to() + 1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_are_no_text_are_errors() {
        assert_eq!(decode_line(b"ab\xff".to_vec()).unwrap_err().to_string(), "Line is not UTF-8, in column 3.");
        assert_eq!(decode_line(b"# caf\xe9\n".to_vec()).unwrap(), "# caf\u{fffd}");
        assert_eq!(decode_line(b"a\r\n".to_vec()).unwrap(), "a");
        assert_eq!(decode_line(vec![b'x'; 10 << 20]).unwrap_err().to_string(), "Line is too long: more than 1048576 bytes.");
    }
}

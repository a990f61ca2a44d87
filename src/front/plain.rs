//! Lines from standard input without an editor: a pipe, a file, a terminal that can do nothing.

use std::cell::RefCell;
use std::fs::File;
use std::io::{IsTerminal, Read, Seek, SeekFrom, Write};
use std::os::fd::AsFd;
use std::rc::Rc;

use crate::base::{Error, Result};
use crate::command::{LineReader, decode_line};
use crate::os::signals::take_interrupt;

use super::news::Attendant;
use super::state::State;

/// Bytes of a line that are kept; what follows them is read and dropped.
const KEPT: usize = crate::command::MAX_LINE + 2;

/// Reads lines from standard input, shows prompts on standard output, echoes nothing: as gdb does.
///
/// Not a byte beyond the line is taken, because the program being debugged reads the same input.
pub struct PlainReader {
    attendant: Attendant,
    terminal: bool,
    input: Option<File>,
    seekable: bool,
}

impl PlainReader {
    /// The process's standard input.
    pub fn stdin(state: &Rc<RefCell<State>>) -> PlainReader {
        // A duplicate: std's own handle would read ahead.
        let mut input = std::io::stdin().as_fd().try_clone_to_owned().map(File::from).ok();
        let seekable = input.as_mut().is_some_and(|f| f.stream_position().is_ok());
        PlainReader { attendant: Attendant::new(state), terminal: std::io::stdin().is_terminal(), input, seekable }
    }

    /// The next line with its newline; empty at the end.
    fn line(&mut self) -> Result<Vec<u8>> {
        let Some(input) = &mut self.input else { return Ok(Vec::new()) };
        let mut line = Vec::new();
        let mut chunk = vec![0; if self.seekable { 4096 } else { 1 }];
        loop {
            self.attendant.await_input(input.as_fd())?;
            let n = match input.read(&mut chunk) {
                Ok(n) => n,
                Err(e) if e.kind() == std::io::ErrorKind::Interrupted && take_interrupt() => return Err(Error::Cancelled),
                Err(e) if e.kind() == std::io::ErrorKind::Interrupted => continue,
                // Standard input is closed or a directory: there is nothing to read.
                Err(_) => 0,
            };
            let got = chunk.get(..n).unwrap_or_default();
            let end = memchr::memchr(b'\n', got).map(|at| at + 1);
            let used = end.unwrap_or(n);
            if line.len() < KEPT {
                line.extend_from_slice(got.get(..used).unwrap_or_default());
            }
            if used < n {
                input
                    .seek(SeekFrom::Current(used as i64 - n as i64))
                    .map_err(|e| Error::io("Cannot seek in standard input", &e))?;
            }
            if end.is_some() || n == 0 {
                return Ok(line);
            }
        }
    }
}

impl LineReader for PlainReader {
    fn read(&mut self, prompt: &str) -> Result<Option<String>> {
        let mut out = std::io::stdout().lock();
        // A reader of the output that has gone is noticed when the next command writes.
        let _ = out.write_all(prompt.as_bytes()).and_then(|()| out.flush());
        drop(out);
        let line = self.line()?;
        if line.is_empty() { Ok(None) } else { decode_line(line).map(Some) }
    }

    fn is_terminal(&self) -> bool {
        self.terminal
    }
}

//! Typed lines on a terminal that cannot move its cursor (`TERM=dumb`: an editor's shell window, expect).
//!
//! Nothing is redrawn: characters are echoed as they are typed, taken back by `\b \b`, and Tab completes as readline does it.

use std::cell::RefCell;
use std::fs::File;
use std::io::{IsTerminal, Read, Write};
use std::os::fd::AsFd;
use std::rc::Rc;

use crate::base::{Error, Result};
use crate::command::{Completion, LineReader, complete, decode_line};
use crate::os::signals::{Typing, take_continued, take_interrupt};
use crate::os::terminal::{ByteInput, are_readable};

use super::super::news::Attendant;
use super::super::state::State;

/// Candidates beyond which gdb asks before it lists them.
const ASK_FROM: usize = 100;
/// Lines that Ctrl-P finds again.
const REMEMBERED: usize = 256;

/// Lines that a person or a script types at a dumb terminal.
pub struct DumbTerminal {
    attendant: Attendant,
    input: Option<File>,
    /// The mode in which lines are typed, while one is.
    modes: Option<ByteInput>,
    typed: Vec<String>,
}

/// A line that is being typed.
struct Line<'a> {
    prompt: &'a str,
    text: Vec<u8>,
    echo: bool,
    /// Whether the key before this one was a Tab that added nothing: the next one lists.
    listing_next: bool,
    /// How far back in the remembered lines Ctrl-P has gone.
    back: usize,
}

impl DumbTerminal {
    /// The terminal on standard input.
    pub fn new(state: &Rc<RefCell<State>>) -> DumbTerminal {
        // A duplicate: std's own handle would read ahead.
        let input = std::io::stdin().as_fd().try_clone_to_owned().map(File::from).ok();
        DumbTerminal {
            attendant: Attendant::new(state),
            input: input.filter(IsTerminal::is_terminal),
            modes: None,
            typed: Vec::new(),
        }
    }

    /// One byte; `None` at the end of input.
    fn byte(&mut self) -> Result<Option<u8>> {
        let Some(input) = &mut self.input else { return Ok(None) };
        let mut byte = [0];
        loop {
            match input.read(&mut byte) {
                Ok(0) => return Ok(None),
                Ok(_) => return Ok(Some(byte[0])),
                Err(e) if e.kind() == std::io::ErrorKind::Interrupted && take_interrupt() => return Err(Error::Cancelled),
                Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
                // The terminal has gone.
                Err(_) => return Ok(None),
            }
        }
    }

    /// Waits for a key. After the shell has had the terminal it is made rdbg's again, and the line is shown once more.
    fn await_key(&mut self, line: &Line<'_>) -> Result<()> {
        while let Some(input) = &self.input {
            are_readable(&[input.as_fd()], None);
            if take_interrupt() {
                return Err(Error::Cancelled);
            }
            if !take_continued() {
                break;
            }
            self.modes = None;
            self.modes = ByteInput::open();
            // It may have been stopped once more for that.
            take_continued();
            line.again();
        }
        Ok(())
    }

    fn edit(&mut self, line: &mut Line<'_>) -> Result<bool> {
        loop {
            if let Some(input) = &self.input
                && self.attendant.await_input(input.as_fd())?
                && !line.text.is_empty()
            {
                line.again();
            }
            self.await_key(line)?;
            let Some(byte) = self.byte()? else { return Ok(!line.text.is_empty()) };
            let was_listing = std::mem::take(&mut line.listing_next);
            match byte {
                b'\r' | b'\n' => {
                    line.show(b"\n");
                    return Ok(true);
                }
                b'\t' => self.tab(line, was_listing)?,
                // Ctrl-D ends input only on an empty line.
                4 if line.text.is_empty() => return Ok(false),
                8 | 127 => line.erase(),
                // Ctrl-U and Ctrl-W.
                21 => line.replace(b""),
                23 => line.erase_word(),
                // Ctrl-P and Ctrl-N, and the arrow keys' sequences.
                16 => self.recall(line, true),
                14 => self.recall(line, false),
                27 => match (self.byte()?, self.byte()?) {
                    (Some(b'['), Some(b'A')) => self.recall(line, true),
                    (Some(b'['), Some(b'B')) => self.recall(line, false),
                    _ => {}
                },
                0..32 => {}
                byte => line.push(&[byte]),
            }
        }
    }

    fn recall(&self, line: &mut Line<'_>, older: bool) {
        let back = if older { line.back + 1 } else { line.back.saturating_sub(1) };
        if back > self.typed.len() {
            return;
        }
        line.back = back;
        let text = self.typed.len().checked_sub(back).and_then(|at| self.typed.get(at)).cloned().unwrap_or_default();
        line.replace(text.as_bytes());
    }

    /// What readline does on a Tab: insert what all candidates share, ring where they are several; the Tab after one that changed
    /// nothing lists them.
    fn tab(&mut self, line: &mut Line<'_>, list: bool) -> Result<()> {
        let text = String::from_utf8_lossy(&line.text).into_owned();
        let (found, most, width) = self.candidates(&text);
        let typed = text.get(found.start..).unwrap_or_default();
        let words: Vec<String> = found.words.iter().map(|c| c.word.clone()).collect();
        let shared = shared_start(&words);
        let added = shared.strip_prefix(typed).unwrap_or_default();
        match found.words.as_slice() {
            [] => line.show(b"\x07"),
            [one] => {
                let end = if one.word.ends_with('/') { "" } else { " " };
                line.push(format!("{added}{end}").as_bytes());
            }
            several if list => {
                let shown: Vec<String> = several.iter().map(|c| c.shown.clone()).collect();
                self.list(line, &shown, most, width)?;
            }
            _ => {
                line.show(b"\x07");
                line.push(added.as_bytes());
                line.listing_next = added.is_empty();
            }
        }
        Ok(())
    }

    fn candidates(&self, text: &str) -> (Completion, usize, Option<usize>) {
        // While a command runs (the body of a `define`), the state is in use.
        let state = self.attendant.state.upgrade();
        let Some(state) = state.as_ref().and_then(|s| s.try_borrow().ok()) else { return (Completion::default(), 0, None) };
        let settings = &state.session.settings;
        let most = settings.max_completions.map_or(usize::MAX, |n| n as usize);
        (complete(&state.interpreter, &state.session, text), most, settings.width.map(|w| w as usize))
    }

    fn list(&mut self, line: &mut Line<'_>, words: &[String], most: usize, width: Option<usize>) -> Result<()> {
        line.show(b"\n");
        let shown = words.get(..most).unwrap_or(words);
        if shown.len() > ASK_FROM {
            line.show(format!("Display all {} possibilities? (y or n)", shown.len()).as_bytes());
            loop {
                match self.byte()? {
                    Some(b'y' | b'Y' | b' ') => break,
                    Some(b'n' | b'N' | 127 | 8) | None => {
                        line.show(b"\n");
                        line.again();
                        return Ok(());
                    }
                    Some(_) => line.show(b"\x07"),
                }
            }
            line.show(b"\n");
        }
        line.show(columns(shown, width).as_bytes());
        if words.len() > most {
            line.show(b"*** List may be truncated, max-completions reached. ***\n");
        }
        line.again();
        Ok(())
    }
}

impl Line<'_> {
    /// Written whatever happens to it: a terminal that has gone is noticed by the next read.
    fn show(&self, bytes: &[u8]) {
        if self.echo {
            let mut out = std::io::stdout().lock();
            let _ = out.write_all(bytes).and_then(|()| out.flush());
        }
    }

    fn push(&mut self, bytes: &[u8]) {
        if self.text.len() < crate::command::MAX_LINE + 2 {
            self.text.extend_from_slice(bytes);
            self.show(bytes);
        }
    }

    /// The prompt and the line so far, below a list.
    fn again(&self) {
        self.show(self.prompt.as_bytes());
        self.show(&self.text);
    }

    fn erase(&mut self) {
        // The bytes of one character take one column (or two, and then a dumb terminal shows a remainder).
        while let Some(byte) = self.text.pop() {
            if byte & 0xc0 != 0x80 {
                self.show(b"\x08 \x08");
                break;
            }
        }
    }

    fn erase_word(&mut self) {
        while self.text.last().is_some_and(u8::is_ascii_whitespace) {
            self.erase();
        }
        while self.text.last().is_some_and(|b| !b.is_ascii_whitespace()) {
            self.erase();
        }
    }

    fn replace(&mut self, text: &[u8]) {
        while !self.text.is_empty() {
            self.erase();
        }
        self.push(text);
    }
}

impl LineReader for DumbTerminal {
    fn read(&mut self, prompt: &str) -> Result<Option<String>> {
        let _typing = Typing::begin();
        take_continued();
        self.modes = ByteInput::open();
        let mut out = std::io::stdout().lock();
        // A reader of the output that has gone is noticed when the next command writes.
        let _ = out.write_all(prompt.as_bytes()).and_then(|()| out.flush());
        drop(out);
        let echo = self.modes.as_ref().is_some_and(ByteInput::echoes);
        let mut line = Line { prompt, text: Vec::new(), echo, listing_next: false, back: 0 };
        let edited = self.edit(&mut line);
        self.modes = None;
        if !edited? {
            return Ok(None);
        }
        let text = decode_line(line.text)?;
        if !text.trim().is_empty() && text.len() < 4096 {
            if self.typed.len() == REMEMBERED {
                self.typed.remove(0);
            }
            self.typed.push(text.clone());
        }
        Ok(Some(text))
    }

    fn is_terminal(&self) -> bool {
        true
    }
}

/// The longest start that all words have.
fn shared_start(words: &[String]) -> &str {
    let Some((first, others)) = words.split_first() else { return "" };
    let mut shared = first.as_str();
    for word in others {
        let same = shared.char_indices().zip(word.chars()).find(|((_, a), b)| a != b).map(|((at, _), _)| at);
        let end = same.unwrap_or(shared.len().min(word.len()));
        shared = shared.get(..end).unwrap_or_default();
    }
    shared
}

/// Words in columns two blanks apart, going down; all of them in one line where the width is unlimited.
fn columns(words: &[String], width: Option<usize>) -> String {
    let cell = words.iter().map(|w| w.chars().count()).max().unwrap_or_default() + 2;
    let across = width.map_or(words.len(), |w| w / cell).clamp(1, words.len().max(1));
    let rows = words.len().div_ceil(across);
    let mut text = String::new();
    for row in 0..rows {
        for word in words.iter().skip(row).step_by(rows) {
            text.push_str(&format!("{word:cell$}"));
        }
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{columns, shared_start};

    fn words(text: &str) -> Vec<String> {
        text.split(' ').map(str::to_owned).collect()
    }

    #[test]
    fn candidates_share_what_they_begin_with() {
        assert_eq!(shared_start(&words("element elements elementary")), "element");
        assert_eq!(shared_start(&words("on off")), "o");
        assert_eq!(shared_start(&words("ä ö")), "");
        assert_eq!(shared_start(&[]), "");
    }

    #[test]
    fn candidates_stand_in_columns_as_readline_has_them() {
        assert_eq!(columns(&words("a bb c"), None), "a   bb  c   \n");
        assert_eq!(columns(&words("a bb c"), Some(8)), "a   c   \nbb  \n");
        assert_eq!(columns(&words("a bb"), Some(1)), "a   \nbb  \n");
    }
}

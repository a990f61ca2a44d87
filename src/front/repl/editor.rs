//! The line editor, by rustyline.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::VecDeque;
use std::path::PathBuf;
use std::rc::{Rc, Weak};

use rustyline::completion::{Completer, Pair};
use rustyline::error::ReadlineError;
use rustyline::highlight::Highlighter;
use rustyline::hint::Hinter;
use rustyline::history::{FileHistory, History};
use rustyline::{CompletionType, Config, Context, Editor, Helper, Validator};

use crate::base::{Error, Result};
use crate::command::{LineReader, complete, decode_line, hint, history_file};

use super::super::state::State;

/// Lines that a person types.
pub struct Repl {
    editor: Option<Editor<Names, FileHistory>>,
    state: Weak<RefCell<State>>,
    file: PathBuf,
    /// Lines of a paste that are still to be read.
    pasted: VecDeque<String>,
    /// Whether lines have been typed that the file does not have.
    changed: bool,
    /// `set history save`, as it was when a line was read last.
    save: bool,
}

impl Repl {
    /// An editor with the history of the user's file. Where the terminal cannot be used, input ends at once.
    pub fn new(state: &Rc<RefCell<State>>) -> Repl {
        let colour = std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty());
        let (file, size) = {
            let state = state.borrow();
            let settings = &state.session.settings;
            (history_file(settings), settings.history_size.map_or(100_000, |n| n as usize))
        };
        let config = Config::builder()
            .completion_type(CompletionType::List)
            .auto_add_history(false)
            .max_history_size(size)
            .map(rustyline::config::Builder::build)
            .unwrap_or_default();
        let history = FileHistory::with_config(&config);
        let editor = Editor::with_history(config, history).ok().map(|mut editor| {
            editor.set_helper(Some(Names { state: Rc::downgrade(state), colour }));
            // There is none before the first time.
            let _ = editor.load_history(&file);
            if let Some((columns, rows)) = editor.dimensions().filter(|d| (2..u16::MAX).contains(&d.1)) {
                let settings = &mut state.borrow_mut().session.settings;
                settings.height = Some(u32::from(rows));
                settings.width = Some(u32::from(columns));
            }
            editor
        });
        Repl { editor, state: Rc::downgrade(state), file, pasted: VecDeque::new(), changed: false, save: true }
    }

    /// A typed line, noted in the history.
    fn accept(&mut self, line: String) -> Result<String> {
        let line = decode_line(line.into_bytes())?;
        if let Some(editor) = self.editor.as_mut().filter(|_| !line.trim().is_empty() && line.len() < 4096) {
            self.changed |= editor.add_history_entry(&line).unwrap_or(false);
        }
        Ok(line)
    }
}

impl LineReader for Repl {
    fn read(&mut self, prompt: &str) -> Result<Option<String>> {
        if let Some(Ok(save)) = self.state.upgrade().map(|s| s.try_borrow().map(|s| s.session.settings.history_save)) {
            self.save = save;
        }
        if let Some(line) = self.pasted.pop_front() {
            return self.accept(line).map(Some);
        }
        let Some(editor) = &mut self.editor else { return Ok(None) };
        match editor.readline(prompt) {
            Ok(text) => {
                self.pasted.extend(text.lines().map(str::to_owned));
                let first = self.pasted.pop_front().unwrap_or_default();
                // An answer is no command to come back to.
                if prompt.ends_with("(y or n) ") { Ok(Some(first)) } else { self.accept(first).map(Some) }
            }
            Err(ReadlineError::Interrupted) => {
                self.pasted.clear();
                Err(Error::Cancelled)
            }
            Err(ReadlineError::Eof) => Ok(None),
            Err(ReadlineError::Io(e)) if e.kind() == std::io::ErrorKind::InvalidData => Err(Error::user("Line is not UTF-8.")),
            // The terminal has gone.
            Err(_) => Ok(None),
        }
    }

    fn is_terminal(&self) -> bool {
        true
    }
}

impl Drop for Repl {
    fn drop(&mut self) {
        let Some(editor) = &mut self.editor else { return };
        if self.save && self.changed && !editor.history().is_empty() {
            if let Some(directory) = self.file.parent() {
                let _ = std::fs::create_dir_all(directory);
            }
            // A history that cannot be written is no reason to trouble anybody at the end.
            let _ = editor.save_history(&self.file);
        }
    }
}

/// What can be typed.
#[derive(Helper, Validator)]
struct Names {
    state: Weak<RefCell<State>>,
    colour: bool,
}

impl Completer for Names {
    type Candidate = Pair;

    fn complete(&self, line: &str, position: usize, _: &Context<'_>) -> rustyline::Result<(usize, Vec<Pair>)> {
        let none = Ok((position, Vec::new()));
        // While a command runs (the body of a `define`), the state is in use.
        let Some(state) = self.state.upgrade() else { return none };
        let Ok(state) = state.try_borrow() else { return none };
        let found = complete(&state.interpreter, &state.session, line.get(..position).unwrap_or_default());
        let pairs = found.words.into_iter().map(|c| Pair { display: c.shown, replacement: c.word }).collect();
        Ok((found.start, pairs))
    }
}

impl Hinter for Names {
    type Hint = String;

    fn hint(&self, line: &str, position: usize, _: &Context<'_>) -> Option<String> {
        let state = self.state.upgrade()?;
        let state = state.try_borrow().ok()?;
        if position < line.len() || !self.colour { None } else { hint(&state.interpreter, line) }
    }
}

impl Highlighter for Names {
    fn highlight_hint<'h>(&self, hint: &'h str) -> Cow<'h, str> {
        if self.colour { Cow::Owned(format!("\x1b[2m{hint}\x1b[0m")) } else { Cow::Borrowed(hint) }
    }
}

//! The line editor, by rustyline.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::VecDeque;
use std::io::{BufWriter, LineWriter, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::rc::{Rc, Weak};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};

use rustyline::completion::{Completer, Pair};
use rustyline::error::ReadlineError;
use rustyline::highlight::Highlighter;
use rustyline::hint::Hinter;
use rustyline::history::{FileHistory, History};
use rustyline::{CompletionType, Config, Context, Editor, ExternalPrinter, Helper, Validator};

use crate::base::{Error, Result};
use crate::command::{Completion, LineReader, complete, decode_line, hint, history_file};
use crate::engine::Session;
use crate::os::signals::{Typing, end_if_asked, hear_stops};
use crate::ui::TextOutput;

use super::super::news::Waker;
use super::super::state::{NAP, State, is_away, look_after_children, tell_news};

/// Lines that a person types.
///
/// The editor runs in a thread of its own as long as a line is typed: the one that traces looks after the children of the program
/// meanwhile, and answers what the editor wants to know.
pub struct Repl {
    questions: Receiver<Question>,
    asks: Sender<Question>,
    editor: Option<Editor<Names, FileHistory>>,
    /// Writes above the line that is being typed.
    above: TextOutput,
    waker: Option<Waker>,
    state: Weak<RefCell<State>>,
    file: PathBuf,
    /// Lines of a paste that are still to be read.
    pasted: VecDeque<String>,
    /// Whether lines have been typed that the file does not have.
    changed: bool,
    /// `set history save`, as it was when a line was read last.
    save: bool,
    /// The terminal's columns and rows when they were looked at last.
    size: Option<(u16, u16)>,
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
        let (asks, questions) = channel();
        let mut above = TextOutput::stdout();
        let editor = Editor::with_history(config, history).ok().map(|mut editor| {
            editor.set_helper(Some(Names { asks: asks.clone(), colour }));
            // There is none before the first time.
            let _ = editor.load_history(&file);
            if let Ok(printer) = editor.create_external_printer() {
                above = above_the_line(printer);
            }
            editor
        });
        let (pasted, state) = (VecDeque::new(), Rc::downgrade(state));
        let mut repl =
            Repl { questions, asks, editor, above, waker: None, state, file, pasted, changed: false, save: true, size: None };
        repl.look_at_size();
        repl
    }

    /// A window that has another size than before says how much fits into it; what the user has set holds until then.
    fn look_at_size(&mut self) {
        let size = self.editor.as_mut().and_then(|e| e.dimensions()).filter(|d| (2..u16::MAX).contains(&d.1));
        if size.is_none() || size == self.size {
            return;
        }
        // While a command reads a line, the settings are in use: then the next line's.
        if let (Some((columns, rows)), Some(state)) = (size, self.state.upgrade())
            && let Ok(mut state) = state.try_borrow_mut()
        {
            state.session.settings.height = Some(u32::from(rows));
            state.session.settings.width = Some(u32::from(columns));
            self.size = size;
        }
    }

    /// A line that was typed, and meanwhile the answers to what its typing asks, and the children of the program.
    fn typed(&mut self, prompt: &str) -> rustyline::Result<String> {
        tell_news(&self.state, &mut TextOutput::stdout());
        let Some(editor) = &mut self.editor else { return Err(ReadlineError::Eof) };
        let above = &mut self.above;
        let waker = &mut self.waker;
        let (questions, asks, state) = (&self.questions, self.asks.clone(), &self.state);
        std::thread::scope(|scope| {
            let done = asks.clone();
            scope.spawn(move || {
                hear_stops(true);
                // Somebody waits for the end of the line, whatever becomes of it.
                let line = catch_unwind(AssertUnwindSafe(|| editor.readline(prompt)));
                done.send(Question::Done(line.unwrap_or(Err(ReadlineError::Eof))))
            });
            loop {
                if is_away(state) {
                    let bell = asks.clone();
                    // Who does not listen any more needs no news.
                    waker.get_or_insert_with(|| Waker::new(move || drop(bell.send(Question::News)))).arm();
                }
                let question = match look_after_children(state) {
                    true => questions.recv_timeout(NAP),
                    false => questions.recv().map_err(|_| RecvTimeoutError::Disconnected),
                };
                match question {
                    Ok(Question::Done(line)) => return line,
                    Ok(Question::News) => {
                        tell_news(state, above);
                        leave_if_asked(state);
                    }
                    Ok(question) => answer(question, state),
                    Err(RecvTimeoutError::Timeout) => {}
                    Err(RecvTimeoutError::Disconnected) => return Err(ReadlineError::Eof),
                }
            }
        })
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
        let typed = {
            let _typing = Typing::begin();
            hear_stops(false);
            let typed = self.typed(prompt);
            hear_stops(true);
            typed
        };
        self.look_at_size();
        match typed {
            Err(ReadlineError::Eof) => Ok(None),
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

/// Output that a thread of its own hands to the editor: that takes it when it does not ask anything, as it may just do.
fn above_the_line(mut printer: impl ExternalPrinter + Send + 'static) -> TextOutput {
    let (lines, to_print) = channel::<String>();
    std::thread::spawn(move || {
        hear_stops(false);
        to_print.iter().try_for_each(|text| printer.print(text))
    });
    TextOutput::instead(
        Box::new(BufWriter::with_capacity(1 << 16, Above(lines.clone()))),
        Box::new(LineWriter::new(Above(lines))),
    )
}

/// Ends rdbg in the middle of a line, if something in the background wants it to end. The editor cannot be called away from the keyboard:
/// the program is let go or killed, the terminal is made what it was, and that is all.
fn leave_if_asked(state: &Weak<RefCell<State>>) {
    let Some(state) = state.upgrade() else { return };
    let Some(status) = state.try_borrow().ok().and_then(|s| s.quit) else { return };
    if let Ok(mut state) = state.try_borrow_mut() {
        Typing::end();
        state.session.leave_terminal();
        // Who has gone need not be held.
        let _ = state.session.hold();
        state.session = Session::default();
    }
    // What the editor has asked of the terminal: no brackets around what is pasted.
    let mut out = std::io::stdout();
    let _ = out.write_all(b"\x1b[?2004l\n").and_then(|()| out.flush());
    end_if_asked();
    std::process::exit(status);
}

/// Text for the editor to write above its line.
struct Above(Sender<String>);

impl Write for Above {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let text = String::from_utf8_lossy(bytes).into_owned();
        self.0.send(text).map(|()| bytes.len()).map_err(|_| std::io::ErrorKind::BrokenPipe.into())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Answers a question of the editor. While a command runs (the body of a `define`), the state is in use.
fn answer(question: Question, state: &Weak<RefCell<State>>) {
    let state = state.upgrade();
    let state = state.as_ref().and_then(|s| s.try_borrow().ok());
    // Who does not listen any more has its line.
    let _ = match (question, state) {
        (Question::Complete(line, to), state) => {
            let found = state.map(|s| complete(&s.interpreter, &s.session, &line));
            to.send(found.unwrap_or_default()).is_ok()
        }
        (Question::Hint(line, to), state) => to.send(state.and_then(|s| hint(&s.interpreter, &line))).is_ok(),
        (Question::Done(_) | Question::News, _) => true,
    };
}

/// What the editor wants to know.
enum Question {
    /// What can stand at the end of this.
    Complete(String, Sender<Completion>),
    /// What may be typed behind this.
    Hint(String, Sender<Option<String>>),
    /// Nothing: something has happened in the background.
    News,
    /// Nothing more: a line was typed.
    Done(rustyline::Result<String>),
}

/// What can be typed.
#[derive(Helper, Validator)]
struct Names {
    asks: Sender<Question>,
    colour: bool,
}

impl Names {
    /// Asks the thread that has the session; nothing where it has gone.
    fn ask<T: Default>(&self, question: impl FnOnce(Sender<T>) -> Question) -> T {
        let (answer, answers) = channel();
        let asked = self.asks.send(question(answer));
        asked.ok().and_then(|()| answers.recv().ok()).unwrap_or_default()
    }
}

impl Completer for Names {
    type Candidate = Pair;

    fn complete(&self, line: &str, position: usize, _: &Context<'_>) -> rustyline::Result<(usize, Vec<Pair>)> {
        let line = line.get(..position).unwrap_or_default().to_owned();
        let found = self.ask(|answer| Question::Complete(line, answer));
        let pairs: Vec<Pair> = found.words.into_iter().map(|c| Pair { display: c.shown, replacement: c.word }).collect();
        Ok((if pairs.is_empty() { position } else { found.start }, pairs))
    }
}

impl Hinter for Names {
    type Hint = String;

    fn hint(&self, line: &str, position: usize, _: &Context<'_>) -> Option<String> {
        if position < line.len() || !self.colour { None } else { self.ask(|answer| Question::Hint(line.to_owned(), answer)) }
    }
}

impl Highlighter for Names {
    fn highlight_hint<'h>(&self, hint: &'h str) -> Cow<'h, str> {
        if self.colour { Cow::Owned(format!("\x1b[2m{hint}\x1b[0m")) } else { Cow::Borrowed(hint) }
    }
}

//! The interpreter: what lives between two command lines besides the session.

use std::cell::RefCell;
use std::path::PathBuf;
use std::rc::Rc;

use crate::base::{Error, Need, Result};
use crate::engine::Session;
use crate::ui::{Output, Role, Row};
use crate::value::ExamineState;

use super::candidate::Candidate;
use super::cx::Cx;
use super::describe::ArgKind;
use super::describe::Command;
use super::display::Displays;
use super::registry::{Registry, word_length};
use super::settings::Setting;

/// What the command language asks of the expression language. `command/data.rs` fills it; tests fill in something small.
#[derive(Clone, Copy)]
pub struct Language {
    /// Whether an expression is not zero (`if`, `while`, `assert`).
    pub truth: fn(&mut Cx<'_>, &str) -> Result<bool>,
    /// Whether what a command needs is there; gdb's sentence if not.
    pub require: fn(&Session, Need) -> Result<()>,
    /// Evaluates an expression for its effect: `set var EXPR`, and `set EXPR` where EXPR is no setting.
    pub assign: fn(&mut Cx<'_>, &str) -> Result<()>,
    /// What `printf` would write, for `eval`.
    pub format: fn(&mut Cx<'_>, &str) -> Result<String>,
    /// The operands of an expression with their values, a line each, for a failed `assert`.
    pub explain: fn(&mut Cx<'_>, &str) -> Vec<String>,
    /// An integer that an expression gives.
    pub integer: fn(&mut Cx<'_>, &str) -> Result<i64>,
    /// Sets a convenience variable, given without `$`.
    pub set_variable: fn(&mut Session, &str, i64),
    /// What the user loses by quitting now, as gdb's `quit` lists it; `None` where nothing lives.
    pub at_stake: fn(&Session) -> Option<String>,
    /// How the last program ended: its exit status, for `--return-child-result`.
    pub exit_status: fn(&Session) -> Option<i32>,
    /// What a word of an argument of this kind may become, for completion; bounded by the callee.
    pub symbols: fn(&Session, &str, Option<ArgKind>) -> Vec<Candidate>,
    /// Register and convenience variables' names that start so, without `$`.
    pub registers: fn(&Session, &str) -> Vec<String>,
}

impl Language {
    /// No expressions at all.
    pub const NONE: Language = Language {
        require: |_, _| Ok(()),
        truth: |_, _| Err(Error::user("No expressions here.")),
        assign: |_, _| Err(Error::user("No expressions here.")),
        format: |_, _| Err(Error::user("No expressions here.")),
        explain: |_, _| Vec::new(),
        integer: |_, _| Err(Error::user("No expressions here.")),
        set_variable: |_, _, _| (),
        at_stake: |_| None,
        exit_status: |_| None,
        symbols: |_, _, _| Vec::new(),
        registers: |_, _| Vec::new(),
    };
}

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

/// What was written lately, so that `expect` can look at it. Bounded: the oldest half goes first.
#[derive(Default)]
pub(super) struct Transcript {
    text: String,
    /// How many bytes were dropped before `text`.
    dropped: usize,
}

/// Bytes that a [`Transcript`] keeps at most.
const TRANSCRIPT_LIMIT: usize = 8 << 20;

impl Transcript {
    /// The position after the last byte.
    pub fn end(&self) -> usize {
        self.dropped + self.text.len()
    }

    /// What was written in this half-open range of positions, as far as it is still kept.
    pub fn between(&self, start: usize, end: usize) -> &str {
        let at = |position: usize| boundary(&self.text, position.saturating_sub(self.dropped));
        self.text.get(at(start)..at(end)).unwrap_or_default()
    }
}

/// The first boundary of characters from `at` on.
fn boundary(text: &str, at: usize) -> usize {
    (at..text.len()).find(|i| text.is_char_boundary(*i)).unwrap_or(text.len())
}

/// An output that writes into a shared transcript.
pub(super) struct Recorder(pub Rc<RefCell<Transcript>>);

impl Output for Recorder {
    fn text(&mut self, _role: Role, text: &str) {
        let mut t = self.0.borrow_mut();
        t.text.push_str(text);
        if t.text.len() > TRANSCRIPT_LIMIT {
            let cut = boundary(&t.text, t.text.len() / 2);
            t.text.drain(..cut);
            t.dropped += cut;
        }
    }

    fn row(&mut self, row: &Row) {
        for (role, text) in row.pieces() {
            self.text(role, &text);
        }
        self.text(Role::Plain, "\n");
    }

    fn flush(&mut self) {}
}

/// What Enter repeats.
#[derive(Clone, Default)]
pub(super) enum Again {
    #[default]
    Nothing,
    /// A whole line.
    Line(String),
    /// A command, without its arguments.
    Command(&'static Command),
}

/// Names, user-defined commands and sources of lines.
pub struct Interpreter {
    /// Every name that a line can begin with.
    pub registry: Registry,
    /// The expression language.
    pub language: Language,
    /// Where lines come from when no script runs.
    pub reader: Rc<RefCell<dyn LineReader>>,
    /// An `assert` or `expect` has failed: rdbg ends with an error's status.
    pub failed: bool,
    pub(super) transcript: Rc<RefCell<Transcript>>,
    /// What the line before this one wrote, as positions in the transcript.
    pub(super) last_output: (usize, usize),
    pub(super) again: Again,
    pub(super) sources: Vec<Source>,
    /// The arguments of the user's commands that run now, innermost last.
    pub(super) frames: Vec<Frame>,
    /// How many lines run within each other.
    pub(super) depth: u32,
    /// How many loops run within each other, in the innermost user's command.
    pub(super) loops: u32,
    pub(super) log: Option<super::logging::Log>,
    /// rdbg was started with `-batch`.
    pub batch: bool,
    /// Where the reader of the tour is.
    pub tour: Option<super::tour::Place>,
    /// Names of hooks that run now: a hook does not run itself.
    pub(super) hooks_running: Vec<String>,
    /// Lines that were typed, for `show commands`.
    pub(super) typed: Vec<String>,
    /// Whether any hook was ever defined.
    pub(super) has_hooks: bool,
    /// Where `x` goes on, and how.
    pub(super) examine: ExamineState,
    /// What is shown at every stop.
    pub(super) displays: Displays,
    /// The number of the value that `show values` showed last.
    pub(super) values_shown: usize,
}

/// A call of a user's command.
pub(super) struct Frame {
    /// All its arguments, as they were typed.
    pub whole: String,
    /// Each of them, quotes kept.
    pub args: Vec<String>,
}

impl Interpreter {
    /// An interpreter of these commands and settings.
    pub fn new(families: &[&'static [Command]], settings: &'static [Setting], language: Language) -> Interpreter {
        Interpreter {
            registry: Registry::new(families, settings),
            language,
            reader: Rc::new(RefCell::new(NoLines)),
            failed: false,
            transcript: Rc::default(),
            last_output: (0, 0),
            again: Again::Nothing,
            sources: Vec::new(),
            frames: Vec::new(),
            depth: 0,
            loops: 0,
            log: None,
            batch: false,
            tour: None,
            hooks_running: Vec::new(),
            typed: Vec::new(),
            has_hooks: false,
            examine: ExamineState::default(),
            displays: Displays::default(),
            values_shown: 0,
        }
    }

    /// Whether the line was given directly (typed, piped, `-ex`), and not by a script or in a batch: gdb says more then.
    pub fn is_direct(&self) -> bool {
        self.sources.is_empty() && !self.batch
    }

    /// Whether the line stands in a script.
    pub fn is_script(&self) -> bool {
        !self.sources.is_empty()
    }

    /// Whether the line stands in a file of commands, or is run by one that does.
    pub(super) fn is_in_file(&self) -> bool {
        self.sources.iter().any(|s| s.file.is_some())
    }

    /// Whether a person types the lines: no script runs, and the reader is a terminal.
    pub fn is_interactive(&self) -> bool {
        self.sources.is_empty() && self.reader.try_borrow().is_ok_and(|r| r.is_terminal())
    }

    /// What the line before this one wrote.
    pub fn last_output(&self) -> String {
        self.transcript.borrow().between(self.last_output.0, self.last_output.1).to_owned()
    }

    /// Whether a line leaves the last output for those that follow: those that look at it, and notes.
    pub(super) fn last_output_stays(&self, line: &str) -> bool {
        let word = line.get(..word_length(line)).unwrap_or_default();
        matches!(word, "expect" | "assert" | "if" | "end" | "echo")
    }
}

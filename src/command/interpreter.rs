//! The interpreter: what lives between two command lines besides the session.

use std::cell::RefCell;
use std::path::PathBuf;
use std::rc::Rc;

use crate::base::{Error, Result};
use crate::engine::Session;

use super::cx::Cx;
use super::describe::Command;
use super::registry::Registry;
use super::settings::Setting;

/// What the command language asks of the expression language. `command/data.rs` fills it; tests fill in something small.
#[derive(Clone, Copy)]
pub struct Language {
    /// Whether an expression is not zero (`if`, `while`, `assert`).
    pub truth: fn(&mut Cx<'_>, &str) -> Result<bool>,
    /// Evaluates an expression for its effect: `set var EXPR`, and `set EXPR` where EXPR is no setting.
    pub assign: fn(&mut Cx<'_>, &str) -> Result<()>,
    /// What `printf` would write, for `eval`.
    pub format: fn(&mut Cx<'_>, &str) -> Result<String>,
    /// The operands of an expression with their values, a line each, for a failed `assert`.
    pub explain: fn(&mut Cx<'_>, &str) -> Vec<String>,
    /// Symbols that start so, for completion; bounded by the callee.
    pub symbols: fn(&Session, &str) -> Vec<String>,
    /// Register and convenience variables' names that start so, without `$`.
    pub registers: fn(&Session, &str) -> Vec<String>,
}

impl Language {
    /// No expressions at all.
    pub const NONE: Language = Language {
        truth: |_, _| Err(Error::user("No expressions here.")),
        assign: |_, _| Err(Error::user("No expressions here.")),
        format: |_, _| Err(Error::user("No expressions here.")),
        explain: |_, _| Vec::new(),
        symbols: |_, _| Vec::new(),
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

/// Names, user-defined commands and sources of lines.
pub struct Interpreter {
    /// Every name that a line can begin with.
    pub registry: Registry,
    /// The expression language.
    pub language: Language,
    /// Where lines come from when no script runs.
    pub reader: Rc<RefCell<dyn LineReader>>,
    /// What the last line wrote (its first few megabytes), for `expect`.
    pub last_output: String,
    /// The last line that Enter may repeat.
    pub(super) last_line: String,
    pub(super) sources: Vec<Source>,
    /// The arguments of the user's commands that run now, innermost last.
    pub(super) frames: Vec<Vec<String>>,
    /// How many lines run within each other.
    pub(super) depth: u32,
    pub(super) log: Option<super::script::Log>,
    /// Names of hooks that run now: a hook does not run itself.
    pub(super) hooks_running: Vec<String>,
}

impl Interpreter {
    /// An interpreter of these commands and settings.
    pub fn new(families: &[&'static [Command]], settings: &'static [Setting], language: Language) -> Interpreter {
        Interpreter {
            registry: Registry::new(families, settings),
            language,
            reader: Rc::new(RefCell::new(NoLines)),
            last_output: String::new(),
            last_line: String::new(),
            sources: Vec::new(),
            frames: Vec::new(),
            depth: 0,
            log: None,
            hooks_running: Vec::new(),
        }
    }

    /// Whether a person types the lines: no script runs, and the reader is a terminal.
    pub fn is_interactive(&self) -> bool {
        self.sources.is_empty() && self.reader.try_borrow().is_ok_and(|r| r.is_terminal())
    }
}

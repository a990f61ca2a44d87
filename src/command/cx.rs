//! A command and a setting, the table that holds them by name, and what they get: the session, the output, and the interpreter
//! that runs lines. They stand in one file because they name each other: a command is called with what leads to all commands.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use crate::base::{Need, Result};
use crate::engine::Session;
use crate::ui::{Output, Role, Row};
use crate::value::ExamineState;

use super::args::Args;
use super::describe::{ArgSpec, Example, Flow, Group, Repeat, Sentence, SettingKind};
use super::display_list::Displays;
use super::log::Log;
use super::sources::{LineReader, NoLines, Source};
use super::tour_place::TourPlace;
use super::transcript::Transcript;
use super::user_command::{Call, UserCommand};

/// A command. A family's file holds a `pub const` of these and one function each.
pub struct Command {
    /// The whole name, prefixes included: `print`, `info got`, `set print pretty`.
    pub name: &'static str,
    /// Other whole names (`p`, `got`), gdb's short names among them. They work exactly and as the start of longer input.
    pub aliases: &'static [&'static str],
    /// The class that `help` lists it in.
    pub group: Group,
    /// Options (names that begin with `-`) and arguments, in order.
    pub args: &'static [ArgSpec],
    /// One sentence, ending in a full stop, without the command's name.
    pub summary: &'static str,
    /// What follows the summary in `help COMMAND`; may be empty. Usage is made from `args`.
    pub help: &'static str,
    /// Lines that work, each shown by `help` and run by a test.
    pub examples: &'static [Example],
    /// What must exist for it to run at all; checked before `run`.
    pub needs: Option<Need>,
    /// Whether a `&` at its end lets the program run in the background.
    pub background: bool,
    /// What Enter on an empty line does after it.
    pub repeat: Repeat,
    /// Whether gdb has no such command: then gdb's names win where an abbreviation fits both.
    pub own: bool,
    /// Does it.
    pub run: fn(&mut Cx<'_>, &Args) -> Result<Flow>,
}

impl Command {
    /// A command that takes nothing, needs nothing and repeats: what `..Command::BASE` fills in.
    pub const BASE: Command = Command {
        name: "",
        aliases: &[],
        group: Group::Support,
        args: &[],
        summary: "",
        help: "",
        examples: &[],
        needs: None,
        background: false,
        repeat: Repeat::Again,
        own: false,
        run: |_, _| Ok(Flow::Go),
    };
}

/// A setting: a row of the table.
pub struct Setting {
    /// Its name after `set`: `print pretty`.
    pub name: &'static str,
    /// Other names.
    pub aliases: &'static [&'static str],
    /// What it holds.
    pub kind: SettingKind,
    /// What `show` says.
    pub sentence: Sentence,
    /// `Set` and what follows, a sentence, as gdb's `help set NAME`. `help show NAME` begins with `Show`.
    pub summary: &'static str,
    /// More of it.
    pub help: &'static str,
    /// Whether gdb has no such setting.
    pub own: bool,
    /// Is called after it was set; may refuse, then the old value comes back.
    pub after: Option<fn(&mut Cx<'_>) -> Result<()>>,
}

/// What a name stands for.
#[derive(Clone)]
pub enum Entry {
    /// A command of the table.
    Command(&'static Command),
    /// `set NAME`.
    Set(&'static Setting),
    /// `show NAME`.
    Show(&'static Setting),
    /// A command that the user defined.
    User(Rc<UserCommand>),
    /// A name that the user gave to the beginning of a line.
    Alias(Rc<str>),
}

impl Entry {
    /// Whether both stand for the same thing, under whatever name.
    pub(super) fn same(&self, other: &Entry) -> bool {
        match (self, other) {
            (Entry::Command(a), Entry::Command(b)) => a.name == b.name,
            (Entry::Set(a), Entry::Set(b)) | (Entry::Show(a), Entry::Show(b)) => a.name == b.name,
            (Entry::User(a), Entry::User(b)) => Rc::ptr_eq(a, b),
            (Entry::Alias(a), Entry::Alias(b)) => a == b,
            _ => false,
        }
    }

    /// Whether gdb has nothing of this name.
    pub(super) fn is_own(&self) -> bool {
        match self {
            Entry::Command(c) => c.own,
            Entry::Set(s) | Entry::Show(s) => s.own,
            Entry::User(_) | Entry::Alias(_) => false,
        }
    }
}

/// Every name that a line can begin with. The rules for shortening them are in `registry.rs`.
#[derive(Default)]
pub struct Registry {
    pub(super) names: BTreeMap<String, Entry>,
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

/// The interpreter: what lives between two command lines besides the session.
pub struct Interpreter {
    /// Every name that a line can begin with.
    pub registry: Registry,
    /// Where lines come from when no script runs.
    pub reader: Rc<RefCell<dyn LineReader>>,
    /// An `assert` or `expect` has failed: rdbg ends with an error's status.
    pub failed: bool,
    pub(super) transcript: Rc<RefCell<Transcript>>,
    /// What the line before this one wrote, as positions in the transcript.
    pub(super) last_output: (usize, usize),
    pub(super) again: Again,
    /// What it repeated before the line that runs now was typed.
    pub(super) again_before: Again,
    pub(super) sources: Vec<Source>,
    /// The arguments of the user's commands that run now, innermost last.
    pub(super) calls: Vec<Call>,
    /// How many lines run within each other.
    pub(super) depth: u32,
    /// How many loops run within each other, in the innermost user's command.
    pub(super) loops: u32,
    pub(super) log: Option<Log>,
    /// rdbg was started with `-batch`.
    pub batch: bool,
    /// Where the reader of the tour is.
    pub tour: Option<TourPlace>,
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
    /// The inferiors that the commands which run now make current again when they have ended.
    pub(super) comes_back_to: Vec<u32>,
    /// The number of the value that `show values` showed last.
    pub(super) values_shown: usize,
}

impl Interpreter {
    /// An interpreter of the commands and settings in `registry`.
    pub fn new(registry: Registry) -> Interpreter {
        Interpreter {
            registry,
            reader: Rc::new(RefCell::new(NoLines)),
            failed: false,
            comes_back_to: Vec::new(),
            transcript: Rc::default(),
            last_output: (0, 0),
            again: Again::Nothing,
            again_before: Again::Nothing,
            sources: Vec::new(),
            calls: Vec::new(),
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
}

/// A command's surroundings.
pub struct Cx<'a> {
    /// What is debugged.
    pub session: &'a mut Session,
    /// Where output goes. It may be a capture, a log and JSON lines as well as a terminal.
    pub out: &'a mut dyn Output,
    /// User-defined commands, hooks, sources of lines: what scripts are made of.
    pub interpreter: &'a mut Interpreter,
}

impl Cx<'_> {
    /// Writes plain text; newlines must be in it.
    pub fn say(&mut self, text: impl AsRef<str>) {
        self.out.text(Role::Plain, text.as_ref());
    }

    /// Writes what gdb says only of commands that were given directly.
    pub fn say_directly(&mut self, text: impl AsRef<str>) {
        if self.interpreter.is_direct() {
            self.say(text);
        }
    }

    /// Writes a row.
    pub fn row(&mut self, row: &Row) {
        self.out.row(row);
    }

    /// Writes `warning: TEXT` and a newline.
    pub fn warn(&mut self, text: impl AsRef<str>) {
        self.out.text(Role::Warning, &format!("warning: {}\n", text.as_ref()));
    }
}

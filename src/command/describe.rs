//! What a command is: the one description from which parsing, help, completion and the reference come.

use crate::base::{Need, Result};

use super::args::Args;
use super::cx::Cx;

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

/// What happens after a command.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Flow {
    /// The next one.
    #[default]
    Go,
    /// rdbg ends with this exit status (`quit` without one: 0).
    Quit(i32),
    /// The innermost `while` ends.
    Break,
    /// The innermost `while` begins anew.
    Continue,
}

/// What Enter on an empty line does after a command, as gdb.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Repeat {
    /// The same line again.
    Again,
    /// The command again without its arguments (`x`, `list`): it goes on where it ended. Its format stays.
    AgainWithoutArgs,
    /// Nothing.
    No,
}

/// A line in a command's help.
#[derive(Clone, Copy, Debug)]
pub struct Example {
    /// What is typed.
    pub line: &'static str,
    /// What it does, without a full stop.
    pub what: &'static str,
}

/// gdb's classes of commands, and rdbg's own `loading`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Group {
    /// Making the program stop.
    Breakpoints,
    /// Examining data.
    Data,
    /// Specifying and examining files.
    Files,
    /// How the program is loaded and linked.
    Loading,
    /// Changing the program while it runs.
    Patching,
    /// Running the program.
    Running,
    /// Examining the stack.
    Stack,
    /// Status inquiries.
    Status,
    /// Support facilities.
    Support,
    /// Commands defined by the user.
    UserDefined,
    /// Maintenance.
    Internals,
    /// Obscure features.
    Obscure,
}

impl Group {
    /// All of them, in the order in which `help` lists them, with gdb's names and sentences.
    pub const ALL: [(Group, &'static str, &'static str); 12] = [
        (Group::Breakpoints, "breakpoints", "Making program stop at certain points."),
        (Group::Data, "data", "Examining data."),
        (Group::Files, "files", "Specifying and examining files."),
        (Group::Internals, "internals", "Maintenance commands."),
        (Group::Loading, "loading", "How the program is loaded and linked: GOT, PLT, relocations, mappings."),
        (Group::Obscure, "obscure", "Obscure features."),
        (Group::Patching, "patching", "Changing the program while it runs, and undoing it."),
        (Group::Running, "running", "Running the program."),
        (Group::Stack, "stack", "Examining the stack."),
        (Group::Status, "status", "Status inquiries."),
        (Group::Support, "support", "Support facilities."),
        (Group::UserDefined, "user-defined", "User-defined commands."),
    ];

    /// The class's name in `help CLASS`.
    pub fn name(self) -> &'static str {
        Group::ALL.iter().find(|g| g.0 == self).map_or("", |g| g.1)
    }
}

/// What an argument is: how it is cut from the line, completed and hinted at.
#[derive(Clone, Copy, Debug)]
pub enum ArgKind {
    /// An expression. The last argument takes the rest of the line; an earlier one ends at a blank outside of brackets and quotes.
    Expr,
    /// A place in the program: takes the rest of the line up to ` if ` or ` thread `, which stay in the rest.
    Linespec,
    /// A symbol's name: one word, or quoted.
    Symbol,
    /// A type's name: takes the rest of the line.
    Type,
    /// A file's name: one word, or quoted.
    File,
    /// A module: one word, matched against what is loaded.
    Module,
    /// A thread's number.
    Tid,
    /// A frame's number.
    FrameNo,
    /// Numbers and ranges of breakpoints: takes the rest of the line.
    BpId,
    /// A register's name, with or without `$`: one word.
    Reg,
    /// An integer, or an expression that is one: one word.
    Int,
    /// One of these words, or an unambiguous start of one.
    Choice(&'static [&'static str]),
    /// Words, each of which completion may make one of these: takes the rest of the line.
    OneOf(fn() -> Vec<String>),
    /// A regular expression: takes the rest of the line.
    Regex,
    /// One word, or a quoted one.
    Word,
    /// A command line: takes the rest of the line.
    Command,
    /// The name of a setting: takes the rest of the line.
    Setting,
    /// An option without a value (the name begins with `-`).
    Switch,
    /// `/FMT` right after the command's name.
    Format,
    /// The rest of the line as it is.
    Rest,
}

/// One option or argument of a command.
#[derive(Clone, Copy, Debug)]
pub struct ArgSpec {
    /// How usage and errors call it: `EXPR`, `-m`. A name that begins with `-` is an option; one whose kind is not
    /// [`ArgKind::Switch`] takes the next word as its value.
    pub name: &'static str,
    /// What it is.
    pub kind: ArgKind,
    /// Whether it must be there.
    pub required: bool,
}

impl ArgSpec {
    /// An argument that must be there.
    pub const fn must(name: &'static str, kind: ArgKind) -> ArgSpec {
        ArgSpec { name, kind, required: true }
    }

    /// An argument or an option that may be there.
    pub const fn may(name: &'static str, kind: ArgKind) -> ArgSpec {
        ArgSpec { name, kind, required: false }
    }

    /// `-json`: rows become JSON objects, text between them is dropped. The dispatcher does it.
    pub const JSON: ArgSpec = ArgSpec::may("-json", ArgKind::Switch);
    /// `-m MODULE`.
    pub const MODULE: ArgSpec = ArgSpec::may("-m", ArgKind::Module);
    /// `-all`.
    pub const ALL: ArgSpec = ArgSpec::may("-all", ArgKind::Switch);
    /// `/FMT`.
    pub const FORMAT: ArgSpec = ArgSpec::may("/FMT", ArgKind::Format);
}

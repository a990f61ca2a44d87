//! The words in which commands and settings describe themselves: classes, arguments, examples, kinds.

use crate::engine::Settings;

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
    /// `NAME = COMMAND`, whose name may begin as commands do: takes the rest of the line.
    Definition,
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

/// What a setting holds, and where.
#[derive(Clone, Copy)]
pub enum SettingKind {
    /// on or off.
    Bool(fn(&mut Settings) -> &mut bool),
    /// on, off or auto: `None` is auto.
    Auto(fn(&mut Settings) -> &mut Option<bool>),
    /// A limit: 0 and `unlimited` are `None`.
    Limit(fn(&mut Settings) -> &mut Option<u32>),
    /// A number from 0; -1 and `unlimited` are `None`.
    ZeroLimit(fn(&mut Settings) -> &mut Option<u32>),
    /// A limit: 0, -1 and `unlimited` are `None`.
    AnyLimit(fn(&mut Settings) -> &mut Option<u32>),
    /// A number.
    Signed(fn(&mut Settings) -> &mut i32),
    /// A number from 0.
    Uint(fn(&mut Settings) -> &mut u32),
    /// One of these words.
    Enum(fn(&mut Settings) -> &mut &'static str, &'static [&'static str]),
    /// Any text, blanks at its end included.
    Text(fn(&mut Settings) -> &mut String),
    /// A file's name: `~` is expanded.
    File(fn(&mut Settings) -> &mut String),
    /// The same, and there must be one.
    NeededFile(fn(&mut Settings) -> &mut String),
    /// What changes nothing in rdbg, or is asked for where it is needed: the form of its values, and the default as text.
    Taken(Form, &'static str),
}

/// The form of a setting's values where they are kept as text.
#[derive(Clone, Copy)]
pub enum Form {
    /// on or off.
    Bool,
    /// on, off or auto.
    Auto,
    /// A number; 0 is `unlimited`.
    Limit,
    /// A number from 0; -1 is `unlimited`.
    ZeroLimit,
    /// A number from 0.
    Uint,
    /// A number.
    Signed,
    /// One of these words.
    Enum(&'static [&'static str]),
    /// Any text.
    Text,
    /// A file's name, or none.
    File,
    /// A file's name.
    NeededFile,
}

/// What `show NAME` says.
#[derive(Clone, Copy)]
pub enum Sentence {
    /// This, with the value for `{}`.
    Value(&'static str),
    /// What this makes of the settings.
    By(fn(&Settings) -> String),
}

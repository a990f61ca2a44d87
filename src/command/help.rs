//! help, apropos, info's list: what the table says of itself.

use crate::base::{Error, Result};
use crate::ui::Role;

use super::args::{Args, compile_regex};
use super::cx::{Command, Cx, Entry, Registry};
use super::describe::{ArgKind, ArgSpec, Example, Flow, Group, Repeat};

const FOOT: &str = "Type \"apropos word\" to search for commands related to \"word\".
Type \"apropos -v word\" for full documentation of commands related to \"word\".
Command name abbreviations are allowed if unambiguous.
";

/// `help`
pub const HELP: Command = Command {
    name: "help",
    aliases: &["h"],
    args: &[ArgSpec::may("COMMAND|CLASS", ArgKind::Command)],
    summary: "Print list of commands.",
    help: "\"help COMMAND\" tells about one, \"help CLASS\" lists a class, \"help all\" lists everything.",
    examples: &[Example { line: "help info", what: "what info can show" }],
    run: help,
    ..Command::BASE
};

fn help(cx: &mut Cx<'_>, args: &Args) -> Result<Flow> {
    let text = args.text.as_str();
    if text.is_empty() {
        let mut list = String::from("List of classes of commands:\n\n");
        for (_, name, summary) in Group::ALL {
            list.push_str(&format!("{name} -- {summary}\n"));
        }
        list.push_str("\nType \"help\" followed by a class name for a list of commands in that class.\n");
        list.push_str("Type \"help all\" for the list of all commands.\n");
        list.push_str(&format!("Type \"help\" followed by command name for full documentation.\n{FOOT}"));
        cx.say(list);
        return Ok(Flow::Go);
    }
    if text == "all" {
        let mut list = String::new();
        for (group, name, _) in Group::ALL {
            let names = lines_of(&cx.interpreter.registry, |entry| group_of(entry) == group);
            list.push_str(&format!("\nCommand class: {name}\n\n{names}\n"));
        }
        cx.say(list);
        return Ok(Flow::Go);
    }
    if let Ok(found) = cx.interpreter.registry.resolve(text) {
        let whole = found.rest.is_empty();
        // `help list 3` is about `list`; but `help info nosuch` is about a name that there is not.
        if whole || !cx.interpreter.registry.is_prefix(&found.name) {
            let (name, entry) = (found.name.clone(), found.entry.clone());
            let text = about(&cx.interpreter.registry, &name, &entry);
            cx.say(text);
            return Ok(Flow::Go);
        }
        let word = found.rest.split_whitespace().next().unwrap_or_default();
        return Err(Error::user(format!("Undefined {} command: \"{word}\".  Try \"help {}\".", found.name, found.name)));
    }
    if let Some((group, _, summary)) = Group::ALL.iter().find(|g| g.1 == text) {
        let names = lines_of(&cx.interpreter.registry, |entry| group_of(entry) == *group);
        let foot = format!("Type \"help\" followed by command name for full documentation.\n{FOOT}");
        cx.say(format!("{summary}\n\nList of commands:\n\n{names}\n{foot}"));
        return Ok(Flow::Go);
    }
    if matches!(text.trim_start_matches('$'), "GOT" | "PLT") {
        cx.say(TABLES);
        return Ok(Flow::Go);
    }
    cx.interpreter.registry.resolve(text).map(|_| Flow::Go)
}

/// `help GOT`, `help PLT`: no commands, but what a newcomer asks about.
const TABLES: &str = "GOT and PLT are arrays in expressions: the program's global offset table and its procedure linkage table.\n\
    \n\
    GOT[n]                 the word at DT_PLTGOT + 8n; words that lie below have negative indices\n\
    GOT[0] GOT[1] GOT[2]   _DYNAMIC, the link_map, the lazy resolver; GOT[3] is the first function's slot\n\
    GOT[\"puts\"]            the slot of a symbol\n\
    PLT[n] PLT[\"puts\"]     a stub: what the program calls; PLT[0] leads to the resolver\n\
    libc!GOT[5]            another module's; $GOT and $PLT where the program has variables of these names\n\
    \n\
    p GOT                  all words\n\
    x/gx &GOT[3]           one of them in memory\n\
    set GOT[3] = f         write it (\"undo\" takes it back)\n\
    watch GOT[3]           stop when it changes\n\
    x/3i &PLT[1]           disassemble a stub\n\
    break *PLT[\"puts\"]     stop at it\n\
    \n\
    Commands that show them: \"info got\" (got), \"info plt\" (plt), \"info relocations\".\n\
    Commands that change them: \"redirect\", \"unbind\", \"patch\". \"catch bind\" stops when a slot is bound.\n";

fn group_of(entry: &Entry) -> Group {
    match entry {
        Entry::Command(c) => c.group,
        Entry::Set(_) => Group::Support,
        Entry::Show(_) => Group::Status,
        Entry::User(_) | Entry::Alias(_) => Group::UserDefined,
    }
}

/// `NAME, ALIAS -- SUMMARY`, a line each, of the names one or more levels deep that are their entries' own; no settings.
fn lines_of(registry: &Registry, wanted: impl Fn(&Entry) -> bool) -> String {
    let mut out = String::new();
    for (name, entry) in registry.iter() {
        if !matches!(entry, Entry::Set(_) | Entry::Show(_)) && wanted(entry) && is_own_name(name, entry) {
            out.push_str(&line_of(name, entry));
        }
    }
    out
}

fn is_own_name(name: &str, entry: &Entry) -> bool {
    match entry {
        Entry::Command(c) => c.name == name,
        Entry::Set(s) => name.strip_prefix("set ") == Some(s.name),
        Entry::Show(s) => name.strip_prefix("show ") == Some(s.name),
        Entry::User(u) => u.name == name,
        Entry::Alias(_) => true,
    }
}

fn names_of(name: &str, entry: &Entry) -> String {
    match entry {
        Entry::Command(c) => std::iter::once(&c.name).chain(c.aliases).copied().collect::<Vec<_>>().join(", "),
        _ => name.to_owned(),
    }
}

fn line_of(name: &str, entry: &Entry) -> String {
    format!("{} -- {}\n", names_of(name, entry), summary_of(entry))
}

fn summary_of(entry: &Entry) -> String {
    match entry {
        Entry::Command(c) => c.summary.to_owned(),
        Entry::Set(s) => s.summary.to_owned(),
        Entry::Show(s) => s.summary.strip_prefix("Set ").map_or_else(|| s.summary.to_owned(), |rest| format!("Show {rest}")),
        Entry::User(u) if u.document.is_empty() => "User-defined.".to_owned(),
        Entry::User(u) => u.document.lines().next().unwrap_or_default().to_owned(),
        Entry::Alias(line) => format!("alias of: {line}"),
    }
}

/// The usage line of a command.
pub fn usage(command: &Command) -> String {
    let mut line = command.name.to_owned();
    for arg in command.args {
        let value = if arg.name.starts_with('-') && !matches!(arg.kind, ArgKind::Switch) { value_name(arg) } else { "" };
        let shown = match arg.kind {
            ArgKind::Choice(words) => words.join("|"),
            _ => format!("{}{value}", arg.name),
        };
        line.push_str(&match (arg.required, arg.kind) {
            (_, ArgKind::Format) => format!("[{}]", arg.name),
            (true, _) => format!(" {shown}"),
            (false, _) => format!(" [{shown}]"),
        });
    }
    line
}

fn value_name(arg: &ArgSpec) -> &'static str {
    match arg.kind {
        ArgKind::Module => " MODULE",
        ArgKind::File => " FILE",
        ArgKind::Int => " N",
        ArgKind::Symbol => " SYMBOL",
        ArgKind::Expr => " EXPR",
        _ => " VALUE",
    }
}

/// All that is known of one name.
fn about(registry: &Registry, name: &str, entry: &Entry) -> String {
    let mut out = String::new();
    match entry {
        Entry::Command(c) => {
            if !c.aliases.is_empty() {
                out.push_str(&format!("{}\n", names_of(name, entry)));
            }
            out.push_str(&format!("{}\n", c.summary));
            if !c.args.is_empty() {
                out.push_str(&format!("Usage: {}\n", usage(c)));
            }
            if !c.help.is_empty() {
                out.push_str(&format!("{}\n", c.help));
            }
            if !c.examples.is_empty() {
                out.push_str("\nExamples:\n");
                let width = c.examples.iter().map(|e| e.line.len()).max().unwrap_or(0);
                for e in c.examples {
                    out.push_str(&format!("  {:width$}  {}\n", e.line, e.what));
                }
            }
            if registry.is_prefix(name) {
                out.push_str(&format!("\n{}", subcommands(registry, name)));
            }
        }
        Entry::Set(s) | Entry::Show(s) => {
            out.push_str(&format!("{}\n", summary_of(entry)));
            if !s.help.is_empty() {
                out.push_str(&format!("{}\n", s.help));
            }
            if s.changes_nothing() {
                out.push_str("It is taken for gdb's scripts and has no effect here.\n");
            }
        }
        Entry::User(u) => {
            out.push_str(if u.document.is_empty() { "User-defined." } else { u.document.as_str() });
            out.push('\n');
            if u.is_prefix || registry.is_prefix(name) {
                out.push_str(&format!("\n{}", subcommands(registry, name)));
            }
        }
        Entry::Alias(line) => {
            out.push_str(&format!("  alias {name} = {line}\n"));
            if let Ok(found) = registry.resolve(line) {
                out.push_str(&about(registry, &found.name, &found.entry));
            }
        }
    }
    out
}

/// The list that a prefix command shows.
fn subcommands(registry: &Registry, prefix: &str) -> String {
    let mut out = format!("List of {prefix} subcommands:\n\n");
    for (word, entry) in registry.below(prefix, "") {
        let name = format!("{prefix} {word}");
        if is_own_name(&name, entry) {
            out.push_str(&line_of(&name, entry));
        }
    }
    out.push_str(&format!("\nType \"help {prefix}\" followed by {prefix} subcommand name for full documentation.\n{FOOT}"));
    out
}

/// What a prefix command does alone: it lists what stands below it.
pub fn list_below(cx: &mut Cx<'_>, prefix: &str) -> Result<Flow> {
    let list = subcommands(&cx.interpreter.registry, prefix);
    cx.say(list);
    Ok(Flow::Go)
}

/// `info`
pub const INFO: Command = Command {
    name: "info",
    aliases: &["i", "inf"],
    group: Group::Status,
    summary: "Generic command for showing things about the program being debugged.",
    repeat: Repeat::No,
    run: |cx, _| list_below(cx, "info"),
    ..Command::BASE
};

/// `apropos`
pub const APROPOS: Command = Command {
    name: "apropos",
    args: &[ArgSpec::may("-v", ArgKind::Switch), ArgSpec::may("REGEX", ArgKind::Regex)],
    summary: "Search for commands matching a REGEXP.",
    help: "Names, summaries and help are searched, upper and lower case alike. \"-v\" shows the help of each.",
    examples: &[Example { line: "apropos breakpoint", what: "all about breakpoints" }],
    run: apropos,
    ..Command::BASE
};

fn apropos(cx: &mut Cx<'_>, args: &Args) -> Result<Flow> {
    let Some(text) = args.get("REGEX") else { return Err(Error::user("REGEXP string is empty")) };
    let regex = compile_regex(&format!("(?i){text}"))?;
    let mut out = String::new();
    let registry = &cx.interpreter.registry;
    for (name, entry) in registry.iter().filter(|(name, entry)| is_own_name(name, entry)) {
        let help = match entry {
            Entry::Command(c) => c.help,
            Entry::Set(s) | Entry::Show(s) => s.help,
            Entry::User(u) => u.document.as_str(),
            Entry::Alias(_) => "",
        };
        let summary = summary_of(entry);
        if [&names_of(name, entry), summary.as_str(), help].iter().any(|t| regex.is_match(t)) {
            if args.has("-v") {
                let about = about(registry, name, entry);
                let named = about.starts_with(name);
                out.push_str(&if named { format!("{about}\n") } else { format!("{name}\n{about}\n") });
            } else {
                out.push_str(&line_of(name, entry));
            }
        }
    }
    cx.out.text(Role::Plain, &out);
    Ok(Flow::Go)
}

/// The family.
pub const COMMANDS: &[Command] = &[HELP, INFO, APROPOS];

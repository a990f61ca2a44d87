//! The preprocessor's macros: `macro`, `info macro`, `info macros`.

use std::sync::Arc;

use crate::base::{Error, Result};
use crate::dwarf::{FoundMacro, MacroPlace, MacroTable};
use crate::expr::{self, MacroScope};

use super::args::Args;
use super::cx::{Command, Cx};
use super::describe::{ArgKind, ArgSpec, Example, Flow, Group, Repeat};
use super::help::list_below;

/// The family.
pub const COMMANDS: &[Command] = &[MACRO, EXPAND, EXPAND_ONCE, DEFINE, UNDEF, LIST, INFO_MACRO, INFO_MACROS];

const MACRO: Command = Command {
    name: "macro",
    group: Group::Data,
    summary: "Prefix for commands dealing with C preprocessor macros.",
    repeat: Repeat::No,
    run: |cx, _| list_below(cx, "macro"),
    ..Command::BASE
};

const EXPAND: Command = Command {
    name: "macro expand",
    aliases: &["macro exp"],
    group: Group::Data,
    args: &[ArgSpec::may("EXPRESSION", ArgKind::Rest)],
    summary: "Replaces the preprocessor's macros in a text.",
    help: "Those that are in scope at the selected frame's line, or at the line that was listed last. The program needs debug\n\
information of its macros (gcc -g3, clang -g -fdebug-macro); expressions in other commands use them likewise.",
    examples: &[Example { line: "macro expand MAX + 1", what: "shows what MAX is there" }],
    run: expand,
    ..Command::BASE
};

const EXPAND_ONCE: Command = Command {
    name: "macro expand-once",
    aliases: &["macro exp1"],
    group: Group::Data,
    args: &[ArgSpec::may("EXPRESSION", ArgKind::Rest)],
    summary: "Replaces the macros that stand in a text, and none that these bring in.",
    help: "Shows one layer of what \"macro expand\" shows whole.",
    examples: &[Example { line: "macro expand-once MAX + 1", what: "shows how MAX is defined there" }],
    run: expand_once,
    ..Command::BASE
};

const DEFINE: Command = Command {
    name: "macro define",
    group: Group::Data,
    args: &[ArgSpec::may("DEFINITION", ArgKind::Rest)],
    summary: "Defines a macro for expressions, as #define would.",
    help: "It is in scope everywhere and wins over the program's.",
    examples: &[Example { line: "macro define MIN(x,y) ((x) < (y) ? (x) : (y))", what: "a macro with two parameters" }],
    run: define,
    ..Command::BASE
};

const UNDEF: Command = Command {
    name: "macro undef",
    group: Group::Data,
    args: &[ArgSpec::may("NAME", ArgKind::Rest)],
    summary: "Forgets a macro that \"macro define\" has defined.",
    help: "A macro of the program by this name is in scope again.",
    examples: &[Example { line: "macro undef MIN", what: "forgets MIN" }],
    run: undef,
    ..Command::BASE
};

const LIST: Command = Command {
    name: "macro list",
    group: Group::Data,
    summary: "The macros that \"macro define\" has defined.",
    help: "As commands that would define them again.",
    examples: &[Example { line: "macro list", what: "shows them" }],
    run: list,
    ..Command::BASE
};

const INFO_MACRO: Command = Command {
    name: "info macro",
    group: Group::Status,
    args: &[ArgSpec::may("[-a|-all] [--] NAME", ArgKind::Rest)],
    summary: "The definition of a macro that is in scope, and where it is.",
    help: "At the selected frame's line, or the line that was listed last. -a shows every definition of the name in the unit.",
    examples: &[Example { line: "info macro -a MAX", what: "all definitions of MAX" }],
    run: info_macro,
    ..Command::BASE
};

const INFO_MACROS: Command = Command {
    name: "info macros",
    group: Group::Status,
    args: &[ArgSpec::may("LOCATION", ArgKind::Linespec)],
    summary: "All macros that are in scope at a place of the program.",
    help: "Without LOCATION at the selected frame's line, or the line that was listed last.",
    examples: &[Example { line: "info macros main", what: "those that main sees" }],
    run: info_macros,
    ..Command::BASE
};

fn expand(cx: &mut Cx<'_>, args: &Args) -> Result<Flow> {
    expanded(cx, args, false)
}

fn expand_once(cx: &mut Cx<'_>, args: &Args) -> Result<Flow> {
    expanded(cx, args, true)
}

fn expanded(cx: &mut Cx<'_>, args: &Args, once: bool) -> Result<Flow> {
    if args.text.is_empty() {
        let command = if once { "expand-once" } else { "expand" };
        return Err(Error::user(format!(
            "You must follow the `macro {command}' command with the expression you\nwant to expand."
        )));
    }
    let scope = cx.session.macro_scope();
    let text = expr::expand(&args.text, once, &|name| scope.find(name))?;
    cx.say(format!("expands to: {text}\n"));
    Ok(Flow::Go)
}

fn define(cx: &mut Cx<'_>, args: &Args) -> Result<Flow> {
    if args.text.is_empty() {
        return Err(Error::user("usage: macro define NAME[(ARGUMENT-LIST)] [REPLACEMENT-LIST]"));
    }
    let definition = expr::parse_definition(&args.text)?;
    Arc::make_mut(&mut cx.session.user_macros).insert(definition.name.clone(), definition);
    Ok(Flow::Go)
}

fn undef(cx: &mut Cx<'_>, args: &Args) -> Result<Flow> {
    if args.text.is_empty() {
        return Err(Error::user("usage: macro undef NAME"));
    }
    let name = args.text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).next().unwrap_or_default();
    // What is no name is none of a macro: gdb's sentence for it.
    let name = expr::parse_definition(name)?.name;
    Arc::make_mut(&mut cx.session.user_macros).remove(&name);
    Ok(Flow::Go)
}

fn list(cx: &mut Cx<'_>, _: &Args) -> Result<Flow> {
    let user = cx.session.user_macros.clone();
    for definition in user.values() {
        cx.say(format!("macro define {} {}\n", definition.head(), definition.body));
    }
    Ok(Flow::Go)
}

/// The name that `info macro` is asked for, and whether all its definitions are.
fn asked(text: &str) -> Result<(&str, bool)> {
    let (mut rest, mut all) = (text.trim(), false);
    loop {
        let (word, after) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
        match word {
            "-a" | "-all" => all = true,
            "--" => {
                rest = after.trim_start();
                break;
            }
            _ if word.starts_with('-') => {
                let text = format!("Unrecognized option '{word}' to info macro command.  Try \"help info macro\".");
                return Err(Error::user(text));
            }
            _ => break,
        }
        rest = after.trim_start();
    }
    if rest.is_empty() {
        let text = "You must follow the `info macro' command with the name of the macro\nwhose definition you want to see.";
        return Err(Error::user(text));
    }
    Ok((rest, all))
}

fn info_macro(cx: &mut Cx<'_>, args: &Args) -> Result<Flow> {
    let (name, all) = asked(&args.text)?;
    let scope = cx.session.macro_scope();
    let Some((table, place)) = &scope.program else {
        match scope.user.get(name) {
            Some(definition) => {
                cx.say(format!("Defined at <user-defined>:-1\n#define {} {}\n", definition.head(), definition.body));
            }
            None if all => {}
            None => cx.say(format!("{}at <user-defined>:-1\n", unknown(name))),
        }
        return Ok(Flow::Go);
    };
    let found = if all { table.named(name, *place) } else { table.find(name, *place).into_iter().collect() };
    if found.is_empty() && !all {
        cx.say(format!("{}at {}", unknown(name), whereabouts(table, *place)));
    }
    for one in &found {
        cx.say(defined(table, one));
    }
    Ok(Flow::Go)
}

fn unknown(name: &str) -> String {
    format!("The symbol `{name}' has no definition as a C/C++ preprocessor macro\n")
}

fn info_macros(cx: &mut Cx<'_>, args: &Args) -> Result<Flow> {
    let MacroScope { program, .. } = match args.text.as_str() {
        "" => cx.session.macro_scope(),
        spec => cx.session.macro_scope_at(spec)?,
    };
    match program {
        Some((table, place)) => {
            for found in table.all_at(place) {
                cx.say(defined(&table, &found));
            }
        }
        None if !args.text.is_empty() => cx.say("rdbg has no preprocessor macro information for that code.\n"),
        None => {}
    }
    Ok(Flow::Go)
}

/// A place with the directives that led to it, a line each.
fn whereabouts(table: &MacroTable, place: MacroPlace) -> String {
    let lines = table.whereabouts(place).into_iter().enumerate().map(|(index, (file, line))| match index {
        0 => format!("{file}:{line}\n"),
        _ => format!("  included at {file}:{line}\n"),
    });
    lines.collect()
}

/// A definition as the source has it, or as the compiler's command line had it.
fn defined(table: &MacroTable, found: &FoundMacro) -> String {
    let (head, body) = (found.definition.head(), &found.definition.body);
    let definition = if found.place.line == 0 { format!("-D{head}={body}") } else { format!("#define {head} {body}") };
    format!("Defined at {}{definition}\n", whereabouts(table, found.place))
}

//! Where source files are looked for: `directory`, `set substitute-path`.

use std::path::Path;

use crate::base::{Error, Result};
use crate::ui::Role;

use super::args::Args;
use super::cx::{Command, Cx};
use super::describe::{ArgKind, ArgSpec, Example, Flow, Group, Repeat};
use super::paths::expand_home;

/// Where source files are looked for.
pub const COMMANDS: &[Command] = &[DIRECTORY, SET_SUBSTITUTE_PATH, UNSET_SUBSTITUTE_PATH, SHOW_SUBSTITUTE_PATH];

/// What stands in the path at first, and at its end.
const DEFAULT: &str = "$cdir:$cwd";

const DIRECTORY: Command = Command {
    name: "directory",
    aliases: &["dir"],
    group: Group::Files,
    args: &[ArgSpec::may("DIR...", ArgKind::Rest)],
    summary: "Add directory DIR to beginning of search path for source files.",
    help: "Several are separated by blanks or colons. $cdir is the directory in which the source was compiled, $cwd the current one.\n\
Without DIR, the path becomes $cdir:$cwd again.",
    examples: &[Example { line: "directory /usr/src/debug", what: "looks there first" }],
    repeat: Repeat::No,
    run: directory,
    ..Command::BASE
};

fn directory(cx: &mut Cx<'_>, args: &Args) -> Result<Flow> {
    if args.text.is_empty() {
        if !cx.query("Reinitialize source path to empty? ")? {
            return Ok(Flow::Go);
        }
        cx.session.settings.directories = DEFAULT.to_owned();
    } else {
        let words = args.words().join(":");
        cx.session.settings.directories = with(cx, &words, &cx.session.settings.directories.clone());
    }
    cx.session.sources.clear();
    let line = format!("Source directories searched: {}\n", cx.session.settings.directories);
    cx.say_directly(line);
    Ok(Flow::Go)
}

/// The path with these directories before it, each of them once, absolute; those that are missing are named.
fn with(cx: &mut Cx<'_>, added: &str, path: &str) -> String {
    let mut all: Vec<String> = Vec::new();
    for word in added.split(':').filter(|w| !w.is_empty()) {
        let directory = match word {
            "$cdir" | "$cwd" => word.to_owned(),
            word => {
                let expanded = expand_home(word);
                let absolute = std::path::absolute(&expanded).unwrap_or(expanded);
                let text = absolute.display().to_string();
                let text = text.trim_end_matches('/');
                let text = if text.is_empty() { "/" } else { text };
                if let Err(reason) = check(Path::new(text)) {
                    cx.out.text(Role::Error, &format!("Warning: {text}: {reason}.\n"));
                }
                text.to_owned()
            }
        };
        if !all.contains(&directory) {
            all.push(directory);
        }
    }
    for old in path.split(':').filter(|o| !o.is_empty()) {
        if !all.iter().any(|a| a == old) {
            all.push(old.to_owned());
        }
    }
    all.join(":")
}

fn check(directory: &Path) -> std::result::Result<(), &'static str> {
    match std::fs::metadata(directory) {
        Ok(found) if found.is_dir() => Ok(()),
        Ok(_) => Err("Not a directory"),
        Err(e) if e.kind() == std::io::ErrorKind::PermissionDenied => Err("Permission denied"),
        Err(_) => Err("No such file or directory"),
    }
}

/// After `set directories PATH`: the default places stand at its end.
pub(super) fn directories_set(cx: &mut Cx<'_>) -> Result<()> {
    let given = cx.session.settings.directories.trim().to_owned();
    cx.session.settings.directories = with(cx, &given, DEFAULT);
    cx.session.sources.clear();
    Ok(())
}

const SET_SUBSTITUTE_PATH: Command = Command {
    name: "set substitute-path",
    group: Group::Files,
    args: &[ArgSpec::may("FROM", ArgKind::Word), ArgSpec::may("TO", ArgKind::Word)],
    summary: "Add a substitution rule to rewrite the source directories.",
    help: "A source file whose path begins with the directory FROM is looked for below TO. A second rule for FROM replaces the first.",
    examples: &[Example { line: "set substitute-path /build /home/me/src", what: "finds what was built elsewhere" }],
    repeat: Repeat::No,
    run: set_substitute_path,
    ..Command::BASE
};

fn set_substitute_path(cx: &mut Cx<'_>, args: &Args) -> Result<Flow> {
    let words = args.words();
    let [from, to] = words.as_slice() else {
        let few = if words.len() < 2 { "few" } else { "many" };
        return Err(Error::user(format!("Incorrect usage, too {few} arguments in command")));
    };
    if from.is_empty() {
        return Err(Error::user("First argument must be at least one character long"));
    }
    let cut = |text: &str| text.trim_end_matches('/').to_owned();
    let rules = &mut cx.session.settings.substitute_path;
    let rule = (cut(from), cut(to));
    rules.retain(|(old, _)| *old != rule.0);
    rules.push(rule);
    cx.session.sources.clear();
    Ok(Flow::Go)
}

const UNSET_SUBSTITUTE_PATH: Command = Command {
    name: "unset substitute-path",
    group: Group::Files,
    args: &[ArgSpec::may("FROM", ArgKind::Word)],
    summary: "Delete one or all substitution rules rewriting the source directories.",
    repeat: Repeat::No,
    run: unset_substitute_path,
    ..Command::BASE
};

fn unset_substitute_path(cx: &mut Cx<'_>, args: &Args) -> Result<Flow> {
    let Some(from) = args.get("FROM") else {
        if !cx.query("Delete all source path substitution rules? ")? {
            return Err(Error::user("Canceled"));
        }
        cx.session.settings.substitute_path.clear();
        cx.session.sources.clear();
        return Ok(Flow::Go);
    };
    let rules = &mut cx.session.settings.substitute_path;
    let before = rules.len();
    rules.retain(|(old, _)| old != from);
    if rules.len() == before {
        return Err(Error::user(format!("No substitution rule defined for `{from}'")));
    }
    cx.session.sources.clear();
    Ok(Flow::Go)
}

const SHOW_SUBSTITUTE_PATH: Command = Command {
    name: "show substitute-path",
    group: Group::Files,
    args: &[ArgSpec::may("PATH", ArgKind::Word)],
    summary: "Show one or all substitution rules rewriting the source directories.",
    help: "With PATH, only those that apply to it.",
    run: show_substitute_path,
    ..Command::BASE
};

fn show_substitute_path(cx: &mut Cx<'_>, args: &Args) -> Result<Flow> {
    let path = args.get("PATH");
    let mut text = match path {
        Some(path) => format!("Source path substitution rule matching `{path}':\n"),
        None => "List of all source path substitution rules:\n".to_owned(),
    };
    for (from, to) in &cx.session.settings.substitute_path {
        let fits = |p: &str| p.strip_prefix(from.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        if path.is_none_or(fits) {
            text.push_str(&format!("  `{from}' -> `{to}'.\n"));
        }
    }
    cx.say(text);
    Ok(Flow::Go)
}

//! Source text: `list`, `search`, `info source`.

use crate::base::{Error, Result, counted};
use crate::dwarf::LineFile;
use crate::engine::{Listed, Session};
use crate::ui::render::source_lines;
use crate::value::{Type, Value};

use super::args::{Args, compile_regex, split_at_comma};
use super::cx::{Command, Cx};
use super::describe::{ArgKind, ArgSpec, Example, Flow, Group, Repeat};

/// Source text.
pub const COMMANDS: &[Command] = &[LIST, FORWARD_SEARCH, REVERSE_SEARCH, INFO_SOURCE];

const LIST: Command = Command {
    name: "list",
    aliases: &["l"],
    group: Group::Files,
    args: &[ArgSpec::may("LINES", ArgKind::Rest)],
    summary: "List source lines.",
    help: "LINES is a place, around which ten lines are listed (\"set listsize\"): LINE, FILE:LINE, FUNCTION, FILE:FUNCTION, *ADDRESS;\n\
or FIRST,LAST, or FIRST, or ,LAST. An end of a range may be +N or -N: lines from its beginning.\n\
Without LINES, what follows the lines listed last, or what is around the line where the program stands; \"list -\" lists what \
comes before.",
    examples: &[
        Example { line: "list main", what: "lists what is around the beginning of main" },
        Example { line: "list 10,20", what: "lists eleven lines" },
    ],
    repeat: Repeat::AgainWithoutArgs,
    run: |cx, args| list(cx, &args.text),
    ..Command::BASE
};

fn list(cx: &mut Cx<'_>, text: &str) -> Result<Flow> {
    match text {
        "" | "+" => list_on(cx)?,
        "-" => list_back(cx)?,
        text => list_places(cx, text)?,
    }
    Ok(Flow::Go)
}

fn show(cx: &mut Cx<'_>, file: &LineFile, first: u32, stop: u32) -> Result<()> {
    for (role, text) in source_lines(cx.session, file, first, stop)? {
        cx.out.text(role, &text);
    }
    Ok(())
}

/// A listing of the usual size from a line on.
fn show_from(cx: &mut Cx<'_>, file: &LineFile, first: u32) -> Result<()> {
    let stop = first.saturating_add(cx.session.list_size());
    show(cx, file, first, stop)
}

/// A listing of the usual size that ends before a line.
fn show_before(cx: &mut Cx<'_>, file: &LineFile, stop: u32) -> Result<()> {
    let first = stop.saturating_sub(cx.session.list_size()).max(1);
    show(cx, file, first, stop)
}

/// A listing of the usual size around a line.
fn show_around(cx: &mut Cx<'_>, file: &LineFile, line: u32) -> Result<()> {
    let first = line.saturating_sub(cx.session.list_size() / 2).max(1);
    show_from(cx, file, first)
}

fn current(session: &Session) -> Result<(LineFile, u32)> {
    session.current_source().ok_or_else(no_symbols)
}

fn no_symbols() -> Error {
    Error::user("No symbol table is loaded.  Use the \"file\" command.")
}

fn list_on(cx: &mut Cx<'_>) -> Result<()> {
    let (file, line) = current(cx.session)?;
    match cx.session.listing.first() {
        None => show_around(cx, &file, line),
        Some(_) => show_from(cx, &file, line),
    }
}

fn list_back(cx: &mut Cx<'_>) -> Result<()> {
    let (file, line) = current(cx.session)?;
    match cx.session.listing.first() {
        // A listing of one line shows the one before.
        None if cx.session.list_size() == 1 => show_around(cx, &file, line.saturating_sub(1)),
        None => show_around(cx, &file, line),
        Some(1) => Err(Error::user(format!("Already at the start of {}.", cx.session.file_name(&file)))),
        Some(first) => show_before(cx, &file, first),
    }
}

fn list_places(cx: &mut Cx<'_>, text: &str) -> Result<()> {
    if !cx.session.inferior.modules.iter().any(|m| m.debug().is_some()) {
        return Err(no_symbols());
    }
    let (first, last) = split_at_comma(text, true);
    if first.is_empty() && last.is_some_and(str::is_empty) {
        return Err(Error::user("Two empty args do not say what lines to list."));
    }
    let begin = match first {
        "" => None,
        spec => match one_or_more(cx, spec, None)? {
            sources if sources.is_empty() => return Ok(()),
            sources => Some(sources),
        },
    };
    let Some(last) = last else { return list_each(cx, first, begin.unwrap_or_default()) };
    let begin = match begin {
        Some(begin) => Some(only(cx, begin, &format!("Specified first line '{first}' is ambiguous:\n"))?),
        None => None,
    };
    let (begin, end) = match (begin, last) {
        (Some(None), _) => return Ok(()),
        (Some(begin), "") => (begin, None),
        (begin, last) => {
            let begin = begin.flatten();
            let ends = one_or_more(cx, last, begin.as_ref().map(|b| &b.0))?;
            if ends.is_empty() {
                return Ok(());
            }
            let Some(end) = only(cx, ends, &format!("Specified last line '{last}' is ambiguous:\n"))? else { return Ok(()) };
            (begin, Some(end))
        }
    };
    if let (Some((source, _)), true) = (&begin, first.starts_with('*')) {
        let text = address_text(cx, first, source);
        cx.say(text);
    }
    match (begin, end) {
        (Some(((file, first), _)), None) => show_from(cx, &file, first),
        (None, Some(((file, last), _))) => show_before(cx, &file, last.saturating_add(1)),
        (Some((a, _)), Some((b, _))) if a.0.path != b.0.path => {
            Err(Error::user("Specified first and last lines are in different files."))
        }
        (Some(((file, first), _)), Some(((_, last), _))) => show(cx, &file, first, last.saturating_add(1)),
        (None, None) => Ok(()),
    }
}

/// A line, and the symbol that led to it.
type Source = ((LineFile, u32), Option<String>);

/// The lines that a place means, each once, by file and line; those without a file are left out.
fn one_or_more(cx: &mut Cx<'_>, spec: &str, default: Option<&(LineFile, u32)>) -> Result<Vec<Source>> {
    let listed = cx.session.listed(spec, default)?;
    if listed.iter().all(|l| l.source.is_none()) {
        // gdb says nothing at all.
        cx.say(format!("No line number known for {spec}.\n"));
    }
    let mut sources: Vec<Source> =
        listed.into_iter().filter_map(|Listed { source, symbol, .. }| Some((source?, symbol))).collect();
    sources.sort_by(|(a, _), (b, _)| (&a.0.path, a.1).cmp(&(&b.0.path, b.1)));
    sources.dedup_by(|(a, _), (b, _)| a.0.path == b.0.path && a.1 == b.1);
    Ok(sources)
}

/// The only one; several are listed, and nothing is done.
fn only(cx: &mut Cx<'_>, mut sources: Vec<Source>, sentence: &str) -> Result<Option<Source>> {
    if sources.len() > 1 {
        cx.say(sentence);
        for source in &sources {
            say_source(cx, source);
        }
        return Ok(None);
    }
    Ok(sources.pop())
}

fn say_source(cx: &mut Cx<'_>, ((file, line), symbol): &Source) {
    let name = cx.session.file_name(file);
    let symbol = symbol.as_ref().map_or_else(|| "???".to_owned(), |s| format!("\"{s}\""));
    cx.say(format!("file: \"{name}\", line number: {line}, symbol: {symbol}\n"));
}

fn list_each(cx: &mut Cx<'_>, spec: &str, sources: Vec<Source>) -> Result<()> {
    let several = sources.len() > 1;
    for source in sources {
        if several {
            say_source(cx, &source);
        }
        let ((file, line), _) = source;
        if spec.starts_with('*') {
            let text = address_text(cx, spec, &(file.clone(), line));
            cx.say(text);
        }
        show_around(cx, &file, line)?;
    }
    Ok(())
}

/// `0x1139 is in main (a.c:3).`
fn address_text(cx: &mut Cx<'_>, spec: &str, (file, line): &(LineFile, u32)) -> String {
    let Ok(addr) = super::expression::address(cx, spec.trim_start_matches('*')) else { return String::new() };
    let name = cx.session.file_name(file);
    match cx.session.function_title(addr) {
        Some(function) => format!("{addr} is in {function} ({name}:{line}).\n"),
        None => format!("{addr} is at {name}:{line}.\n"),
    }
}

const FORWARD_SEARCH: Command = Command {
    name: "forward-search",
    aliases: &["search", "fo"],
    group: Group::Files,
    args: &[ArgSpec::may("REGEX", ArgKind::Regex)],
    summary: "Search for a regular expression in the source, from the last listed line on.",
    help: "The number of the line that matches is kept in $_. Without REGEX, the one of the last time.",
    examples: &[Example { line: "search printf", what: "lists the next line with \"malloc\"" }],
    run: |cx, args| search(cx, args, true),
    ..Command::BASE
};

const REVERSE_SEARCH: Command = Command {
    name: "reverse-search",
    aliases: &["rev"],
    group: Group::Files,
    args: &[ArgSpec::may("REGEX", ArgKind::Regex)],
    summary: "Search for a regular expression in the source, backward from the last listed line.",
    help: "The number of the line that matches is kept in $_. Without REGEX, the one of the last time.",
    run: |cx, args| search(cx, args, false),
    ..Command::BASE
};

fn search(cx: &mut Cx<'_>, args: &Args, forward: bool) -> Result<Flow> {
    if !args.text.is_empty() {
        cx.session.listing.pattern = args.text.clone();
    }
    let regex = compile_regex(&cx.session.listing.pattern)?;
    let (file, _) = current(cx.session)?;
    let text = cx.session.source_text(&file)?;
    let last = cx.session.listing.last();
    let matches = |n: &u32| text.line(*n).is_some_and(|l| regex.is_match(l));
    let found = match forward {
        true => (last.saturating_add(1)..=text.line_count()).find(matches),
        false => (1..last.min(text.line_count().saturating_add(1))).rev().find(matches),
    };
    let line = found.ok_or_else(|| Error::user("Expression not found"))?;
    show(cx, &file, line, line.saturating_add(1))?;
    cx.session.variables.set("_", Value::int(&Type::int(), line.into()));
    let next = line.saturating_sub(cx.session.list_size() / 2).max(1);
    cx.session.listing.found(&file, line, next);
    Ok(Flow::Go)
}

const INFO_SOURCE: Command = Command {
    name: "info source",
    group: Group::Files,
    summary: "Information about the current source file.",
    help: "It is the one of the frame that was shown last, or of the lines that were listed since.",
    run: info_source,
    ..Command::BASE
};

fn info_source(cx: &mut Cx<'_>, _args: &Args) -> Result<Flow> {
    let Some(file) = cx.session.listing.file().cloned() else {
        cx.say("No current source file.\n");
        return Ok(Flow::Go);
    };
    let mut text = format!("Current source file is {}\n", file.name);
    let unit = cx.session.unit_of_file(&file);
    let described = unit.and_then(|(module, unit)| module.debug()?.describe(unit));
    if let Some(unit) = described.as_ref().filter(|u| !u.directory.is_empty()) {
        text.push_str(&format!("Compilation directory is {}\n", unit.directory));
    }
    if let Ok(source) = cx.session.source_text(&file) {
        text.push_str(&format!("Located in {}\n", source.path.display()));
        let count = source.line_count();
        text.push_str(&format!("Contains {}.\n", counted(count as u64, "line")));
    }
    if let Some(unit) = described {
        let language = if is_assembler(&file) { "asm" } else { unit.language };
        text.push_str(&format!(
            "Source language is {language}.\nProducer is {}.\nCompiled with DWARF {} debugging format.\n{} preprocessor macro info.\n",
            unit.producer.as_deref().unwrap_or("unknown"),
            unit.version,
            if unit.has_macros { "Includes" } else { "Does not include" }
        ));
    }
    cx.say(text);
    Ok(Flow::Go)
}

fn is_assembler(file: &LineFile) -> bool {
    file.path.extension().is_some_and(|e| e == "s" || e == "S")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_cut_where_its_first_place_ends() {
        assert_eq!(split_at_comma("1,2", true), ("1", Some("2")));
        assert_eq!(split_at_comma(",2", true), ("", Some("2")));
        assert_eq!(split_at_comma("f(int, int),g", true), ("f(int, int)", Some("g")));
        assert_eq!(split_at_comma("f<a, b>", true), ("f<a, b>", None));
    }
}

//! Completion: from the table, the settings, files; names of the program through the expression language.

use crate::base::Result;
use crate::engine::Session;

use super::args::Args;
use super::candidate::Candidate;
use super::cx::{Command, Cx, Entry, Interpreter};
use super::describe::{ArgKind, ArgSpec, Flow, Form, Repeat, SettingKind};
use super::names;
use super::paths::expand_home;
use super::registry::{Resolved, word_length};

/// What can stand at the end of a line.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Completion {
    /// The byte at which the word begins that is completed.
    pub start: usize,
    /// What the word can become, sorted, each once.
    pub words: Vec<Candidate>,
}

/// What can stand at the end of `line`.
pub fn complete(interpreter: &Interpreter, session: &Session, line: &str) -> Completion {
    let mut completion = find(interpreter, session, line, 0);
    completion.words.sort();
    completion.words.dedup();
    completion
}

fn find(interpreter: &Interpreter, session: &Session, line: &str, depth: u32) -> Completion {
    let registry = &interpreter.registry;
    let indent = line.len() - line.trim_start().len();
    let text = line.get(indent..).unwrap_or_default();
    // Words of command names, down to the last one, which is still being typed.
    let mut prefix = String::new();
    let mut at = 0;
    let mut last: Option<Resolved<'_>> = None;
    loop {
        let rest = text.get(at..).unwrap_or_default();
        let word = rest.get(..word_length(rest)).unwrap_or_default();
        if word.len() == rest.len() {
            let names = registry
                .below(&prefix, word)
                .filter(|(name, entry)| !hidden(&prefix, name, entry))
                .map(|(name, _)| name.to_owned().into());
            let words: Vec<Candidate> = names.collect();
            if !words.is_empty() {
                return Completion { start: indent + at, words };
            }
            break;
        }
        let whole = if prefix.is_empty() { word.to_owned() } else { format!("{prefix} {word}") };
        let Ok(found) = registry.resolve(&whole) else { return Completion::default() };
        if !found.rest.is_empty() {
            break;
        }
        let found_name = found.name.clone();
        let entry = found.entry.clone();
        at += word.len();
        let rest = text.get(at..).unwrap_or_default();
        last = Some(Resolved { name: found_name.clone(), entry, rest });
        if !registry.is_prefix(&found_name) || !rest.starts_with(char::is_whitespace) {
            break;
        }
        at += rest.len() - rest.trim_start().len();
        prefix = found_name;
    }
    match last {
        Some(found) => argument(interpreter, session, line, &found, depth),
        None => Completion::default(),
    }
}

/// Short names and hooks are no help in a list.
fn hidden(prefix: &str, name: &str, entry: &Entry) -> bool {
    let abbreviates = match entry {
        Entry::Command(c) => c.name.rsplit(' ').next().is_some_and(|last| last.len() > name.len() && last.starts_with(name)),
        _ => false,
    };
    abbreviates || name.len() == 1 && name != "x" || prefix.is_empty() && name.starts_with("hook")
}

/// What an argument can become.
fn argument(interpreter: &Interpreter, session: &Session, line: &str, found: &Resolved<'_>, depth: u32) -> Completion {
    let text = found.rest;
    let word_start = |stop: &dyn Fn(char) -> bool| {
        let at = text.rfind(stop).map_or(0, |i| i + text.get(i..).and_then(|t| t.chars().next()).map_or(1, char::len_utf8));
        (line.len() - text.len() + at, text.get(at..).unwrap_or_default())
    };
    let fitting = |start: usize, word: &str, words: &[&str]| Completion {
        start,
        words: words.iter().filter(|w| w.starts_with(word)).map(|w| (*w).to_owned().into()).collect(),
    };
    let (start, word) = word_start(&char::is_whitespace);
    match &found.entry {
        Entry::Set(setting) => match setting.kind {
            SettingKind::File(_) | SettingKind::NeededFile(_) | SettingKind::Taken(Form::File | Form::NeededFile, _) => {
                files(start, word)
            }
            // A value is one word.
            _ if !text.get(..text.len() - word.len()).unwrap_or_default().trim().is_empty() => Completion::default(),
            _ => fitting(start, word, setting.words()),
        },
        Entry::Command(command) => {
            if word.starts_with('-') {
                let options: Vec<&str> = command.args.iter().map(|a| a.name).filter(|n| n.starts_with('-')).collect();
                let found = fitting(start, word, &options);
                if !found.words.is_empty() {
                    return found;
                }
            }
            match kind_at(command, text) {
                Some(ArgKind::Choice(words)) => fitting(start, word, words),
                Some(ArgKind::OneOf(words)) => {
                    Completion { start, words: words().into_iter().filter(|w| w.starts_with(word)).map(Into::into).collect() }
                }
                Some(ArgKind::File) => files(start, word),
                Some(ArgKind::Command) if depth < 4 => {
                    let begin = line.len() - text.trim_start().len();
                    let inner = find(interpreter, session, text.trim_start(), depth + 1);
                    Completion { start: begin + inner.start, words: inner.words }
                }
                Some(ArgKind::Setting) if depth < 4 && text.contains("-- ") => {
                    let begin = text.find("-- ").map_or(0, |at| at + 3);
                    let begin = line.len() - text.get(begin..).unwrap_or_default().trim_start().len();
                    let inner = find(interpreter, session, line.get(begin..).unwrap_or_default(), depth + 1);
                    Completion { start: begin + inner.start, words: inner.words }
                }
                Some(ArgKind::Setting) if depth < 4 => {
                    let prefix = if command.name.starts_with("maintenance") { "maintenance set " } else { "set " };
                    let inner = find(interpreter, session, &format!("{prefix}{}", text.trim_start()), depth + 1);
                    Completion {
                        start: (line.len() + inner.start).saturating_sub(text.trim_start().len() + prefix.len()),
                        words: inner.words,
                    }
                }
                Some(ArgKind::Linespec) if location_start(text).is_some() => {
                    let at = location_start(text).unwrap_or(0);
                    let word = text.get(at..).unwrap_or_default();
                    name(session, line.len() - word.len(), word, Some(ArgKind::Linespec))
                }
                Some(ArgKind::Expr | ArgKind::Linespec | ArgKind::Symbol | ArgKind::Reg | ArgKind::Int | ArgKind::Type) => {
                    let (start, word) =
                        word_start(&|c| !(c.is_alphanumeric() || matches!(c, '_' | '$' | '@' | '.' | ':' | '~' | '/')));
                    // `a ? b : c`, `x/2`
                    let skipped = word.len() - word.trim_start_matches([':', '/']).len();
                    let kind = kind_at(command, text);
                    let skipped = if matches!(kind, Some(ArgKind::Linespec)) || word.starts_with("::") { 0 } else { skipped };
                    name(session, start + skipped, word.get(skipped..).unwrap_or_default(), kind)
                }
                _ => Completion::default(),
            }
        }
        _ => Completion::default(),
    }
}

/// Where the location begins that `text` ends with: a name of C++ has blanks, commas and brackets in it. `None` in a condition, an
/// expression, or where nothing was begun.
fn location_start(text: &str) -> Option<usize> {
    let mut at = text.len() - text.trim_start().len();
    while let Some(rest) = text.get(at..).filter(|rest| rest.starts_with('-')) {
        at += rest.find(char::is_whitespace)?;
        at += text.get(at..).map_or(0, |t| t.len() - t.trim_start().len());
    }
    let rest = text.get(at..).filter(|rest| !rest.is_empty() && !rest.starts_with(['*', '$', '\'', '"']))?;
    let is_condition = [" if ", " thread ", " task "].iter().any(|word| rest.contains(word));
    let (mut depth, mut last) = (0, rest);
    for (offset, c) in rest.char_indices() {
        match c {
            '<' | '(' => depth += 1,
            '>' | ')' => depth -= 1,
            // `list FIRST,LAST`
            ',' if depth <= 0 => last = rest.get(offset + 1..)?.trim_start(),
            _ => {}
        }
    }
    (!is_condition && !last.is_empty()).then(|| text.len() - last.len())
}

/// The kind of the argument that the end of `text` is in.
fn kind_at(command: &Command, text: &str) -> Option<ArgKind> {
    let positional = || command.args.iter().filter(|a| !a.name.starts_with('-') && !matches!(a.kind, ArgKind::Format));
    let complete_words = text.split_whitespace().count().saturating_sub(usize::from(!text.ends_with(char::is_whitespace)));
    // After an option that takes a value.
    let mut words = text.split_whitespace();
    let before = if text.ends_with(char::is_whitespace) { words.next_back() } else { words.nth_back(1) };
    if let Some(option) = before.and_then(|w| command.args.iter().find(|a| a.name == w && !matches!(a.kind, ArgKind::Switch))) {
        return Some(option.kind);
    }
    positional().nth(complete_words).or_else(|| positional().next_back()).map(|a| a.kind)
}

/// What a name of the program, or of a register, can become.
fn name(session: &Session, start: usize, word: &str, kind: Option<ArgKind>) -> Completion {
    let registers = |word| names::registers(session, word).into_iter();
    let words = match (word.strip_prefix('$'), kind) {
        (Some(register), _) => registers(register).map(|r| Candidate::from(format!("${r}"))).collect(),
        (None, Some(ArgKind::Reg)) => registers(word).map(Candidate::from).collect(),
        (None, _) if word.is_empty() => Vec::new(),
        (None, kind) => names::completions(session, word, kind),
    };
    Completion { start, words }
}

/// Files that begin with `word`; directories end in a slash.
fn files(start: usize, word: &str) -> Completion {
    let (directory, name) = word.rsplit_once('/').map_or(("", word), |(d, n)| (d, n));
    let path = match (directory, word.starts_with('/')) {
        ("", true) => "/".into(),
        ("", false) => ".".into(),
        (d, _) => expand_home(d),
    };
    let Ok(entries) = std::fs::read_dir(path) else { return Completion::default() };
    let keep = word.len() - name.len();
    let prefix = word.get(..keep).unwrap_or_default();
    let words = entries.flatten().filter_map(|entry| {
        let file = entry.file_name().into_string().ok()?;
        let shown = file.starts_with(name) && (!file.starts_with('.') || name.starts_with('.'));
        let slash = if entry.path().is_dir() { "/" } else { "" };
        shown.then(|| format!("{prefix}{file}{slash}").into())
    });
    Completion { start, words: words.take(10_000).collect() }
}

/// What is missing after a command's name, dimmed at the prompt: its arguments.
pub fn hint(interpreter: &Interpreter, line: &str) -> Option<String> {
    let found = interpreter.registry.resolve(line).ok()?;
    let Entry::Command(command) = found.entry else { return None };
    if !found.rest.is_empty() || !line.ends_with(' ') || command.args.is_empty() {
        return None;
    }
    let usage = super::help::usage(command);
    Some(usage.get(command.name.len()..)?.trim_start().to_owned())
}

/// `complete`
pub const COMPLETE: Command = Command {
    name: "complete",
    args: &[ArgSpec::may("TEXT", ArgKind::Rest)],
    summary: "List the completions for the rest of the line as a command.",
    repeat: Repeat::No,
    run: list,
    ..Command::BASE
};

fn list(cx: &mut Cx<'_>, args: &Args) -> Result<Flow> {
    let line = args.raw.as_str();
    let found = complete(cx.interpreter, cx.session, line);
    let before = line.get(..found.start).unwrap_or_default();
    let most = cx.session.settings.max_completions.map_or(usize::MAX, |n| n as usize);
    let text = |c: &Candidate| format!("{before}{}\n", if found.words.len() == 1 { &c.word } else { &c.shown });
    let mut out: String = found.words.iter().take(most).map(text).collect();
    if found.words.len() > most {
        out.push_str(&format!("{line} *** List may be truncated, max-completions reached. ***\n"));
    }
    cx.say(out);
    Ok(Flow::Go)
}

/// The family.
pub const COMMANDS: &[Command] = &[COMPLETE];

#[cfg(test)]
mod tests {
    use crate::command::fixture::run;

    #[test]
    fn commands_settings_options_and_names_complete() {
        assert_eq!(run("complete info sy"), "info symbol\n");
        assert_eq!(run("complete set print el"), "set print elements\n");
        assert_eq!(run("complete set confirm "), "set confirm off\nset confirm on\n");
        assert_eq!(run("complete info slots -"), "info slots -all\ninfo slots -json\ninfo slots -m\n");
        assert_eq!(run("complete count PL"), "count PLT\n");
        assert_eq!(run("complete count 1+$rb"), "count 1+$rbp\ncount 1+$rbx\n");
        assert_eq!(run("complete help info sy"), "help info symbol\n");
        assert_eq!(run("complete with print pre"), "with print pretty\n");
        assert!(run("complete source /etc/passw").starts_with("source /etc/passwd\n"));
        assert_eq!(run("complete frob x"), "");
        assert_eq!(run("complete"), run("complete "));
    }
}

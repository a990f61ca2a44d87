//! `skip`: what `step` does not enter.

use crate::base::{Error, Result};
use crate::engine::{SkipFile, SkipFunction};
use crate::ui::Role;

use super::args::Args;
use super::cx::{Command, Cx};
use super::describe::{ArgKind, ArgSpec, Example, Flow, Group, Repeat};

/// What `step` does not enter.
pub const COMMANDS: &[Command] = &[SKIP, FUNCTION, FILE, ENABLE, DISABLE, DELETE, INFO];

const SKIP: Command = Command {
    name: "skip",
    group: Group::Running,
    args: &[ArgSpec::may("[-fi FILE | -gfi PATTERN] [-fu FUNCTION | -rfu REGEX] | FUNCTION", ArgKind::Rest)],
    summary: "Ignore a function while stepping.",
    help: "\"step\" runs through what is skipped, as through functions without lines. Without arguments the selected frame's function \
is meant.\n-fi: the functions of FILE; -gfi: those of files that a pattern with * and ? fits; -fu: FUNCTION; -rfu: those that a \
regular expression fits. A file and a function together: that function in that file.",
    examples: &[Example { line: "skip -gfi /usr/include/c++/*/*/*", what: "stays out of the C++ library's headers" }],
    repeat: Repeat::No,
    run: skip,
    ..Command::BASE
};

const FUNCTION: Command = Command {
    name: "skip function",
    group: Group::Running,
    args: &[ArgSpec::may("FUNCTION", ArgKind::Symbol)],
    summary: "Ignore a function while stepping.",
    repeat: Repeat::No,
    run: |cx, args| one_function(cx, &args.text),
    ..Command::BASE
};

const FILE: Command = Command {
    name: "skip file",
    group: Group::Running,
    args: &[ArgSpec::may("FILE", ArgKind::Rest)],
    summary: "Ignore a file while stepping.",
    repeat: Repeat::No,
    run: one_file,
    ..Command::BASE
};

const ENABLE: Command = Command {
    name: "skip enable",
    group: Group::Running,
    args: &[ArgSpec::may("N ...", ArgKind::Rest)],
    summary: "Enable skip entries.",
    repeat: Repeat::No,
    run: |cx, args| enable(cx, args, true),
    ..Command::BASE
};

const DISABLE: Command = Command {
    name: "skip disable",
    group: Group::Running,
    args: &[ArgSpec::may("N ...", ArgKind::Rest)],
    summary: "Disable skip entries.",
    repeat: Repeat::No,
    run: |cx, args| enable(cx, args, false),
    ..Command::BASE
};

const DELETE: Command = Command {
    name: "skip delete",
    group: Group::Running,
    args: &[ArgSpec::may("N ...", ArgKind::Rest)],
    summary: "Delete skip entries.",
    repeat: Repeat::No,
    run: delete,
    ..Command::BASE
};

const INFO: Command = Command {
    name: "info skip",
    group: Group::Status,
    args: &[ArgSpec::may("N ...", ArgKind::Rest)],
    summary: "Display the status of skips.",
    run: info,
    ..Command::BASE
};

fn plain_file(text: &str) -> SkipFile {
    SkipFile { text: text.to_owned(), pattern: None }
}

fn plain_function(text: &str) -> SkipFunction {
    SkipFunction { text: text.to_owned(), pattern: None }
}

fn skip(cx: &mut Cx<'_>, args: &Args) -> Result<Flow> {
    if !args.text.starts_with('-') {
        return one_function(cx, &args.text);
    }
    let words = super::split_words(&args.text);
    let (mut file, mut function): (Option<SkipFile>, Option<SkipFunction>) = (None, None);
    let mut words = words.into_iter();
    while let Some(option) = words.next() {
        let option = option.as_str();
        let is_known = matches!(option, "-fi" | "-file" | "-gfi" | "-gfile" | "-fu" | "-function" | "-rfu" | "-rfunction");
        if !is_known {
            return Err(Error::user(match option.starts_with('-') {
                true => format!("Invalid skip option: {option}"),
                false => format!("Invalid argument: {option}"),
            }));
        }
        let value = words.next().ok_or_else(|| Error::user(format!("Missing value for {option} option.")))?;
        match option {
            "-fi" | "-file" | "-gfi" | "-gfile" => {
                let is_pattern = option.starts_with("-g");
                if file.as_ref().is_some_and(|f| f.pattern.is_some() != is_pattern) {
                    return Err(Error::user("Cannot specify both -file and -gfile."));
                }
                let pattern = is_pattern.then(|| glob::Pattern::new(&value)).transpose();
                let pattern = pattern.map_err(|e| Error::user(format!("Invalid pattern \"{value}\": {e}.")))?;
                file = Some(SkipFile { text: value, pattern });
            }
            _ => {
                let is_pattern = option.starts_with("-r");
                if function.as_ref().is_some_and(|f| f.pattern.is_some() != is_pattern) {
                    return Err(Error::user("Cannot specify both -function and -rfunction."));
                }
                let pattern = if is_pattern { Some(super::compile_regex(&value)?) } else { None };
                function = Some(SkipFunction { text: value, pattern });
            }
        }
    }
    let many = |is_pattern: bool| if is_pattern { "(s)" } else { "" };
    let files = file.as_ref().map(|f| format!("ile{} {}", many(f.pattern.is_some()), f.text));
    let functions = function.as_ref().map(|f| format!("Function{} {}", many(f.pattern.is_some()), f.text));
    let what = match (functions, files) {
        (Some(functions), Some(files)) => format!("{functions} in f{files}"),
        (Some(functions), None) => functions,
        (None, files) => format!("F{}", files.unwrap_or_default()),
    };
    cx.session.skips.add(file, function);
    cx.say(format!("{what} will be skipped when stepping.\n"));
    Ok(Flow::Go)
}

fn one_function(cx: &mut Cx<'_>, name: &str) -> Result<Flow> {
    let name = match name {
        "" => {
            let frame = cx.session.selected_frame().map_err(|_| Error::user("No default function now."))?;
            let line = crate::ui::render::frame_line(cx.session, &frame);
            if line.function == "??" {
                return Err(Error::user("No function to skip."));
            }
            line.function
        }
        name => name.to_owned(),
    };
    cx.session.skips.add(None, Some(plain_function(&name)));
    cx.say(format!("Function {name} will be skipped when stepping.\n"));
    Ok(Flow::Go)
}

fn one_file(cx: &mut Cx<'_>, args: &Args) -> Result<Flow> {
    let name = match args.text.as_str() {
        "" => {
            let none = || Error::user("No default file now.");
            let frame = cx.session.selected_frame().map_err(|_| none())?;
            cx.session.frame_source(&frame).ok_or_else(none)?.file.path.display().to_string()
        }
        name => name.to_owned(),
    };
    cx.session.skips.add(Some(plain_file(&name)), None);
    cx.say(format!("File {name} will be skipped when stepping.\n"));
    Ok(Flow::Go)
}

/// Whether a list of numbers and ranges (`1 3-5`) names a number; an empty one names all.
fn chosen(text: &str) -> Result<impl Fn(u32) -> bool> {
    let mut ranges = Vec::new();
    for word in text.split_whitespace() {
        let number = |t: &str| t.parse::<u32>().map_err(|_| Error::user("Arguments must be skip numbers."));
        ranges.push(match word.split_once('-') {
            Some((from, to)) => number(from)?..=number(to)?,
            None => number(word)?..=number(word)?,
        });
    }
    Ok(move |id| ranges.is_empty() || ranges.iter().any(|r| r.contains(&id)))
}

/// Changes the entries that are named, of which there must be one.
fn with_chosen(cx: &mut Cx<'_>, args: &Args, act: impl FnOnce(&mut Cx<'_>, &dyn Fn(u32) -> bool)) -> Result<Flow> {
    let is_chosen = chosen(&args.text)?;
    if !cx.session.skips.list.iter().any(|s| is_chosen(s.id)) {
        return Err(Error::user(match args.text.as_str() {
            "" => "No skiplist entries found.".to_owned(),
            text => format!("No skiplist entries found with number {text}."),
        }));
    }
    act(cx, &is_chosen);
    Ok(Flow::Go)
}

fn enable(cx: &mut Cx<'_>, args: &Args, enabled: bool) -> Result<Flow> {
    with_chosen(cx, args, |cx, is_chosen| {
        cx.session.skips.list.iter_mut().filter(|s| is_chosen(s.id)).for_each(|s| s.enabled = enabled);
    })
}

fn delete(cx: &mut Cx<'_>, args: &Args) -> Result<Flow> {
    with_chosen(cx, args, |cx, is_chosen| cx.session.skips.list.retain(|s| !is_chosen(s.id)))
}

fn info(cx: &mut Cx<'_>, args: &Args) -> Result<Flow> {
    let is_chosen = chosen(&args.text)?;
    let list: Vec<_> = cx.session.skips.list.iter().filter(|s| is_chosen(s.id)).cloned().collect();
    if list.is_empty() {
        cx.say(match args.text.as_str() {
            "" => "Not skipping any files or functions.\n".to_owned(),
            text => format!("No skiplist entries found with number {text}.\n"),
        });
        return Ok(Flow::Go);
    }
    cx.out.text(Role::Title, "Num   Enb Glob File                 RE Function\n");
    let yes = |b: bool| if b { "y" } else { "n" };
    for s in list {
        let glob = yes(s.file.as_ref().is_some_and(|f| f.pattern.is_some()));
        let regex = yes(s.function.as_ref().is_some_and(|f| f.pattern.is_some()));
        let file = s.file.as_ref().map_or("<none>", |f| f.text.as_str());
        let function = s.function.as_ref().map_or("<none>", |f| f.text.as_str());
        cx.say(format!("{:<5} {:<3} {glob:>4} {file:<20} {regex:>2} {function}\n", s.id, yes(s.enabled)));
    }
    Ok(Flow::Go)
}

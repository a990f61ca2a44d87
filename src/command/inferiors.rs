//! Several programs beside each other: inferiors.

use crate::base::{Error, Result};
use crate::engine::{Notice, Session, Vfork};

use super::args::Args;
use super::cx::{Command, Cx};
use super::describe::{ArgKind, ArgSpec, Example, Flow, Group, Repeat};
use super::paths::expand_home;

/// Inferiors.
pub const COMMANDS: &[Command] =
    &[INFO_INFERIORS, INFERIOR, ADD_INFERIOR, CLONE_INFERIOR, REMOVE_INFERIORS, KILL_INFERIORS, DETACH_INFERIORS];

const INFO_INFERIORS: Command = Command {
    name: "info inferiors",
    group: Group::Status,
    args: &[ArgSpec::may("IDS", ArgKind::Rest)],
    summary: "The programs that are debugged.",
    help: "IDS (1 3-5) shows those only. * marks the current one.",
    run: info_inferiors,
    ..Command::BASE
};

fn info_inferiors(cx: &mut Cx<'_>, args: &Args) -> Result<Flow> {
    let wanted = if args.text.is_empty() { None } else { Some(numbers(&args.text)?) };
    let mut rows = Vec::new();
    for inferior in cx.session.inferiors() {
        if wanted.as_ref().is_some_and(|w| !w.contains(&inferior.number)) {
            continue;
        }
        let mark = if inferior.number == cx.session.inferior.number { '*' } else { ' ' };
        let (what, connection) = match &inferior.process {
            Some(process) if process.target.core_file().is_some() => (format!("process {}", process.target.pid()), "1 (core)"),
            Some(process) => (format!("process {}", process.target.pid()), "1 (native)"),
            None => ("<null>".to_owned(), ""),
        };
        let vfork = match inferior.vfork {
            Some(Vfork::ParentOf(child)) => format!("\tis vfork parent of inferior {child}\n"),
            Some(Vfork::ChildOf(parent)) => format!("\tis vfork child of inferior {parent}\n"),
            None => String::new(),
        };
        rows.push((mark, inferior.number, what, connection, program_of(cx.session, inferior.number), vfork));
    }
    if rows.is_empty() {
        cx.say("No inferiors.\n");
        return Ok(Flow::Go);
    }
    cx.say(format!("  {:<4} {:<17} {:<20} {:<17} \n", "Num", "Description", "Connection", "Executable"));
    for (mark, number, what, connection, program, vfork) in rows {
        cx.say(format!("{mark} {number:<4} {what:<17} {connection:<20} {program:<17} \n{vfork}"));
    }
    Ok(Flow::Go)
}

fn program_of(session: &Session, number: u32) -> String {
    let inferior = session.inferior_numbered(number);
    inferior.and_then(|i| i.program.as_ref()).map(|p| p.path.display().to_string()).unwrap_or_default()
}

/// The numbers of a list: `1 3-5`.
fn numbers(text: &str) -> Result<Vec<u32>> {
    let mut all = Vec::new();
    for word in text.split_whitespace() {
        let invalid = || Error::user(format!("Arguments must be inferior IDs: \"{word}\"."));
        if let Some(digits) = word.strip_prefix('-').filter(|d| d.bytes().all(|b| b.is_ascii_digit())) {
            return Err(Error::user(format!("negative value: -{digits}")));
        }
        let (first, last) = word.split_once('-').unwrap_or((word, word));
        let (first, last): (u32, u32) = (first.parse().map_err(|_| invalid())?, last.parse().map_err(|_| invalid())?);
        if last.saturating_sub(first) > 1 << 16 {
            return Err(invalid());
        }
        all.extend(first..=last);
    }
    Ok(all)
}

/// `2 [process 123] (/bin/true)`: as gdb names one.
fn described(session: &Session, number: u32) -> String {
    let process = session.inferior_numbered(number).and_then(|i| i.process.as_ref());
    let what = process.map_or_else(|| "<null>".to_owned(), |p| format!("process {}", p.target.pid()));
    let program = program_of(session, number);
    format!("{number} [{what}] ({})", if program.is_empty() { "<noexec>" } else { &program })
}

const INFERIOR: Command = Command {
    name: "inferior",
    group: Group::Status,
    args: &[ArgSpec::may("ID", ArgKind::Rest)],
    summary: "Make an inferior the current one, or tell which one is.",
    examples: &[Example { line: "inferior 1", what: "looks at the first program" }],
    repeat: Repeat::No,
    run: inferior,
    ..Command::BASE
};

fn inferior(cx: &mut Cx<'_>, args: &Args) -> Result<Flow> {
    let before = cx.session.inferior.number;
    if args.text.is_empty() {
        let line = format!("[Current inferior is {}]\n", described(cx.session, before));
        cx.say(line);
        return Ok(Flow::Go);
    }
    let number = super::expression::integer(cx, &args.text)?;
    let number = u32::try_from(number).map_err(|_| Error::user(format!("Inferior ID {number} not known.")))?;
    cx.session.select_inferior(number)?;
    let line = format!("[Switching to inferior {}]\n", described(cx.session, number));
    cx.say(line);
    if let (Some(tid), Ok(process)) = (cx.session.selection.tid, cx.session.process()) {
        let id = cx.session.thread_id(process.number_of(tid).unwrap_or(0));
        super::threads::show_switch(cx, &id, tid)?;
    }
    Ok(Flow::Go)
}

/// `-copies N`, `-exec FILE`, `-no-connection`, and what follows.
#[derive(Default)]
struct Options {
    copies: u32,
    exec: Option<String>,
    id: Option<u32>,
}

fn options(cx: &mut Cx<'_>, text: &str, is_clone: bool) -> Result<Options> {
    let mut options = Options { copies: 1, ..Options::default() };
    let mut words = text.split_whitespace();
    while let Some(word) = words.next() {
        match word {
            "-copies" => {
                let text = words.next().ok_or_else(|| Error::user("No argument to -copies"))?;
                let count = super::expression::integer(cx, text)?;
                options.copies = match u32::try_from(count) {
                    Ok(n) if n <= 1 << 10 => n,
                    _ => return Err(Error::user("Invalid copies number")),
                };
            }
            "-no-connection" => {}
            "-exec" if !is_clone => {
                options.exec = Some(words.next().ok_or_else(|| Error::user("No argument to -exec"))?.to_owned());
            }
            word if word.starts_with('-') || !is_clone => return Err(Error::user("Invalid argument")),
            word => {
                let number = super::expression::integer(cx, word)?;
                let there = u32::try_from(number).ok().filter(|n| cx.session.inferior_numbered(*n).is_some());
                options.id = Some(there.ok_or_else(|| Error::user(format!("Inferior ID {number} not known.")))?);
            }
        }
    }
    Ok(options)
}

/// Adds one, and says so.
fn add(cx: &mut Cx<'_>) -> u32 {
    let number = cx.session.add_inferior();
    if let Some((role, text)) = crate::ui::render::notice_text(cx.session, &Notice::NewInferior { number, pid: None }) {
        cx.out.text(role, &text);
    }
    cx.say(format!("Added inferior {number}\n"));
    number
}

const ADD_INFERIOR: Command = Command {
    name: "add-inferior",
    group: Group::Running,
    args: &[ArgSpec::may("[-exec FILE] [-copies N] [-no-connection]", ArgKind::Rest)],
    summary: "Add another program.",
    help: "\"inferior ID\" makes it the current one: \"run\" then starts it beside those that run already.",
    examples: &[Example { line: "add-inferior -exec /bin/true", what: "makes /bin/true the program of a new inferior" }],
    repeat: Repeat::No,
    run: |cx, args| {
        let options = options(cx, &args.text, false)?;
        for _ in 0..options.copies {
            let number = add(cx);
            if let Some(path) = &options.exec {
                in_inferior(cx, number, |cx| super::run::load(cx, &expand_home(path)))?;
            }
        }
        Ok(Flow::Go)
    },
    ..Command::BASE
};

/// Does something with another inferior being the current one.
fn in_inferior<T>(cx: &mut Cx<'_>, number: u32, act: impl FnOnce(&mut Cx<'_>) -> Result<T>) -> Result<T> {
    let before = cx.session.inferior.number;
    cx.session.select_inferior(number)?;
    let result = act(cx);
    cx.session.select_inferior(before)?;
    result
}

const CLONE_INFERIOR: Command = Command {
    name: "clone-inferior",
    group: Group::Running,
    args: &[ArgSpec::may("[-copies N] [ID]", ArgKind::Rest)],
    summary: "Add an inferior with the program and the settings of another one.",
    help: "Those are its arguments, environment, working directory and terminal. Without ID, the current one is copied.",
    examples: &[Example {
        line: "clone-inferior",
        what: "starts the same program a second time, with \"inferior 2\" and \"run\"",
    }],
    repeat: Repeat::No,
    run: |cx, args| {
        let options = options(cx, &args.text, true)?;
        let from = options.id.unwrap_or(cx.session.inferior.number);
        for _ in 0..options.copies {
            let number = add(cx);
            cx.session.copy_setup(from, number);
            let program = cx.session.inferior_numbered(from).and_then(|i| i.program.clone());
            if let Some(program) = program {
                in_inferior(cx, number, |cx| cx.session.load_program(&program.path))?;
            }
        }
        Ok(Flow::Go)
    },
    ..Command::BASE
};

/// Those of a list that there are; of the others it is said that they are not known.
fn listed(cx: &mut Cx<'_>, text: &str, what: &str) -> Result<Vec<u32>> {
    if text.is_empty() {
        return Err(Error::user(format!("Requires {what}")));
    }
    let mut found = numbers(text)?;
    found.retain(|n| {
        let known = cx.session.inferior_numbered(*n).is_some();
        if !known {
            cx.warn(format!("Inferior ID {n} not known."));
        }
        known
    });
    Ok(found)
}

const REMOVE_INFERIORS: Command = Command {
    name: "remove-inferiors",
    group: Group::Running,
    args: &[ArgSpec::may("IDS", ArgKind::Rest)],
    summary: "Remove inferiors that do not run.",
    examples: &[Example { line: "remove-inferiors 2", what: "forgets the second program" }],
    repeat: Repeat::No,
    run: |cx, args| {
        for number in listed(cx, &args.text, "an argument (inferior id(s) to remove)")? {
            if number == cx.session.inferior.number || cx.interpreter.comes_back_to.contains(&number) {
                cx.warn(format!("Can not remove current inferior {number}."));
            } else if cx.session.inferior_numbered(number).is_some_and(|i| i.process.is_some()) {
                cx.warn(format!("Can not remove active inferior {number}."));
            } else {
                cx.session.remove_inferior(number);
            }
        }
        Ok(Flow::Go)
    },
    ..Command::BASE
};

/// Those of a list that run; of the others it is said that they do not.
fn running(cx: &mut Cx<'_>, text: &str, what: &str) -> Result<Vec<u32>> {
    let mut found = listed(cx, text, what)?;
    found.retain(|n| {
        let runs = cx.session.inferior_numbered(*n).is_some_and(|i| i.process.is_some());
        if !runs {
            cx.warn(format!("Inferior ID {n} is not running."));
        }
        runs
    });
    Ok(found)
}

const KILL_INFERIORS: Command = Command {
    name: "kill inferiors",
    group: Group::Running,
    args: &[ArgSpec::may("IDS", ArgKind::Rest)],
    summary: "Kill the processes of inferiors.",
    repeat: Repeat::No,
    run: |cx, args| {
        for number in running(cx, &args.text, "argument (inferior id(s) to kill)")? {
            in_inferior(cx, number, |cx| cx.session.kill())?;
            super::notices::show_ended(cx);
        }
        Ok(Flow::Go)
    },
    ..Command::BASE
};

const DETACH_INFERIORS: Command = Command {
    name: "detach inferiors",
    group: Group::Running,
    args: &[ArgSpec::may("IDS", ArgKind::Rest)],
    summary: "Let go of the processes of inferiors, which go on as if nothing had been.",
    repeat: Repeat::No,
    run: |cx, args| {
        for number in running(cx, &args.text, "argument (inferior id(s) to detach)")? {
            in_inferior(cx, number, super::attach::let_go)?;
            super::notices::show_ended(cx);
        }
        Ok(Flow::Go)
    },
    ..Command::BASE
};

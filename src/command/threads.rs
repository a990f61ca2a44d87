//! Threads, and what is known of the process as a whole.

use std::collections::BTreeSet;

use crate::arch::regs::Gpr;
use crate::base::{Error, Result, Tid};
use crate::engine::{Selection, Session, pending_signal};
use crate::ui::Role;
use crate::ui::render::frame_line;

use super::args::Args;
use super::cx::Cx;
use super::describe::{ArgKind, ArgSpec, Command, Example, Flow, Group, Repeat};
use super::stack::{ApplyFlags, show_selected};

/// Threads.
pub const COMMANDS: &[Command] =
    &[INFO_THREADS, THREAD, THREAD_APPLY, TAAS, TFAAS, THREAD_NAME, THREAD_FIND, INFO_INFERIORS, INFO_PROGRAM];

const INFO_THREADS: Command = Command {
    name: "info threads",
    group: Group::Status,
    args: &[ArgSpec::may("IDS", ArgKind::Rest)],
    summary: "The threads, and where each of them is.",
    help: "IDS (1 3-5) shows those only. * marks the selected thread.",
    examples: &[Example { line: "info threads", what: "lists all of them" }],
    run: info_threads,
    ..Command::BASE
};

fn info_threads(cx: &mut Cx<'_>, args: &Args) -> Result<Flow> {
    let wanted = if args.text.is_empty() { None } else { Some(ids(&args.text)?) };
    let threads = numbered(cx.session);
    let shown: Vec<(u32, Tid)> = threads.into_iter().filter(|(n, _)| wanted.as_ref().is_none_or(|w| w.contains(n))).collect();
    if shown.is_empty() {
        match &wanted {
            Some(_) => cx.say(format!("No threads match '{}'.\n", args.text)),
            None => cx.say("No threads.\n"),
        }
        return Ok(Flow::Go);
    }
    let names: Vec<String> = shown.iter().map(|(_, tid)| named_target_id(cx.session, *tid)).collect();
    let width = names.iter().map(|n| n.chars().count()).max().unwrap_or(0);
    cx.say(format!("  {:<4} {:<width$} Frame \n", "Id", "Target Id"));
    for ((number, tid), name) in shown.iter().zip(names) {
        let mark = if cx.session.selection.tid == Some(*tid) { '*' } else { ' ' };
        cx.say(format!("{mark} {number:<4} {name:<width$} "));
        // The values at a function's entry are told by the frames of the selected thread.
        let before = std::mem::replace(&mut cx.session.selection, Selection { tid: Some(*tid), level: 0 });
        let found = cx.session.backtrace(*tid, 1);
        let pieces = found.map(|(frames, _)| frames.first().map(|f| frame_line(cx.session, f).pieces()).unwrap_or_default());
        cx.session.selection = before;
        match pieces {
            Ok(pieces) => {
                for (role, text) in pieces {
                    cx.out.text(role, &text);
                }
                cx.say("\n");
            }
            Err(e) => cx.out.text(Role::Dim, &format!("<{e}>\n")),
        }
    }
    Ok(Flow::Go)
}

/// The threads by their numbers.
fn numbered(session: &Session) -> Vec<(u32, Tid)> {
    let Ok(process) = session.process() else { return Vec::new() };
    let mut threads: Vec<(u32, Tid)> =
        process.target.threads().into_iter().filter_map(|t| Some((process.number_of(t)?, t))).collect();
    threads.sort_unstable();
    threads
}

/// `Thread 0x7ffff7dd2740 (LWP 14723)`; without a thread pointer (a process that has just begun) what the kernel calls it.
pub(super) fn target_id(session: &Session, tid: Tid) -> String {
    let Ok(process) = session.process() else { return format!("LWP {tid}") };
    let pthread = process.target.registers(tid).ok().and_then(|r| r.get(Gpr::FsBase)).unwrap_or(0);
    match pthread {
        0 if process.target.threads().len() == 1 => format!("process {tid}"),
        0 => format!("LWP {tid}"),
        _ => format!("Thread {pthread:#x} (LWP {tid})"),
    }
}

/// The same with the thread's name behind it.
fn named_target_id(session: &Session, tid: Tid) -> String {
    let name = session.process().map(|p| p.thread_name(tid)).unwrap_or_default();
    if name.is_empty() { target_id(session, tid) } else { format!("{} \"{name}\"", target_id(session, tid)) }
}

/// The threads of a list: `1 3-5 1.2`.
fn ids(text: &str) -> Result<BTreeSet<u32>> {
    let mut out = BTreeSet::new();
    for word in text.split_whitespace() {
        out.extend(id_range(word)?);
    }
    Ok(out)
}

/// `3`, `1.3` or `3-5`.
fn id_range(word: &str) -> Result<std::ops::RangeInclusive<u32>> {
    let invalid = || Error::user(format!("Invalid thread ID: {word}"));
    if let Some(digits) = word.strip_prefix('-').filter(|d| d.bytes().all(|b| b.is_ascii_digit())) {
        return Err(Error::user(format!("negative value: -{digits}")));
    }
    let plain = word.strip_prefix("1.").unwrap_or(word);
    let (first, last) = plain.split_once('-').unwrap_or((plain, plain));
    let range = first.parse().map_err(|_| invalid())?..=last.parse().map_err(|_| invalid())?;
    if *range.end() > 1 << 22 {
        return Err(invalid());
    }
    Ok(range)
}

const THREAD: Command = Command {
    name: "thread",
    aliases: &["t"],
    group: Group::Running,
    args: &[ArgSpec::may("ID", ArgKind::Tid)],
    summary: "Select a thread, and show where it is.",
    help: "Without ID, the selected thread is told.",
    examples: &[Example { line: "thread 1", what: "looks at the first thread" }],
    run: thread,
    ..Command::BASE
};

fn thread(cx: &mut Cx<'_>, args: &Args) -> Result<Flow> {
    if args.text.is_empty() {
        let tid = cx.session.selected_thread().map_err(|_| Error::user("No thread selected"))?;
        let number = cx.session.process()?.number_of(tid).unwrap_or(0);
        let line = format!("[Current thread is {number} ({})]\n", target_id(cx.session, tid));
        cx.say(line);
        return Ok(Flow::Go);
    }
    let word = &args.text;
    let number = if word.starts_with('$') {
        u32::try_from(super::data::integer(cx, word)?).map_err(|_| Error::user(format!("Invalid thread ID: {word}")))?
    } else {
        *id_range(word)?.start()
    };
    let found = numbered(cx.session).into_iter().find(|(n, _)| *n == number);
    let (_, tid) = found.ok_or_else(|| Error::user(format!("Unknown thread {word}.")))?;
    cx.session.selection.tid = Some(tid);
    cx.session.selection.level = 0;
    let line = format!("[Switching to thread {number} ({})]\n", target_id(cx.session, tid));
    cx.say(line);
    show_selected(cx)?;
    Ok(Flow::Go)
}

const THREAD_APPLY: Command = Command {
    name: "thread apply",
    aliases: &["t apply"],
    group: Group::Running,
    args: &[ArgSpec::may("IDS", ArgKind::Word), ArgSpec::may("COMMAND", ArgKind::Command)],
    summary: "Run a command in several threads.",
    help: "IDS is \"all\" or a list (1 3-5); \"all -ascending\" begins with the first thread.\n\
Flags before COMMAND: -q does not name the threads, -c goes on after errors and shows them, -s goes on silently.",
    examples: &[Example { line: "thread apply all backtrace", what: "shows every thread's stack" }],
    run: |cx, args| apply(cx, &args.text),
    ..Command::BASE
};

const TAAS: Command = Command {
    name: "taas",
    group: Group::Running,
    args: &[ArgSpec::may("COMMAND", ArgKind::Command)],
    summary: "Run a command in all threads, ignoring errors and empty output.",
    run: |cx, args| match args.text.as_str() {
        "" => Err(Error::user("Please specify a command to apply on all threads")),
        command => apply(cx, &format!("all -s {command}")),
    },
    ..Command::BASE
};

const TFAAS: Command = Command {
    name: "tfaas",
    group: Group::Running,
    args: &[ArgSpec::may("COMMAND", ArgKind::Command)],
    summary: "Run a command in all frames of all threads, ignoring errors and empty output.",
    run: |cx, args| match args.text.as_str() {
        "" => Err(Error::user("Please specify a command to apply on all frames of all threads")),
        command => apply(cx, &format!("all -s -- frame apply all -s {command}")),
    },
    ..Command::BASE
};

const THREAD_NAME: Command = Command {
    name: "thread name",
    aliases: &["t name"],
    group: Group::Running,
    args: &[ArgSpec::may("NAME", ArgKind::Rest)],
    summary: "Give the selected thread a name of your own; without NAME, its own again.",
    help: "The name is shown instead of the one that the program has given the thread; the program does not see it.",
    examples: &[Example { line: "thread name reader", what: "calls the selected thread \"reader\"" }],
    run: thread_name,
    ..Command::BASE
};

fn thread_name(cx: &mut Cx<'_>, args: &Args) -> Result<Flow> {
    let tid = cx.session.selected_thread().map_err(|_| Error::user("No thread selected"))?;
    cx.session.process_mut()?.name_thread(tid, Some(args.text.trim()).filter(|t| !t.is_empty()));
    Ok(Flow::Go)
}

fn apply(cx: &mut Cx<'_>, text: &str) -> Result<Flow> {
    let threads = numbered(cx.session);
    let mut rest = text.trim();
    let mut chosen: Vec<(u32, Tid)> = Vec::new();
    let mut what = "thread apply";
    let cut = |text: &'_ str| text.find(char::is_whitespace).unwrap_or(text.len());
    if rest.is_empty() {
        return Err(Error::user("Please specify a thread ID list"));
    }
    if let Some(after) = rest.strip_prefix("all").filter(|a| a.is_empty() || a.starts_with(char::is_whitespace)) {
        rest = after.trim_start();
        what = "thread apply all";
        chosen = threads;
        match rest.strip_prefix("-ascending") {
            Some(after) => rest = after.trim_start(),
            // gdb's order.
            None => chosen.reverse(),
        }
    } else {
        while rest.starts_with(|c: char| c.is_ascii_digit()) {
            let (word, after) = rest.split_at(cut(rest));
            rest = after.trim_start();
            for number in id_range(word)? {
                match threads.iter().find(|(n, _)| *n == number) {
                    Some(found) => chosen.push(*found),
                    None => cx.warn(format!("Unknown thread {number}")),
                }
            }
        }
    }
    let (flags, command) = ApplyFlags::parse(rest, what)?;
    if command.is_empty() {
        return Err(Error::user("Please specify a command following the thread ID list"));
    }
    apply_to(cx, &chosen, flags, command)
}

fn apply_to(cx: &mut Cx<'_>, chosen: &[(u32, Tid)], flags: ApplyFlags, command: &str) -> Result<Flow> {
    let before = cx.session.selection;
    let runs = cx.session.stop_count();
    let mut result = Ok(Flow::Go);
    for (number, tid) in chosen {
        cx.session.selection.tid = Some(*tid);
        cx.session.selection.level = 0;
        let heading = format!("\nThread {number} ({}):\n", named_target_id(cx.session, *tid));
        result = flags.run(cx, command, |cx| cx.say(heading));
        if result.is_err() || cx.session.stop_count() != runs {
            break;
        }
    }
    if cx.session.stop_count() == runs {
        cx.session.selection = before;
    }
    result
}

const THREAD_FIND: Command = Command {
    name: "thread find",
    group: Group::Running,
    args: &[ArgSpec::must("REGEX", ArgKind::Regex)],
    summary: "Find threads whose name or id matches a regular expression.",
    run: thread_find,
    ..Command::BASE
};

fn thread_find(cx: &mut Cx<'_>, args: &Args) -> Result<Flow> {
    let regex = super::shell::compile_regex(&args.text)?;
    let mut found = false;
    for (number, tid) in numbered(cx.session) {
        let name = cx.session.process()?.thread_name(tid);
        let id = target_id(cx.session, tid);
        if regex.is_match(&name) {
            cx.say(format!("Thread {number} has name '{name}'\n"));
            found = true;
        }
        if regex.is_match(&id) {
            cx.say(format!("Thread {number} has target id '{id}'\n"));
            found = true;
        }
    }
    if !found {
        cx.say(format!("No threads match '{}'\n", args.text));
    }
    Ok(Flow::Go)
}

const INFO_INFERIORS: Command = Command {
    name: "info inferiors",
    group: Group::Status,
    summary: "The programs that are debugged.",
    run: info_inferiors,
    ..Command::BASE
};

fn info_inferiors(cx: &mut Cx<'_>, _args: &Args) -> Result<Flow> {
    let inferior = &cx.session.inferior;
    let (what, connection) = match &inferior.process {
        Some(process) => (format!("process {}", process.target.pid()), "1 (native)"),
        None => ("<null>".to_owned(), ""),
    };
    let path = inferior.program.as_ref().map(|p| p.path.display().to_string()).unwrap_or_default();
    cx.say(format!("  {:<4} {:<17} {:<20} {:<17} \n", "Num", "Description", "Connection", "Executable"));
    cx.say(format!("* {:<4} {what:<17} {connection:<20} {path:<17} \n", 1));
    Ok(Flow::Go)
}

const INFO_PROGRAM: Command = Command {
    name: "info program",
    group: Group::Status,
    summary: "Where the program stands, and why.",
    repeat: Repeat::No,
    run: info_program,
    ..Command::BASE
};

fn info_program(cx: &mut Cx<'_>, _args: &Args) -> Result<Flow> {
    let Ok(tid) = cx.session.selected_thread() else {
        cx.say("The program being debugged is not being run.\n");
        return Ok(Flow::Go);
    };
    let pc = cx.session.process()?.target.pc(tid)?;
    let mut text = format!("\tUsing the running image of child {}.\nProgram stopped at {pc}.\n", target_id(cx.session, tid));
    let here = cx.session.breakpoints.iter().find(|b| b.enabled && b.hits > 0 && b.locations.iter().any(|l| l.addr == pc));
    if let Some(breakpoint) = here {
        text += &format!("It stopped at breakpoint {}.\n", breakpoint.id);
    } else if let Some(signal) = pending_signal(cx.session, tid) {
        text += &format!("It stopped at signal {}, {}.\n", signal.name(), signal.description());
    }
    text += "Type \"info stack\" or \"info registers\" for more information.\n";
    cx.say(text);
    Ok(Flow::Go)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_threads() {
        assert_eq!(ids("1 3-5 1.7").unwrap().into_iter().collect::<Vec<_>>(), [1, 3, 4, 5, 7]);
        assert_eq!(ids("foo").unwrap_err().to_string(), "Invalid thread ID: foo");
        assert_eq!(ids("-1").unwrap_err().to_string(), "negative value: -1");
        assert!(ids("1-4000000000").is_err());
    }
}

//! Threads, and what is known of the process as a whole.

use crate::base::{Error, Result, Signal, Tid};
use crate::engine::{Selection, Session, StopReason, pending_signal};
use crate::ui::Role;
use crate::ui::render::frame_line;

use super::args::Args;
use super::cx::{Command, Cx};
use super::describe::{ArgKind, ArgSpec, Example, Flow, Group, Repeat};
use super::frame_apply::ApplyFlags;
use super::stack::show_selected;
use super::thread_ids::{self, Ids, Thread, all_threads, is_id, target_id};

/// Threads.
pub const COMMANDS: &[Command] = &[INFO_THREADS, THREAD, THREAD_APPLY, TAAS, TFAAS, THREAD_NAME, THREAD_FIND, INFO_PROGRAM];

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
    let (shows_global, list) = match args.text.strip_prefix("-gid") {
        Some(rest) if rest.is_empty() || rest.starts_with(char::is_whitespace) => (true, rest.trim_start()),
        _ => (false, args.text.as_str()),
    };
    let wanted = ids(cx, list)?;
    let mut shown = all_threads(cx.session);
    shown.retain(|t| list.is_empty() || wanted.iter().any(|w| w.contains(t)));
    if shown.is_empty() {
        match list {
            "" => cx.say("No threads.\n"),
            list => cx.say(format!("No threads match '{list}'.\n")),
        }
        return Ok(Flow::Go);
    }
    let names: Vec<String> = shown.iter().map(|t| cx.session.in_inferior(t.inferior, |s| named_target_id(s, t.tid))).collect();
    let width = names.iter().map(|n| n.chars().count()).max().unwrap_or(0);
    let global = |text: &str| if shows_global { format!("{text:<4} ") } else { String::new() };
    cx.say(format!("  {:<4} {}{:<width$} Frame \n", "Id", global("GId"), "Target Id"));
    let current = (cx.session.inferior.number, cx.session.selection.tid);
    for (thread, name) in shown.iter().zip(names) {
        let mark = if current == (thread.inferior, Some(thread.tid)) { '*' } else { ' ' };
        let id = shown_id(cx.session, thread);
        let (gid, pieces) = cx.session.in_inferior(thread.inferior, |s| {
            (s.global_number(thread.tid), if s.is_away() { Err(Error::Gone) } else { where_it_is(s, thread.tid) })
        });
        cx.say(format!("{mark} {id:<4} {}{name:<width$} ", global(&gid.to_string())));
        match pieces {
            Ok(pieces) => {
                for (role, text) in pieces {
                    cx.out.text(role, &text);
                }
                cx.say("\n");
            }
            // Nothing else keeps a thread's registers back.
            Err(Error::Gone) => cx.say("(running)\n"),
            Err(e) => cx.out.text(Role::Dim, &format!("<{e}>\n")),
        }
    }
    if current.1.is_none() {
        cx.say("\nNo selected thread.  See `help thread'.\n");
    }
    Ok(Flow::Go)
}

/// The innermost frame of a thread of the current inferior.
fn where_it_is(session: &mut Session, tid: Tid) -> Result<Vec<(Role, String)>> {
    // The values at a function's entry are told by the frames of the selected thread.
    let before = std::mem::replace(&mut session.selection, Selection { tid: Some(tid), level: 0 });
    let found = session.backtrace(tid, 1);
    let pieces = found.map(|(frames, _)| frames.first().map(|f| frame_line(session, f).pieces()).unwrap_or_default());
    session.selection = before;
    pieces
}

/// `1`, or `2.1` where there are several inferiors.
fn shown_id(session: &Session, thread: &Thread) -> String {
    if session.has_several_inferiors() { format!("{}.{}", thread.inferior, thread.number) } else { thread.number.to_string() }
}

/// What `target_id` says with the thread's name behind it.
fn named_target_id(session: &Session, tid: Tid) -> String {
    let name = session.process().map(|p| p.thread_name(tid)).unwrap_or_default();
    if name.is_empty() { target_id(session, tid) } else { format!("{} \"{name}\"", target_id(session, tid)) }
}

/// The threads of a list: `1 3-5 1.2`.
fn ids(cx: &mut Cx<'_>, text: &str) -> Result<Vec<Ids>> {
    let mut out = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        if !is_id(rest) {
            return Err(Error::user(format!("Invalid thread ID: {rest}")));
        }
        out.push(thread_ids::parse(cx, rest)?);
        rest = rest.split_once(char::is_whitespace).map_or("", |(_, rest)| rest.trim_start());
    }
    Ok(out)
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
        let id = cx.session.thread_id(cx.session.process()?.number_of(tid).unwrap_or(0));
        let line = format!("[Current thread is {id} ({})]\n", target_id(cx.session, tid));
        cx.say(line);
        return Ok(Flow::Go);
    }
    let thread = named(cx, &args.text)?;
    if thread.inferior != cx.session.inferior.number {
        cx.session.select_inferior(thread.inferior)?;
    }
    cx.session.selection = Selection { tid: Some(thread.tid), level: 0 };
    let id = cx.session.thread_id(thread.number);
    show_switch(cx, &id, thread.tid)?;
    Ok(Flow::Go)
}

/// Says that this is the selected thread now, and shows where it is.
pub(super) fn show_switch(cx: &mut Cx<'_>, id: &str, tid: Tid) -> Result<()> {
    let line = format!("[Switching to thread {id} ({})]", target_id(cx.session, tid));
    if cx.session.is_away() {
        cx.say(format!("{line}(running)\n"));
        return Ok(());
    }
    cx.say(format!("{line}\n"));
    show_selected(cx)
}

/// The one thread that a text names.
pub(super) fn named(cx: &mut Cx<'_>, text: &str) -> Result<Thread> {
    if let Some(digits) = text.strip_prefix('-').filter(|d| d.bytes().all(|b| b.is_ascii_digit())) {
        return Err(Error::user(format!("negative value: -{digits}")));
    }
    let ids = thread_ids::parse(cx, text)?;
    if ids.is_star || ids.numbers.start() != ids.numbers.end() {
        return Err(Error::user(format!("Invalid thread ID: {text}")));
    }
    if cx.session.inferior_numbered(ids.inferior).is_none() {
        return Err(Error::user(format!("No inferior number '{}'", ids.inferior)));
    }
    let found = all_threads(cx.session).into_iter().find(|t| ids.contains(t));
    found.ok_or_else(|| {
        let number = ids.numbers.start();
        match ids.is_qualified || cx.session.has_several_inferiors() {
            true => Error::user(format!("Unknown thread {}.{number}.", ids.inferior)),
            false => Error::user(format!("Unknown thread {number}.")),
        }
    })
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
    let threads = all_threads(cx.session);
    let mut rest = text.trim();
    let mut chosen: Vec<Thread> = Vec::new();
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
        let mut wanted = Vec::new();
        while is_id(rest) {
            let ids = thread_ids::parse(cx, rest)?;
            if *ids.numbers.end() == 0 {
                return Err(Error::user(format!("Invalid thread ID: {rest}")));
            }
            wanted.push(ids);
            rest = rest.get(cut(rest)..).unwrap_or_default().trim_start();
        }
        if wanted.is_empty() {
            return Err(Error::user(format!("Invalid thread ID: {rest}")));
        }
        if !rest.is_empty() {
            wanted.iter().for_each(|ids| choose(cx, ids, &threads, &mut chosen));
        }
    }
    let (flags, command) = ApplyFlags::parse(rest, what)?;
    if command.is_empty() {
        return Err(Error::user(match what {
            "thread apply" => "Please specify a command following the thread ID list",
            _ => "Please specify a command at the end of 'thread apply all'",
        }));
    }
    apply_to(cx, &chosen, flags, command)
}

/// Adds the threads that `ids` name; says which there are not.
fn choose(cx: &mut Cx<'_>, ids: &Ids, threads: &[Thread], chosen: &mut Vec<Thread>) {
    let (inferior, is_star) = (ids.inferior, ids.is_star);
    if is_star {
        if cx.session.inferior_numbered(inferior).is_none() {
            cx.warn(format!("Unknown inferior {inferior}"));
        }
        chosen.extend(threads.iter().filter(|t| ids.contains(t)));
        return;
    }
    for number in ids.numbers.clone() {
        match threads.iter().find(|t| t.inferior == inferior && t.number == number) {
            Some(found) => chosen.push(*found),
            None if ids.is_qualified || cx.session.has_several_inferiors() => {
                cx.warn(format!("Unknown thread {inferior}.{number}"));
            }
            None => cx.warn(format!("Unknown thread {number}")),
        }
    }
}

fn apply_to(cx: &mut Cx<'_>, chosen: &[Thread], flags: ApplyFlags, command: &str) -> Result<Flow> {
    let before = (cx.session.inferior.number, cx.session.selection);
    let runs = cx.session.stop_count();
    cx.interpreter.comes_back_to.push(before.0);
    let result = apply_to_each(cx, chosen, &flags, command);
    cx.interpreter.comes_back_to.pop();
    if cx.session.stop_count() == runs {
        if before.0 != cx.session.inferior.number {
            cx.session.select_inferior(before.0)?;
        }
        // Its process may be gone meanwhile.
        if cx.session.process().is_ok() {
            cx.session.selection = before.1;
        }
    }
    result
}

fn apply_to_each(cx: &mut Cx<'_>, chosen: &[Thread], flags: &ApplyFlags, command: &str) -> Result<Flow> {
    let runs = cx.session.stop_count();
    let mut result = Ok(Flow::Go);
    for thread in chosen {
        // The command may have ended a process, or forgotten an inferior.
        let process = cx.session.inferior_numbered(thread.inferior).and_then(|i| i.process.as_ref());
        if process.is_none_or(|p| p.number_of(thread.tid) != Some(thread.number)) {
            continue;
        }
        if thread.inferior != cx.session.inferior.number {
            cx.session.select_inferior(thread.inferior)?;
        }
        cx.session.selection = Selection { tid: Some(thread.tid), level: 0 };
        let id = cx.session.thread_id(thread.number);
        let heading = format!("\nThread {id} ({}):\n", named_target_id(cx.session, thread.tid));
        result = flags.run(cx, command, |cx| cx.say(heading));
        if result.is_err() || cx.session.stop_count() != runs {
            break;
        }
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
    let regex = super::args::compile_regex(&args.text)?;
    let mut found = false;
    for thread in all_threads(cx.session) {
        let tid = thread.tid;
        let known = |s: &mut Session| {
            let name = s.process().map(|p| p.thread_name(tid)).unwrap_or_default();
            let is_own = s.process().is_ok_and(|p| p.target.thread_name(tid) == name);
            (name, if is_own { "target name" } else { "name" }, target_id(s, tid))
        };
        let (name, kind, target) = cx.session.in_inferior(thread.inferior, known);
        let id = shown_id(cx.session, &thread);
        if regex.is_match(&name) {
            cx.say(format!("Thread {id} has {kind} '{name}'\n"));
            found = true;
        }
        if regex.is_match(&target) {
            cx.say(format!("Thread {id} has target id '{target}'\n"));
            found = true;
        }
    }
    if !found {
        cx.say(format!("No threads match '{}'\n", args.text));
    }
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

/// Why the program stands still: `at breakpoint 1`.
fn why_stopped(session: &Session, tid: Tid) -> Vec<String> {
    let deleted = || "at a breakpoint that has since been deleted".to_owned();
    let at_signal = |signal: Signal| vec![format!("at signal {}, {}", signal.name(), signal.description())];
    let Some((stop, is_step)) = &session.last_stop else { return Vec::new() };
    match &stop.reason {
        StopReason::Arrived if *is_step => vec!["after being stepped".to_owned()],
        // What has stopped it there was rdbg's own.
        StopReason::Arrived => vec![deleted()],
        StopReason::Signal(signal) => at_signal(*signal),
        StopReason::Interrupted => at_signal(Signal::INT),
        reason => {
            let is_there = |id: u32| session.breakpoints.iter().any(|b| b.id == id);
            let numbers = reason.numbers().into_iter();
            let known: Vec<String> =
                numbers.map(|id| if is_there(id) { format!("at breakpoint {id}") } else { deleted() }).collect();
            match pending_signal(session, tid).filter(|_| known.is_empty()) {
                Some(signal) => at_signal(signal),
                None => known,
            }
        }
    }
}

fn info_program(cx: &mut Cx<'_>, _args: &Args) -> Result<Flow> {
    let Ok(tid) = cx.session.selected_thread() else {
        cx.say("The program being debugged is not being run.\n");
        return Ok(Flow::Go);
    };
    let pc = cx.session.process()?.target.pc(tid)?;
    let mut text = format!("\tUsing the running image of child {}.\nProgram stopped at {pc}.\n", target_id(cx.session, tid));
    for why in why_stopped(cx.session, tid) {
        text += &format!("It stopped {why}.\n");
    }
    text += "Type \"info stack\" or \"info registers\" for more information.\n";
    cx.say(text);
    Ok(Flow::Go)
}

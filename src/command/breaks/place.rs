//! Breakpoints at places in the program.

use crate::base::{Error, Result, VirtAddr};
use crate::engine::{Breakpoint, Condition, Disposition, Kind, Located, OneThread, Session};
use crate::ui::Role;
use crate::ui::render::place_of;

use crate::command::args::{Args, split_at_comma};
use crate::command::cx::{Command, Cx};
use crate::command::describe::{ArgKind, ArgSpec, Example, Flow, Group, Repeat};
use crate::command::thread_ids::Thread;
use crate::command::threads;

use super::ambiguous::choose;

/// Breakpoints at places in the program.
pub const COMMANDS: &[Command] = &[BREAK, TBREAK, HBREAK, THBREAK, DPRINTF];

const BREAK: Command = Command {
    name: "break",
    aliases: &["b", "br", "bre", "brea"],
    group: Group::Breakpoints,
    args: &[ArgSpec::may("LOCATION", ArgKind::Linespec)],
    summary: "Stop at a place.",
    help: "LOCATION is FUNCTION, MODULE!FUNCTION, FUNCTION@plt or *EXPRESSION; without one, the current address.\n\
\"if CONDITION\" may follow, and \"thread N\". _start is the program's own, whatever the dynamic linker has.\n\
A function that no module has yet makes the breakpoint pending (\"set breakpoint pending\").",
    examples: &[
        Example { line: "break _start", what: "the program's first instruction" },
        Example { line: "break *main+4 if $rdi == 1", what: "an address, under a condition" },
    ],
    run: |cx, args| set_breakpoint(cx, args, Disposition::Keep, false),
    ..Command::BASE
};

const TBREAK: Command = Command {
    name: "tbreak",
    aliases: &["tb", "tbr"],
    group: Group::Breakpoints,
    args: &[ArgSpec::may("LOCATION", ArgKind::Linespec)],
    summary: "Stop at a place once.",
    help: "As \"break\", but the breakpoint is deleted when it is hit.",
    examples: &[Example { line: "tbreak main", what: "stops at main the first time" }],
    run: |cx, args| set_breakpoint(cx, args, Disposition::Delete, false),
    ..Command::BASE
};

const HBREAK: Command = Command {
    name: "hbreak",
    group: Group::Breakpoints,
    args: &[ArgSpec::may("LOCATION", ArgKind::Linespec)],
    summary: "Stop at a place by a debug register.",
    help: "Nothing is written into the program: its pages stay shared and its checksums right. There are four such registers.",
    examples: &[Example { line: "hbreak main", what: "leaves main's bytes as they are" }],
    run: |cx, args| set_breakpoint(cx, args, Disposition::Keep, true),
    ..Command::BASE
};

const THBREAK: Command = Command {
    name: "thbreak",
    group: Group::Breakpoints,
    args: &[ArgSpec::may("LOCATION", ArgKind::Linespec)],
    summary: "Stop at a place once, by a debug register.",
    run: |cx, args| set_breakpoint(cx, args, Disposition::Delete, true),
    ..Command::BASE
};

/// A location, and what followed it.
#[derive(Clone)]
struct Request {
    spec: String,
    condition: Option<String>,
    /// The condition is taken although it makes no sense (yet).
    force: bool,
    thread: Option<OneThread>,
    /// `dprintf`: the format and what follows it.
    printf: Option<String>,
}

fn request(cx: &mut Cx<'_>, args: &Args) -> Result<Request> {
    let spec = args.get("LOCATION").unwrap_or_default().trim().to_owned();
    let mut request = Request { spec, condition: None, force: false, thread: None, printf: None };
    let mut rest = args.rest().trim();
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix("if").filter(|a| a.starts_with([' ', '\t', '('])) {
            let text = after.trim();
            request.condition = Some(text.to_owned());
            break;
        }
        if let Some(after) = rest.strip_prefix("-force-condition") {
            request.force = true;
            rest = after.trim_start();
            continue;
        }
        let Some(after) = rest.strip_prefix("thread") else {
            return Err(Error::user("Junk at end of arguments."));
        };
        let after = after.trim_start();
        request.thread = Some(one_thread(cx, after)?);
        rest = after.split_at(after.find(char::is_whitespace).unwrap_or(after.len())).1.trim_start();
    }
    Ok(request)
}

/// The thread that a text begins with: `2`, `1.2`.
pub(super) fn one_thread(cx: &mut Cx<'_>, text: &str) -> Result<OneThread> {
    let Thread { inferior, number, tid } = threads::named(cx, text)?;
    let global = cx.session.in_inferior(inferior, |session| session.global_number(tid));
    Ok(OneThread { global, inferior, number })
}

const DPRINTF: Command = Command {
    name: "dprintf",
    group: Group::Breakpoints,
    args: &[ArgSpec::may("LOCATION,\"FORMAT\"[,ARG,...]", ArgKind::Rest)],
    summary: "Print at a place, and go on.",
    help: "FORMAT and ARGs are those of \"printf\". \"condition\" and \"ignore\" work as for breakpoints.\n\
With \"set dprintf-style call\" a function of the program prints.",
    examples: &[Example { line: "dprintf main,\"rsp %#lx\\n\", $rsp", what: "a line whenever main is called" }],
    repeat: Repeat::No,
    run: dprintf,
    ..Command::BASE
};

fn dprintf(cx: &mut Cx<'_>, args: &Args) -> Result<Flow> {
    let (spec, text) = split_at_comma(&args.text, true);
    if spec.is_empty() && cx.session.selected_frame().is_err() {
        return Err(Error::user("No default breakpoint address now."));
    }
    let Some(text) = text.filter(|_| !spec.contains(" if ")) else { return Err(Error::user("Format string required")) };
    let request = Request { spec: spec.to_owned(), condition: None, force: false, thread: None, printf: Some(text.to_owned()) };
    place(cx, request, Disposition::Keep, false)
}

fn set_breakpoint(cx: &mut Cx<'_>, args: &Args, disposition: Disposition, hardware: bool) -> Result<Flow> {
    let request = request(cx, args)?;
    place(cx, request, disposition, hardware)
}

fn place(cx: &mut Cx<'_>, request: Request, disposition: Disposition, hardware: bool) -> Result<Flow> {
    let locations = match cx.session.locate_everywhere(&request.spec) {
        Ok(locations) => locations,
        Err(_) if request.spec.is_empty() => return Err(Error::user("No default breakpoint address now.")),
        // What is wrong in its form no library can mend.
        Err(e @ Error::Syntax { .. }) => return Err(e),
        Err(e) if request.spec.starts_with('*') => return Err(e),
        Err(e) => {
            let what = if request.printf.is_some() { "dprintf" } else { "breakpoint" };
            if !may_be_pending(cx, &e, what)? {
                return Ok(Flow::Go);
            }
            Vec::new()
        }
    };
    let Some(chosen) = choose(cx, &request.spec, &locations)? else {
        return place_at(cx, request, disposition, hardware, locations);
    };
    let several = chosen.len() > 1;
    for (spec, locations) in chosen {
        place_at(cx, Request { spec, ..request.clone() }, disposition, hardware, locations)?;
    }
    if several {
        cx.warn("warning: Multiple breakpoints were set.\nUse the \"delete\" command to delete unwanted breakpoints.");
    }
    Ok(Flow::Go)
}

/// Sets a breakpoint at places that were found.
fn place_at(
    cx: &mut Cx<'_>,
    request: Request,
    disposition: Disposition,
    hardware: bool,
    locations: Vec<Located>,
) -> Result<Flow> {
    let addresses: Vec<VirtAddr> = locations.iter().map(|l| l.addr).collect();
    let at = if request.force { &[] } else { addresses.as_slice() };
    let condition = request.condition.map(|text| Condition::parse(&text, cx.session, at)).transpose()?;
    if cx.interpreter.is_direct() {
        let notes: String = addresses.iter().filter_map(|at| also_here(cx.session, *at, request.thread.is_some())).collect();
        cx.say(notes);
    }
    if request.printf.as_ref().is_some_and(|text| !text.starts_with('"')) {
        return Err(Error::user("Bad format string, missing '\"'."));
    }
    // Without a location it is where it is now, whatever is loaded later; a line stays in its file, whatever is listed later.
    let spec = match (request.spec.as_str(), addresses.first()) {
        ("", Some(addr)) => format!("*{addr:#x}"),
        _ => cx.session.absolute_spec(&request.spec).unwrap_or(request.spec),
    };
    let id = cx.session.breakpoints.add_at(Kind::Code { hardware }, &spec, disposition, locations);
    let breakpoint = cx.session.breakpoints.get_mut(id)?;
    breakpoint.condition = condition;
    breakpoint.thread = request.thread;
    breakpoint.printf = request.printf;
    let breakpoint = cx.session.breakpoints.get(id)?;
    let noun = breakpoint.noun();
    let breakpoint = breakpoint.clone();
    let place = breakpoint.locations.first().and_then(|first| {
        let find = |session: &mut Session| place_of(session, first.addr, &breakpoint);
        cx.session.in_inferior(first.inferior, find)
    });
    let text = match (addresses.as_slice(), place) {
        ([], _) => format!("{noun} {id} ({spec}) pending.\n"),
        ([one], Some((_, file, line))) => format!("{noun} {id} at {one:#x}: file {file}, line {line}.\n"),
        ([one], None) => format!("{noun} {id} at {one:#x}\n"),
        // gdb names what was typed only where lines are known.
        ([first, ..], Some(_)) => {
            format!("{noun} {id} at {first:#x}: {}. ({} locations)\n", spec.trim_matches('\''), addresses.len())
        }
        ([first, ..], None) => format!("{noun} {id} at {first:#x} ({} locations)\n", addresses.len()),
    };
    cx.say(text);
    Ok(Flow::Go)
}

/// `Note: breakpoints 1 and 2 (disabled) also set at pc 0x1139.`, if there are any.
fn also_here(session: &Session, at: VirtAddr, for_one: bool) -> Option<String> {
    let is_here = |b: &&Breakpoint| matches!(b.kind, Kind::Code { .. }) && b.locations.iter().any(|l| l.addr == at);
    let name = |b: &Breakpoint| {
        let thread = match b.thread {
            Some(t) => format!(" (thread {})", t.global),
            None if for_one => " (all threads)".to_owned(),
            None => String::new(),
        };
        format!("{}{thread}{}", b.id, if b.enabled { "" } else { " (disabled)" })
    };
    let names: Vec<String> = session.breakpoints.iter().filter(is_here).map(name).collect();
    let (last, others) = names.split_last()?;
    let text = if others.is_empty() { format!(" {last}") } else { format!("s {} and {last}", others.join(", ")) };
    Some(format!("Note: breakpoint{text} also set at pc {at:#x}.\n"))
}

/// Whether a breakpoint on something that does not exist may wait for it: by the setting, or by asking.
fn may_be_pending(cx: &mut Cx<'_>, error: &Error, what: &str) -> Result<bool> {
    match cx.session.settings.breakpoint_pending {
        Some(true) => {
            cx.out.text(Role::Error, &format!("{error}\n"));
            Ok(true)
        }
        Some(false) => Err(error.clone()),
        None => {
            cx.out.text(Role::Error, &format!("{error}\n"));
            cx.query_no(&format!("Make {what} pending on future shared library load? "))
        }
    }
}

//! What is changed of breakpoints that are there.

use crate::base::{Error, Result, VirtAddr};
use crate::dwarf::LineFile;
use crate::engine::{Breakpoint, Condition, Disposition, Location};
use crate::expr::Host;

use crate::command::args::Args;
use crate::command::cx::{Command, Cx};
use crate::command::describe::{ArgKind, ArgSpec, Flow, Group, Repeat};
use crate::command::script::Block;

/// What is changed of breakpoints that are there.
pub const COMMANDS: &[Command] =
    &[CONDITION, IGNORE, COMMANDS_COMMAND, ENABLE, ENABLE_ONCE, ENABLE_DELETE, ENABLE_COUNT, DISABLE, DELETE, CLEAR];

const CONDITION: Command = Command {
    name: "condition",
    group: Group::Breakpoints,
    args: &[ArgSpec::may("-force", ArgKind::Switch), ArgSpec::may("N", ArgKind::Word), ArgSpec::may("EXPR", ArgKind::Rest)],
    summary: "Make a breakpoint stop only if an expression is true.",
    help: "Without EXPR, the breakpoint becomes unconditional. The expression is parsed once; a hit whose condition is false costs \
one stop and a handful of system calls.",
    run: condition,
    ..Command::BASE
};

fn condition(cx: &mut Cx<'_>, args: &Args) -> Result<Flow> {
    let force = args.has("-force");
    let Some(number) = args.get("N") else { return Err(Error::user("Argument required (breakpoint number).")) };
    let id = breakpoint_id(cx, number)?;
    cx.session.breakpoints.get(id)?;
    let text = args.get("EXPR").unwrap_or_default();
    let condition = match text {
        "" => None,
        text => {
            let at: Vec<VirtAddr> = cx.session.breakpoints.get(id)?.locations.iter().map(|l| l.addr).collect();
            Some(Condition::parse(text, cx.session, if force { &[] } else { &at })?)
        }
    };
    let gone = condition.is_none();
    cx.session.breakpoints.get_mut(id)?.condition = condition;
    if gone {
        cx.say(format!("Breakpoint {id} now unconditional.\n"));
    }
    Ok(Flow::Go)
}

/// The number of a breakpoint: digits, `$variable`, or a value of the history.
fn breakpoint_id(cx: &mut Cx<'_>, text: &str) -> Result<u32> {
    let bad = || Error::user(format!("Bad breakpoint number '{text}'"));
    if !text.starts_with('$') {
        return text.parse().map_err(|_| bad());
    }
    let value = crate::command::expression::evaluate(cx, text).ok().filter(|v| v.ty.is_integral());
    let is_past = text.get(1..).is_some_and(|t| t.starts_with('$') || t.bytes().all(|b| b.is_ascii_digit()));
    match value {
        Some(value) => u32::try_from(value.to_int(cx.session.memory())?).map_err(|_| bad()),
        None if is_past => {
            crate::command::expression::evaluate(cx, text)?;
            Err(bad())
        }
        None => {
            cx.report(&Error::user("Convenience variable must have integer value."));
            Err(bad())
        }
    }
}

const IGNORE: Command = Command {
    name: "ignore",
    group: Group::Breakpoints,
    args: &[ArgSpec::may("N", ArgKind::Word), ArgSpec::may("COUNT", ArgKind::Rest)],
    summary: "Let a breakpoint pass so many times before it stops again.",
    run: ignore,
    ..Command::BASE
};

fn ignore(cx: &mut Cx<'_>, args: &Args) -> Result<Flow> {
    let Some(number) = args.get("N") else { return Err(Error::user("Argument required (a breakpoint number).")) };
    let id = breakpoint_id(cx, number)?;
    if args.get("COUNT").is_none() {
        return Err(Error::user("Second argument (specified ignore-count) is missing."));
    }
    let count = crate::command::expression::integer(cx, args.get("COUNT").unwrap_or_default())?;
    let count = u64::try_from(count).unwrap_or(0);
    cx.session.breakpoints.get_mut(id)?.ignore = count;
    cx.say_directly(format!("{}\n", ignore_sentence(id, count)));
    Ok(Flow::Go)
}

/// gdb's sentence for an ignore count.
pub fn ignore_sentence(id: u32, count: u64) -> String {
    match count {
        0 => format!("Will stop next time breakpoint {id} is reached."),
        1 => format!("Will ignore next crossing of breakpoint {id}."),
        n => format!("Will ignore next {n} crossings of breakpoint {id}."),
    }
}

const COMMANDS_COMMAND: Command = Command {
    name: "commands",
    group: Group::Breakpoints,
    args: &[ArgSpec::may("N...", ArgKind::BpId)],
    summary: "Give commands that run when a breakpoint stops the program.",
    help: "They follow, a line each, up to \"end\". If the first is \"silent\", the stop itself is not shown.\n\
Without N, they are the newest breakpoint's.",
    repeat: Repeat::No,
    run: commands,
    ..Command::BASE
};

fn commands(cx: &mut Cx<'_>, args: &Args) -> Result<Flow> {
    let ids = match args.text.as_str() {
        "" => match cx.session.breakpoints.last_id() {
            0 => return Err(Error::user("No breakpoints specified.")),
            last => vec![last],
        },
        text => ids(cx, text)?,
    };
    for id in &ids {
        cx.session.breakpoints.get(*id)?;
    }
    let shown = if args.text.is_empty() { ids.first().map(u32::to_string).unwrap_or_default() } else { args.text.clone() };
    let intro = format!("Type commands for breakpoint(s) {shown}, one per line.\nEnd with a line saying just \"end\".\n");
    let body = cx.read_body(Block::Commands, &intro)?;
    for id in ids {
        cx.session.breakpoints.get_mut(id)?.commands = body.clone();
    }
    Ok(Flow::Go)
}

/// Numbers and ranges: `1 3-5`.
pub(super) fn ids(cx: &mut Cx<'_>, text: &str) -> Result<Vec<u32>> {
    let mut out = Vec::new();
    for word in text.split([' ', ',', '\t']).filter(|w| !w.is_empty()) {
        match word.split_once('-') {
            Some((first, last)) => {
                let (first, last) = (breakpoint_id(cx, first)?, breakpoint_id(cx, last)?);
                if last < first || last - first > 100_000 {
                    return Err(Error::user(format!("Bad breakpoint number '{word}'")));
                }
                out.extend(first..=last);
            }
            None => out.push(breakpoint_id(cx, word)?),
        }
    }
    Ok(out)
}

/// A breakpoint, or one of its places: `2`, `1.3`.
enum Chosen {
    Whole(u32),
    Place(u32, usize),
}

fn chosen(cx: &mut Cx<'_>, text: &str) -> Result<Vec<Chosen>> {
    let mut out = Vec::new();
    if text.trim().is_empty() {
        return Ok(cx.session.breakpoints.iter().map(|b| Chosen::Whole(b.id)).collect());
    }
    for word in text.split_whitespace() {
        match word.split_once('.') {
            Some((id, place)) => {
                let bad = || Error::user(format!("Bad breakpoint location number '{place}'"));
                out.push(Chosen::Place(breakpoint_id(cx, id)?, place.parse::<usize>().ok().filter(|n| *n > 0).ok_or_else(bad)?));
            }
            None => out.extend(ids(cx, word)?.into_iter().map(Chosen::Whole)),
        }
    }
    Ok(out)
}

/// Does something to each of the chosen ones; one that does not exist is named, and the others are still done.
fn for_each(cx: &mut Cx<'_>, text: &str, act: impl Fn(&mut Breakpoint), place: impl Fn(&mut Location)) -> Result<Flow> {
    for one in chosen(cx, text)? {
        let done = match one {
            Chosen::Whole(id) => cx.session.breakpoints.get_mut(id).map(&act),
            Chosen::Place(id, n) => cx.session.breakpoints.get_mut(id).and_then(|b| {
                let location =
                    b.locations.get_mut(n - 1).ok_or_else(|| Error::user(format!("Bad breakpoint location number '{n}'")))?;
                place(location);
                Ok(())
            }),
        };
        if let Err(e) = done {
            cx.report(&e);
        }
    }
    Ok(Flow::Go)
}

const ENABLE: Command = Command {
    name: "enable",
    aliases: &["en", "enable breakpoints"],
    group: Group::Breakpoints,
    args: &[ArgSpec::may("N...", ArgKind::BpId)],
    summary: "Enable breakpoints.",
    help: "Without numbers, all.",
    run: |cx, args| {
        let on = |b: &mut Breakpoint| {
            b.enabled = true;
            if matches!(b.disposition, Disposition::Disable | Disposition::DisableAfter(_)) {
                b.disposition = Disposition::Keep;
            }
        };
        for_each(cx, &args.text, on, |l| l.enabled = true)
    },
    ..Command::BASE
};

const ENABLE_ONCE: Command = Command {
    name: "enable once",
    group: Group::Breakpoints,
    args: &[ArgSpec::may("N...", ArgKind::BpId)],
    summary: "Enable breakpoints for one hit.",
    run: |cx, args| enable_as(cx, &args.text, Disposition::Disable),
    ..Command::BASE
};

const ENABLE_DELETE: Command = Command {
    name: "enable delete",
    group: Group::Breakpoints,
    args: &[ArgSpec::may("N...", ArgKind::BpId)],
    summary: "Enable breakpoints, and delete each when it is hit.",
    run: |cx, args| enable_as(cx, &args.text, Disposition::Delete),
    ..Command::BASE
};

const ENABLE_COUNT: Command = Command {
    name: "enable count",
    group: Group::Breakpoints,
    args: &[ArgSpec::may("COUNT", ArgKind::Int), ArgSpec::may("N...", ArgKind::BpId)],
    summary: "Enable breakpoints for COUNT hits.",
    run: |cx, args| {
        let Some(count) = args.get("COUNT") else { return Err(Error::user("Argument required (hit count).")) };
        let count = crate::command::expression::integer(cx, count)?;
        let text = args.get("N...").unwrap_or_default().to_owned();
        enable_as(cx, &text, Disposition::DisableAfter(u64::try_from(count).unwrap_or(0)))
    },
    ..Command::BASE
};

fn enable_as(cx: &mut Cx<'_>, text: &str, disposition: Disposition) -> Result<Flow> {
    if text.trim().is_empty() {
        return Err(Error::user("Argument required (one or more breakpoint numbers)."));
    }
    let act = |b: &mut Breakpoint| {
        b.enabled = true;
        b.disposition = disposition;
    };
    for_each(cx, text, act, |l| l.enabled = true)
}

const DISABLE: Command = Command {
    name: "disable",
    aliases: &["dis", "disa", "disable breakpoints"],
    group: Group::Breakpoints,
    args: &[ArgSpec::may("N...", ArgKind::BpId)],
    summary: "Disable breakpoints.",
    help: "Without numbers, all.",
    run: |cx, args| for_each(cx, &args.text, |b| b.enabled = false, |l| l.enabled = false),
    ..Command::BASE
};

const DELETE: Command = Command {
    name: "delete",
    aliases: &["d", "delete breakpoints"],
    group: Group::Breakpoints,
    args: &[ArgSpec::may("N...", ArgKind::BpId)],
    summary: "Delete breakpoints.",
    help: "Without numbers, all.",
    run: delete,
    ..Command::BASE
};

fn delete(cx: &mut Cx<'_>, args: &Args) -> Result<Flow> {
    let all: Vec<u32> = cx.session.breakpoints.iter().map(|b| b.id).collect();
    let doomed = if args.text.is_empty() {
        if all.is_empty() || !cx.query("Delete all breakpoints? ")? {
            return Ok(Flow::Go);
        }
        all
    } else {
        ids(cx, &args.text)?
    };
    for id in doomed {
        if let Err(e) = cx.session.breakpoints.remove(id) {
            cx.report(&e);
        }
    }
    Ok(Flow::Go)
}

const CLEAR: Command = Command {
    name: "clear",
    aliases: &["cl"],
    group: Group::Breakpoints,
    args: &[ArgSpec::may("LOCATION", ArgKind::Linespec)],
    summary: "Delete the breakpoints at a place.",
    repeat: Repeat::No,
    run: clear,
    ..Command::BASE
};

fn clear(cx: &mut Cx<'_>, args: &Args) -> Result<Flow> {
    let mut addresses: Vec<VirtAddr> = Vec::new();
    let mut lines: Vec<(LineFile, u32)> = Vec::new();
    if args.text.is_empty() {
        let frame = cx.session.selected_frame().ok();
        addresses.extend(frame.map(|f| f.pc.addr()));
        lines.extend(cx.session.shown_source.clone());
        if addresses.is_empty() {
            return Err(Error::user("No source file specified."));
        }
    } else {
        // A line is meant as such, whether it has code or not; a function where a breakpoint on it goes.
        let listed = cx.session.listed(&args.text, None)?;
        lines.extend(listed.iter().filter(|l| l.addr.is_none()).filter_map(|l| l.source.clone()));
        if lines.is_empty() {
            addresses = cx.session.locate(&args.text)?;
        }
    }
    let session = &*cx.session;
    let is_here = |l: &Location| {
        let source = || l.line.clone().or_else(|| session.inferior.modules.source_line(l.addr).map(|s| (s.file, s.line)));
        addresses.contains(&l.addr)
            || !lines.is_empty()
                && source().is_some_and(|(f, n)| lines.iter().any(|(file, line)| *line == n && file.path == f.path))
    };
    let here = |b: &&Breakpoint| b.locations.iter().any(is_here);
    let doomed: Vec<u32> = session.breakpoints.iter().filter(here).map(|b| b.id).collect();
    if doomed.is_empty() {
        return Err(Error::user(if args.text.is_empty() {
            "No breakpoint at this line.".to_owned()
        } else {
            format!("No breakpoint at {}.", args.text)
        }));
    }
    let names: Vec<String> = doomed.iter().map(u32::to_string).collect();
    for id in doomed {
        cx.session.breakpoints.remove(id)?;
    }
    let text = format!("Deleted breakpoint{} {} \n", if names.len() == 1 { "" } else { "s" }, names.join(" "));
    // Several are worth saying in a script too.
    if names.len() > 1 {
        cx.say(text)
    } else {
        cx.say_directly(text)
    }
    Ok(Flow::Go)
}

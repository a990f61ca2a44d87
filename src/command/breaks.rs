//! Breakpoints, watchpoints and catchpoints.

use std::sync::Arc;

use crate::base::{Error, Result, VirtAddr};
use crate::engine::{Breakpoint, Catch, Condition, Disposition, Kind, Location, Session, Watch, WatchKind, is_static};
use crate::expr::{self, Host};
use crate::symbols::{ModuleRole, is_named};
use crate::ui::Role;
use crate::ui::render::what_text;

use super::args::Args;
use super::cx::{Block, Cx};
use super::describe::{ArgKind, ArgSpec, Command, Example, Flow, Group, Repeat};
use super::help::list_below;

/// Breakpoints.
pub const COMMANDS: &[Command] = &[
    BREAK,
    TBREAK,
    HBREAK,
    THBREAK,
    WATCH,
    RWATCH,
    AWATCH,
    CATCH,
    TCATCH,
    CATCH_BIND,
    CATCH_LOAD,
    CATCH_UNLOAD,
    TCATCH_BIND,
    CONDITION,
    IGNORE,
    COMMANDS_COMMAND,
    ENABLE,
    ENABLE_ONCE,
    ENABLE_DELETE,
    ENABLE_COUNT,
    DISABLE,
    DELETE,
    CLEAR,
    INFO_BREAKPOINTS,
    INFO_WATCHPOINTS,
];

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
struct Request {
    spec: String,
    condition: Option<Condition>,
    thread: Option<u32>,
}

fn request(cx: &mut Cx<'_>, args: &Args) -> Result<Request> {
    let spec = args.get("LOCATION").unwrap_or_default().trim().to_owned();
    let mut request = Request { spec, condition: None, thread: None };
    let mut rest = args.rest().trim();
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix("if").filter(|a| a.starts_with([' ', '\t', '('])) {
            let text = after.trim();
            request.condition = Some(Condition { text: text.to_owned(), expr: Arc::new(expr::parse(text, cx.session)?) });
            break;
        }
        let Some(after) = rest.strip_prefix("thread") else {
            return Err(Error::user("Junk at end of arguments."));
        };
        let after = after.trim_start();
        let (word, after) = after.split_at(after.find(char::is_whitespace).unwrap_or(after.len()));
        let number = word.parse().map_err(|_| Error::user(format!("Invalid thread ID: {word}")))?;
        let known = cx
            .session
            .inferior
            .process
            .as_ref()
            .is_some_and(|p| p.target.threads().iter().any(|t| p.number_of(*t) == Some(number)));
        if !known {
            return Err(Error::user(format!("Unknown thread {number}.")));
        }
        request.thread = Some(number);
        rest = after.trim_start();
    }
    Ok(request)
}

fn set_breakpoint(cx: &mut Cx<'_>, args: &Args, disposition: Disposition, hardware: bool) -> Result<Flow> {
    let request = request(cx, args)?;
    let locations = match cx.session.locate(&request.spec) {
        Ok(locations) => locations,
        Err(e) if request.spec.is_empty() || request.spec.starts_with('*') => return Err(e),
        Err(e) => {
            if !may_be_pending(cx, &e)? {
                return Ok(Flow::Go);
            }
            Vec::new()
        }
    };
    if cx.interpreter.is_direct() {
        let notes: String = locations.iter().filter_map(|at| also_here(cx.session, *at)).collect();
        cx.say(notes);
    }
    // Without a location it is where it is now, whatever is loaded later.
    let spec = match (request.spec.as_str(), locations.first()) {
        ("", Some(addr)) => format!("*{addr:#x}"),
        _ => request.spec,
    };
    let id = cx.session.breakpoints.add(Kind::Code { hardware }, &spec, disposition, locations.clone());
    let breakpoint = cx.session.breakpoints.get_mut(id)?;
    breakpoint.condition = request.condition;
    breakpoint.thread = request.thread;
    let noun = breakpoint.noun();
    let text = match locations.as_slice() {
        [] => format!("{noun} {id} ({spec}) pending.\n"),
        [one] => format!("{noun} {id} at {:#x}\n", one),
        [first, ..] => format!("{noun} {id} at {first:#x}: {spec}. ({} locations)\n", locations.len()),
    };
    cx.say(text);
    Ok(Flow::Go)
}

/// `Note: breakpoints 1 and 2 (disabled) also set at pc 0x1139.`, if there are any.
fn also_here(session: &Session, at: VirtAddr) -> Option<String> {
    let is_here = |b: &&Breakpoint| matches!(b.kind, Kind::Code { .. }) && b.locations.iter().any(|l| l.addr == at);
    let name = |b: &Breakpoint| {
        let thread = b.thread.map_or(String::new(), |t| format!(" (thread {t})"));
        format!("{}{thread}{}", b.id, if b.enabled { "" } else { " (disabled)" })
    };
    let names: Vec<String> = session.breakpoints.iter().filter(is_here).map(name).collect();
    let (last, others) = names.split_last()?;
    let text = if others.is_empty() { format!(" {last}") } else { format!("s {} and {last}", others.join(", ")) };
    Some(format!("Note: breakpoint{text} also set at pc {at:#x}.\n"))
}

/// Whether a breakpoint on something that does not exist may wait for it: by the setting, or by asking.
fn may_be_pending(cx: &mut Cx<'_>, error: &Error) -> Result<bool> {
    match cx.session.settings.breakpoint_pending {
        Some(true) => {
            cx.out.text(Role::Error, &format!("{error}\n"));
            Ok(true)
        }
        Some(false) => Err(error.clone()),
        None => {
            cx.out.text(Role::Error, &format!("{error}\n"));
            cx.query_no("Make breakpoint pending on future shared library load? ")
        }
    }
}

const WATCH: Command = Command {
    name: "watch",
    group: Group::Breakpoints,
    args: &[ArgSpec::must("EXPR", ArgKind::Rest)],
    summary: "Stop when a value changes.",
    help: "The processor watches up to four pieces of 8 bytes at full speed, in every thread. Writes by the kernel (read(2) into \
the value) are not seen until the program itself writes it.",
    examples: &[Example { line: "watch GOT[4]", what: "stops when the dynamic linker binds this slot" }],
    run: |cx, args| set_watch(cx, args, WatchKind::Write),
    ..Command::BASE
};

const RWATCH: Command = Command {
    name: "rwatch",
    group: Group::Breakpoints,
    args: &[ArgSpec::must("EXPR", ArgKind::Rest)],
    summary: "Stop when a value is read.",
    examples: &[Example { line: "rwatch GOT[3]", what: "stops at each call through the slot" }],
    run: |cx, args| set_watch(cx, args, WatchKind::Read),
    ..Command::BASE
};

const AWATCH: Command = Command {
    name: "awatch",
    group: Group::Breakpoints,
    args: &[ArgSpec::must("EXPR", ArgKind::Rest)],
    summary: "Stop when a value is read or written.",
    examples: &[Example { line: "awatch GOT[3]", what: "stops at each use of the slot" }],
    run: |cx, args| set_watch(cx, args, WatchKind::Access),
    ..Command::BASE
};

fn set_watch(cx: &mut Cx<'_>, args: &Args, kind: WatchKind) -> Result<Flow> {
    let (text, condition) = split_condition(&args.text);
    let (by_location, text) = match text.strip_prefix("-location").or_else(|| text.strip_prefix("-l")) {
        Some(rest) if rest.starts_with(char::is_whitespace) => (true, rest.trim()),
        _ => (false, text),
    };
    let session = &mut *cx.session;
    let parsed = expr::parse(text, session)?;
    let value = expr::eval(&parsed, session)?;
    let addr = value.address().ok_or_else(|| Error::user("Cannot watch constant value `".to_owned() + text + "'."))?;
    let pieces = Session::watch_pieces(addr, value.ty.size)?;
    let used: usize = session.breakpoints.iter().filter(|b| b.enabled).map(|b| registers_used(&b.kind)).sum();
    if used + pieces.len() > 4 {
        return Err(Error::user(
            "Could not insert hardware watchpoint: the processor has four debug registers, and they are in use.",
        ));
    }
    // `-l`: the address as it is now, whatever the expression will mean later.
    let (text, parsed) = if by_location {
        let fixed = format!("*({} *) {addr:#x}", value.ty);
        let parsed = expr::parse(&fixed, session)?;
        (format!("-location {text}"), parsed)
    } else {
        (text.to_owned(), parsed)
    };
    let condition = match condition {
        Some(text) => Some(Condition { text: text.to_owned(), expr: Arc::new(expr::parse(text, session)?) }),
        None => None,
    };
    let old = value.fetched(session.memory(), None).ok();
    let watch = Watch { text: text.clone(), expr: Arc::new(parsed), kind, pieces, old };
    let id = session.breakpoints.add(Kind::Watch(watch), &text, Disposition::Keep, Vec::new());
    let breakpoint = session.breakpoints.get_mut(id)?;
    breakpoint.condition = condition;
    let noun = breakpoint.noun();
    cx.say(format!("{noun} {id}: {text}\n"));
    Ok(Flow::Go)
}

fn registers_used(kind: &Kind) -> usize {
    match kind {
        Kind::Watch(watch) => watch.pieces.len(),
        Kind::Code { hardware: true } => 1,
        _ => 0,
    }
}

/// Splits `EXPR if CONDITION` at an ` if ` outside of quotes.
fn split_condition(text: &str) -> (&str, Option<&str>) {
    let mut quote = None;
    for (i, c) in text.char_indices() {
        match quote {
            Some(q) if q == c => quote = None,
            Some(_) => {}
            None if c == '"' || c == '\'' => quote = Some(c),
            None if c.is_whitespace() => {
                let rest = text.get(i..).unwrap_or_default().trim_start();
                if let Some(condition) = rest.strip_prefix("if").filter(|r| r.starts_with([' ', '\t', '('])) {
                    return (text.get(..i).unwrap_or_default().trim(), Some(condition.trim()));
                }
            }
            None => {}
        }
    }
    (text.trim(), None)
}

const CATCH: Command = Command {
    name: "catch",
    group: Group::Breakpoints,
    summary: "Stop at an event: a lazy bind, a library that comes or goes.",
    run: |cx, _| list_below(cx, "catch"),
    ..Command::BASE
};

const TCATCH: Command = Command {
    name: "tcatch",
    group: Group::Breakpoints,
    summary: "Stop at an event once.",
    run: |cx, _| list_below(cx, "tcatch"),
    ..Command::BASE
};

const CATCH_BIND: Command = Command {
    name: "catch bind",
    group: Group::Loading,
    args: &[ArgSpec::MODULE, ArgSpec::may("SYMBOL", ArgKind::Word)],
    summary: "Stop when a lazy slot is about to be bound by its first call.",
    help: "It stops at the head of the module's PLT, before the dynamic linker looks the symbol up, in every module or in one.\n\
No symbols are needed; a C++ or Rust function may be called by its demangled name, in quotes. A conditional (\"if ...\") and \"commands\" work as for breakpoints.",
    examples: &[Example { line: "catch bind puts", what: "stops at the first call of puts through a PLT" }],
    own: true,
    run: |cx, args| catch_bind(cx, args, Disposition::Keep),
    ..Command::BASE
};

const TCATCH_BIND: Command = Command {
    name: "tcatch bind",
    group: Group::Loading,
    args: &[ArgSpec::MODULE, ArgSpec::may("SYMBOL", ArgKind::Word)],
    summary: "Stop once when a lazy slot is about to be bound by its first call.",
    own: true,
    run: |cx, args| catch_bind(cx, args, Disposition::Delete),
    ..Command::BASE
};

fn catch_bind(cx: &mut Cx<'_>, args: &Args, disposition: Disposition) -> Result<Flow> {
    let symbol = args.get("SYMBOL").filter(|s| *s != "if").map(str::to_owned);
    let module = args.get("-m").map(str::to_owned);
    let rest = args.text.split_once("if ").map(|(_, c)| c.trim());
    let condition = match rest {
        Some(text) => Some(Condition { text: text.to_owned(), expr: Arc::new(expr::parse(text, cx.session)?) }),
        None => None,
    };
    if let Some(sentence) = never_lazy(cx.session, symbol.as_deref()) {
        cx.say(sentence);
    }
    let mut spec = "bind".to_owned();
    if let Some(symbol) = &symbol {
        spec = format!("{spec} {symbol}");
    }
    if let Some(module) = &module {
        spec = format!("{spec} in {module}");
    }
    let id = cx.session.breakpoints.add(Kind::Catch(Catch::Bind { symbol, module }), &spec, disposition, Vec::new());
    let breakpoint = cx.session.breakpoints.get_mut(id)?;
    breakpoint.condition = condition;
    let noun = breakpoint.noun();
    cx.say(format!("{noun} {id} ({spec})\n"));
    Ok(Flow::Go)
}

/// What to say when the program will never bind lazily itself.
fn never_lazy(session: &Session, symbol: Option<&str>) -> Option<String> {
    let main = session.inferior.modules.iter().find(|m| m.role == ModuleRole::Main)?;
    if is_static(main.image()) {
        return Some(format!("{} is statically linked: it has no lazy slots, and nothing will be bound.\n", main.name));
    }
    if session.binds_eagerly() {
        return Some("musl binds everything when it loads it: nothing will be bound later.\n".to_owned());
    }
    let got = main.got();
    if got.is_none_or(|g| !g.is_lazy) {
        return Some(format!("{} has no lazy slots (it binds everything at start): only libraries can be caught.\n", main.name));
    }
    let symbol = symbol?;
    let elsewhere = session.inferior.modules.len() > 1;
    let names = got.iter().flat_map(|g| &g.slots).filter_map(|s| s.name.as_deref());
    if !elsewhere && !names.into_iter().any(|name| is_named(name, symbol)) {
        return Some(format!("{} has no slot for \"{symbol}\": only libraries can be caught.\n", main.name));
    }
    None
}

const CATCH_LOAD: Command = Command {
    name: "catch load",
    group: Group::Breakpoints,
    args: &[ArgSpec::may("REGEX", ArgKind::Regex)],
    summary: "Stop when a library is loaded.",
    examples: &[Example { line: "catch load libm", what: "stops when a library whose name matches is loaded" }],
    run: |cx, args| catch_library(cx, args, "load", Catch::Load),
    ..Command::BASE
};

const CATCH_UNLOAD: Command = Command {
    name: "catch unload",
    group: Group::Breakpoints,
    args: &[ArgSpec::may("REGEX", ArgKind::Regex)],
    summary: "Stop when a library is unloaded.",
    run: |cx, args| catch_library(cx, args, "unload", Catch::Unload),
    ..Command::BASE
};

fn catch_library(cx: &mut Cx<'_>, args: &Args, word: &str, make: fn(Option<regex::Regex>) -> Catch) -> Result<Flow> {
    let regex = match args.text.as_str() {
        "" => None,
        text => Some(regex::Regex::new(text).map_err(|_| Error::user(format!("Invalid regexp: {text}")))?),
    };
    let spec = format!("{word} {}", args.text).trim_end().to_owned();
    let id = cx.session.breakpoints.add(Kind::Catch(make(regex)), &spec, Disposition::Keep, Vec::new());
    cx.say(format!("Catchpoint {id} ({word})\n"));
    Ok(Flow::Go)
}

const CONDITION: Command = Command {
    name: "condition",
    group: Group::Breakpoints,
    args: &[ArgSpec::must("N", ArgKind::Word), ArgSpec::may("EXPR", ArgKind::Rest)],
    summary: "Make a breakpoint stop only if an expression is true.",
    help: "Without EXPR, the breakpoint becomes unconditional. The expression is parsed once; a hit whose condition is false costs \
one stop and a handful of system calls.",
    run: condition,
    ..Command::BASE
};

fn condition(cx: &mut Cx<'_>, args: &Args) -> Result<Flow> {
    let id = breakpoint_id(args.get("N").unwrap_or_default())?;
    cx.session.breakpoints.get(id)?;
    let text = args.get("EXPR").unwrap_or_default();
    let condition = match text {
        "" => None,
        text => Some(Condition { text: text.to_owned(), expr: Arc::new(expr::parse(text, cx.session)?) }),
    };
    let gone = condition.is_none();
    cx.session.breakpoints.get_mut(id)?.condition = condition;
    if gone {
        cx.say(format!("Breakpoint {id} now unconditional.\n"));
    }
    Ok(Flow::Go)
}

fn breakpoint_id(text: &str) -> Result<u32> {
    text.parse().map_err(|_| Error::user(format!("Bad breakpoint argument: '{text}'")))
}

const IGNORE: Command = Command {
    name: "ignore",
    group: Group::Breakpoints,
    args: &[ArgSpec::must("N", ArgKind::Word), ArgSpec::must("COUNT", ArgKind::Rest)],
    summary: "Let a breakpoint pass so many times before it stops again.",
    run: ignore,
    ..Command::BASE
};

fn ignore(cx: &mut Cx<'_>, args: &Args) -> Result<Flow> {
    let id = breakpoint_id(args.get("N").unwrap_or_default())?;
    let count = super::data::integer(cx, args.get("COUNT").unwrap_or_default())?;
    let count = u64::try_from(count).unwrap_or(0);
    cx.session.breakpoints.get_mut(id)?.ignore = count;
    cx.say_directly(format!("{}\n", ignore_sentence(id, count)));
    Ok(Flow::Go)
}

/// gdb's sentence for an ignore count.
pub(super) fn ignore_sentence(id: u32, count: u64) -> String {
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
        text => ids(text)?,
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
fn ids(text: &str) -> Result<Vec<u32>> {
    let mut out = Vec::new();
    for word in text.split([' ', ',', '\t']).filter(|w| !w.is_empty()) {
        match word.split_once('-') {
            Some((first, last)) => {
                let (first, last) = (breakpoint_id(first)?, breakpoint_id(last)?);
                if last < first || last - first > 100_000 {
                    return Err(Error::user(format!("Bad breakpoint argument: '{word}'")));
                }
                out.extend(first..=last);
            }
            None => out.push(breakpoint_id(word)?),
        }
    }
    Ok(out)
}

/// A breakpoint, or one of its places: `2`, `1.3`.
enum Chosen {
    Whole(u32),
    Place(u32, usize),
}

fn chosen(cx: &Cx<'_>, text: &str) -> Result<Vec<Chosen>> {
    let mut out = Vec::new();
    if text.trim().is_empty() {
        return Ok(cx.session.breakpoints.iter().map(|b| Chosen::Whole(b.id)).collect());
    }
    for word in text.split_whitespace() {
        match word.split_once('.') {
            Some((id, place)) => {
                let bad = || Error::user(format!("Bad breakpoint location number '{place}'"));
                out.push(Chosen::Place(breakpoint_id(id)?, place.parse::<usize>().ok().filter(|n| *n > 0).ok_or_else(bad)?));
            }
            None => out.extend(ids(word)?.into_iter().map(Chosen::Whole)),
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
    args: &[ArgSpec::must("COUNT", ArgKind::Int), ArgSpec::may("N...", ArgKind::BpId)],
    summary: "Enable breakpoints for COUNT hits.",
    run: |cx, args| {
        let count = super::data::integer(cx, args.get("COUNT").unwrap_or_default())?;
        let text = args.get("N...").unwrap_or_default().to_owned();
        enable_as(cx, &text, Disposition::DisableAfter(u64::try_from(count).unwrap_or(0)))
    },
    ..Command::BASE
};

fn enable_as(cx: &mut Cx<'_>, text: &str, disposition: Disposition) -> Result<Flow> {
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
        ids(&args.text)?
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
    let addresses: Vec<VirtAddr> = cx.session.locate(&args.text)?;
    let here = |b: &Breakpoint| b.locations.iter().any(|l| addresses.contains(&l.addr));
    let doomed: Vec<u32> = cx.session.breakpoints.iter().filter(|b| here(b)).map(|b| b.id).collect();
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
    cx.say_directly(format!("Deleted breakpoint{} {} \n", if names.len() == 1 { "" } else { "s" }, names.join(" ")));
    Ok(Flow::Go)
}

const INFO_BREAKPOINTS: Command = Command {
    name: "info breakpoints",
    aliases: &["info b"],
    group: Group::Breakpoints,
    args: &[ArgSpec::may("N...", ArgKind::BpId)],
    summary: "Show breakpoints, watchpoints and catchpoints.",
    run: info_breakpoints,
    ..Command::BASE
};

fn info_breakpoints(cx: &mut Cx<'_>, args: &Args) -> Result<Flow> {
    table(cx, args, "breakpoint or watchpoint", |_| true)
}

const INFO_WATCHPOINTS: Command = Command {
    name: "info watchpoints",
    group: Group::Breakpoints,
    args: &[ArgSpec::may("N...", ArgKind::BpId)],
    summary: "Show watchpoints.",
    run: info_watchpoints,
    ..Command::BASE
};

fn info_watchpoints(cx: &mut Cx<'_>, args: &Args) -> Result<Flow> {
    table(cx, args, "watchpoint", |b| matches!(b.kind, Kind::Watch(_)))
}

/// The rows of the breakpoints of a `sort`, all of them or those that the arguments number.
fn table(cx: &mut Cx<'_>, args: &Args, sort: &str, is_of_sort: fn(&Breakpoint) -> bool) -> Result<Flow> {
    let wanted = if args.text.is_empty() { None } else { Some(ids(&args.text)?) };
    let session = &*cx.session;
    let is_wanted = |b: &&Breakpoint| is_of_sort(b) && wanted.as_ref().is_none_or(|w| w.contains(&b.id));
    let shown: Vec<&Breakpoint> = session.breakpoints.iter().filter(is_wanted).collect();
    if shown.is_empty() {
        cx.say(match wanted {
            None => format!("No {}.\n", sort.replace("point", "points")),
            Some(_) => format!("No {sort} matching '{}'.\n", args.text),
        });
        return Ok(Flow::Go);
    }
    let width = shown.iter().map(|b| b.type_word().len()).max().unwrap_or(0).max(14);
    let mut text = format!("{:<7} {:<width$} Disp Enb {:<18} What\n", "Num", "Type", "Address");
    for b in shown {
        text.push_str(&breakpoint_rows(session, b, width));
    }
    cx.say(text);
    Ok(Flow::Go)
}

fn breakpoint_rows(session: &Session, b: &Breakpoint, width: usize) -> String {
    let letter = |on| if on { "y" } else { "n" };
    let (address, what) = match (&b.kind, b.locations.as_slice()) {
        (Kind::Code { .. }, []) => ("<PENDING>".to_owned(), b.spec.clone()),
        (Kind::Code { .. }, [one]) => (format!("0x{:016x}", one.addr.0), what_text(session, b, one.addr)),
        (Kind::Code { .. }, _) => ("<MULTIPLE>".to_owned(), String::new()),
        _ => (String::new(), what_text(session, b, VirtAddr(0))),
    };
    let head = format!(
        "{:<7} {:<width$} {:<4} {:<3} {address:<18} {what}",
        b.id,
        b.type_word(),
        b.disposition.word(),
        letter(b.enabled)
    );
    let mut text = format!("{}\n", head.trim_end_matches(' '));
    if let Some(condition) = &b.condition {
        text.push_str(&format!("\tstop only if {}\n", condition.text));
    }
    if let Some(thread) = b.thread {
        text.push_str(&format!("\tstop only in thread {thread}\n"));
    }
    if b.hits > 0 {
        text.push_str(&format!("\tbreakpoint already hit {} time{}\n", b.hits, if b.hits == 1 { "" } else { "s" }));
    }
    if b.ignore > 0 {
        text.push_str(&format!("\tignore next {} hits\n", b.ignore));
    }
    for line in &b.commands {
        text.push_str(&format!("        {line}\n"));
    }
    if let (Kind::Code { .. }, [_, _, ..]) = (&b.kind, b.locations.as_slice()) {
        for (n, l) in (1..).zip(&b.locations) {
            let number = format!("{}.{n}", b.id);
            let row = format!(
                "{number:<7} {:<width$} {:<4} {:<3} 0x{:016x} {}",
                "",
                "",
                letter(l.enabled),
                l.addr.0,
                what_text(session, b, l.addr)
            );
            text.push_str(&format!("{row}\n"));
        }
    }
    text
}

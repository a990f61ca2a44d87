//! Watchpoints.

use std::sync::Arc;

use crate::base::{AddrRange, Error, Result, VirtAddr};
use crate::engine::{Condition, Disposition, Kind, Looked, OneThread, Session, Watch, WatchKind, WatchedParts};
use crate::expr::{self, Host};
use crate::symbols::Module;
use crate::value::Language;

use super::condition::split_condition;
use super::place::one_thread;
use crate::command::args::Args;
use crate::command::cx::{Command, Cx};
use crate::command::describe::{ArgKind, ArgSpec, Example, Flow, Group};

/// Watchpoints.
pub const COMMANDS: &[Command] = &[WATCH, RWATCH, AWATCH];

const WATCH: Command = Command {
    name: "watch",
    group: Group::Breakpoints,
    args: &[ArgSpec::must("EXPR", ArgKind::Rest)],
    summary: "Stop when a value changes.",
    help: "The processor watches up to four pieces of 8 bytes at full speed, in every thread. Writes by the kernel (read(2) into \
the value) are not seen until the program itself writes it, but with \"set watch-system-calls on\".\n\
\"mask M\" behind EXPR watches all addresses that are EXPR's under the mask: 0xfffffffffffffff0 the 16 bytes around it, up to 32.\n\
What does not fit, or is in registers, is looked at after each instruction, which is slow: then it is a \"Watchpoint\", not a \
\"Hardware watchpoint\". \"set can-use-hw-watchpoints 0\" has it so always.",
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
    let (whole, thread, mask) = split_ends(cx, &args.text)?;
    let (text, condition) = split_condition(whole);
    // A mask is one of addresses.
    let (by_location, text) = match text.strip_prefix("-location").or_else(|| text.strip_prefix("-l")) {
        Some(rest) if rest.starts_with(char::is_whitespace) => (true, rest.trim()),
        _ => (mask.is_some(), text),
    };
    if text.is_empty() || matches!(text, "-l" | "-location") {
        return Err(Error::user("Argument required (expression to compute)."));
    }
    let session = &mut *cx.session;
    let parsed = expr::parse(text, session)?;
    let value = match expr::eval(&parsed, session) {
        Ok(value) => Some(value),
        // A pointer in it leads nowhere yet: what it depends on is watched until it does.
        Err(Error::Fault { .. }) if !by_location => None,
        Err(e) => return Err(e),
    };
    let parts = match by_location {
        true => {
            let value = value.as_ref().ok_or_else(|| unwatchable(text))?;
            let at = value.address().ok_or_else(|| unwatchable(text))?;
            WatchedParts { ranges: vec![AddrRange::with_len(at, value.ty.size)], elsewhere: false }
        }
        false => session.watched_parts(&parsed)?,
    };
    if parts.is_constant() {
        return Err(unwatchable(text));
    }
    let parts = match mask {
        None => parts,
        Some(mask) => {
            let masked = parts.masked(mask).filter(|p| p.pieces().is_some() && session.settings.can_use_hw_watchpoints != 0);
            masked.ok_or_else(|| Error::user("Invalid mask or memory region."))?
        }
    };
    let pieces = match hardware_pieces(session, &parts, kind)? {
        None if mask.is_some() => return Err(no_registers()),
        pieces => pieces,
    };
    let scope = if by_location { None } else { session.watch_scope(&parsed) };
    // `-l`: the address as it is now, whatever the expression will mean later.
    let (text, parsed) = if let Some(value) = value.as_ref().filter(|_| by_location) {
        let addr = value.address().unwrap_or_default();
        let fixed = match session.language() {
            Language::Rust => format!("*({addr:#x} as *mut {})", value.ty),
            _ => format!("*({} *) {addr:#x}", value.ty),
        };
        let parsed = expr::parse(&fixed, session)?;
        (format!("-location {text}"), parsed)
    } else {
        (text.to_owned(), parsed)
    };
    let condition = match condition {
        Some(text) => Some({
            let entry = |m: &Arc<Module>| Some(m.virt(m.image().entry()?));
            let here = session.selected_frame().map(|f| f.pc.addr()).ok();
            let at = here.or_else(|| session.inferior.modules.main().and_then(entry));
            Condition::parse(text, session, at.as_slice())?
        }),
        None => None,
    };
    let set_at = session.selected_frame().map(|f| f.pc.lookup()).ok();
    let old = value.and_then(|v| v.fetched(session.memory(), None).ok());
    let software = if pieces.is_none() { Some(Looked::new(parts, session.memory())) } else { None };
    let pieces = pieces.unwrap_or_default();
    let inferior = session.inferior.number;
    let watch = Watch { inferior, text: text.clone(), expr: Arc::new(parsed), kind, pieces, software, scope, set_at, old, mask };
    let id = session.breakpoints.add(Kind::Watch(Box::new(watch)), &text, Disposition::Keep);
    let breakpoint = session.breakpoints.get_mut(id)?;
    breakpoint.condition = condition;
    breakpoint.thread = thread;
    let noun = breakpoint.noun();
    cx.say(format!("{noun} {id}: {text}\n"));
    Ok(Flow::Go)
}

/// The pieces of memory that debug registers are to watch; `None`: they cannot, and a look after each instruction can.
fn hardware_pieces(session: &Session, parts: &WatchedParts, kind: WatchKind) -> Result<Option<Vec<(VirtAddr, u8)>>> {
    let allowed = session.settings.can_use_hw_watchpoints != 0;
    let used: usize = session.breakpoints.iter().filter(|b| b.enabled).map(|b| registers_used(&b.kind)).sum();
    let pieces = parts.pieces();
    let free = pieces.as_ref().is_some_and(|p| used + p.len() <= 4);
    match kind {
        WatchKind::Write => Ok(pieces.filter(|_| allowed && free)),
        _ if !allowed => Err(Error::user("Can't set read/access watchpoint when hardware watchpoints are disabled.")),
        _ if pieces.is_none() => Err(Error::user("Expression cannot be implemented with read/access watchpoint.")),
        _ if !free => Err(no_registers()),
        _ => Ok(pieces),
    }
}

fn no_registers() -> Error {
    Error::user("There are not enough available hardware resources for this watchpoint.")
}

/// What cannot change cannot be watched.
fn unwatchable(text: &str) -> Error {
    Error::user(format!("Cannot watch constant value `{text}'."))
}

fn registers_used(kind: &Kind) -> usize {
    match kind {
        Kind::Watch(watch) => watch.pieces.len(),
        Kind::Code { hardware: true } => 1,
        _ => 0,
    }
}

/// Splits `... thread N` and `... mask M` from the end of what was typed.
fn split_ends<'t>(cx: &mut Cx<'_>, text: &'t str) -> Result<(&'t str, Option<OneThread>, Option<u64>)> {
    let (mut left, mut thread, mut mask) = (text, None, None);
    loop {
        let mut words = left.trim_end().rsplitn(3, char::is_whitespace);
        let (value, Some(word), Some(before)) = (words.next().unwrap_or_default(), words.next(), words.next()) else {
            return Ok((left, thread, mask));
        };
        match word {
            "thread" if thread.is_some() => return Err(Error::user("You can specify only one thread.")),
            "thread" => thread = Some(one_thread(cx, value)?),
            "mask" if mask.is_some() => return Err(Error::user("You can specify only one mask.")),
            "mask" => mask = Some(crate::command::expression::integer(cx, value)? as u64),
            _ => return Ok((left, thread, mask)),
        }
        left = before.trim_end();
    }
}

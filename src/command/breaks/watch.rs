//! Watchpoints.

use std::sync::Arc;

use crate::base::{Error, Result};
use crate::engine::{Condition, Disposition, Kind, Session, Watch, WatchKind};
use crate::expr::{self, Host};
use crate::symbols::Module;
use crate::value::Language;

use crate::command::args::Args;
use crate::command::cx::Cx;
use crate::command::describe::{ArgKind, ArgSpec, Command, Example, Flow, Group};

/// Watchpoints.
pub const COMMANDS: &[Command] = &[WATCH, RWATCH, AWATCH];

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
    let value = match expr::eval(&parsed, session) {
        Ok(value) => Some(value),
        // A pointer in it leads nowhere yet: what it depends on is watched until it does.
        Err(Error::Fault { .. }) if !by_location => None,
        Err(e) => return Err(e),
    };
    let pieces = match by_location {
        true => {
            let value = value.as_ref().ok_or_else(|| unwatchable(text))?;
            Session::watch_pieces(value.address().ok_or_else(|| unwatchable(text))?, value.ty.size)?
        }
        false => session.watched_pieces(&parsed)?.ok_or_else(|| unwatchable(text))?,
    };
    let used: usize = session.breakpoints.iter().filter(|b| b.enabled).map(|b| registers_used(&b.kind)).sum();
    if used + pieces.len() > 4 {
        return Err(Error::user(
            "Could not insert hardware watchpoint: the processor has four debug registers, and they are in use.",
        ));
    }
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
    let old = value.and_then(|v| v.fetched(session.memory(), None).ok());
    let watch = Watch { text: text.clone(), expr: Arc::new(parsed), kind, pieces, scope, old };
    let id = session.breakpoints.add(Kind::Watch(watch), &text, Disposition::Keep);
    let breakpoint = session.breakpoints.get_mut(id)?;
    breakpoint.condition = condition;
    let noun = breakpoint.noun();
    cx.say(format!("{noun} {id}: {text}\n"));
    Ok(Flow::Go)
}

/// Why something that has no address cannot be watched.
fn unwatchable(text: &str) -> Error {
    if text.contains('$') {
        return Error::user(format!(
            "Cannot watch `{text}': it is not in memory, and rdbg watches by the processor's debug registers only.\n\
             (A loop of stepi does what gdb's software watchpoint does: while CONDITION, stepi, end.)"
        ));
    }
    Error::user(format!("Cannot watch constant value `{text}'."))
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

//! Showing breakpoints.

use crate::base::{Result, VirtAddr, counted};
use crate::engine::{Breakpoint, Catch, Kind, Location, Session, Vfork};
use crate::ui::render::what_text;

use super::edit::ids;
use crate::command::args::Args;
use crate::command::cx::{Command, Cx};
use crate::command::describe::{ArgKind, ArgSpec, Flow, Group};
use crate::command::user_command::indented;

/// Showing breakpoints.
pub const COMMANDS: &[Command] = &[INFO_BREAKPOINTS, INFO_WATCHPOINTS];

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
    let wanted = if args.text.is_empty() { None } else { Some(ids(cx, &args.text)?) };
    let is_wanted = |b: &&Breakpoint| is_of_sort(b) && wanted.as_ref().is_none_or(|w| w.contains(&b.id));
    let shown: Vec<Breakpoint> = cx.session.breakpoints.iter().filter(is_wanted).cloned().collect();
    if shown.is_empty() {
        cx.say(match wanted {
            None => format!("No {}.\n", sort.replace("point", "points")),
            Some(_) => format!("No {sort} matching '{}'.\n", args.text),
        });
        return Ok(Flow::Go);
    }
    let width = shown.iter().map(|b| b.type_word().len()).max().unwrap_or(0).max(14);
    // As narrow as gdb's where there is no address to be shown.
    let column = if shown.iter().any(|b| has_address(cx.session, b)) { 18 } else { 10 };
    let mut text = format!("{:<7} {:<width$} Disp Enb {:<column$} What\n", "Num", "Type", "Address");
    for b in &shown {
        text.push_str(&breakpoint_rows(cx.session, b, (width, column)));
    }
    cx.say(text);
    Ok(Flow::Go)
}

/// What gdb calls it where it counts the hits.
fn sort_of(b: &Breakpoint) -> &'static str {
    if matches!(b.kind, Kind::Catch(_)) { "catchpoint" } else { "breakpoint" }
}

/// Where a location is, and in which inferiors, where there are several.
fn what_of(session: &mut Session, b: &Breakpoint, location: &Location) -> String {
    let mut what = session.in_inferior(location.inferior, |session| what_text(session, b, location.addr));
    if session.has_several_inferiors() {
        let shares = |v: Option<Vfork>| v == Some(Vfork::ChildOf(location.inferior));
        let here = session.inferiors().into_iter().filter(|i| i.number == location.inferior || shares(i.vfork));
        what += &format!(" inf {}", here.map(|i| i.number.to_string()).collect::<Vec<_>>().join(", "));
    }
    what
}

/// Whether it stands somewhere, though that may not be shown: a watchpoint of a process does.
fn has_address(session: &Session, b: &Breakpoint) -> bool {
    match b.kind {
        Kind::Watch(_) => session.process().is_ok(),
        Kind::Catch(Catch::Raise { .. }) => session.inferior.program.is_some(),
        _ => !b.locations.is_empty(),
    }
}

fn breakpoint_rows(session: &mut Session, b: &Breakpoint, (width, column): (usize, usize)) -> String {
    let letter = |on| if on { "y" } else { "n" };
    let (address, what) = match (&b.kind, b.locations.as_slice()) {
        (Kind::Code { .. }, []) => ("<PENDING>".to_owned(), b.spec.clone()),
        (Kind::Code { .. }, [one]) => (format!("0x{:016x}", one.addr.0), what_of(session, b, one)),
        (Kind::Code { .. }, _) => ("<MULTIPLE>".to_owned(), String::new()),
        _ => (String::new(), what_text(session, b, VirtAddr(0))),
    };
    let what = what + &b.thread.map_or(String::new(), |t| format!(" thread {}", t.global));
    let head = format!(
        "{:<7} {:<width$} {:<4} {:<3} {address:<column$} {what}",
        b.id,
        b.type_word(),
        b.disposition.word(),
        letter(b.enabled)
    );
    // gdb leaves the blanks behind <MULTIPLE>.
    let is_multiple = address == "<MULTIPLE>";
    let mut text = format!("{}\n", if is_multiple { &head } else { head.trim_end_matches(' ') });
    if let Kind::Catch(Catch::Raise { of: Some(of), .. }) = &b.kind {
        text.push_str(&format!("\tmatching: {of}\n"));
    }
    if let Kind::Watch(watch) = &b.kind
        && let Some(mask) = watch.mask
    {
        text.push_str(&format!("\tmask {mask:#x}\n"));
    }
    if let Some(condition) = &b.condition {
        text.push_str(&format!("\tstop only if {}\n", condition.text));
    }
    if let Some(thread) = b.thread {
        text.push_str(&format!("\tstop only in thread {}\n", session.id_of(thread)));
    }
    if b.hits > 0 {
        text.push_str(&format!("\t{} already hit {}\n", sort_of(b), counted(b.hits, "time")));
    }
    if b.ignore > 0 {
        text.push_str(&format!("\tignore next {} hits\n", b.ignore));
    }
    if let Some(command) = b.printf_command(&session.settings) {
        text.push_str(&format!("        {command}\n"));
    }
    text.push_str(&indented(&b.commands, 4));
    if let (Kind::Code { .. }, [_, _, ..]) = (&b.kind, b.locations.as_slice()) {
        for (n, l) in (1..).zip(&b.locations) {
            let number = format!("{}.{n}", b.id);
            let row = format!(
                "{number:<7} {:<width$} {:<4} {:<3} 0x{:016x} {}",
                "",
                "",
                letter(l.enabled),
                l.addr.0,
                what_of(session, b, l)
            );
            text.push_str(&format!("{row}\n"));
        }
    }
    text
}

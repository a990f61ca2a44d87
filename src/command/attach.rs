//! Attaching to a process that runs, and letting go of it.

use crate::base::{Error, Need, Result, Tid};
use crate::engine::{Inferior, Stop, StopReason};
use crate::ui::render::stop_text;

use super::args::Args;
use super::checkpoints::show_successor;
use super::cx::{Command, Cx};
use super::describe::{ArgKind, ArgSpec, Flow, Group, Repeat};
use super::notices::show_ended;
use super::run::what_was_read;
use super::stop::{go, stopped};

/// The family.
pub const COMMANDS: &[Command] = &[ATTACH, DETACH];

const ATTACH: Command = Command {
    name: "attach",
    group: Group::Running,
    args: &[ArgSpec::must("PID", ArgKind::Rest)],
    summary: "Attach to a running process and stop it.",
    help: "All of its threads are stopped. \"detach\" lets it go on, and so does the end of rdbg.",
    repeat: Repeat::No,
    background: true,
    run: attach,
    ..Command::BASE
};

fn attach(cx: &mut Cx<'_>, args: &Args) -> Result<Flow> {
    let pid: i32 = match args.text.parse() {
        Ok(pid) if pid >= 0 => pid,
        _ => return Err(Error::user(format!("Illegal process-id: {}.", args.text))),
    };
    if cx.session.is_core() {
        cx.session.close_core();
        cx.session.unload_program_of_core();
    } else if cx.session.inferior.process.is_some() {
        if !cx.query("A program is being debugged already.  Kill it? ")? {
            return Err(Error::user("Not killed."));
        }
        cx.session.kill()?;
    }
    match &cx.session.inferior.program {
        Some(program) => {
            let line = format!("Attaching to program: {}, process {pid}\n", program.path.display());
            cx.say_directly(line);
        }
        None => cx.say_directly(format!("Attaching to process {pid}\n")),
    }
    attach_to(cx, Tid(pid))
}

/// Whether the program stays the session's although the process is another's: as the user has set, or says.
fn keeps_program(cx: &mut Cx<'_>, pid: Tid) -> Result<bool> {
    if let (true, Some(program)) = (cx.session.reopen_if_changed().unwrap_or(false), &cx.session.inferior.program) {
        let line = format!("`{}' has changed; re-reading symbols.\n", program.path.display());
        cx.say_directly(line);
    }
    let handling = cx.session.settings.exec_file_mismatch;
    if handling == "off" {
        return Ok(cx.session.inferior.program.is_some());
    }
    let (Some(other), Some(own)) = (cx.session.mismatch(pid), &cx.session.inferior.program) else { return Ok(false) };
    let (own, other) = (own.path.display().to_string(), other.display());
    cx.warn(format!(
        "Build ID mismatch between current exec-file {own}\nand automatically determined exec-file {other}\n\
         exec-file-mismatch handling is currently \"{handling}\""
    ));
    Ok(handling == "warn" || !cx.query(&format!("Load new symbol table from \"{other}\"? "))?)
}

fn attach_to(cx: &mut Cx<'_>, pid: Tid) -> Result<Flow> {
    let keeps = keeps_program(cx, pid)?;
    let stop = Stop { tid: pid, reason: StopReason::Attached };
    let before = cx.session.inferior.program.as_ref().map(|p| p.path.clone());
    // What will be shown is looked up while the process still runs, so that it stands still the shorter.
    cx.session.observe(pid, keeps);
    let program = cx.session.inferior.program.as_ref().map(|p| p.path.clone());
    let read = program.filter(|p| before.as_ref() != Some(p)).map(|p| what_was_read(cx.session, &p));
    if cx.session.process().is_ok() {
        // Nobody sees it: what it says once is still to be said.
        let listing = cx.session.listing.clone();
        drop(stop_text(cx.session, &stop, pid));
        cx.session.listing = listing;
    }
    if let Err(e) = cx.session.attach_as(pid, keeps) {
        // The program of a process that cannot be had is not the session's.
        if read.is_some() {
            match before {
                Some(path) => cx.session.load_program(&path)?,
                None => cx.session.unload_program(),
            }
        }
        return Err(e);
    }
    cx.say_directly(read.unwrap_or_default());
    if cx.session.in_background {
        return go(cx, None);
    }
    stopped(cx, &stop, pid)
}

const DETACH: Command = Command {
    name: "detach",
    group: Group::Running,
    summary: "Let go of the process, which goes on as if nothing had been.",
    help: "A core file is let go of too.",
    needs: Some(Need::Process),
    repeat: Repeat::No,
    run: detach,
    ..Command::BASE
};

fn detach(cx: &mut Cx<'_>, _args: &Args) -> Result<Flow> {
    if cx.session.is_core() {
        cx.session.close_core();
        cx.say_directly("No core file now.\n");
        return Ok(Flow::Go);
    }
    let_go(cx)?;
    show_ended(cx);
    show_successor(cx);
    Ok(Flow::Go)
}

/// Detaches from all that rdbg was attached to, as it ends, and says so.
pub fn leave_attached(cx: &mut Cx<'_>) {
    let is_attached = |i: &&Inferior| i.process.as_ref().is_some_and(|p| !p.dies_with_rdbg() && p.target.core_file().is_none());
    let numbers: Vec<u32> = cx.session.inferiors().into_iter().filter(is_attached).map(|i| i.number).collect();
    for number in numbers {
        // What cannot be let go of so goes with the session.
        let _ = cx.session.select_inferior(number).and_then(|()| let_go(cx));
    }
}

/// Detaches from the current process, and says so.
pub(super) fn let_go(cx: &mut Cx<'_>) -> Result<()> {
    cx.session.require_detachable()?;
    let pid = cx.session.process()?.target.pid();
    let path = cx.session.inferior.program.as_ref().map(|p| p.path.display().to_string()).unwrap_or_default();
    cx.say_directly(format!("Detaching from program: {path}, process {pid}\n"));
    cx.session.detach()?;
    if cx.session.settings.print_inferior_events {
        cx.say(format!("[Inferior {} (process {pid}) detached]\n", cx.session.inferior.number));
    }
    Ok(())
}

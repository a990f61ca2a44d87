//! Letting the program go on until it stops, and showing the stop and what belongs to it.

use crate::base::{Error, Result, Signal, Tid};
use crate::engine::{Happening, Notice, Plan, Stop, StopReason};
use crate::expr::Host;
use crate::ui::Role;
use crate::ui::render::{nearest_source, stop_text};

use super::checkpoints::show_successor;
use super::cx::Cx;
use super::describe::Flow;
use super::display::show_all;
use super::exit_status::keep_end_of;
use super::expression::value_text;
use super::notices::{show_ended, show_notice, show_notices};
use super::thread_ids::target_id;

/// Waits until the program stands still, shows what happens until then, and runs the commands of the breakpoints that
/// stopped it. Every front end comes here.
pub fn run_to_stop(cx: &mut Cx<'_>) -> Result<Flow> {
    let pid = cx.session.process()?.target.pid();
    cx.out.flush();
    let stop = loop {
        match cx.session.advance()? {
            Happening::Notice(Notice::Progress(text)) => show_progress(cx, &text),
            Happening::Notice(notice) => show_notice(cx, &notice),
            Happening::Stop(stop) => break stop,
        }
    };
    // What was found out on the way to the stop, as that a condition cannot be tested.
    show_notices(cx);
    let pid = if stop.reason.is_end() { stop.tid } else { pid };
    stopped(cx, &stop, pid)
}

/// Shows how far something is, to a person at a terminal alone. The cursor goes back to the line's beginning, so that what comes next
/// stands over it.
fn show_progress(cx: &mut Cx<'_>, text: &str) {
    if is_watched(cx) {
        cx.out.text(Role::Dim, &format!("{text}\r"));
        cx.out.flush();
        cx.out.text(Role::Plain, "\x1b[K");
    }
}

/// Whether a person looks on, at a terminal that can move its cursor. What drives rdbg as if it were gdb gives it a dumb terminal.
fn is_watched(cx: &Cx<'_>) -> bool {
    cx.out.is_terminal() && std::env::var_os("TERM").is_some_and(|t| t != "dumb")
}

/// Shows a stop and does what belongs to it.
pub(super) fn stopped(cx: &mut Cx<'_>, stop: &Stop, pid: Tid) -> Result<Flow> {
    if stop.reason.is_end() {
        keep_end_of(cx.session, &stop.reason);
    } else {
        cx.session.note_stop(stop);
        if cx.session.resumed_from.take().is_some_and(|from| from != stop.tid) {
            let line = format!("[Switching to {}]\n", target_id(cx.session, stop.tid));
            cx.say(line);
        }
        // Before anything is shown, as gdb has it; what lets the program go on there has shown the next stop.
        let count = cx.session.stop_count();
        cx.run_hook("hook-", "stop")?;
        if cx.session.stop_count() != count || cx.session.process().is_err() {
            return Ok(Flow::Go);
        }
    }
    let silent = cx.session.stop_commands.iter().any(|c| c.first().is_some_and(|l| l.trim() == "silent"));
    if !silent || stop.reason.is_end() {
        for (role, text) in stop_text(cx.session, stop, pid) {
            cx.out.text(role, &text);
        }
        // Nothing but gdb's words for what drives rdbg as if it were gdb.
        if !stop.reason.is_end()
            && is_watched(cx)
            && let Some(text) = nearest_source(cx.session)
        {
            cx.out.text(Role::Dim, &text);
        }
    }
    // What was shown still counts them.
    cx.session.remove_ended();
    if stop.reason.is_end() {
        show_ended(cx);
        show_successor(cx);
        cx.session.stop_commands.clear();
    } else if !silent {
        // gdb's order: what is shown at each stop comes before what this one is about.
        show_all(cx);
        show_returned(cx);
    }
    // Who presses Ctrl-C in a loop that steps wants that to end too.
    if cx.interpreter.loops > 0 && is_interrupt(cx, stop) {
        cx.session.stop_commands.clear();
        return Err(Error::Cancelled);
    }
    run_stop_commands(cx)
}

/// Shows what a function has returned whose `finish` has just come to its end.
fn show_returned(cx: &mut Cx<'_>) {
    let Some(returned) = cx.session.take_returned() else { return };
    let Some(value) = returned.value else {
        cx.say(format!("Value returned has type: {}. Cannot determine contents\n", returned.ty));
        return;
    };
    let options = cx.session.options();
    let text = match cx.session.settings.print_finish {
        true => value_text(cx.session, &value, None, &options).unwrap_or_else(|e| format!("<error reading variable: {e}>")),
        false => "<not displayed>".to_owned(),
    };
    let number = cx.session.history.push(value);
    cx.say(format!("Value returned is ${number} = {text}\n"));
}

/// Whether the user has stopped the program: a terminal's SIGINT comes from the kernel (SI_KERNEL, sigaction(2)).
fn is_interrupt(cx: &Cx<'_>, stop: &Stop) -> bool {
    const SI_KERNEL: [u8; 4] = 0x80i32.to_le_bytes();
    let from_kernel = || {
        let info = cx.session.process().and_then(|p| p.target.signal_info(stop.tid));
        info.is_ok_and(|bytes| bytes[8..12] == SI_KERNEL)
    };
    match stop.reason {
        StopReason::Interrupted => true,
        StopReason::Signal(Signal::INT) => from_kernel(),
        _ => false,
    }
}

/// Runs the commands of the breakpoints that stopped the program. What they let go on may stop it again: its commands then
/// follow in this same loop, so that `continue` in them a million times over needs no deeper stack.
fn run_stop_commands(cx: &mut Cx<'_>) -> Result<Flow> {
    if std::mem::replace(&mut cx.session.in_stop_commands, true) {
        return Ok(Flow::Go);
    }
    let result = stop_commands_loop(cx);
    cx.session.in_stop_commands = false;
    cx.session.rest();
    result
}

fn stop_commands_loop(cx: &mut Cx<'_>) -> Result<Flow> {
    while !cx.session.stop_commands.is_empty() {
        let all = std::mem::take(&mut cx.session.stop_commands);
        'stop: for lines in all {
            for unit in units(&lines) {
                if unit.first().is_some_and(|l| l.trim() == "silent") {
                    continue;
                }
                let before = cx.session.stop_count();
                match cx.run_lines(unit) {
                    Ok(Flow::Quit(status)) => return Ok(Flow::Quit(status)),
                    Ok(_) => {}
                    Err(e) => {
                        cx.session.stop_commands.clear();
                        return Err(e);
                    }
                }
                // It went on: what is left belongs to a stop that is over.
                if cx.session.stop_count() != before {
                    break 'stop;
                }
            }
        }
    }
    Ok(Flow::Go)
}

/// The lines of a script in pieces that belong together: single lines, and blocks to their `end`.
fn units(lines: &[String]) -> Vec<&[String]> {
    let mut out = Vec::new();
    let (mut start, mut depth) = (0, 0u32);
    for (i, line) in lines.iter().enumerate() {
        match line.split_whitespace().next().unwrap_or_default() {
            "if" | "while" | "commands" | "define" | "document" => depth += 1,
            "end" => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            out.extend(lines.get(start..=i));
            start = i + 1;
        }
    }
    out.extend(lines.get(start..).filter(|rest| !rest.is_empty()));
    out
}

/// Lets the program go on by a plan, and shows what comes of it.
pub(super) fn go(cx: &mut Cx<'_>, plan: Option<Plan>) -> Result<Flow> {
    // Where nothing steps, nothing is unwound: the frame of `run` is ld.so's, whose debug information nobody has asked for.
    let frame = plan.as_ref().filter(|p| p.is_step()).and_then(|_| cx.session.frame(0).ok());
    cx.session.step_began_in = frame.map(|f| cx.session.identity(&f));
    go_on(cx, plan)
}

/// The same, when it is known where a step began.
pub(super) fn go_on(cx: &mut Cx<'_>, plan: Option<Plan>) -> Result<Flow> {
    // What was said so far stands before what the program writes.
    cx.out.flush();
    cx.session.resume(plan)?;
    if cx.session.in_background {
        cx.session.leave_running()?;
        return Ok(Flow::Go);
    }
    run_to_stop(cx)
}

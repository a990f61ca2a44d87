//! Going back to where the program was: `checkpoint`, `restart`.

use crate::base::{Error, Need, Result};
use crate::engine::CheckpointRow;

use super::args::Args;
use super::cx::{Command, Cx};
use super::describe::{ArgKind, ArgSpec, Example, Flow, Group, Repeat};
use super::expression::integer;
use super::stack::show_selected;
use super::thread_ids::target_id;

/// The family.
pub const COMMANDS: &[Command] = &[CHECKPOINT, RESTART, INFO_CHECKPOINTS, DELETE_CHECKPOINT, DETACH_CHECKPOINT];

const CHECKPOINT: Command = Command {
    name: "checkpoint",
    group: Group::Running,
    summary: "Make a copy of the program as it is now, to be gone back to with \"restart\".",
    help: "The copy is a fork of the program, which stands still. It has the memory, the registers and the open files of the program,\n\
           which does not notice: it is not its child. What cannot be copied: several threads (then none is made), children,\n\
           timers, and what others see, as the contents of files. A checkpoint never outlives rdbg, unless it is let go of.",
    examples: &[Example { line: "checkpoint", what: "tries a call that may fail, and can try it again" }],
    needs: Some(Need::Live),
    repeat: Repeat::No,
    run: |cx, _| {
        let (number, pid) = cx.session.make_checkpoint()?;
        cx.say(format!("checkpoint {number}: fork returned pid {pid}.\n"));
        Ok(Flow::Go)
    },
    ..Command::BASE
};

const RESTART: Command = Command {
    name: "restart",
    group: Group::Running,
    args: &[ArgSpec::may("N", ArgKind::Rest)],
    summary: "Go back to a checkpoint.",
    help: "N is its number, as \"info checkpoints\" shows it. The process that was the current one becomes a checkpoint itself; the\n\
           first has the number 0. Open files are read and written where they were then; the standard streams of rdbg itself are\n\
           left alone. Breakpoints stay as they are. What \"undo\" takes back is what was changed in that process.",
    examples: &[Example { line: "restart 1", what: "is where the first checkpoint was made" }],
    repeat: Repeat::No,
    run: restart,
    ..Command::BASE
};

fn restart(cx: &mut Cx<'_>, args: &Args) -> Result<Flow> {
    let number = number(cx, args, "restart")?;
    let found = u32::try_from(number).map_err(|_| Error::user(format!("Not found: checkpoint id {number}")))?;
    for line in cx.session.restart_checkpoint(found)? {
        cx.warn(line);
    }
    let pid = cx.session.process()?.target.pid();
    cx.say(format!("Switching to {}\n", target_id(cx.session, pid)));
    show_selected(cx)?;
    Ok(Flow::Go)
}

/// The number that a command is about.
fn number(cx: &mut Cx<'_>, args: &Args, what: &str) -> Result<i128> {
    if args.text.is_empty() {
        return Err(Error::user(format!("Requires argument (checkpoint id to {what})")));
    }
    integer(cx, &args.text)
}

const INFO_CHECKPOINTS: Command = Command {
    name: "info checkpoints",
    group: Group::Status,
    summary: "The checkpoints of the program.",
    help: "* marks the process that is the current one.",
    run: |cx, _| {
        let rows = cx.session.checkpoints();
        if rows.is_empty() {
            cx.say("No checkpoints.\n");
        }
        for row in rows {
            let line = described(cx, row);
            cx.say(line);
        }
        Ok(Flow::Go)
    },
    ..Command::BASE
};

fn described(cx: &Cx<'_>, row: CheckpointRow) -> String {
    let CheckpointRow { number, pid, pc, is_current } = row;
    let (mark, target) = if is_current { ('*', target_id(cx.session, pid)) } else { (' ', format!("process {pid}")) };
    let main = if number == 0 { " (main process)" } else { "" };
    let Some(pc) = pc else { return format!("{mark} {number} {target}{main} (running)\n") };
    let place = match cx.session.inferior.modules.source_line(pc) {
        Some(source) => format!(", file {}, line {}", cx.session.file_name(&source.file), source.line),
        None => cx.session.location(pc).map_or_else(String::new, |l| format!(", <{}>", l.name())),
    };
    format!("{mark} {number} {target}{main} at {pc}{place}\n")
}

const DELETE_CHECKPOINT: Command = Command {
    name: "delete checkpoint",
    group: Group::Running,
    args: &[ArgSpec::may("N", ArgKind::Rest)],
    summary: "Kill a checkpoint.",
    examples: &[Example { line: "delete checkpoint 1", what: "its process has gone" }],
    repeat: Repeat::No,
    run: |cx, args| {
        let number = other(cx, args, "delete")?;
        let pid = cx.session.delete_checkpoint(number)?;
        cx.say(format!("Killed process {pid}\n"));
        Ok(Flow::Go)
    },
    ..Command::BASE
};

const DETACH_CHECKPOINT: Command = Command {
    name: "detach checkpoint",
    group: Group::Running,
    args: &[ArgSpec::may("N", ArgKind::Rest)],
    summary: "Let go of a checkpoint, which goes on by itself from where it was made.",
    help: "Its open files stand where the program has left them since: they are the same.",
    repeat: Repeat::No,
    run: |cx, args| {
        let number = other(cx, args, "detach")?;
        let pid = cx.session.detach_checkpoint(number)?;
        cx.say(format!("Detached process {pid}\n"));
        Ok(Flow::Go)
    },
    ..Command::BASE
};

fn other(cx: &mut Cx<'_>, args: &Args, what: &str) -> Result<u32> {
    let number = number(cx, args, what)?;
    u32::try_from(number).map_err(|_| Error::user(format!("No such checkpoint id, {number}")))
}

/// Says which checkpoint has taken the place of a process that has gone.
pub(super) fn show_successor(cx: &mut Cx<'_>) {
    let Ok(process) = cx.session.process() else { return };
    let pid = process.target.pid();
    let line = format!("[Switching to {}]\n", target_id(cx.session, pid));
    cx.say(line);
}

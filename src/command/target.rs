//! What is debugged, in gdb's words: `target core`, `target exec`, `target native`; and the targets and the backward running that
//! rdbg does not have, refused with one line each.

use crate::base::{Error, Result};

use super::args::Args;
use super::cx::{Command, Cx};
use super::describe::{ArgKind, ArgSpec, Flow, Group, Repeat};
use super::help::list_below;
use super::target_name::{not_with_this_target, target_name};

/// The family.
pub const COMMANDS: &[Command] = &[
    TARGET,
    TARGET_CORE,
    TARGET_EXEC,
    TARGET_NATIVE,
    TARGET_REMOTE,
    TARGET_EXTENDED_REMOTE,
    MONITOR,
    LOAD,
    FLUSH,
    FLUSH_REGISTERS,
    FLUSHREGS,
    INFO_CONNECTIONS,
    RECORD,
    REVERSE_STEP,
    REVERSE_NEXT,
    REVERSE_STEPI,
    REVERSE_NEXTI,
    REVERSE_CONTINUE,
    REVERSE_FINISH,
];

/// What every command here is like.
const BASE: Command = Command { group: Group::Files, repeat: Repeat::No, ..Command::BASE };

const TARGET: Command =
    Command { name: "target", summary: "Connect to a target machine or process.", run: |cx, _| list_below(cx, "target"), ..BASE };

const TARGET_CORE: Command = Command {
    name: "target core",
    args: &[ArgSpec::may("FILE", ArgKind::File)],
    summary: "Use a core file as a target.",
    help: "\"core-file\" in other words.",
    run: |cx, args| match args.text.as_str() {
        "" => Err(Error::user("No core file specified.")),
        text => cx.run_line(&format!("core-file {text}")),
    },
    ..BASE
};

const TARGET_EXEC: Command = Command {
    name: "target exec",
    args: &[ArgSpec::may("FILE", ArgKind::File)],
    summary: "Use an executable file as a target.",
    help: "\"exec-file\" in other words.",
    run: |cx, args| cx.run_line(&format!("exec-file {}", args.text)),
    ..BASE
};

const TARGET_NATIVE: Command = Command {
    name: "target native",
    args: &[ArgSpec::may("ARGS", ArgKind::Rest)],
    summary: "Native process (started by the \"run\" command).",
    run: |cx, _| {
        if cx.session.inferior.process.is_some() {
            if !cx.query("A program is being debugged already.  Kill it? ")? {
                return Err(Error::user("Program not killed."));
            }
            if cx.session.is_core() { cx.session.close_core() } else { cx.session.kill()? }
        }
        cx.say("Done.  Use the \"run\" command to start a process.\n");
        Ok(Flow::Go)
    },
    ..BASE
};

const TARGET_REMOTE: Command = Command {
    name: "target remote",
    args: &[ArgSpec::may("DEVICE", ArgKind::Rest)],
    summary: "Use a remote computer via a serial line, using a gdb-specific protocol.  rdbg does not.",
    run: |_, _| Err(Error::Refused("rdbg debugs the processes and core files of this machine: it connects to no remote target.")),
    ..BASE
};

const TARGET_EXTENDED_REMOTE: Command = Command { name: "target extended-remote", ..TARGET_REMOTE };

const MONITOR: Command = Command {
    name: "monitor",
    group: Group::Obscure,
    args: &[ArgSpec::may("COMMAND", ArgKind::Rest)],
    summary: "Send a command to the remote monitor (remote targets only).",
    run: |_, _| Err(Error::user("\"monitor\" command not supported by this target.")),
    ..BASE
};

const LOAD: Command = Command {
    name: "load",
    args: &[ArgSpec::may("FILE", ArgKind::Rest)],
    summary: "Load the program into a remote target (remote targets only).",
    run: |cx, args| match args.text.is_empty() && cx.session.inferior.program.is_none() {
        true => Err(Error::user("No executable file specified.\nUse the \"file\" or \"exec-file\" command.")),
        false => Err(not_with_this_target(cx.session)),
    },
    ..BASE
};

const FLUSH: Command = Command {
    name: "maintenance flush",
    group: Group::Internals,
    summary: "Commands for flushing rdbg internal caches.",
    run: |cx, _| list_below(cx, "maintenance flush"),
    ..BASE
};

const FLUSH_REGISTERS: Command = Command {
    name: "maintenance flush register-cache",
    group: Group::Internals,
    summary: "Force rdbg to flush its register and frame cache.",
    run: |cx, _| {
        cx.session.drop_frames();
        cx.say("Register cache flushed.\n");
        Ok(Flow::Go)
    },
    ..BASE
};

const FLUSHREGS: Command = Command {
    name: "flushregs",
    run: |cx, _| {
        cx.say(
            "Warning: 'flushregs', an alias for the command 'maintenance flush register-cache', is deprecated.\n\
             Use 'maintenance flush register-cache'.\n\n",
        );
        cx.run_line("maintenance flush register-cache")
    },
    ..FLUSH_REGISTERS
};

const INFO_CONNECTIONS: Command = Command {
    name: "info connections",
    group: Group::Status,
    summary: "Target connections in use.",
    help: "* marks the current inferior's.",
    run: info_connections,
    ..BASE
};

fn info_connections(cx: &mut Cx<'_>, _: &Args) -> Result<Flow> {
    let current = target_name(cx.session);
    let uses = |is_core: bool| {
        cx.session.inferiors().iter().any(|i| i.process.as_ref().is_some_and(|p| p.target.core_file().is_some() == is_core))
    };
    let all = [("native", "Native process", uses(false)), ("core", "Local core dump file", uses(true))];
    let rows: Vec<_> = all.into_iter().filter(|row| row.2).collect();
    if rows.is_empty() {
        cx.say("No connections.\n");
        return Ok(Flow::Go);
    }
    let name = rows.iter().map(|r| r.0.len()).fold("What".len(), usize::max);
    let about = rows.iter().map(|r| r.1.len()).fold("Description".len(), usize::max);
    let mut text = format!("  {:<4} {:<name$}  {:<about$}    \n", "Num", "What", "Description");
    for (number, (what, description, _)) in (1..).zip(rows) {
        let mark = if what == current { '*' } else { ' ' };
        text.push_str(&format!("{mark} {number:<4} {what:<name$}  {description:<about$}    \n"));
    }
    cx.say(text);
    Ok(Flow::Go)
}

const RECORD: Command = Command {
    name: "record",
    aliases: &["rec"],
    group: Group::Obscure,
    args: &[ArgSpec::may("METHOD", ArgKind::Rest)],
    summary: "Start recording, to run backwards.  rdbg does not.",
    help: "\"timeline\" records how a program is loaded; \"undo\" takes back what you changed.",
    run: |_, _| Err(Error::Refused("rdbg does not record execution, and runs no program backwards.")),
    ..BASE
};

const REVERSE_STEP: Command =
    reverse("reverse-step", &["rs"], "Step program backward until it reaches the beginning of another source line.");
const REVERSE_NEXT: Command = reverse("reverse-next", &["rn"], "Step program backward, proceeding through subroutine calls.");
const REVERSE_STEPI: Command = reverse("reverse-stepi", &["rsi"], "Step backward exactly one instruction.");
const REVERSE_NEXTI: Command =
    reverse("reverse-nexti", &["rni"], "Step backward one instruction, but proceed through called subroutines.");
const REVERSE_CONTINUE: Command = reverse("reverse-continue", &["rc"], "Continue program being debugged but run it in reverse.");
const REVERSE_FINISH: Command =
    reverse("reverse-finish", &[], "Execute backward until just before selected stack frame is called.");

const TIMES: &[ArgSpec] = &[ArgSpec::may("N", ArgKind::Rest)];

const fn reverse(name: &'static str, aliases: &'static [&'static str], summary: &'static str) -> Command {
    Command {
        name,
        aliases,
        group: Group::Running,
        args: TIMES,
        summary,
        help: "Programs do not run backwards under rdbg.",
        run: |cx, _| Err(Error::user(format!("Target {} does not support this command.", target_name(cx.session)))),
        ..BASE
    }
}

//! Starting the program, letting it go on, and showing what comes of it.

use std::path::{Path, PathBuf};

use crate::base::{Error, Need, Result, Signal, Tid, VirtAddr};
use crate::engine::{Happening, Notice, Plan, Session, Stop, StopReason};
use crate::expr::Host;
use crate::ui::Role;
use crate::ui::render::{nearest_source, notice_text, stop_text};
use crate::value::{Type, Value};

use super::args::Args;
use super::cx::Cx;
use super::describe::{ArgKind, ArgSpec, Command, Example, Flow, Group, Repeat};
use super::paths::expand_home;

/// Starting and stopping.
pub const COMMANDS: &[Command] = &[FILE, EXEC_FILE, SYMBOL_FILE, RUN, START, STARTI, KILL, CONTINUE, JUMP, SIGNAL, QUEUE_SIGNAL];

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

/// Shows what has happened in the program while something else was done, as calls of its functions.
pub(super) fn show_notices(cx: &mut Cx<'_>) {
    for notice in cx.session.take_notices() {
        show_notice(cx, &notice);
    }
}

pub(super) fn show_notice(cx: &mut Cx<'_>, notice: &Notice) {
    if let Notice::CallStopped { stop, .. } = notice {
        keep_end_of(cx.session, &stop.reason);
    }
    if let Some((role, text)) = notice_text(cx.session, notice) {
        cx.out.text(role, &text);
        cx.out.flush();
    }
}

/// Deletes the breakpoints of threads that have gone with their process.
pub(super) fn show_ended(cx: &mut Cx<'_>) {
    for line in cx.session.end_thread_breakpoints() {
        cx.say(format!("{line}\n"));
    }
}

/// Shows a stop and does what belongs to it.
pub(super) fn stopped(cx: &mut Cx<'_>, stop: &Stop, pid: Tid) -> Result<Flow> {
    if stop.reason.is_end() {
        keep_end_of(cx.session, &stop.reason);
    } else {
        if cx.session.resumed_from.take().is_some_and(|from| from != stop.tid) {
            let line = format!("[Switching to {}]\n", super::threads::target_id(cx.session, stop.tid));
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
        cx.session.stop_commands.clear();
    } else if !silent {
        // gdb's order: what is shown at each stop comes before what this one is about.
        super::data::show_displays(cx);
        super::finish::show_returned(cx);
    }
    // Who presses Ctrl-C in a loop that steps wants that to end too.
    if cx.interpreter.loops > 0 && is_interrupt(cx, stop) {
        cx.session.stop_commands.clear();
        return Err(Error::Cancelled);
    }
    run_stop_commands(cx)
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

const FILE: Command = Command {
    name: "file",
    group: Group::Files,
    args: &[ArgSpec::may("FILE", ArgKind::File)],
    summary: "Use FILE as the program to be debugged.",
    help: "It is read for its symbols, and it is the program that runs with \"run\".\nWithout FILE, there is no program any more.",
    examples: &[Example { line: "file /bin/true", what: "debugs /bin/true" }],
    repeat: Repeat::No,
    run: file,
    ..Command::BASE
};

fn file(cx: &mut Cx<'_>, args: &Args) -> Result<Flow> {
    change_file(cx, args, "No executable file now.\nNo symbol file now.\n")
}

fn change_file(cx: &mut Cx<'_>, args: &Args, none: &str) -> Result<Flow> {
    if cx.session.require(Need::Live).is_ok()
        && !cx.query("A program is being debugged already.\nAre you sure you want to change the file? ")?
    {
        return Err(Error::user("File not changed."));
    }
    let Some(name) = args.get("FILE") else {
        cx.session.unload_program();
        cx.say(none);
        return Ok(Flow::Go);
    };
    load(cx, &expand_home(name))?;
    Ok(Flow::Go)
}

/// Takes a program, and says what was found in it, in gdb's words.
pub fn load(cx: &mut Cx<'_>, path: &Path) -> Result<()> {
    let path = find_program(path);
    cx.session.load_program(&path)?;
    cx.say_directly(what_was_read(cx.session, &path));
    Ok(())
}

/// What was found in the program's file, in gdb's words.
pub(super) fn what_was_read(session: &Session, path: &Path) -> String {
    let shown = path.display();
    let mut text = format!("Reading symbols from {shown}...\n");
    let Some(file) = session.inferior.modules.main().map(|m| m.file.clone()) else { return text };
    let mut described_in = shown.to_string();
    if let Some(separate) = file.separate().filter(|s| !s.is_mini()) {
        described_in = separate.image().path().display().to_string();
        text += &format!("Reading symbols from {described_in}...\n");
    }
    if !file.has_debug_information() {
        text += &format!("(No debugging symbols found in {described_in})\n");
    }
    text
}

/// The file itself, or, for a bare name that is no file here, what $PATH has of that name, as gdb does.
fn find_program(path: &Path) -> PathBuf {
    if path.exists() || path.components().count() > 1 {
        return path.to_owned();
    }
    let in_path =
        std::env::var_os("PATH").and_then(|all| std::env::split_paths(&all).map(|d| d.join(path)).find(|p| p.is_file()));
    in_path.unwrap_or_else(|| path.to_owned())
}

const EXEC_FILE: Command = Command {
    name: "exec-file",
    group: Group::Files,
    args: &[ArgSpec::may("FILE", ArgKind::File)],
    summary: "Use FILE as the program for getting contents of pure memory.",
    help: "In rdbg it is the same as \"file\": symbols come from where the code is.",
    repeat: Repeat::No,
    run: |cx, args| change_file(cx, args, "No executable file now.\n"),
    ..Command::BASE
};

const SYMBOL_FILE: Command = Command {
    name: "symbol-file",
    summary: "Load symbol table from executable file FILE.",
    run: |cx, args| change_file(cx, args, "No symbol file now.\n"),
    ..EXEC_FILE
};

const RUN: Command = Command {
    name: "run",
    aliases: &["r"],
    group: Group::Running,
    args: &[ArgSpec::may("ARGS", ArgKind::Rest)],
    summary: "Start the program.",
    help: "ARGS are its arguments, with quotes, globs, variables and the redirections < > >> 2> as in a shell (but none is run).\n\
Without ARGS, those of the last time are used. Address space randomization is off (\"set disable-randomization\").",
    examples: &[Example { line: "run samir > /dev/null", what: "starts the program with one argument, its output thrown away" }],
    needs: Some(Need::Executable),
    background: true,
    run: |cx, args| {
        launch(cx, args)?;
        go(cx, None)
    },
    ..Command::BASE
};

/// Starts the program; it stands at its first instruction.
fn launch(cx: &mut Cx<'_>, args: &Args) -> Result<()> {
    make_way(cx)?;
    if !args.text.is_empty() {
        cx.session.settings.args = args.text.clone();
    }
    if let Some(program) = &cx.session.inferior.program {
        let line = format!("Starting program: {} {}\n", program.path.display(), cx.session.settings.args);
        cx.say_directly(line);
    }
    cx.out.flush();
    for warning in cx.session.launch()? {
        cx.warn(warning);
    }
    Ok(())
}

/// Ends what runs already, after asking.
fn make_way(cx: &mut Cx<'_>) -> Result<()> {
    if cx.session.is_core() {
        cx.session.close_core();
    } else if cx.session.inferior.process.is_some() {
        let question = "The program being debugged has been started already.\nStart it from the beginning? ";
        if !cx.query(question)? {
            return Err(Error::user("Program not restarted."));
        }
        cx.session.kill()?;
    }
    Ok(())
}

const START: Command = Command {
    name: "start",
    group: Group::Running,
    args: &[ArgSpec::may("ARGS", ArgKind::Rest)],
    summary: "Start the program and stop at the beginning of its main function.",
    help: "In a stripped program too: main is found by what the start-up code does.",
    examples: &[Example { line: "start", what: "runs to main" }],
    needs: Some(Need::Executable),
    background: true,
    run: |cx, args| {
        make_way(cx)?;
        let main = cx.session.main_name();
        cx.run_line(&format!("tbreak {main}"))?;
        launch(cx, args)?;
        go(cx, None)
    },
    ..Command::BASE
};

const STARTI: Command = Command {
    name: "starti",
    group: Group::Running,
    args: &[ArgSpec::may("ARGS", ArgKind::Rest)],
    summary: "Start the program and stop at the first instruction that runs: the dynamic linker's.",
    examples: &[Example { line: "starti", what: "nothing of the program, and nothing of its loader, has run" }],
    needs: Some(Need::Executable),
    background: true,
    run: |cx, args| {
        launch(cx, args)?;
        let pid = cx.session.process()?.target.pid();
        stopped(cx, &Stop { tid: pid, reason: StopReason::Begun }, pid)
    },
    ..Command::BASE
};

const KILL: Command = Command {
    name: "kill",
    aliases: &["k"],
    group: Group::Running,
    summary: "Kill the program being debugged.",
    needs: Some(Need::Live),
    repeat: Repeat::No,
    run: kill,
    ..Command::BASE
};

fn kill(cx: &mut Cx<'_>, _args: &Args) -> Result<Flow> {
    if !cx.query("Kill the program being debugged? ")? {
        return Err(Error::user("Not confirmed."));
    }
    let (number, pid) = (cx.session.inferior.number, cx.session.process()?.target.pid());
    cx.session.kill()?;
    if cx.session.settings.print_inferior_events {
        cx.say(format!("[Inferior {number} (process {pid}) killed]\n"));
    }
    show_ended(cx);
    Ok(Flow::Go)
}

const CONTINUE: Command = Command {
    name: "continue",
    aliases: &["c", "fg"],
    group: Group::Running,
    args: &[ArgSpec::may("N", ArgKind::Int)],
    summary: "Let the program go on.",
    help: "With N, the breakpoint at which it stands is ignored the next N-1 times.",
    examples: &[Example { line: "continue 3", what: "passes this breakpoint twice, and stops the third time" }],
    needs: Some(Need::Stopped),
    background: true,
    run: continue_,
    ..Command::BASE
};

fn continue_(cx: &mut Cx<'_>, args: &Args) -> Result<Flow> {
    if let Some(text) = args.get("N") {
        if text == "-a" {
            return Err(Error::user("`-a' is meaningless in all-stop mode."));
        }
        let n = super::data::integer(cx, text)?;
        let pc = cx.session.process()?.target.pc(cx.session.selected_thread()?)?;
        let here = cx.session.breakpoints.iter_mut().find(|b| b.locations.iter().any(|l| l.addr == pc));
        if let Some(breakpoint) = here {
            let crossings = u64::try_from(n - 1).unwrap_or(0);
            breakpoint.ignore = crossings;
            let id = breakpoint.id;
            cx.say_directly(format!("{}  Continuing.\n", super::breaks::ignore_sentence(id, crossings)));
            return go(cx, None);
        }
    }
    cx.say_directly("Continuing.\n");
    go(cx, None)
}

const JUMP: Command = Command {
    name: "jump",
    aliases: &["j"],
    group: Group::Running,
    args: &[ArgSpec::must("LOCATION", ArgKind::Linespec)],
    summary: "Let the program go on at another place.",
    examples: &[Example { line: "jump *$pc", what: "goes on where it is" }],
    needs: Some(Need::Stopped),
    background: true,
    run: jump,
    ..Command::BASE
};

fn jump(cx: &mut Cx<'_>, args: &Args) -> Result<Flow> {
    let places = cx.session.locate_places(&args.text)?;
    let [to] = places.as_slice() else {
        return Err(Error::user("Unreasonable jump request"));
    };
    let start = |at: VirtAddr| cx.session.inferior.modules.at(at).and_then(|m| m.function(at)).map(|f| f.die);
    if let (Ok(frame), Some((_, line))) = (cx.session.frame(0), &to.line)
        && let Some(here) = cx.session.function_title(frame.pc.addr())
        && start(frame.pc.addr()) != start(to.addr)
        && !cx.query(&format!("Line {line} is not in `{here}'.  Jump anyway? "))?
    {
        return Err(Error::user("Not confirmed."));
    }
    let to = to.addr;
    cx.say_directly(format!("Continuing at {to}.\n"));
    let tid = cx.session.selected_thread()?;
    cx.session.write_register_unlogged(tid, "rip", &to.0.to_le_bytes())?;
    // The signal that stopped the program is not delivered.
    cx.session.set_pending_signal(tid, None)?;
    go(cx, None)
}

const SIGNAL: Command = Command {
    name: "signal",
    group: Group::Running,
    args: &[ArgSpec::may("SIGNAL", ArgKind::Rest)],
    summary: "Let the program go on with a signal; with 0, without the one it stopped by.",
    examples: &[Example { line: "signal 0", what: "goes on, and the program never hears of the signal" }],
    needs: Some(Need::Stopped),
    background: true,
    run: signal,
    ..Command::BASE
};

const QUEUE_SIGNAL: Command = Command {
    name: "queue-signal",
    group: Group::Running,
    args: &[ArgSpec::may("SIGNAL", ArgKind::Rest)],
    summary: "Let the selected thread have a signal when it goes on; with 0, none.",
    help: "\"signal\" does the same and goes on at once.",
    examples: &[Example { line: "queue-signal 0", what: "the program never hears of the signal that stopped it" }],
    needs: Some(Need::Stopped),
    repeat: Repeat::No,
    run: queue_signal,
    ..Command::BASE
};

fn queue_signal(cx: &mut Cx<'_>, args: &Args) -> Result<Flow> {
    let tid = cx.session.selected_thread()?;
    let signal = signal_named(cx, &args.text)?;
    if let Some(signal) = signal.filter(|s| !cx.session.signals.get(*s).pass) {
        return Err(Error::user(format!("Signal handling set to not pass this signal to the program: {}.", signal.name())));
    }
    cx.session.set_pending_signal(tid, signal)?;
    Ok(Flow::Go)
}

/// A signal by name or by an expression for its number; 0 is none.
fn signal_named(cx: &mut Cx<'_>, text: &str) -> Result<Option<Signal>> {
    if text.is_empty() {
        return Err(Error::user("Argument required (signal number)."));
    }
    if let Some(signal) = Signal::all().find(|s| s.name() == text) {
        return Ok(Some(signal));
    }
    match super::data::integer(cx, text)? {
        0 => Ok(None),
        n @ 1..=15 => Ok(Some(Signal(n as i32))),
        _ => Err(Error::user(
            "Only signals 1-15 are valid as numeric signals.\nUse \"info signals\" for a list of symbolic signals.",
        )),
    }
}

fn signal(cx: &mut Cx<'_>, args: &Args) -> Result<Flow> {
    let tid = cx.session.selected_thread()?;
    let signal = signal_named(cx, &args.text)?;
    confirm_others(cx, tid)?;
    cx.say_directly(match signal {
        Some(s) => format!("Continuing with signal {}.\n", s.name()),
        None => "Continuing with no signal.\n".to_owned(),
    });
    cx.session.set_pending_signal(tid, signal)?;
    go(cx, None)
}

/// Signals by which other threads have stopped are delivered to them all the same: told, and asked about.
fn confirm_others(cx: &mut Cx<'_>, tid: Tid) -> Result<()> {
    let others = cx.session.other_signals(tid);
    if others.is_empty() {
        return Ok(());
    }
    let process = cx.session.process()?;
    let id = |tid| cx.session.thread_id(process.number_of(tid).unwrap_or(0));
    let mut text = "Note:\n".to_owned();
    for (other, signal) in others {
        let (name, description) = (signal.name(), signal.description());
        text += &format!("  Thread {} previously stopped with signal {name}, {description}.\n", id(other));
    }
    let question = format!(
        "Continuing thread {} (the current thread) with specified signal will\n\
         still deliver the signals noted above to their respective threads.\nContinue anyway? ",
        id(tid)
    );
    cx.say(text);
    if cx.query(&question)? { Ok(()) } else { Err(Error::user("Not confirmed.")) }
}

/// What is lost when rdbg ends now, in gdb's words.
pub(super) fn at_stake(session: &Session) -> Option<String> {
    let mut text = String::new();
    for inferior in session.inferiors() {
        let Some(process) = inferior.process.as_ref().filter(|p| p.target.core_file().is_none()) else { continue };
        let verb = if process.launched { "killed" } else { "detached" };
        text += &format!("\tInferior {} [process {}] will be {verb}.\n", inferior.number, process.target.pid());
    }
    Some(text).filter(|t| !t.is_empty())
}

/// How a stop ends the program, if it does.
fn keep_end_of(session: &mut Session, reason: &StopReason) {
    match reason {
        StopReason::Exited(code) => keep_end(session, Some(*code), None),
        StopReason::Killed(signal) => keep_end(session, None, Some(*signal)),
        _ => {}
    }
}

/// `$_exitcode` or `$_exitsignal`: the one by which the program ended, and the other void.
pub(super) fn keep_end(session: &mut Session, code: Option<i32>, signal: Option<Signal>) {
    for (name, number) in [("_exitcode", code), ("_exitsignal", signal.map(|s| s.0))] {
        session.variables.set(name, number.map_or_else(Value::void, |n| Value::int(&Type::int(), n.into())));
    }
}

/// How the program ended last.
pub(super) fn exit_status(session: &Session) -> Option<i32> {
    let value = session.variables.get("_exitcode")?;
    let bytes = value.bytes(session.memory(), None).ok()?;
    Some(i32::from_le_bytes(bytes.get(..4)?.try_into().ok()?))
}

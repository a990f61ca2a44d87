//! Programs, and starting, ending and resuming them: `file`, `run`, `kill`, `continue`, `jump`, `signal`.

use std::path::{Path, PathBuf};

use crate::base::{Error, Need, Result, Signal, Tid, VirtAddr};
use crate::engine::{Session, Stop, StopReason};

use super::args::Args;
use super::cx::{Command, Cx};
use super::describe::{ArgKind, ArgSpec, Example, Flow, Group, Repeat};
use super::expression::integer;
use super::notices::show_ended;
use super::paths::expand_home;
use super::stop::{go, stopped};

/// Starting and stopping.
pub const COMMANDS: &[Command] = &[FILE, EXEC_FILE, SYMBOL_FILE, RUN, START, STARTI, KILL, CONTINUE, JUMP, SIGNAL, QUEUE_SIGNAL];

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
        let n = integer(cx, text)?;
        let pc = cx.session.process()?.target.pc(cx.session.selected_thread()?)?;
        let here = cx.session.breakpoints.iter_mut().find(|b| b.locations.iter().any(|l| l.addr == pc));
        if let Some(breakpoint) = here {
            let crossings = u64::try_from(n - 1).unwrap_or(0);
            breakpoint.ignore = crossings;
            let id = breakpoint.id;
            cx.say_directly(format!("{}  Continuing.\n", super::breaks::ignore_sentence(id, crossings)));
            return go(cx, None);
        }
        cx.say_directly("Not stopped at any breakpoint; argument ignored.\n");
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
    match integer(cx, text)? {
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

//! Breakpoints as a file of commands that sets them again.

use crate::base::{Error, Result};
use crate::engine::{Breakpoint, Catch, Disposition, Kind, SignalChoice, WatchKind};

use crate::command::args::Args;
use crate::command::cx::{Command, Cx};
use crate::command::describe::{ArgKind, ArgSpec, Flow, Group, Repeat};
use crate::command::help::list_below;
use crate::command::paths::{expand_home, file_error};
use crate::command::user_command::indented;

/// Saving.
pub const COMMANDS: &[Command] = &[SAVE, SAVE_BREAKPOINTS];

const SAVE: Command = Command {
    name: "save",
    group: Group::Breakpoints,
    summary: "Save something as a file of commands.",
    run: |cx, _| list_below(cx, "save"),
    ..Command::BASE
};

const SAVE_BREAKPOINTS: Command = Command {
    name: "save breakpoints",
    group: Group::Breakpoints,
    args: &[ArgSpec::may("FILE", ArgKind::File)],
    summary: "Save the breakpoints as a file of commands.",
    help: "Watchpoints and catchpoints too, with their conditions, commands and ignore counts. \"source FILE\" sets them again.",
    repeat: Repeat::No,
    run: save,
    ..Command::BASE
};

fn save(cx: &mut Cx<'_>, args: &Args) -> Result<Flow> {
    let Some(file) = args.get("FILE") else {
        return Err(Error::user("Argument required (file name in which to save)"));
    };
    let text: String = cx.session.breakpoints.iter().map(lines).collect();
    if text.is_empty() {
        cx.warn("Nothing to save.");
        return Ok(Flow::Go);
    }
    let path = expand_home(file);
    std::fs::write(&path, text)
        .map_err(|e| Error::user(format!("Unable to open file '{}' for saving ({})", path.display(), reason(file, &e))))?;
    cx.say_directly(format!("Saved to file '{}'.\n", path.display()));
    Ok(Flow::Go)
}

fn reason(file: &str, e: &std::io::Error) -> String {
    let text = file_error(file, e).to_string();
    text.strip_prefix(&format!("{file}: ")).unwrap_or(&text).trim_end_matches('.').to_owned()
}

/// The commands that make a breakpoint again.
fn lines(b: &Breakpoint) -> String {
    let mut text = format!("{}\n", recreate(b));
    if let Some(condition) = &b.condition {
        text.push_str(&format!("  condition $bpnum {}\n", condition.text));
    }
    if b.ignore > 0 {
        text.push_str(&format!("  ignore $bpnum {}\n", b.ignore));
    }
    if !b.commands.is_empty() {
        text.push_str("  commands\n");
        text.push_str(&indented(&b.commands, 2));
        text.push_str("  end\n");
    }
    if !b.enabled {
        text.push_str("disable $bpnum\n");
    }
    let off = (1..).zip(&b.locations).filter(|(_, l)| !l.enabled);
    text.extend(off.map(|(n, _)| format!("disable $bpnum.{n}\n")));
    text
}

fn recreate(b: &Breakpoint) -> String {
    let once = b.disposition == Disposition::Delete;
    let thread = b.thread.map_or(String::new(), |t| format!(" thread {}", t.global));
    match &b.kind {
        Kind::Code { .. } if let Some(text) = &b.printf => format!("dprintf {},{text}", b.spec),
        Kind::Code { hardware } => {
            let word = match (once, hardware) {
                (false, false) => "break",
                (true, false) => "tbreak",
                (false, true) => "hbreak",
                (true, true) => "thbreak",
            };
            format!("{word} {}{thread}", b.spec)
        }
        Kind::Watch(watch) => {
            let word = match watch.kind {
                WatchKind::Write => "watch",
                WatchKind::Read => "rwatch",
                WatchKind::Access => "awatch",
            };
            let mask = watch.mask.map_or(String::new(), |m| format!(" mask {m:#x}"));
            format!("{word} {}{thread}{mask}", watch.text)
        }
        Kind::Catch(catch) => format!("{} {}", if once { "tcatch" } else { "catch" }, event(catch, &b.spec)),
    }
}

fn event(catch: &Catch, spec: &str) -> String {
    let words = |word: &str, list: Vec<String>| format!("{word} {}", list.join(" ")).trim_end().to_owned();
    match catch {
        Catch::Bind { symbol, module } => {
            let module = module.iter().map(|m| format!("-m {m}"));
            words("bind", module.chain(symbol.clone()).collect())
        }
        Catch::Load(_) | Catch::Unload(_) => spec.to_owned(),
        Catch::Signals(SignalChoice::Standard) => "signal".to_owned(),
        Catch::Signals(SignalChoice::All) => "signal all".to_owned(),
        Catch::Signals(SignalChoice::These(signals)) => words("signal", signals.iter().map(|s| s.name()).collect()),
        Catch::Fork => "fork".to_owned(),
        Catch::Vfork => "vfork".to_owned(),
        Catch::Exec => "exec".to_owned(),
        Catch::Relro => "relro".to_owned(),
        Catch::Raise { what, of } => words(what.word(), of.iter().map(|r| r.to_string()).collect()),
        Catch::Init(of) => words("init", of.iter().cloned().collect()),
        Catch::Syscalls(numbers) => words(
            "syscall",
            numbers
                .iter()
                .map(|n| crate::arch::syscalls::syscall_name(*n).map_or_else(|| n.to_string(), str::to_owned))
                .collect(),
        ),
    }
}

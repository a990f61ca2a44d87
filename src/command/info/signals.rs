//! What happens when the program gets a signal.

use std::collections::BTreeMap;

use crate::base::{Error, Result, Signal};
use crate::command::loader::address;
use crate::command::{ArgKind, ArgSpec, Args, Command, Cx, Example, Flow, Group, Repeat};
use crate::engine::SignalDisposition;
use crate::ui::{Role, Row};

/// `info signals`
pub const SIGNALS: Command = Command {
    name: "info signals",
    aliases: &["info handle"],
    group: Group::Status,
    args: &[ArgSpec::JSON, ArgSpec::may("SIGNAL", ArgKind::Expr)],
    summary: "What debugger does when program gets various signals.",
    help: "With SIGNAL (a name, or a number from 1 to 15), that one's row.",
    examples: &[Example { line: "info signals SIGUSR1", what: "one signal" }],
    run: info_signals,
    ..Command::BASE
};

const HEAD: &str = "Signal        Stop\tPrint\tPass to program\tDescription\n";

/// The standard signals, then the real-time ones.
fn all() -> impl Iterator<Item = Signal> {
    (1..=31).chain(34..=64).map(Signal)
}

fn info_signals(cx: &mut Cx<'_>, args: &Args) -> Result<Flow> {
    if let Some(text) = args.get("SIGNAL") {
        cx.out.text(Role::Title, HEAD);
        let signal = match by_name(text) {
            Some(signal) => signal,
            None => by_text(&address(cx, text)?.0.to_string())?,
        };
        show(cx, signal);
        return Ok(Flow::Go);
    }
    cx.out.text(Role::Title, HEAD);
    cx.say("\n");
    for signal in all() {
        show(cx, signal);
    }
    cx.say("\nUse the \"handle\" command to change these tables.\n");
    Ok(Flow::Go)
}

fn show(cx: &mut Cx<'_>, signal: Signal) {
    let d = cx.session.signals.get(signal);
    let word = |on: bool| if on { "Yes" } else { "No" };
    let text = format!("{:<13} {}\t{}\t{}\t\t{}", signal.name(), word(d.stop), word(d.print), word(d.pass), signal.description());
    let row = Row::new()
        .note(Role::Plain, text)
        .hidden("signal", signal.name())
        .hidden("number", signal.0)
        .hidden("stop", d.stop)
        .hidden("print", d.print)
        .hidden("pass", d.pass)
        .hidden("description", signal.description());
    cx.row(&row);
}

fn by_name(text: &str) -> Option<Signal> {
    all().find(|s| s.name() == text)
}

fn by_text(text: &str) -> Result<Signal> {
    if let Some(signal) = by_name(text) {
        return Ok(signal);
    }
    match text.parse::<i32>() {
        Ok(n) if (1..=15).contains(&n) => Ok(Signal(n)),
        _ => Err(Error::user(
            "Only signals 1-15 are valid as numeric signals.\nUse \"info signals\" for a list of symbolic signals.",
        )),
    }
}

/// `handle`
pub const HANDLE: Command = Command {
    name: "handle",
    group: Group::Running,
    args: &[ArgSpec::may("SIGNAL ACTION", ArgKind::OneOf(signal_words))],
    summary: "Specify how to handle signals.",
    help: "handle SIGNAL... ACTION...: SIGNAL is a name, a number from 1 to 15, a range of them, or `all' (but those that the\n\
           debugger uses). ACTION is stop, nostop, print, noprint, pass (noignore) or nopass (ignore). Stop implies print,\n\
           noprint implies nostop.",
    examples: &[Example { line: "handle SIGUSR1 nostop noprint pass", what: "let it through in silence" }],
    repeat: Repeat::No,
    run: handle,
    ..Command::BASE
};

/// Signals and what can be done with them.
fn signal_words() -> Vec<String> {
    let actions = ["stop", "nostop", "print", "noprint", "pass", "nopass", "ignore", "noignore"];
    Signal::all().map(|s| s.name()).chain(["all".to_owned()]).chain(actions.map(str::to_owned)).collect()
}

/// What a word changes.
fn act(word: &str, d: &mut SignalDisposition) -> bool {
    let whole = |w: &str, least: usize| word.len() >= least && w.starts_with(word);
    match () {
        () if whole("stop", 1) => (d.stop, d.print) = (true, true),
        () if whole("ignore", 1) => d.pass = false,
        () if whole("print", 2) => d.print = true,
        () if whole("pass", 2) => d.pass = true,
        () if whole("nostop", 3) => d.stop = false,
        () if whole("noignore", 3) => d.pass = true,
        () if whole("noprint", 4) => (d.print, d.stop) = (false, false),
        () if whole("nopass", 4) => d.pass = false,
        () => return false,
    }
    true
}

fn handle(cx: &mut Cx<'_>, args: &Args) -> Result<Flow> {
    let words = args.words();
    if words.is_empty() {
        return Err(Error::user("Argument required (signal to handle)."));
    }
    // An action is for the signals that stand before it; nothing is changed where a word means nothing.
    let mut signals: Vec<Signal> = Vec::new();
    let mut changed: BTreeMap<Signal, SignalDisposition> = BTreeMap::new();
    for word in &words {
        let mut probe = SignalDisposition { stop: false, print: false, pass: false };
        if word == "all" {
            signals.extend(all().filter(|s| !is_own(*s)));
        } else if act(word, &mut probe) {
            for signal in &signals {
                act(word, changed.entry(*signal).or_insert_with(|| cx.session.signals.get(*signal)));
            }
        } else {
            signals.extend(chosen(cx, word)?);
        }
    }
    for (signal, disposition) in changed {
        cx.session.handle_signal(signal, disposition);
    }
    if !signals.is_empty() {
        cx.out.text(Role::Title, HEAD);
        signals.sort();
        signals.dedup();
        for signal in signals {
            show(cx, signal);
        }
    }
    Ok(Flow::Go)
}

/// The signals that the debugger itself uses.
fn is_own(signal: Signal) -> bool {
    signal == Signal::INT || signal == Signal::TRAP
}

/// The signals that a word names: a name, a number, a range.
fn chosen(cx: &mut Cx<'_>, word: &str) -> Result<Vec<Signal>> {
    let named = match word.split_once('-').filter(|(a, _)| a.bytes().all(|b| b.is_ascii_digit()) && !a.is_empty()) {
        Some((low, high)) => {
            let (low, high) = (by_text(low)?, by_text(high)?);
            let (low, high) = (low.min(high), low.max(high));
            (low.0..=high.0).map(Signal).collect()
        }
        None if word.bytes().all(|b| b.is_ascii_digit()) => vec![by_text(word)?],
        None => match by_name(word) {
            Some(signal) => vec![signal],
            None => return Err(Error::user(format!("Unrecognized or ambiguous flag word: \"{word}\"."))),
        },
    };
    let mut kept = Vec::new();
    for signal in named {
        let question = format!("{} is used by the debugger.\nAre you sure you want to change it? ", signal.name());
        if is_own(signal) && !cx.query(&question)? {
            cx.say("Not confirmed, unchanged.\n");
        } else {
            kept.push(signal);
        }
    }
    Ok(kept)
}

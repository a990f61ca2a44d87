//! Showing expressions at every stop: `display` and its kin.

use crate::base::{Error, Result};
use crate::engine::{BlockScope, Session};
use crate::expr::{self, Host};
use crate::value::FormatSpec;

use super::args::Args;
use super::cx::{Command, Cx};
use super::describe::{ArgKind, ArgSpec, Example, Flow, Group, Repeat};
use super::display_list::Display;
use super::expression::{integer, show_warnings, value_text};
use super::memory;

const DISPLAY: Command = Command {
    name: "display",
    group: Group::Data,
    args: &[ArgSpec::may("/FMT", ArgKind::Format), ArgSpec::may("EXP", ArgKind::Expr)],
    summary: "Print value of expression EXP each time the program stops.",
    help: "FMT is that of \"print\", or with a size letter, i or s that of \"x\": memory is shown then.\n\
Without EXP, all displays are shown now. \"undisplay\" ends one.",
    examples: &[Example { line: "display/i $pc", what: "the instruction that comes next, at every stop" }],
    repeat: Repeat::No,
    run: display,
    ..Command::BASE
};

fn display(cx: &mut Cx<'_>, args: &Args) -> Result<Flow> {
    let (mut spec, rest) = args.format.as_deref().map_or((FormatSpec::default(), ""), FormatSpec::parse);
    let text = format!("{rest}{}", args.text);
    if text.is_empty() {
        show_all(cx);
        return Ok(Flow::Go);
    }
    if spec.size.is_some() && spec.letter.is_none() {
        spec.letter = Some('x');
    }
    let expr = expr::parse(&text, cx.session)?;
    // A name that does not exist is an error at once; what cannot be computed yet is not.
    if let Err(e @ Error::NoSymbol { .. }) = expr::eval_type(&expr, cx.session) {
        return Err(e);
    }
    let scope = cx.session.block_scope(&expr);
    let displays = &mut cx.interpreter.displays;
    displays.last += 1;
    displays.list.push(Display { number: displays.last, text, expr, scope, spec, enabled: true });
    let at = displays.list.len() - 1;
    show(cx, at);
    Ok(Flow::Go)
}

/// Shows every enabled display.
pub(super) fn show_all(cx: &mut Cx<'_>) {
    for at in 0..cx.interpreter.displays.list.len() {
        if cx.interpreter.displays.list.get(at).is_some_and(|d| d.enabled) {
            show(cx, at);
        }
    }
}

fn show(cx: &mut Cx<'_>, at: usize) {
    // Taken out while it is shown: an expression may do anything.
    let Some(display) = cx.interpreter.displays.list.get(at) else { return };
    let (number, spec, text, expr) = (display.number, display.spec, display.text.clone(), display.expr.clone());
    let scope = display.scope.clone();
    if scope.as_ref().is_some_and(|s| !cx.session.is_in_block(s)) {
        return;
    }
    if display.examines() {
        let count = if display.count() == 1 { String::new() } else { display.count().to_string() };
        let letter = spec.letter.unwrap_or('x');
        let is_row = matches!(letter, 'i' | 's');
        let size = if is_row { String::new() } else { display.size().to_string() };
        let gap = if display.count() != 1 || letter == 'i' { "\n" } else { "  " };
        cx.say(format!("{number}: x/{count}{letter}{size} {text}{gap}"));
        let start = bound(cx, scope.as_ref(), |session| expr::eval_address(&expr, session));
        show_warnings(cx);
        // A display leaves behind where it ended, but not how it looked.
        let mut state = cx.interpreter.examine.clone();
        let shown = start.and_then(|start| memory::examine(cx, &spec, Some(start), &mut state));
        cx.interpreter.examine.next = state.next;
        if let Err(e) = shown {
            cx.say(format!("<error: {e}>\n"));
        }
        return;
    }
    let format = spec.letter.map_or(String::new(), |l| format!("/{l} "));
    cx.say(format!("{number}: {format}{text} = "));
    let value = bound(cx, scope.as_ref(), |session| expr::eval(&expr, session));
    let stopped = cx.session.has_stopped_call();
    show_warnings(cx);
    if stopped {
        // At each stop it would make another one.
        cx.say(format!("Disabling display {number} to avoid infinite recursion.\n"));
        cx.interpreter.displays.list.iter_mut().filter(|d| d.number == number).for_each(|d| d.enabled = false);
    }
    let options = cx.session.options();
    let letter = FormatSpec { count: None, ..spec }.for_value("display");
    let shown = value.and_then(|v| value_text(cx.session, &v, letter?, &options)).unwrap_or_else(|e| format!("<error: {e}>"));
    cx.say(format!("{shown}\n"));
}

/// Evaluates with names as they were meant when the display was made.
fn bound<T>(cx: &mut Cx<'_>, scope: Option<&BlockScope>, evaluate: impl FnOnce(&mut Session) -> T) -> T {
    match scope {
        Some(scope) => cx.session.bound_at(scope.pc, evaluate),
        None => evaluate(cx.session),
    }
}

const UNDISPLAY: Command = Command {
    name: "undisplay",
    aliases: &["delete display"],
    group: Group::Data,
    args: &[ArgSpec::may("NUMBER...", ArgKind::Rest)],
    summary: "Cancel some expressions to be displayed when program stops.",
    help: "Without numbers, all of them. Ranges are understood: 2-4.",
    repeat: Repeat::No,
    run: |cx, args| {
        if args.text.is_empty() {
            if !cx.interpreter.displays.list.is_empty() && cx.query("Delete all auto-display expressions? ")? {
                cx.interpreter.displays.list.clear();
            }
            return Ok(Flow::Go);
        }
        for_numbers(cx, &args.text, |list, at| drop(list.remove(at)))
    },
    ..Command::BASE
};

const ENABLE_DISPLAY: Command = Command {
    name: "enable display",
    group: Group::Data,
    args: &[ArgSpec::may("NUMBER...", ArgKind::Rest)],
    summary: "Enable some expressions to be displayed when program stops.",
    run: |cx, args| enable(cx, args, true),
    ..Command::BASE
};

const DISABLE_DISPLAY: Command = Command {
    name: "disable display",
    group: Group::Data,
    args: &[ArgSpec::may("NUMBER...", ArgKind::Rest)],
    summary: "Disable some expressions to be displayed when program stops.",
    run: |cx, args| enable(cx, args, false),
    ..Command::BASE
};

fn enable(cx: &mut Cx<'_>, args: &Args, on: bool) -> Result<Flow> {
    if args.text.is_empty() {
        cx.interpreter.displays.list.iter_mut().for_each(|d| d.enabled = on);
        return Ok(Flow::Go);
    }
    for_numbers(cx, &args.text, |list, at| {
        if let Some(display) = list.get_mut(at) {
            display.enabled = on;
        }
    })
}

/// Does something to each display of a list of numbers and ranges; those that do not exist are named.
fn for_numbers(cx: &mut Cx<'_>, text: &str, does: impl Fn(&mut Vec<Display>, usize)) -> Result<Flow> {
    for word in text.split_whitespace() {
        let (first, last) = match word.split_once('-').filter(|(a, _)| !a.is_empty()) {
            Some((_, "")) => return Err(Error::user("inverted range")),
            Some((first, last)) => (number(cx, first)?, number(cx, last)?),
            None => {
                let n = number(cx, word)?;
                (n, n)
            }
        };
        if first > last {
            return Err(Error::user("inverted range"));
        }
        let known: Vec<u32> =
            cx.interpreter.displays.list.iter().map(|d| d.number).filter(|n| (first..=last).contains(&i128::from(*n))).collect();
        for n in &known {
            let list = &mut cx.interpreter.displays.list;
            if let Some(at) = list.iter().position(|d| d.number == *n) {
                does(list, at);
            }
        }
        // Of a long range the first missing one is enough.
        if let Some(missing) = (first..=last).find(|n| !known.iter().any(|k| i128::from(*k) == *n)) {
            cx.say(format!("No display number {missing}.\n"));
        }
    }
    Ok(Flow::Go)
}

fn number(cx: &mut Cx<'_>, word: &str) -> Result<i128> {
    let is_number = word.starts_with('$') || word.bytes().all(|b| b.is_ascii_digit());
    if word.is_empty() || !is_number {
        return Err(Error::user(format!("Bad display number at or near '{word}'")));
    }
    integer(cx, word)
}

const INFO_DISPLAY: Command = Command {
    name: "info display",
    group: Group::Status,
    summary: "Expressions to display when program stops, with code numbers.",
    run: info_display,
    ..Command::BASE
};

fn info_display(cx: &mut Cx<'_>, _args: &Args) -> Result<Flow> {
    let list = &cx.interpreter.displays.list;
    if list.is_empty() {
        cx.say("There are no auto-display expressions now.\n");
        return Ok(Flow::Go);
    }
    let mut text = "Auto-display expressions now in effect:\nNum Enb Expression\n".to_owned();
    for d in list {
        let format = match d.spec.letter {
            // In this order, as gdb has it.
            Some('i' | 's') => format!("/{}b{} ", d.count(), d.spec.letter.unwrap_or('i')),
            Some(letter) if d.examines() => format!("/{}{}{letter} ", d.count(), d.size()),
            Some(letter) => format!("/{letter} "),
            None => String::new(),
        };
        let is_elsewhere = d.scope.as_ref().is_some_and(|s| !cx.session.is_in_block(s));
        let note = if is_elsewhere { " (cannot be evaluated in the current context)" } else { "" };
        text.push_str(&format!("{}:   {}  {format}{}{note}\n", d.number, if d.enabled { 'y' } else { 'n' }, d.text));
    }
    cx.say(text);
    Ok(Flow::Go)
}

/// Displays.
pub const COMMANDS: &[Command] = &[DISPLAY, UNDISPLAY, ENABLE_DISPLAY, DISABLE_DISPLAY, INFO_DISPLAY];

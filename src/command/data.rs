//! Values: `print` and its kin, their history, convenience variables.

use crate::base::{Error, Result};
use crate::expr::{self, ExprKind, Host};
use crate::ui::Role;
use crate::value::{FormatSpec, Letter, PrintOptions, Value, echo_text};

use super::args::Args;
use super::cx::{Command, Cx};
use super::describe::{ArgKind, ArgSpec, Example, Flow, Group};
use super::expression::{evaluate, formatted, integer, show_warnings, value_text};

const FORMAT: ArgSpec = ArgSpec::may("/FMT", ArgKind::Format);

const PRINT: Command = Command {
    name: "print",
    aliases: &["p", "inspect"],
    group: Group::Data,
    args: &[FORMAT, ArgSpec::may("EXP", ArgKind::Expr)],
    summary: "Print value of expression EXP.",
    help: "The value enters the history as $1, $2, ...; $ is the last one, $$ the one before it, and without EXP it is shown again.\n\
FMT is a letter: x d u o t z (numbers), a (address), c (character), f (float), s (string), r (raw).\n\
Options stand before \"--\": -address -array -array-indexes -null-stop -pretty -symbol -union [on|off],\n\
-elements -max-depth -repeats NUMBER|unlimited; they are those of \"set print\".\n\
EXP may be an assignment, and may hold registers ($rax), symbols, GOT and PLT.",
    examples: &[
        Example { line: "print/x 255", what: "0xff" },
        Example { line: "print -elements 3 -- \"abcdef\"", what: "no more than three characters" },
    ],
    run: |cx, args| print(cx, args, true),
    ..Command::BASE
};

const CALL: Command = Command {
    name: "call",
    group: Group::Running,
    args: &[FORMAT, ArgSpec::may("EXP", ArgKind::Expr)],
    summary: "Call a function in the program.",
    help: "As \"print\", but a void result is not shown.",
    run: |cx, args| print(cx, args, false),
    ..Command::BASE
};

const OUTPUT: Command = Command {
    name: "output",
    group: Group::Support,
    args: &[FORMAT, ArgSpec::may("EXP", ArgKind::Expr)],
    summary: "Like \"print\" but don't put in value history and don't print newline.",
    help: "For user-defined commands.",
    run: output,
    ..Command::BASE
};

/// A `print`'s options, format and expression.
struct Request<'t> {
    options: PrintOptions,
    spec: FormatSpec,
    /// A format stood behind the options.
    has_format: bool,
    text: std::borrow::Cow<'t, str>,
}

/// What follows the command's name: `/x` and an expression. The format ends where its letters do: `p/x(5)`.
fn format_and_text(args: &Args) -> (FormatSpec, std::borrow::Cow<'_, str>) {
    match args.format.as_deref() {
        None => (FormatSpec::default(), args.text.as_str().into()),
        Some(format) => match FormatSpec::parse(format) {
            (spec, "") => (spec, args.text.as_str().into()),
            (spec, rest) => (spec, format!("{rest} {}", args.text).into()),
        },
    }
}

fn request<'t>(cx: &Cx<'_>, args: &'t Args) -> Result<Request<'t>> {
    let mut options = cx.session.options();
    let (mut spec, mut text) = format_and_text(args);
    let mut has_format = false;
    if text.starts_with('-')
        && let Some(after) = super::print_options::parse(&text, &mut options)?
    {
        let after = text.get(after..).unwrap_or_default().trim_start().to_owned();
        text = match after.strip_prefix('/') {
            None => after.into(),
            Some(rest) => {
                let (format, rest) = FormatSpec::parse(rest);
                spec = format;
                has_format = true;
                rest.trim_start().to_owned().into()
            }
        };
    }
    options.raw |= spec.raw;
    Ok(Request { options, spec, has_format, text })
}

fn print(cx: &mut Cx<'_>, args: &Args, show_void: bool) -> Result<Flow> {
    let request = request(cx, args)?;
    let mut spec = request.spec;
    if (args.format.is_some() || request.has_format) && spec.letter.is_none() {
        // gdb: an empty format is the last one.
        spec.letter = cx.interpreter.examine.letter.filter(|l| Letter::parse(*l).is_some());
    }
    let letter = spec.for_value("print")?;
    if spec.letter.is_some() {
        cx.interpreter.examine.letter = spec.letter;
    }
    cx.session.absences.take();
    let value = if request.text.is_empty() { cx.session.history.back(0)? } else { evaluate(cx, &request.text)? };
    if value.ty.is_void() && !show_void {
        return Ok(Flow::Go);
    }
    let value = value.fetched(cx.session.memory(), request.options.max_value_size)?;
    let text = value_text(cx.session, &value, letter, &request.options)?;
    let is_incomplete = value.missing().is_some();
    let n = cx.session.history.push(value);
    cx.say(format!("${n} = {text}\n"));
    if is_incomplete && cx.interpreter.is_interactive() && cx.out.has_colour() {
        note_absences(cx);
    }
    Ok(Flow::Go)
}

/// Says why variables of an expression are not there: to a person, who sees by the colour that it is no part of the value.
fn note_absences(cx: &mut Cx<'_>) {
    let bias = cx.session.selected_frame().ok().and_then(|f| Some(cx.session.frame_module(&f)?.0.bias)).unwrap_or_default();
    for (name, gone) in cx.session.absences.take() {
        cx.out.text(Role::Dim, &format!("{name}: {}\n", gone.at(bias)));
    }
}

fn output(cx: &mut Cx<'_>, args: &Args) -> Result<Flow> {
    let (spec, text) = format_and_text(args);
    let letter = spec.for_value("output")?;
    if text.is_empty() {
        return Err(Error::user("Argument required (expression to compute)."));
    }
    let value = evaluate(cx, &text)?;
    let mut options = cx.session.options();
    options.raw |= spec.raw;
    let text = value_text(cx.session, &value, letter, &options)?;
    cx.say(text);
    Ok(Flow::Go)
}

const PRINTF: Command = Command {
    name: "printf",
    group: Group::Data,
    args: &[ArgSpec::may("\"FORMAT\", ARG, ...", ArgKind::Rest)],
    summary: "Formatted printing, like the C \"printf\" function.",
    help: "The format is C's; %s also takes arrays of characters and pointers to strings in the program.",
    examples: &[Example { line: "printf \"%d %s\\n\", 5, \"five\"", what: "5 five" }],
    run: |cx, args| {
        let text = formatted(cx, &args.text)?;
        cx.say(text);
        Ok(Flow::Go)
    },
    ..Command::BASE
};

const ECHO: Command = Command {
    name: "echo",
    group: Group::Support,
    args: &[ArgSpec::may("TEXT", ArgKind::Rest)],
    summary: "Print a constant string.",
    help: "C's escapes are understood: \\n ends the line. A backslash at the end of the text keeps blanks before it.",
    examples: &[Example { line: "echo hello\\n", what: "a line of its own" }],
    run: |cx, args| {
        cx.say(echo_text(&args.text));
        Ok(Flow::Go)
    },
    ..Command::BASE
};

const SHOW_VALUES: Command = Command {
    name: "show values",
    group: Group::Status,
    args: &[ArgSpec::may("NUMBER", ArgKind::Expr)],
    summary: "Elements of value history around item number IDX (or last ten).",
    run: show_values,
    ..Command::BASE
};

fn show_values(cx: &mut Cx<'_>, args: &Args) -> Result<Flow> {
    let len = cx.session.history.len();
    let first = match args.text.as_str() {
        "" if args.repeated => cx.interpreter.values_shown + 1,
        "+" => cx.interpreter.values_shown + 1,
        "" => len.saturating_sub(9),
        text => usize::try_from(integer(cx, text)?.max(0)).unwrap_or(usize::MAX).saturating_sub(5),
    };
    let options = cx.session.options();
    for n in (first.max(1)..=len).take(10) {
        let value = cx.session.history.get(n as u64)?;
        let text = value_text(cx.session, &value, None, &options).unwrap_or_else(|e| format!("<error: {e}>"));
        cx.say(format!("${n} = {text}\n"));
        cx.interpreter.values_shown = n;
    }
    Ok(Flow::Go)
}

const SHOW_CONVENIENCE: Command = Command {
    name: "show convenience",
    aliases: &["show conv"],
    group: Group::Status,
    summary: "Debugger convenience (\"$foo\") variables and functions.",
    help: "The newest first, then the functions and what rdbg itself computes.",
    run: show_convenience,
    ..Command::BASE
};

fn show_convenience(cx: &mut Cx<'_>, _args: &Args) -> Result<Flow> {
    let options = cx.session.options();
    let shown = |v: &Value| value_text(cx.session, v, None, &options).unwrap_or_else(|e| format!("<error: {e}>"));
    let mut text = String::new();
    for (name, value) in cx.session.variables.newest_first() {
        text.push_str(&format!("${name} = {}\n", shown(value)));
    }
    for name in expr::FUNCTIONS {
        text.push_str(&format!("${name} = <internal function {name}>\n"));
    }
    for name in ["_inferior", "_thread", "GOT", "PLT"] {
        if let Ok(Some(value)) = cx.session.computed(name) {
            text.push_str(&format!("${name} = {}\n", shown(&value)));
        }
    }
    cx.say(text);
    Ok(Flow::Go)
}

const INIT_IF_UNDEFINED: Command = Command {
    name: "init-if-undefined",
    group: Group::Data,
    args: &[ArgSpec::may("$VARIABLE = EXP", ArgKind::Rest)],
    summary: "Initialize a convenience variable if necessary.",
    examples: &[Example { line: "init-if-undefined $n = 5", what: "5, unless $n has a value already" }],
    run: init_if_undefined,
    ..Command::BASE
};

fn init_if_undefined(cx: &mut Cx<'_>, args: &Args) -> Result<Flow> {
    let expr = expr::parse(args.required("expression to compute")?, cx.session)?;
    let ExprKind::Assign(None, left, _) = &expr.kind else {
        return Err(Error::user("Init-if-undefined requires an assignment expression."));
    };
    let ExprKind::Dollar(name) = &left.kind else {
        return Err(Error::user("The first parameter to init-if-undefined should be a GDB variable."));
    };
    if cx.session.variables.get(name).is_none_or(|v| v.ty.is_void()) {
        expr::eval(&expr, cx.session)?;
        show_warnings(cx);
    }
    Ok(Flow::Go)
}

/// Expressions and values.
pub const COMMANDS: &[Command] = &[PRINT, CALL, OUTPUT, PRINTF, ECHO, SHOW_VALUES, SHOW_CONVENIENCE, INIT_IF_UNDEFINED];

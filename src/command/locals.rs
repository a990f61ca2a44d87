//! The variables of a frame: `info locals`, `info args`, `backtrace full`.

use regex::Regex;

use crate::base::{Error, Result};
use crate::dwarf::Gone;
use crate::stack::Frame;
use crate::ui::Role;
use crate::ui::render::variable_text;

use super::args::{Args, compile_regex};
use super::cx::{Command, Cx};
use super::describe::{ArgKind, ArgSpec, Example, Flow, Group};

/// The variables of a frame.
pub const COMMANDS: &[Command] = &[INFO_LOCALS, INFO_ARGS];

const WHY: ArgSpec = ArgSpec::may("-v", ArgKind::Switch);
const QUIET: ArgSpec = ArgSpec::may("-q", ArgKind::Switch);
const TYPE: ArgSpec = ArgSpec::may("-t", ArgKind::Word);
const REGEX: ArgSpec = ArgSpec::may("REGEX", ArgKind::Regex);

const INFO_LOCALS: Command = Command {
    name: "info locals",
    aliases: &["info lo"],
    group: Group::Status,
    args: &[WHY, QUIET, TYPE, REGEX],
    summary: "All local variables of current stack frame or those matching REGEXPs.",
    help: "The innermost block's come first. -t TYPEREGEX shows only those whose type matches, -q says nothing where there are none.\n\
-v says why a value was optimized out, and where in the program the variable lives.",
    examples: &[Example { line: "info locals", what: "the variables of the selected frame" }],
    run: |cx, args| list(cx, args, false),
    ..Command::BASE
};

const INFO_ARGS: Command = Command {
    name: "info args",
    group: Group::Status,
    args: &[WHY, QUIET, TYPE, REGEX],
    summary: "All argument variables of current stack frame or those matching REGEXPs.",
    help: "-t TYPEREGEX shows only those whose type matches, -q says nothing where there are none.\n\
-v says why a value was optimized out.",
    examples: &[Example { line: "info args", what: "the arguments of the selected frame" }],
    run: |cx, args| list(cx, args, true),
    ..Command::BASE
};

/// Which variables are shown, and how.
#[derive(Default)]
struct Choice {
    name: Option<Regex>,
    ty: Option<Regex>,
    why: bool,
    indent: usize,
}

fn list(cx: &mut Cx<'_>, args: &Args, parameters: bool) -> Result<Flow> {
    let frame =
        cx.session.selected_frame().map_err(|e| if let Error::Needs(_) = e { Error::user("No frame selected.") } else { e })?;
    let is_quiet = args.has("-q");
    if frame.code.is_none() {
        if !is_quiet {
            cx.say("No symbol table info available.\n");
        }
        return Ok(Flow::Go);
    }
    let choice = Choice {
        name: args.get("REGEX").map(compile_regex).transpose()?,
        ty: args.get("-t").map(compile_regex).transpose()?,
        why: args.has("-v"),
        indent: 0,
    };
    let is_all = choice.name.is_none() && choice.ty.is_none();
    if !show(cx, &frame, parameters, &choice)? && !is_quiet {
        let what = if parameters { "arguments" } else { "locals" };
        cx.say(if is_all { format!("No {what}.\n") } else { format!("No matching {what}.\n") });
    }
    Ok(Flow::Go)
}

/// Shows the variables of a frame in a backtrace.
pub(super) fn full(cx: &mut Cx<'_>, frame: &Frame) -> Result<()> {
    if frame.code.is_none() {
        if !frame.is_signal_trampoline {
            cx.say("No symbol table info available.\n");
        }
        return Ok(());
    }
    if !show(cx, frame, false, &Choice { indent: 8, ..Choice::default() })? {
        cx.say("No locals.\n");
    }
    Ok(())
}

/// Whether there were any.
fn show(cx: &mut Cx<'_>, frame: &Frame, parameters: bool, choice: &Choice) -> Result<bool> {
    let mut any = false;
    for local in cx.session.locals(frame, parameters) {
        if crate::os::signals::take_interrupt() {
            return Err(Error::Cancelled);
        }
        let variable = &local.variable;
        let has_name = choice.name.as_ref().is_none_or(|r| r.is_match(&variable.name));
        let has_type =
            choice.ty.as_ref().is_none_or(|r| r.is_match(&cx.session.type_of_variable_in(frame, variable).to_string()));
        if !has_name || !has_type {
            continue;
        }
        any = true;
        let (text, gone) = variable_text(cx.session, frame, variable);
        cx.say(format!("{:1$}", "", choice.indent));
        cx.out.text(Role::Symbol, &variable.name);
        cx.say(format!(" = {text}\n"));
        if let Some(gone) = gone.filter(|_| choice.why) {
            let text = reason(cx, frame, &gone);
            cx.out.text(Role::Dim, &format!("{:1$}{text}\n", "", choice.indent + 4));
        }
    }
    Ok(any)
}

/// Why a variable is not there, in run-time addresses.
fn reason(cx: &Cx<'_>, frame: &Frame, gone: &Gone) -> String {
    match cx.session.frame_module(frame) {
        Some((module, _)) => gone.at(module.bias).to_string(),
        None => gone.to_string(),
    }
}

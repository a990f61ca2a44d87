//! Scripts in languages that gdb runs and rdbg does not: they are read to their end and left out, so that what follows is run.

use crate::base::{Error, Result};

use super::args::Args;
use super::cx::{Command, Cx};
use super::describe::{ArgKind, ArgSpec, Flow, Repeat};
use super::script::{Block, NO_PYTHON};

/// The family.
pub const COMMANDS: &[Command] = &[PYTHON, PYTHON_INTERACTIVE, GUILE, GUILE_REPL];

const PYTHON: Command = Command {
    name: "python",
    aliases: &["py"],
    args: &[ArgSpec::may("COMMAND", ArgKind::Rest)],
    summary: "Evaluate a Python command.  rdbg does not.",
    help: "Without COMMAND, the lines up to \"end\" are read. A file of commands goes on behind them.",
    repeat: Repeat::No,
    run: |cx, args| left_out(cx, args, NO_PYTHON),
    ..Command::BASE
};

const PYTHON_INTERACTIVE: Command = Command {
    name: "python-interactive",
    aliases: &["pi"],
    summary: "Start an interactive Python prompt.  rdbg does not.",
    help: "",
    run: |cx, _| refused(cx, NO_PYTHON),
    ..PYTHON
};

const GUILE: Command = Command {
    name: "guile",
    aliases: &["gu"],
    summary: "Evaluate a Guile expression.  rdbg does not.",
    run: |cx, args| left_out(cx, args, NO_GUILE),
    ..PYTHON
};

const GUILE_REPL: Command = Command {
    name: "guile-repl",
    aliases: &["gr"],
    summary: "Start an interactive Guile prompt.  rdbg does not.",
    run: |cx, _| refused(cx, NO_GUILE),
    ..PYTHON_INTERACTIVE
};

const NO_GUILE: &str = "rdbg runs no Guile: what is written in it is left out.";

fn left_out(cx: &mut Cx<'_>, args: &Args, sentence: &'static str) -> Result<Flow> {
    if args.text.is_empty() {
        cx.read_body(Block::Text, "")?;
    }
    refused(cx, sentence)
}

/// An error where somebody typed it; in a file of commands what follows is run.
pub fn refused(cx: &mut Cx<'_>, sentence: &'static str) -> Result<Flow> {
    if cx.interpreter.is_in_file() {
        cx.warn(sentence);
        return Ok(Flow::Go);
    }
    Err(Error::Refused(sentence))
}

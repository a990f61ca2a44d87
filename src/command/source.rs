//! What needs source lines and variables, where there are none: gdb's sentences.

use crate::base::{Error, Need, Result};

use super::args::Args;
use super::cx::Cx;
use super::describe::{ArgKind, ArgSpec, Command, Flow, Group};

/// Source, lines, variables.
pub const COMMANDS: &[Command] = &[LIST, INFO_LOCALS, INFO_ARGS, INFO_SOURCE];

const LIST: Command = Command {
    name: "list",
    aliases: &["l"],
    group: Group::Files,
    args: &[ArgSpec::may("LOCATION", ArgKind::Linespec)],
    summary: "List source lines.",
    help: "rdbg does not read line information yet: \"disassemble\" and \"x/i\" show what is there.",
    run: |_, _| Err(Error::user("No symbol table is loaded.  Use the \"file\" command.")),
    ..Command::BASE
};

const INFO_LOCALS: Command = Command {
    name: "info locals",
    group: Group::Stack,
    args: &[ArgSpec::may("REGEX", ArgKind::Regex)],
    summary: "Show the local variables of the selected frame.",
    help: "rdbg does not read debug information yet.",
    needs: Some(Need::Stack),
    run: no_symbols,
    ..Command::BASE
};

const INFO_ARGS: Command = Command {
    name: "info args",
    group: Group::Stack,
    args: &[ArgSpec::may("REGEX", ArgKind::Regex)],
    summary: "Show the arguments of the selected frame.",
    help: "rdbg does not read debug information yet: by the calling convention they are in rdi, rsi, rdx, rcx, r8, r9 at a function's start.",
    needs: Some(Need::Stack),
    run: no_symbols,
    ..Command::BASE
};

fn no_symbols(cx: &mut Cx<'_>, _args: &Args) -> Result<Flow> {
    // Not an error, as in gdb.
    cx.session.selected_frame()?;
    cx.say("No symbol table info available.\n");
    Ok(Flow::Go)
}

const INFO_SOURCE: Command = Command {
    name: "info source",
    group: Group::Files,
    summary: "Show the current source file.",
    help: "rdbg does not read line information yet.",
    run: |cx, _| {
        cx.say("No current source file.\n");
        Ok(Flow::Go)
    },
    ..Command::BASE
};

//! Memory: `x`, `hexdump`.

use crate::base::{Error, Result, VirtAddr};
use crate::expr::Host;
use crate::os::signals::take_interrupt;
use crate::ui::render::{Disassembler, instructions_back};
use crate::value::{Examine, ExamineState, FormatSpec, Printer, Value, hexdump};

use super::args::Args;
use super::cx::{Command, Cx};
use super::describe::{ArgKind, ArgSpec, Example, Flow, Group, Repeat};
use super::expression::{address, integer};

const X: Command = Command {
    name: "x",
    group: Group::Data,
    args: &[ArgSpec::may("/FMT", ArgKind::Format), ArgSpec::may("ADDRESS", ArgKind::Expr)],
    summary: "Examine memory: x/FMT ADDRESS.",
    help: "FMT is a count, a letter and a size: letters x d u o t z a c f s i (instruction), sizes b h w g (1, 2, 4, 8 bytes).\n\
A negative count goes backwards. What FMT leaves out is as it was the last time; without ADDRESS it goes on where the last one ended.\n\
Then $_ is the last address, and $__ what was there.",
    examples: &[
        Example { line: "x/4gx &GOT[0]", what: "the first four words of the program's GOT" },
        Example { line: "x/3i &PLT[1]", what: "its first stub" },
        Example { line: "x/2i _start", what: "two instructions" },
    ],
    repeat: Repeat::AgainWithoutArgs,
    run: x,
    ..Command::BASE
};

fn x(cx: &mut Cx<'_>, args: &Args) -> Result<Flow> {
    let (spec, rest) = args.format.as_deref().map_or((FormatSpec::default(), ""), FormatSpec::parse);
    let text = format!("{rest}{}", args.text);
    let start = if text.is_empty() { None } else { Some(address(cx, &text)?) };
    let (mut spec, mut state) = (spec, cx.interpreter.examine.clone());
    if args.format.is_none() && start.is_none() {
        spec.count = Some(state.count);
    }
    state.count = spec.count.unwrap_or(1);
    let result = examine(cx, &spec, start, &mut state);
    let last = state.last.take();
    // Of instructions and strings gdb keeps no contents.
    let has_contents = !matches!(state.letter, Some('i' | 's'));
    cx.interpreter.examine = state;
    result?;
    if let Some((ty, at)) = last {
        let there = Value::at(&ty, at).fetched(cx.session.memory(), None).ok().filter(|_| has_contents);
        let there = there.unwrap_or_else(Value::void);
        cx.session.variables.set("_", Value::pointer(&ty, at));
        cx.session.variables.set("__", there);
    }
    Ok(Flow::Go)
}

/// Shows memory as `x` does, from `start` on or where the last one ended.
pub(super) fn examine(cx: &mut Cx<'_>, spec: &FormatSpec, start: Option<VirtAddr>, state: &mut ExamineState) -> Result<()> {
    let options = cx.session.options();
    let session = &*cx.session;
    let out = &mut *cx.out;
    let mut disassembler = Disassembler::new(session);
    let pc = disassembler.pc();
    Examine {
        printer: Printer { memory: session.memory(), symbols: session, options: &options },
        instruction: &mut |at| if take_interrupt() { Err(Error::Cancelled) } else { disassembler.row(at) },
        marker: &|at| if pc == Some(at) { "=> " } else { "   " },
        back: &|at, n| instructions_back(session, at, n),
        out: &mut |text| out.text(crate::ui::Role::Plain, text),
    }
    .run(spec, start, state)
}

const HEXDUMP: Command = Command {
    name: "hexdump",
    group: Group::Data,
    args: &[ArgSpec::must("ADDRESS", ArgKind::Expr), ArgSpec::may("LENGTH", ArgKind::Expr)],
    summary: "Show bytes of memory, sixteen a row, with what is text in them.",
    help: "LENGTH is in bytes, 128 without one.",
    examples: &[Example { line: "hexdump &GOT[0] 32", what: "the first four words of the GOT as bytes" }],
    own: true,
    run: |cx, args| {
        let start = address(cx, args.get("ADDRESS").unwrap_or_default())?;
        let len = match args.get("LENGTH") {
            None => 128,
            Some(text) => u64::try_from(integer(cx, text)?).map_err(|_| Error::user("LENGTH is a number from 0."))?,
        };
        let options = cx.session.options();
        let session = &*cx.session;
        let out = &mut *cx.out;
        let printer = Printer { memory: session.memory(), symbols: session, options: &options };
        hexdump(&printer, start, len, &mut |text| out.text(crate::ui::Role::Plain, text))?;
        Ok(Flow::Go)
    },
    ..Command::BASE
};

/// Memory.
pub const COMMANDS: &[Command] = &[X, HEXDUMP];

//! Moving further: out of functions, to places.

use crate::base::{Error, Need, Result};
use crate::engine::LineStepKind;
use crate::ui::render::frame_line;

use super::args::Args;
use super::cx::{Command, Cx};
use super::describe::{ArgKind, ArgSpec, Example, Flow, Group};
use super::stop::go;

/// Out of functions, to places.
pub const COMMANDS: &[Command] = &[FINISH, ADVANCE, UNTIL];

const FINISH: Command = Command {
    name: "finish",
    aliases: &["fin"],
    group: Group::Running,
    summary: "Run until the selected frame returns, and show what it returns.",
    help: "The value goes into the value history. \"set print finish off\" keeps it from being shown.\n\
Out of a call that was inlined, it goes on to the next line of the caller.",
    examples: &[Example { line: "finish", what: "stops in the caller, behind the call" }],
    needs: Some(Need::Stopped),
    background: true,
    run: finish,
    ..Command::BASE
};

fn finish(cx: &mut Cx<'_>, args: &Args) -> Result<Flow> {
    if !args.text.is_empty() {
        return Err(Error::user("The \"finish\" command does not take any arguments."));
    }
    let frame = cx.session.selected_frame()?;
    let plan = cx.session.begin_finish()?;
    let line = frame_line(cx.session, &frame).text();
    cx.say_directly(format!("Run till exit from #{:<3}{line}\n", frame.level));
    go(cx, Some(plan))
}

const ADVANCE: Command = Command {
    name: "advance",
    group: Group::Running,
    args: &[ArgSpec::must("LOCATION", ArgKind::Linespec)],
    summary: "Let the program go on to a place, or until the current frame returns.",
    examples: &[Example { line: "advance exit", what: "runs to the program's end" }],
    needs: Some(Need::Stopped),
    background: true,
    run: |cx, args| to_place(cx, args, false),
    ..Command::BASE
};

const UNTIL: Command = Command {
    name: "until",
    aliases: &["u"],
    group: Group::Running,
    args: &[ArgSpec::may("LOCATION", ArgKind::Linespec)],
    summary: "Let the program go on past the current line, or to a place in the current frame.",
    help: "Without LOCATION it is \"next\", but does not go backwards in the code: it leaves loops.\n\
With LOCATION it stops there in the current frame only, or when that frame returns.",
    needs: Some(Need::Stopped),
    background: true,
    run: |cx, args| {
        if args.text.is_empty() { super::step::lines(cx, args, LineStepKind::Until) } else { to_place(cx, args, true) }
    },
    ..Command::BASE
};

fn to_place(cx: &mut Cx<'_>, args: &Args, in_frame: bool) -> Result<Flow> {
    let places = cx.session.locate(&args.text)?;
    let plan = cx.session.begin_until(places, in_frame)?;
    go(cx, Some(plan))
}

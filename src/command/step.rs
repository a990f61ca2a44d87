//! Moving by instructions and lines.

use crate::base::{Need, Result};
use crate::engine::{LineStepBegun, LineStepKind, Stop, StopReason};
use crate::ui::render::frame_line;

use super::args::Args;
use super::cx::{Command, Cx};
use super::describe::{ArgKind, ArgSpec, Example, Flow, Group};
use super::stop::{go, go_on, stopped};

/// Moving.
pub const COMMANDS: &[Command] = &[STEPI, NEXTI, STEP, NEXT];

const STEPI: Command = Command {
    name: "stepi",
    aliases: &["si"],
    group: Group::Running,
    args: &[ArgSpec::may("N", ArgKind::Int)],
    summary: "Step one instruction, or N.",
    examples: &[Example { line: "stepi 20", what: "runs twenty instructions, whatever they are" }],
    needs: Some(Need::Stopped),
    background: true,
    run: |cx, args| instructions(cx, args, false),
    ..Command::BASE
};

const NEXTI: Command = Command {
    name: "nexti",
    aliases: &["ni"],
    group: Group::Running,
    args: &[ArgSpec::may("N", ArgKind::Int)],
    summary: "Step one instruction, or N, but run through calls.",
    examples: &[Example { line: "nexti", what: "a call counts as one instruction" }],
    needs: Some(Need::Stopped),
    background: true,
    run: |cx, args| instructions(cx, args, true),
    ..Command::BASE
};

fn instructions(cx: &mut Cx<'_>, args: &Args, over_calls: bool) -> Result<Flow> {
    let left = count(cx, args)?;
    if left == 0 {
        return stay(cx);
    }
    let plan = cx.session.begin_instructions(left, over_calls)?;
    go(cx, Some(plan))
}

/// The N of a step; 1 without one.
fn count(cx: &mut Cx<'_>, args: &Args) -> Result<u64> {
    match args.get("N") {
        Some(text) => Ok(u64::try_from(super::expression::integer(cx, text)?).unwrap_or(0)),
        None => Ok(1),
    }
}

/// A step that runs nothing, shown as one that did.
fn stay(cx: &mut Cx<'_>) -> Result<Flow> {
    let (tid, pid) = (cx.session.selected_thread()?, cx.session.process()?.target.pid());
    cx.session.step_began_in = None;
    stopped(cx, &Stop { tid, reason: StopReason::Arrived }, pid)
}

const STEP: Command = Command {
    name: "step",
    aliases: &["s"],
    group: Group::Running,
    args: &[ArgSpec::may("N", ArgKind::Int)],
    summary: "Step to another source line, into functions.",
    help: "Where there is no line information, one instruction is stepped, and said so.",
    needs: Some(Need::Stopped),
    background: true,
    run: |cx, args| lines(cx, args, LineStepKind::Into),
    ..Command::BASE
};

const NEXT: Command = Command {
    name: "next",
    aliases: &["n"],
    group: Group::Running,
    args: &[ArgSpec::may("N", ArgKind::Int)],
    summary: "Step to another source line, over functions.",
    help: "Where there is no line information, one instruction is stepped, and said so.",
    needs: Some(Need::Stopped),
    background: true,
    run: |cx, args| lines(cx, args, LineStepKind::Over),
    ..Command::BASE
};

pub(super) fn lines(cx: &mut Cx<'_>, args: &Args, kind: LineStepKind) -> Result<Flow> {
    let left = count(cx, args)?;
    if left == 0 {
        return stay(cx);
    }
    let tid = cx.session.selected_thread()?;
    let frame = cx.session.frame(0)?;
    match cx.session.begin_line_step(tid, kind, left)? {
        LineStepBegun::Plan(plan) => {
            cx.session.step_began_in = Some(cx.session.identity(&frame));
            go_on(cx, Some(plan))
        }
        LineStepBegun::Done => stay(cx),
        LineStepBegun::NoLine => {
            let function = frame_line(cx.session, &frame).function;
            let whose = if function == "??" { "The code here".to_owned() } else { format!("Function {function}") };
            cx.say(format!("{whose} has no line number information: stepping by instruction.\n"));
            instructions(cx, args, kind != LineStepKind::Into)
        }
    }
}

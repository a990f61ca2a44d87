//! `return`: a function ends before its end.

use crate::base::{Error, Need, Result};
use crate::expr::{self, ExprKind};
use crate::ui::render::frame_line;

use super::args::Args;
use super::cx::Cx;
use super::describe::{ArgKind, ArgSpec, Command, Example, Flow, Group, Repeat};

/// Ending functions.
pub const COMMANDS: &[Command] = &[RETURN];

const RETURN: Command = Command {
    name: "return",
    group: Group::Running,
    args: &[ArgSpec::may("EXP", ArgKind::Expr)],
    summary: "Make selected stack frame return to its caller.",
    help: "Nothing more of it runs, and it may give the value of EXP; where the type of that is not known, EXP must be a cast.\n\
In a function that was called from rdbg the call is given up, and the thread is as it was before it.",
    examples: &[Example { line: "return (int)5", what: "the caller goes on as if the function had returned 5" }],
    needs: Some(Need::Live),
    repeat: Repeat::No,
    run: return_,
    ..Command::BASE
};

fn return_(cx: &mut Cx<'_>, args: &Args) -> Result<Flow> {
    let value = match args.text.as_str() {
        "" => None,
        text => {
            let parsed = expr::parse(text, cx.session)?;
            if !matches!(parsed.kind, ExprKind::Cast(..)) {
                return Err(Error::user(
                    "Return value type not available for selected stack frame.\n\
                     Please use an explicit cast of the value to return.",
                ));
            }
            let value = expr::eval(&parsed, cx.session);
            super::data::show_warnings(cx);
            Some(value?).filter(|v| !v.ty.is_void())
        }
    };
    if !cx.query("Make selected stack frame return now? ")? {
        return Err(Error::user("Not confirmed."));
    }
    cx.session.return_from_frame(value.as_ref())?;
    super::data::show_warnings(cx);
    let frame = cx.session.frame(0)?;
    let line = frame_line(cx.session, &frame).text();
    cx.say_directly(format!("#0  {line}\n"));
    Ok(Flow::Go)
}

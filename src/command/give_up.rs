//! `return`: a function ends before its end.

use std::sync::Arc;

use crate::base::{Error, Result};
use crate::expr::{self, ExprKind, Host};
use crate::ui::render::{frame_line, source_line};
use crate::value::{Type, Value};

use super::args::Args;
use super::cx::{Command, Cx};
use super::describe::{ArgKind, ArgSpec, Example, Flow, Group, Repeat};

/// Ending functions.
pub const COMMANDS: &[Command] = &[RETURN];

const RETURN: Command = Command {
    name: "return",
    group: Group::Running,
    args: &[ArgSpec::may("EXP", ArgKind::Expr)],
    summary: "Make selected stack frame return to its caller.",
    help: "Nothing more of it runs, and it may give the value of EXP; where the function's type is not known, EXP must be a cast.\n\
In a function that was called from rdbg the call is given up, and the thread is as it was before it.",
    examples: &[Example { line: "return (int)5", what: "the caller goes on as if the function had returned 5" }],
    repeat: Repeat::No,
    run: return_,
    ..Command::BASE
};

fn return_(cx: &mut Cx<'_>, args: &Args) -> Result<Flow> {
    let frame = cx.session.selected_frame().map_err(|_| Error::user("No selected frame."))?;
    if frame.code.as_ref().is_some_and(|c| c.is_inlined()) {
        return Err(Error::user("Can not force return from an inlined function."));
    }
    let result = cx.session.result_type(&frame);
    let value = match args.text.as_str() {
        "" => None,
        text => returned(cx, text, result.as_ref())?,
    };
    let named = frame.code.as_ref().filter(|_| result.is_some()).map(|c| c.name().to_owned());
    let what = named.unwrap_or_else(|| "selected stack frame".to_owned());
    let lost = value.as_ref().is_some_and(|v| cx.session.is_result_in_memory(&frame, v));
    let warning = "The location at which to store the function's return value is unknown.\n\
                   If you continue, the return value that you specified will be ignored.\n";
    if !cx.query(&format!("{}Make {what} return now? ", if lost { warning } else { "" }))? {
        return Err(Error::user("Not confirmed."));
    }
    cx.session.return_from_frame(value.as_ref().filter(|_| !lost))?;
    super::expression::show_warnings(cx);
    if cx.interpreter.is_direct() {
        let frame = cx.session.frame(0)?;
        cx.say(format!("#0  {}\n", frame_line(cx.session, &frame).text()));
        if let Some(source) = cx.session.frame_source(&frame) {
            for (role, text) in source_line(cx.session, &frame, &source, false) {
                cx.out.text(role, &text);
            }
        }
    }
    Ok(Flow::Go)
}

/// The value of an expression as the function returns it.
fn returned(cx: &mut Cx<'_>, text: &str, result: Option<&Arc<Type>>) -> Result<Option<Value>> {
    let parsed = expr::parse(text, cx.session)?;
    if result.is_none() && !matches!(parsed.kind, ExprKind::Cast(..)) {
        return Err(Error::user(
            "Return value type not available for selected stack frame.\n\
             Please use an explicit cast of the value to return.",
        ));
    }
    let value = expr::eval(&parsed, cx.session);
    super::expression::show_warnings(cx);
    let value = match result {
        Some(ty) => expr::cast(ty, &value?, cx.session.memory())?,
        None => value?,
    };
    Ok(Some(value).filter(|v| !v.ty.is_void()))
}

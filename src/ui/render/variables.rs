//! Variables and arguments of frames.

use crate::base::Result;
use crate::dwarf::{Gone, Variable};
use crate::engine::{Session, VariableValue};
use crate::expr::Host;
use crate::stack::Frame;
use crate::value::{Absence, PrintOptions, Printer, TypeKind, Value};

fn printed(session: &Session, value: &Value, options: &PrintOptions) -> Result<String> {
    Printer { memory: session.memory(), symbols: session, options }.plain(value)
}

/// A variable of a frame as `info locals` shows it behind ` = `, and why it, or a part of it, was optimised out.
pub fn variable_text(session: &Session, frame: &Frame, variable: &Variable) -> (String, Option<Gone>) {
    let found = value_in(session, frame, variable);
    let text = found.as_ref().map_err(Clone::clone).and_then(|f| printed(session, &f.value, &session.options()));
    let text = text.unwrap_or_else(|e| format!("<error reading variable {} ({e})>", variable.name));
    (text, found.ok().and_then(|f| f.gone))
}

fn value_in(session: &Session, frame: &Frame, variable: &Variable) -> Result<VariableValue> {
    match session.frame_module(frame) {
        Some((module, _)) => session.variable(module, variable.die, Some(frame)),
        None => Ok(VariableValue { value: Value::void(), gone: None }),
    }
}

/// What stands between the parentheses of a frame's line: `n=5, s=0x0`.
pub fn arguments_text(session: &Session, frame: &Frame) -> String {
    let parameters = session.parameters(frame);
    match session.settings.print_frame_arguments {
        "presence" if !parameters.is_empty() => "...".to_owned(),
        "presence" => String::new(),
        mode => {
            let one = |p: &Variable| argument_text(session, frame, p, mode);
            parameters.iter().map(one).collect::<Vec<_>>().join(", ")
        }
    }
}

/// `n=5`, and what it was when the function was entered, as `set print entry-values` wants it.
fn argument_text(session: &Session, frame: &Frame, parameter: &Variable, mode: &str) -> String {
    let name = &parameter.name;
    if mode == "none" {
        return format!("{name}=...");
    }
    let options = session.options();
    let text = |value: &Result<Value>| match value {
        // It is read all the same, as gdb does it: `...` stands for something that is there.
        Ok(value) if mode == "scalars" && !is_scalar(value) => match value.fetched(session.memory(), options.max_value_size) {
            Ok(_) => "...".to_owned(),
            Err(e) if value.missing().is_none() => format!("<error reading variable: {e}>"),
            Err(_) => "...".to_owned(),
        },
        Ok(value) => printed(session, value, &options).unwrap_or_else(|e| format!("<error reading variable: {e}>")),
        Err(e) => format!("<error reading variable: {e}>"),
    };
    let setting = session.settings.print_entry_values;
    let actual = value_in(session, frame, parameter).map(|f| f.value);
    let is_lost = match &actual {
        Ok(value) => matches!(value.missing(), Some((why, true)) if why != Absence::Synthetic),
        Err(_) => true,
    };
    let may_differ = setting != "no" && (setting != "if-needed" || is_lost);
    let entry = if may_differ { entry_value(session, frame, parameter) } else { None };
    let shows_actual = !matches!(setting, "only");
    let is_same = match (&actual, &entry) {
        (Ok(actual), Some(entry)) if matches!(setting, "compact" | "default") => {
            let memory = session.memory();
            let same = |a: &Value, b: &Value| matches!((a.bytes(memory, None), b.bytes(memory, None)), (Ok(a), Ok(b)) if a == b);
            let now = |then: &Value| then.address().map(|at| Value::at(&then.ty, at));
            same(actual, entry) && entry.referent().is_none_or(|then| now(then).is_some_and(|now| same(&now, then)))
        }
        _ => false,
    };
    if is_same {
        return format!("{name}={name}@entry={}", text(&actual));
    }
    let unknown = || Value::absent(&session.type_of_variable_in(frame, parameter), Absence::OptimizedOut);
    let entry = match entry {
        None if matches!(setting, "only" | "both") || (setting == "preferred" && is_lost) => Some(unknown()),
        entry => entry,
    };
    // What is known makes up for what is not.
    let replaces = matches!(setting, "compact" | "if-needed" | "preferred") && is_lost && entry.is_some();
    let prefers = setting == "preferred" && entry.is_some();
    let mut out = Vec::new();
    if shows_actual && !replaces && !prefers {
        out.push(format!("{name}={}", text(&actual)));
    }
    if let Some(entry) = entry {
        out.push(format!("{name}@entry={}", text(&Ok(entry))));
    }
    out.join(", ")
}

fn entry_value(session: &Session, frame: &Frame, parameter: &Variable) -> Option<Value> {
    let (module, _) = session.frame_module(frame)?;
    let value = session.value_at_entry(module, parameter.die, frame).ok()?;
    value.missing().is_none().then_some(value)
}

/// Whether frames show it in full with `set print frame-arguments scalars`: no structure, no array, no reference to one.
fn is_scalar(value: &Value) -> bool {
    let mut ty = value.ty.stripped();
    while let TypeKind::Reference(target, _) = &ty.kind {
        ty = target.stripped();
    }
    !ty.is_aggregate()
}

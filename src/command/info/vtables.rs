//! `info vtbl`: the virtual functions of an object.

use crate::base::{Error, Result};
use crate::command::{ArgKind, ArgSpec, Args, Command, Cx, Example, Flow, Group};
use crate::expr::{self, Host};
use crate::value::{Symbols, TypeKind, Value, is_dynamic_class, virtual_tables};

/// `info vtbl`
pub const VTBL: Command = Command {
    name: "info vtbl",
    group: Group::Status,
    args: &[ArgSpec::may("EXPRESSION", ArgKind::Expr)],
    summary: "Show the virtual function table for a C++ object.",
    help: "EXPRESSION is an object, or a pointer or reference to one. The parts of the object have tables of their own.",
    examples: &[Example { line: "info vtbl *ap", what: "the functions that virtual calls of *ap lead to" }],
    run: vtbl,
    ..Command::BASE
};

fn vtbl(cx: &mut Cx<'_>, args: &Args) -> Result<Flow> {
    let value = expr::eval(&expr::parse(args.required("expression")?, cx.session)?, cx.session)?;
    let object = match (value.ty.target(), &value.ty.stripped().kind) {
        (Some(class), TypeKind::Pointer(_) | TypeKind::Reference(..)) => {
            Value::at(&class.completed(), expr::address_of_value(&value, cx.session)?)
        }
        _ => value,
    };
    if !is_dynamic_class(&object.ty) {
        cx.say("This object does not have a virtual function table\n");
        return Ok(Flow::Go);
    }
    if object.address().is_none() {
        return Err(Error::user("Attempt to take address of value not located in memory."));
    }
    let tables = virtual_tables(cx.session.memory(), &object);
    let mut text = String::new();
    for table in &tables {
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(&format!("vtable for '{}' @ {} (subobject @ {}):\n", table.class, table.table, table.object));
        for (i, function) in table.functions.iter().enumerate() {
            let shown = match function {
                Some(at) => format!("{at}{}", cx.session.value_symbol(*at).map_or(String::new(), |s| format!(" <{s}>"))),
                None => "<error: Cannot access memory>".to_owned(),
            };
            text.push_str(&format!("[{i}]: {shown}\n"));
        }
    }
    if tables.is_empty() {
        text.push_str("This object does not have a virtual function table\n");
    }
    cx.say(text);
    Ok(Flow::Go)
}

//! Types: `whatis` and `ptype`.

use crate::base::{Error, Result};
use crate::expr::{self, Expr, ExprKind, Host};
use crate::value::{Language, PtypeOptions, TypeKind, Value};

use super::args::Args;
use super::cx::{Command, Cx};
use super::describe::{ArgKind, ArgSpec, Example, Flow, Group};
use super::expression::show_warnings;

const WHATIS: Command = Command {
    name: "whatis",
    group: Group::Data,
    args: &[ArgSpec::may("EXP", ArgKind::Expr)],
    summary: "Print data type of expression EXP.",
    help: "Nothing of EXP is carried out. Of the name of a type one typedef is resolved; \"ptype\" resolves them all.",
    examples: &[Example { line: "whatis 1 + 1.0", what: "double" }],
    run: |cx, args| show_type(cx, args, false),
    ..Command::BASE
};

const PTYPE: Command = Command {
    name: "ptype",
    group: Group::Data,
    args: &[ArgSpec::may("/FLAGS", ArgKind::Format), ArgSpec::may("TYPE", ArgKind::Expr)],
    summary: "Print definition of type TYPE.",
    help: "TYPE may be an expression too; nothing of it is carried out.",
    examples: &[Example { line: "ptype unsigned long", what: "unsigned long" }],
    run: |cx, args| show_type(cx, args, true),
    ..Command::BASE
};

fn show_type(cx: &mut Cx<'_>, args: &Args, expand: bool) -> Result<Flow> {
    let text = args.text.as_str();
    let defaults = PtypeOptions {
        methods: cx.session.settings.print_type_methods,
        typedefs: cx.session.settings.print_type_typedefs,
        hex: cx.session.settings.print_type_hex,
        ..PtypeOptions::default()
    };
    let flags = args.format.as_deref().unwrap_or_default();
    let options = defaults.parse(flags).map_err(|c| Error::user(format!("unrecognized flag '{c}'")))?;
    let (value, is_type) = if text.is_empty() {
        (cx.session.history.back(0)?, false)
    } else {
        let expr = expr::parse(text, cx.session)?;
        if let Some(name) = namespace(cx, &expr) {
            cx.say(format!("type = {}{name}\n", if expand { "namespace " } else { "" }));
            return Ok(Flow::Go);
        }
        (expr::eval_type(&expr, cx.session)?, matches!(expr.kind, ExprKind::Type(_) | ExprKind::TypeOf(..)))
    };
    show_warnings(cx);
    let real = if is_type { None } else { real_type(cx, &value) };
    let text = match (expand, is_type) {
        (true, _) => value.ty.expanded_with(options)?,
        (false, true) => value.ty.one_typedef_less().to_string(),
        (false, false) => value.ty.to_string(),
    };
    let header = expand && options.offsets && matches!(value.ty.kind, TypeKind::Struct { .. });
    let header = if header { "/* offset      |    size */  " } else { "" };
    cx.say(format!("{header}type = {}{text}\n", real.unwrap_or_default()));
    Ok(Flow::Go)
}

/// The name of a namespace that an expression is, where it is nothing else.
fn namespace(cx: &Cx<'_>, expr: &Expr) -> Option<String> {
    let ExprKind::Name(name, None) = &expr.kind else { return None };
    let is_known = !matches!(cx.session.lookup(name, None), Ok(None));
    if is_known || cx.session.language() != Language::Cpp { None } else { cx.session.namespace_named(name) }
}

/// What `set print object` tells of a pointer or reference to an object of another class.
fn real_type(cx: &Cx<'_>, value: &Value) -> Option<String> {
    if !cx.session.options().object || value.ty.target().is_none() {
        return None;
    }
    let (real, _) = cx.session.seen_as_it_is(value)?;
    let differs = real.ty.to_string() != value.ty.to_string();
    differs.then(|| format!("/* real type = {} */\n", real.ty))
}

/// Types.
pub const COMMANDS: &[Command] = &[WHATIS, PTYPE];

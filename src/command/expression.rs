//! What commands ask of expressions: values, numbers, addresses, truth; and values in words.

use crate::base::{Error, Result, VirtAddr};
use crate::engine::Session;
use crate::expr::{self, Binary, Expr, ExprKind, Host, Unary};
use crate::value::{Letter, PrintOptions, Printer, Value};

use super::cx::Cx;
use super::notices::show_notices;

/// The value of an expression. Warnings of its evaluation are shown.
pub fn evaluate(cx: &mut Cx<'_>, text: &str) -> Result<Value> {
    let parsed = expr::parse(text, cx.session).map_err(|e| missing_module(cx.session, text).unwrap_or(e));
    let value = parsed.and_then(|e| expr::eval(&e, cx.session));
    show_warnings(cx);
    value
}

/// What is wrong where `libc.so.6!puts` could not be parsed: there is no such module, or not yet.
fn missing_module(session: &Session, text: &str) -> Option<Error> {
    let (before, after) = text.split_once('!')?;
    let is_part = |c: char| c.is_alphanumeric() || "._-+".contains(c);
    let name = before.get(before.rfind(|c| !is_part(c)).map_or(0, |i| i + 1)..)?;
    let is_module = name.contains(".so") && after.starts_with(|c: char| c.is_alphabetic() || c == '_');
    if is_module { session.module_named(name).err() } else { None }
}

/// Shows what evaluating had to say besides values, and what happened in the functions that it called.
pub fn show_warnings(cx: &mut Cx<'_>) {
    show_notices(cx);
    for warning in std::mem::take(&mut cx.session.warnings) {
        cx.warn(warning);
    }
}

/// The integer that an expression comes to.
pub fn integer(cx: &mut Cx<'_>, text: &str) -> Result<i128> {
    evaluate(cx, text)?.to_int(cx.session.memory())
}

/// The same as 64 bits with a sign; most are literals.
pub fn integer_i64(cx: &mut Cx<'_>, text: &str) -> Result<i64> {
    let text = text.trim();
    match text.parse() {
        Ok(n) => Ok(n),
        Err(_) => i64::try_from(integer(cx, text)?).map_err(|_| Error::user("Numeric constant too large.")),
    }
}

/// The run-time address that an expression comes to.
pub fn address(cx: &mut Cx<'_>, text: &str) -> Result<VirtAddr> {
    let value = evaluate(cx, text)?;
    expr::address_of_value(&value, cx.session)
}

/// A value as `print` shows it.
pub fn value_text(session: &Session, value: &Value, letter: Option<Letter>, options: &PrintOptions) -> Result<String> {
    Printer { memory: session.memory(), symbols: session, options }.text(value, letter)
}

/// Whether an expression is not zero.
pub fn truth(cx: &mut Cx<'_>, text: &str) -> Result<bool> {
    let truth = expr::parse(text, cx.session).and_then(|e| expr::eval_condition(&e, cx.session));
    show_warnings(cx);
    truth
}

/// What `printf` writes.
pub fn formatted(cx: &mut Cx<'_>, text: &str) -> Result<String> {
    let text = cx.session.formatted(text);
    show_warnings(cx);
    text
}

/// The operands of a condition with their values, a line each: `$rax = 5`.
pub fn explain(cx: &mut Cx<'_>, text: &str) -> Vec<String> {
    let Ok(expr) = expr::parse(text, cx.session) else { return Vec::new() };
    let mut operands = Vec::new();
    collect_operands(&expr, &mut operands);
    let mut lines: Vec<String> = Vec::new();
    for operand in operands {
        let name = text.get(operand.span.start..operand.span.end).unwrap_or_default().trim().to_owned();
        let value = expr::eval(operand, cx.session);
        let options = cx.session.options();
        let value = value.and_then(|v| value_text(cx.session, &v, None, &options)).unwrap_or_else(|e| format!("<error: {e}>"));
        let line = format!("{name} = {value}");
        if !lines.contains(&line) {
            lines.push(line);
        }
    }
    cx.session.warnings.clear();
    lines
}

/// The operands of comparisons and of what joins them; constants say nothing, and what has effects is not done twice.
fn collect_operands<'e>(expr: &'e Expr, out: &mut Vec<&'e Expr>) {
    use Binary::*;
    match &expr.kind {
        ExprKind::Binary(And | Or | Equal | NotEqual | Less | LessEqual | Greater | GreaterEqual, a, b) => {
            collect_operands(a, out);
            collect_operands(b, out);
        }
        ExprKind::Unary(Unary::Not, a) => collect_operands(a, out),
        ExprKind::Constant(_) | ExprKind::Call(..) | ExprKind::Assign(..) => {}
        ExprKind::Unary(Unary::PreIncrement | Unary::PreDecrement | Unary::PostIncrement | Unary::PostDecrement, _) => {}
        _ => out.push(expr),
    }
}

//! `std::function`: whether it has a target, and which function that is.

use super::scene::written;
use super::{Pretty, Scene};
use crate::base::{Result, VirtAddr};
use crate::value::place::Value;

pub(super) fn show(scene: &Scene<'_>, value: &Value, name: &str) -> Option<Result<Pretty>> {
    (name == "std::function").then(|| function(scene, value))
}

fn function(scene: &Scene<'_>, value: &Value) -> Result<Pretty> {
    let signature = scene.type_arg(value, 0)?;
    let head = format!("std::function<{}>", written(&signature));
    if scene.number(value, &["_M_manager"])? == 0 {
        return Ok(Pretty::text(format!("{head} [empty]")));
    }
    let invoker = scene.get(value, &["_M_invoker"])?;
    let symbol = scene.printer.symbols.value_symbol(VirtAddr(scene.size(&invoker)?)).unwrap_or_default();
    // `std::_Function_handler<int (int), int (*)(int)>::_M_invoke(...)` calls what the first word points to.
    let held = symbol.strip_prefix("std::_Function_handler<").and_then(|s| s.split(">::_M_invoke").next());
    if held.is_some_and(|h| h.contains("(*)") && !h.contains("lambda")) {
        let target = Value::pointer(&signature, VirtAddr(scene.number(value, &["_M_functor", "_M_unused", "_M_object"])?));
        return Ok(Pretty::named(head, vec![("target", target)]));
    }
    Ok(Pretty::named(head, vec![("invoker", invoker)]))
}

//! `Rc` and `Arc`, also of strings and slices.

use super::{Pretty, Scene};
use crate::base::{Result, VirtAddr};
use crate::value::place::Value;
use crate::value::types::Type;

pub(super) fn show(scene: &Scene<'_>, value: &Value, name: &str) -> Option<Result<Pretty>> {
    matches!(name, "Rc" | "Arc").then(|| counted(scene, value, name))
}

fn counted(scene: &Scene<'_>, value: &Value, name: &str) -> Result<Pretty> {
    let pointer = scene.get(value, &["ptr"])?;
    let pointer = scene.own(&pointer, "pointer").unwrap_or(pointer);
    // Of a slice the pointer has a length beside it.
    let (thin, length) = match scene.own(&pointer, "data_ptr") {
        Some(thin) => (thin, Some(scene.number(&pointer, &["length"])?)),
        None => (pointer, None),
    };
    if !thin.ty.is_pointer() {
        return scene.unexpected();
    }
    let inner = scene.deref(&thin)?;
    let strong = scene.size(&scene.wrapped(&scene.get(&inner, &["strong"])?)?)?;
    // All strong ones together hold one weak one.
    let weak = scene.size(&scene.wrapped(&scene.get(&inner, &["weak"])?)?)?.wrapping_sub(1);
    let field = if name == "Rc" { "value" } else { "data" };
    let held = scene.get(&inner, &[field])?;
    let held = match (length, held.address()) {
        (None, _) => held,
        (Some(len), Some(VirtAddr(at))) if len <= scene.limit() as u64 => scene.at(&Type::array(&held.ty, len), at)?,
        _ => return scene.unexpected(),
    };
    let is_text = length.is_some() && value.ty.stripped().name.contains("<str");
    let head = format!("{name}(strong={strong}, weak={weak})");
    let count = |n: u64| Value::int(&Type::ulong(), n.into());
    let held = if is_text { held.clone().retyped(&Type::array(&Type::char(), held.ty.size)) } else { held };
    Ok(Pretty::named(head, vec![("value", held), ("strong", count(strong)), ("weak", count(weak))]))
}

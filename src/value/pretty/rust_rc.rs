//! `Rc` and `Arc`, also of strings, slices and trait objects, and what is weak of them.

use super::{Pretty, Scene, rust_pointer};
use crate::base::{Result, VirtAddr};
use crate::value::place::Value;
use crate::value::types::Type;

pub(super) fn show(scene: &Scene<'_>, value: &Value, name: &str) -> Option<Result<Pretty>> {
    match name {
        "Rc" | "Arc" => Some(counted(scene, value, name)),
        "Weak" => Some(weak(scene, value)),
        _ => None,
    }
}

/// The numbers of strong and of weak references that stand before what is shared.
fn counts(scene: &Scene<'_>, inner: &Value) -> Result<(u64, u64)> {
    let strong = scene.size(&scene.wrapped(&scene.get(inner, &["strong"])?)?)?;
    // All strong ones together hold one weak one.
    let weak = scene.size(&scene.wrapped(&scene.get(inner, &["weak"])?)?)?.wrapping_sub(u64::from(strong > 0));
    Ok((strong, weak))
}

fn shown(head: &str, held: Option<Value>, (strong, weak): (u64, u64)) -> Pretty {
    let count = |n: u64| Value::int(&Type::ulong(), n.into());
    let mut parts: Vec<(&str, Value)> = held.map(|held| ("value", held)).into_iter().collect();
    parts.extend([("strong", count(strong)), ("weak", count(weak))]);
    Pretty::named(format!("{head}(strong={strong}, weak={weak})"), parts)
}

/// A weak reference: what it leads to is there as long as there are strong ones.
fn weak(scene: &Scene<'_>, value: &Value) -> Result<Pretty> {
    let pointer = scene.pointer(&scene.get(value, &["ptr"])?)?;
    // `Weak::new()` leads nowhere.
    if scene.size(&pointer)? == u64::MAX {
        return Ok(Pretty::text("Weak(dangling)"));
    }
    let inner = scene.deref(&pointer)?;
    let counts = counts(scene, &inner)?;
    let held = ["value", "data"].iter().find_map(|name| scene.own(&inner, name)).filter(|_| counts.0 > 0);
    Ok(shown("Weak", held, counts))
}

fn counted(scene: &Scene<'_>, value: &Value, name: &str) -> Result<Pretty> {
    let pointer = scene.get(value, &["ptr"])?;
    let pointer = scene.own(&pointer, "pointer").unwrap_or(pointer);
    // Of a slice the pointer has a length beside it.
    let (thin, length) = match scene.own(&pointer, "data_ptr") {
        Some(thin) => (thin, Some(scene.number(&pointer, &["length"])?)),
        None => (pointer, None),
    };
    if let Some((held, header)) = rust_pointer::trait_object(scene, &thin) {
        let word = |at: u64| scene.word(header.wrapping_add(at));
        return Ok(shown(name, Some(held), (word(0)?, word(8)?.wrapping_sub(1))));
    }
    if !thin.ty.is_pointer() {
        return scene.unexpected();
    }
    let inner = scene.deref(&thin)?;
    let counts = counts(scene, &inner)?;
    let field = if name == "Rc" { "value" } else { "data" };
    let held = scene.get(&inner, &[field])?;
    let held = match (length, held.address()) {
        (None, _) => held,
        (Some(len), Some(VirtAddr(at))) if len <= scene.limit() as u64 => scene.at(&Type::array(&held.ty, len), at)?,
        _ => return scene.unexpected(),
    };
    let is_text = length.is_some() && value.ty.stripped().name.contains("<str");
    let held = if is_text { held.clone().retyped(&Type::array(&Type::char(), held.ty.size)) } else { held };
    Ok(shown(name, Some(held), counts))
}

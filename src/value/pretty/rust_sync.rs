//! `Mutex`, `RwLock`, and the cells that are filled once.

use super::{Pretty, Scene};
use crate::base::Result;
use crate::value::place::Value;
use crate::value::types::Type;
use crate::value::variant_of;

pub(super) fn show(scene: &Scene<'_>, value: &Value, name: &str) -> Option<Result<Pretty>> {
    match name {
        "Mutex" | "RwLock" => Some(lock(scene, value, name)),
        "OnceCell" => Some(once_cell(scene, value)),
        "OnceLock" => Some(once_lock(scene, value)),
        _ => None,
    }
}

fn truth(of: bool) -> Value {
    Value::int(&Type::bool(), of.into())
}

/// What a lock guards, and whether somebody has it or had it when he panicked.
fn lock(scene: &Scene<'_>, value: &Value, name: &str) -> Result<Pretty> {
    let inner = scene.get(value, &["inner"])?;
    let field = if name == "Mutex" { "futex" } else { "state" };
    let state = scene.size(&scene.wrapped(&scene.get(&inner, &[field])?)?)?;
    let poisoned = scene.size(&scene.wrapped(&scene.get(value, &["poison"])?)?)? != 0;
    let held = scene.get(value, &["data", "value"])?;
    let mut parts = vec![("data", held)];
    // std::sys::sync::rwlock::futex: the lower 30 bits count readers; all of them are the writer.
    const MASK: u64 = (1 << 30) - 1;
    match (name, state & MASK) {
        ("Mutex", _) => parts.push(("locked", truth(state != 0))),
        (_, MASK) => parts.push(("written", truth(true))),
        (_, readers) => parts.push(("readers", Value::int(&Type::ulong(), readers.into()))),
    }
    if poisoned {
        parts.push(("poisoned", truth(true)));
    }
    Ok(Pretty::named(name, parts))
}

fn filled(name: &str, held: Option<Value>) -> Pretty {
    match held {
        Some(held) => Pretty::named(name, vec![("value", held)]),
        None => Pretty::text(format!("{name}(empty)")),
    }
}

fn once_cell(scene: &Scene<'_>, value: &Value) -> Result<Pretty> {
    let option = scene.get(value, &["inner", "value"])?;
    let Some((_, payload)) = variant_of(scene.printer.memory, &option)? else { return scene.unexpected() };
    Ok(filled("OnceCell", scene.own(&payload, "__0")))
}

fn once_lock(scene: &Scene<'_>, value: &Value) -> Result<Pretty> {
    // std::sys::sync::once::futex: 0 is complete since Rust 1.84, 3 is incomplete.
    let state = scene.size(&scene.wrapped(&scene.get(value, &["once"])?)?)?;
    if state != 0 {
        return Ok(filled("OnceLock", None));
    }
    let held = scene.get(value, &["value", "value", "value", "value"])?;
    // `ManuallyDrop` has a wrapper of its own in newer versions.
    let held = scene.own(&held, "__0").filter(|_| held.ty.stripped().name.contains("MaybeDangling")).unwrap_or(held);
    Ok(filled("OnceLock", Some(held)))
}

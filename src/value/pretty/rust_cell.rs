//! `Cell` and `RefCell`, and what `RefCell` lends.

use super::{Pretty, Scene};
use crate::base::Result;
use crate::value::place::Value;
use crate::value::types::Type;

pub(super) fn show(scene: &Scene<'_>, value: &Value, name: &str) -> Option<Result<Pretty>> {
    match name {
        "Cell" => Some(cell(scene, value)),
        "RefCell" => Some(ref_cell(scene, value)),
        "Ref" | "RefMut" => Some(borrowed(scene, value, name)),
        _ => None,
    }
}

fn cell(scene: &Scene<'_>, value: &Value) -> Result<Pretty> {
    Ok(Pretty::named("Cell", vec![("value", scene.get(value, &["value", "value"])?)]))
}

/// `borrow=1`, or `borrow_mut=1` below zero.
fn state(borrow: i128) -> String {
    if borrow < 0 { format!("borrow_mut={}", -borrow) } else { format!("borrow={borrow}") }
}

fn ref_cell(scene: &Scene<'_>, value: &Value) -> Result<Pretty> {
    let borrow = scene.int(&scene.wrapped(&scene.get(value, &["borrow"])?)?)?;
    let held = scene.get(value, &["value", "value"])?;
    let count = Value::int(&Type::long(), borrow);
    Ok(Pretty::named(format!("RefCell({})", state(borrow)), vec![("value", held), ("borrow", count)]))
}

fn borrowed(scene: &Scene<'_>, value: &Value, name: &str) -> Result<Pretty> {
    let held = scene.deref(&scene.pointer(&scene.get(value, &["value"])?)?)?;
    let flag = scene.deref(&scene.get(value, &["borrow", "borrow"])?)?;
    let borrow = scene.int(&scene.wrapped(&flag)?)?;
    let count = Value::int(&Type::long(), borrow);
    Ok(Pretty::named(format!("{name}({})", state(borrow)), vec![("*value", held), ("borrow", count)]))
}

//! `LinkedList` and `BinaryHeap`.

use super::{Pretty, Scene, rust_vec};
use crate::base::Result;
use crate::value::place::Value;
use crate::value::variant_of;

pub(super) fn show(scene: &Scene<'_>, value: &Value, name: &str) -> Option<Result<Pretty>> {
    match name {
        "LinkedList" => Some(list(scene, value)),
        "BinaryHeap" => Some(heap(scene, value)),
        _ => None,
    }
}

fn list(scene: &Scene<'_>, value: &Value) -> Result<Pretty> {
    let len = scene.number(value, &["len"])?;
    let wanted = len.min(scene.limit() as u64);
    let mut found = Vec::new();
    let mut next = scene.get(value, &["head"])?;
    while (found.len() as u64) < wanted {
        let Some((_, payload)) = variant_of(scene.printer.memory, &next)? else { return scene.unexpected() };
        let Some(pointer) = scene.own(&payload, "__0") else { return scene.unexpected() };
        let node = scene.deref(&scene.pointer(&pointer)?)?;
        found.push(scene.get(&node, &["element"])?);
        next = scene.get(&node, &["next"])?;
    }
    Ok(Pretty::array(format!("LinkedList(size={len})"), found))
}

/// In the order in which they lie there, the largest first.
fn heap(scene: &Scene<'_>, value: &Value) -> Result<Pretty> {
    let data = scene.get(value, &["data"])?;
    let Some((element, first, len)) = rust_vec::elements(scene, &data) else { return scene.unexpected() };
    Ok(Pretty::array(format!("BinaryHeap(size={len})"), scene.row(&element, first, len)?))
}

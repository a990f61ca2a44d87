//! `Vec` and `VecDeque`. Slices are known without a pretty printer.

use std::sync::Arc;

use super::{Pretty, Scene};
use crate::base::Result;
use crate::value::language::Language;
use crate::value::place::Value;
use crate::value::types::Type;

pub(super) fn show(scene: &Scene<'_>, value: &Value, name: &str) -> Option<Result<Pretty>> {
    match name {
        "Vec" => Some(vec(scene, value)),
        "VecDeque" => Some(deque(scene, value)),
        _ => None,
    }
}

/// The elements of a vector or slice that stand in a row.
pub(super) fn elements(scene: &Scene<'_>, value: &Value) -> Option<(Arc<Type>, u64, u64)> {
    if value.ty.stripped().language != Language::Rust {
        return None;
    }
    if let (Some(data), Some(len)) = (scene.own(value, "data_ptr"), scene.own(value, "length")) {
        return Some((data.ty.target()?.completed(), scene.size(&data).ok()?, scene.size(&len).ok()?));
    }
    let (buf, len) = (scene.own(value, "buf")?, scene.own(value, "len")?);
    let first = scene.size(&scene.pointer(&buf).ok()?).ok()?;
    Some((scene.type_arg(value, 0).ok()?, first, scene.size(&len).ok()?))
}

fn vec(scene: &Scene<'_>, value: &Value) -> Result<Pretty> {
    let (element, len) = (scene.type_arg(value, 0)?, scene.number(value, &["len"])?);
    let first = scene.size(&scene.pointer(&scene.get(value, &["buf"])?)?)?;
    Ok(Pretty::array(format!("Vec(size={len})"), scene.row(&element, first, len)?))
}

fn deque(scene: &Scene<'_>, value: &Value) -> Result<Pretty> {
    let (element, len) = (scene.type_arg(value, 0)?, scene.number(value, &["len"])?);
    let head = scene.number(value, &["head"])?;
    let buf = scene.get(value, &["buf"])?;
    let first = scene.size(&scene.pointer(&buf)?)?;
    let inner = scene.own(&buf, "inner").unwrap_or(buf);
    let capacity = scene.size(&scene.wrapped(&scene.get(&inner, &["cap"])?)?)?;
    let text = format!("VecDeque(size={len})");
    if element.size == 0 {
        return Ok(Pretty::array(text, scene.row(&element, first, len)?));
    }
    if head > capacity || len > capacity {
        return scene.unexpected();
    }
    // Up to the end of the buffer, and on from its start.
    let tail = len.min(capacity - head);
    let mut shown = scene.row(&element, first.wrapping_add(head.wrapping_mul(element.size)), tail)?;
    shown.extend(scene.row(&element, first, len - tail)?);
    Ok(Pretty::array(text, shown))
}

//! `std::vector`, that of bits too, and `std::initializer_list`.

use std::sync::Arc;

use super::{Pretty, Scene};
use crate::base::Result;
use crate::value::place::Value;
use crate::value::types::{Type, TypeKind};

pub(super) fn show(scene: &Scene<'_>, value: &Value, name: &str) -> Option<Result<Pretty>> {
    match name {
        "std::vector" => Some(vector(scene, value)),
        "std::initializer_list" => Some(list(scene, value)),
        _ => None,
    }
}

/// The elements of a vector, which stand in a row: their type, the address of the first one, and how many; not those of one of bits.
pub(super) fn place(scene: &Scene<'_>, value: &Value) -> Result<(Arc<Type>, u64, u64)> {
    let element = scene.type_arg(value, 0)?;
    if matches!(element.stripped().kind, TypeKind::Bool) {
        return scene.unexpected();
    }
    let (start, finish) = match scene.find(value, &["_M_impl"]) {
        Some(data) => (scene.number(&data, &["_M_start"])?, scene.number(&data, &["_M_finish"])?),
        None => (scene.number(value, &["__begin_"])?, scene.number(value, &["__end_"])?),
    };
    let len = finish.checked_sub(start).map_or_else(|| scene.unexpected(), |bytes| Ok(bytes / element.size.max(1)))?;
    Ok((element, start, len))
}

fn vector(scene: &Scene<'_>, value: &Value) -> Result<Pretty> {
    let element = scene.type_arg(value, 0)?;
    let Some(data) = scene.find(value, &["_M_impl"]) else { return super::cpp_llvm::vector(scene, value, &element) };
    if matches!(element.stripped().kind, TypeKind::Bool) {
        return bits(scene, &data);
    }
    let bound = |name: &str| scene.number(&data, &[name]);
    let (start, finish, end) = (bound("_M_start")?, bound("_M_finish")?, bound("_M_end_of_storage")?);
    if finish < start || end < finish {
        return scene.unexpected();
    }
    let size = element.size.max(1);
    let (len, capacity) = ((finish - start) / size, (end - start) / size);
    let head = format!("std::vector of length {len}, capacity {capacity}");
    Ok(Pretty::array(head, scene.row(&element, start, len)?))
}

/// A vector of bits: words of them, and places inside of words.
fn bits(scene: &Scene<'_>, data: &Value) -> Result<Pretty> {
    let place = |name: &str| -> Result<(u64, u64)> {
        Ok((scene.number(data, &[name, "_M_p"])?, scene.number(data, &[name, "_M_offset"])?))
    };
    let ((start, from), (finish, to)) = (place("_M_start")?, place("_M_finish")?);
    let end = scene.number(data, &["_M_end_of_storage"])?;
    if finish < start || end < finish || from > 63 || to > 63 {
        return scene.unexpected();
    }
    let len = ((finish - start) * 8 + to).saturating_sub(from);
    let mut elements = Vec::new();
    let mut word = (u64::MAX, 0);
    for i in 0..len.min(scene.limit() as u64) {
        let bit = from + i;
        let at = start + bit / 64 * 8;
        if word.0 != at {
            word = (at, scene.word(at)?);
        }
        elements.push(Value::int(&Type::bool(), (word.1 >> (bit % 64) & 1).into()));
    }
    let capacity = (end - start) * 8;
    Ok(Pretty::array(format!("std::vector<bool> of length {len}, capacity {capacity}"), elements))
}

fn list(scene: &Scene<'_>, value: &Value) -> Result<Pretty> {
    let (first, len) = match scene.find(value, &["_M_array"]) {
        Some(first) => (first, scene.number(value, &["_M_len"])?),
        None => (scene.get(value, &["__begin_"])?, scene.number(value, &["__size_"])?),
    };
    let element = scene.type_arg(value, 0)?;
    let elements = scene.row(&element, scene.size(&first)?, len)?;
    Ok(Pretty::array(format!("std::initializer_list of length {len}"), elements))
}

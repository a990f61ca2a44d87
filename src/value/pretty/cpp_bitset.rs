//! `std::bitset`: the bits that are set.

use super::{Pretty, Scene, Style};
use crate::base::Result;
use crate::value::number::int_from_bytes;
use crate::value::place::Value;
use crate::value::types::Type;

pub(super) fn show(scene: &Scene<'_>, value: &Value, name: &str) -> Option<Result<Pretty>> {
    (name == "std::bitset").then(|| bitset(scene, value))
}

fn bitset(scene: &Scene<'_>, value: &Value) -> Result<Pretty> {
    let words = scene.find(value, &["_M_w"]).map_or_else(|| scene.get(value, &["__first_"]), Ok)?;
    let bytes = words.bytes(scene.printer.memory, scene.printer.options.max_value_size)?;
    let mut children = Vec::new();
    for (i, word) in bytes.chunks(8).enumerate() {
        let word = int_from_bytes(word, false) as u64;
        let set = (0..64).filter(|bit| word >> bit & 1 != 0);
        children.extend(set.map(|bit| (format!("[{}]", i * 64 + bit), Value::int(&Type::int(), 1))));
        if children.len() > scene.limit() {
            break;
        }
    }
    Ok(Pretty { head: Some("std::bitset".to_owned()), style: Style::Named, children })
}

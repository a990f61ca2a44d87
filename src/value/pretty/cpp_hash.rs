//! `std::unordered_map` and its siblings: a list of all nodes, whatever bucket they are in.

use super::nodes::pairs_or_values;
use super::scene::elements;
use super::{Pretty, Scene};
use crate::base::Result;
use crate::value::place::Value;

pub(super) fn show(scene: &Scene<'_>, value: &Value, name: &str) -> Option<Result<Pretty>> {
    match name {
        "std::unordered_map" | "std::unordered_multimap" => Some(table(scene, value, name, true)),
        "std::unordered_set" | "std::unordered_multiset" => Some(table(scene, value, name, false)),
        _ => None,
    }
}

fn table(scene: &Scene<'_>, value: &Value, name: &str, is_map: bool) -> Result<Pretty> {
    // A node of libstdc++ begins with the link, one of libc++ with the link and the hash.
    let (count, mut node, start) = match scene.find(value, &["_M_h"]) {
        Some(table) => (scene.number(&table, &["_M_element_count"])?, scene.number(&table, &["_M_before_begin", "_M_nxt"])?, 8),
        None => super::cpp_llvm::table(scene, value)?,
    };
    let wanted = count.min(scene.limit() as u64);
    let mut nodes = Vec::new();
    while (nodes.len() as u64) < wanted && node != 0 {
        nodes.push(node);
        node = scene.word(node)?;
    }
    let head = format!("{name} with {}", elements(count));
    pairs_or_values(scene, value, is_map, &nodes, start).map(|held| held.into_pretty(head))
}

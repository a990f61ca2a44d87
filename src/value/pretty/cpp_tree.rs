//! `std::map`, `std::set` and their siblings: red-black trees.

use super::nodes::pairs_or_values;
use super::scene::elements;
use super::{Pretty, Scene};
use crate::base::Result;
use crate::value::place::Value;

/// A node's color, parent, left and right child precede what it holds.
const NODE: u64 = 32;

pub(super) fn show(scene: &Scene<'_>, value: &Value, name: &str) -> Option<Result<Pretty>> {
    match name {
        "std::map" | "std::multimap" => Some(tree(scene, value, name, true)),
        "std::set" | "std::multiset" => Some(tree(scene, value, name, false)),
        _ => None,
    }
}

fn tree(scene: &Scene<'_>, value: &Value, name: &str, is_map: bool) -> Result<Pretty> {
    let Some(implementation) = scene.find(value, &["_M_t", "_M_impl"]) else {
        return super::cpp_llvm::tree(scene, value, name, is_map);
    };
    let count = scene.number(&implementation, &["_M_node_count"])?;
    let header = scene.get(&implementation, &["_M_header"])?;
    let end = header.address().map_or(0, |a| a.0);
    let mut node = scene.number(&header, &["_M_left"])?;
    let wanted = count.min(scene.limit() as u64);
    let mut nodes = Vec::new();
    while (nodes.len() as u64) < wanted && node != 0 && node != end {
        nodes.push(node);
        node = successor(scene, node)?;
    }
    let head = format!("{name} with {}", elements(count));
    pairs_or_values(scene, value, is_map, &nodes, NODE).map(|shown| shown.into_pretty(head))
}

/// The next node in order. A tree that is damaged may go round in circles: no path is followed farther than a tree can be deep.
fn successor(scene: &Scene<'_>, node: u64) -> Result<u64> {
    const PARENT: u64 = 8;
    const LEFT: u64 = 16;
    const RIGHT: u64 = 24;
    const DEEPEST: u32 = 128;
    let link = |node: u64, which: u64| scene.word(node.wrapping_add(which));
    let mut at = link(node, RIGHT)?;
    if at != 0 {
        for _ in 0..DEEPEST {
            match link(at, LEFT)? {
                0 => return Ok(at),
                left => at = left,
            }
        }
        return scene.unexpected();
    }
    let mut from = node;
    let mut parent = link(node, PARENT)?;
    for _ in 0..DEEPEST {
        if link(parent, RIGHT)? != from {
            return Ok(parent);
        }
        from = parent;
        parent = link(parent, PARENT)?;
    }
    scene.unexpected()
}

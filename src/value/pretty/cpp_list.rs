//! `std::list` and `std::forward_list`.

use super::{Pretty, Scene};
use crate::base::Result;
use crate::value::place::Value;

pub(super) fn show(scene: &Scene<'_>, value: &Value, name: &str) -> Option<Result<Pretty>> {
    match name {
        "std::list" => Some(list(scene, value)),
        "std::forward_list" => Some(forward_list(scene, value)),
        _ => None,
    }
}

/// The nodes from one on, up to `end`, as many as are worth it; in each the address of the next one lies at `link`.
fn nodes(scene: &Scene<'_>, first: u64, end: u64, link: u64) -> Result<Vec<u64>> {
    let (mut node, mut nodes) = (first, Vec::new());
    while node != end && node != 0 && nodes.len() < scene.limit() {
        nodes.push(node);
        node = scene.word(node.wrapping_add(link))?;
    }
    Ok(nodes)
}

fn list(scene: &Scene<'_>, value: &Value) -> Result<Pretty> {
    let element = scene.type_arg(value, 0)?;
    let (sentinel, first, name, link) = match scene.find(value, &["_M_impl", "_M_node"]) {
        Some(sentinel) => {
            let first = scene.number(&sentinel, &["_M_next"])?;
            // gdb names the namespace of the version here.
            let name = if value.ty.stripped().name.contains("__cxx11::") { "std::__cxx11::list" } else { "std::list" };
            (sentinel, first, name, 0)
        }
        None => {
            let sentinel = scene.get(value, &["__end_"])?;
            let first = scene.number(&sentinel, &["__next_"])?;
            // libc++'s nodes begin with the previous one.
            (sentinel, first, "std::list", 8)
        }
    };
    let end = sentinel.address().map_or(0, |a| a.0);
    let at = scene.aligned(16, &element);
    let elements: Vec<Value> =
        nodes(scene, first, end, link)?.into_iter().map(|n| scene.at(&element, n.wrapping_add(at))).collect::<Result<_>>()?;
    let head = if elements.is_empty() { format!("empty {name}") } else { name.to_owned() };
    Ok(Pretty::numbered(head, elements))
}

fn forward_list(scene: &Scene<'_>, value: &Value) -> Result<Pretty> {
    let element = scene.type_arg(value, 0)?;
    let first = match scene.find(value, &["_M_impl", "_M_head", "_M_next"]) {
        Some(first) => scene.size(&first)?,
        None => super::cpp_llvm::first_of(scene, value, "__before_begin_")?,
    };
    let at = scene.aligned(8, &element);
    let elements: Vec<Value> =
        nodes(scene, first, 0, 0)?.into_iter().map(|n| scene.at(&element, n.wrapping_add(at))).collect::<Result<_>>()?;
    let head = if elements.is_empty() { "empty std::forward_list" } else { "std::forward_list" };
    Ok(Pretty::numbered(head, elements))
}

//! Iterators: what they stand at.

use super::{Pretty, Scene};
use crate::base::{Result, VirtAddr};
use crate::value::place::Value;

pub(super) fn show(scene: &Scene<'_>, value: &Value, name: &str) -> Option<Result<Pretty>> {
    match name {
        "__gnu_cxx::__normal_iterator" => Some(normal(scene, value)),
        "std::_List_iterator" | "std::_List_const_iterator" => Some(node(scene, value, "std::list", 16)),
        "std::_Fwd_list_iterator" | "std::_Fwd_list_const_iterator" => Some(node(scene, value, "std::forward_list", 8)),
        "std::_Rb_tree_iterator" | "std::_Rb_tree_const_iterator" => Some(node(scene, value, "std associative container", 32)),
        "std::_Deque_iterator" => Some(deque(scene, value)),
        "std::__wrap_iter" | "std::__deque_iterator" => Some(pointer(scene, value)),
        "std::__list_iterator" | "std::__list_const_iterator" => Some(llvm_node(scene, value, "std::list", 16)),
        "std::__tree_iterator" | "std::__tree_const_iterator" => Some(llvm_node(scene, value, "std associative container", 25)),
        "std::__map_iterator" | "std::__map_const_iterator" | "std::__hash_map_iterator" | "std::__hash_map_const_iterator" => {
            Some(wrapped(scene, value))
        }
        "std::__hash_iterator" | "std::__hash_const_iterator" => Some(llvm_hash(scene, value)),
        _ => None,
    }
}

fn nowhere(of: &str) -> Pretty {
    Pretty::text(format!("non-dereferenceable iterator for {of}"))
}

fn normal(scene: &Scene<'_>, value: &Value) -> Result<Pretty> {
    let at = scene.get(value, &["_M_current"])?;
    match scene.size(&at)? {
        0 => Ok(nowhere("std::vector")),
        _ => Ok(Pretty::alone(scene.deref(&at)?)),
    }
}

fn deque(scene: &Scene<'_>, value: &Value) -> Result<Pretty> {
    let at = scene.get(value, &["_M_cur"])?;
    match scene.number(value, &["_M_node"])? {
        0 => Ok(nowhere("std::deque")),
        _ => Ok(Pretty::alone(scene.deref(&at)?)),
    }
}

fn node(scene: &Scene<'_>, value: &Value, of: &str, start: u64) -> Result<Pretty> {
    let element = scene.type_arg(value, 0)?;
    match scene.number(value, &["_M_node"])? {
        0 => Ok(nowhere(of)),
        at => Ok(Pretty::alone(scene.at(&element, at.wrapping_add(scene.aligned(start, &element)))?)),
    }
}

/// An iterator of a map, which wraps that of a tree or a hash table.
fn wrapped(scene: &Scene<'_>, value: &Value) -> Result<Pretty> {
    let inner = scene.get(value, &["__i_"])?;
    match &*super::scene::template(&inner.ty.stripped().name, false) {
        "std::__tree_iterator" | "std::__tree_const_iterator" => llvm_node(scene, &inner, "std associative container", 25),
        "std::__hash_iterator" | "std::__hash_const_iterator" => llvm_hash(scene, &inner),
        _ => scene.unexpected(),
    }
}

/// libc++'s iterators that are pointers at heart.
fn pointer(scene: &Scene<'_>, value: &Value) -> Result<Pretty> {
    let at = ["__i_", "__i", "__ptr_"].iter().find_map(|name| scene.find(value, &[name]));
    match at.filter(|at| at.ty.is_pointer()) {
        Some(at) if scene.size(&at)? != 0 => Ok(Pretty::alone(scene.deref(&at)?)),
        _ => scene.unexpected(),
    }
}

fn llvm_node(scene: &Scene<'_>, value: &Value, of: &str, start: u64) -> Result<Pretty> {
    let element = scene.type_arg(value, 0)?;
    match scene.number(value, &["__ptr_"])? {
        0 => Ok(nowhere(of)),
        at => pair(scene, scene.at(&element, at.wrapping_add(scene.aligned(start, &element)))?),
    }
}

fn llvm_hash(scene: &Scene<'_>, value: &Value) -> Result<Pretty> {
    // The link and the hash precede what a node holds.
    let node = scene.type_arg(value, 0)?;
    let held = node.target().map(|node| Value::at(&node.completed(), VirtAddr(0)));
    let element = match held {
        Some(node) => scene.type_arg(&node, 0)?,
        None => return scene.unexpected(),
    };
    match scene.number(value, &["__node_"])? {
        0 => Ok(nowhere("std::unordered container")),
        at => pair(scene, scene.at(&element, at.wrapping_add(scene.aligned(16, &element)))?),
    }
}

/// What a map holds is wrapped.
fn pair(scene: &Scene<'_>, element: Value) -> Result<Pretty> {
    let inner = ["__cc_", "__cc"].iter().find_map(|name| scene.find(&element, &[name]));
    Ok(Pretty::alone(inner.unwrap_or(element)))
}

//! Iterators: what they stand at.

use super::{Pretty, Scene};
use crate::base::Result;
use crate::value::place::Value;

pub(super) fn show(scene: &Scene<'_>, value: &Value, name: &str) -> Option<Result<Pretty>> {
    match name {
        "__gnu_cxx::__normal_iterator" => Some(normal(scene, value)),
        "std::_List_iterator" | "std::_List_const_iterator" => Some(node(scene, value, "std::list", 16)),
        "std::_Fwd_list_iterator" | "std::_Fwd_list_const_iterator" => Some(node(scene, value, "std::forward_list", 8)),
        "std::_Rb_tree_iterator" | "std::_Rb_tree_const_iterator" => Some(node(scene, value, "std associative container", 32)),
        "std::_Deque_iterator" => Some(deque(scene, value)),
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

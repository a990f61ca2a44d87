//! libc++'s containers, whose members have other names than libstdc++'s.

use std::sync::Arc;

use super::nodes::pairs_or_values;
use super::scene::elements;
use super::{Pretty, Scene};
use crate::base::{Result, VirtAddr};
use crate::value::place::Value;
use crate::value::types::{Fields, Type, TypeKind};

/// Nothing is libc++'s alone: the others ask for it.
pub(super) fn show(_: &Scene<'_>, _: &Value, _: &str) -> Option<Result<Pretty>> {
    None
}

/// A member that older versions keep in a `__compressed_pair` of that name, as its first half.
pub(super) fn first(scene: &Scene<'_>, value: &Value, name: &str) -> Option<Value> {
    let member = scene.find(value, &[name])?;
    Some(scene.find(&member, &["__value_"]).unwrap_or(member))
}

/// The link that the sentinel of a list has.
pub(super) fn first_of(scene: &Scene<'_>, value: &Value, name: &str) -> Result<u64> {
    match first(scene, value, name) {
        Some(sentinel) => scene.number(&sentinel, &["__next_"]),
        None => scene.unexpected(),
    }
}

/// Where the characters of a string are, and how many.
pub(super) fn string(scene: &Scene<'_>, value: &Value) -> Result<(VirtAddr, u64)> {
    let Some(rep) = first(scene, value, "__r_").or_else(|| scene.find(value, &["__rep_"])) else { return scene.unexpected() };
    let short = scene.get(&rep, &["__s"])?;
    let (is_long, short_len) = match scene.find(&short, &["__is_long_"]) {
        Some(flag) => (scene.int(&flag)? != 0, scene.number(&short, &["__size_"])?),
        // Before version 15 the length was shifted by hand.
        None => {
            let size = scene.number(&short, &["__size_"])?;
            (size & 1 != 0, size >> 1)
        }
    };
    let (addr, len) = if is_long {
        let long = scene.get(&rep, &["__l"])?;
        (scene.number(&long, &["__data_"])?, scene.number(&long, &["__size_"])?)
    } else {
        let data = scene.get(&short, &["__data_"])?;
        (data.address().map_or(0, |a| a.0), short_len)
    };
    Ok((VirtAddr(addr), len))
}

pub(super) fn vector(scene: &Scene<'_>, value: &Value, element: &Arc<Type>) -> Result<Pretty> {
    if matches!(element.stripped().kind, TypeKind::Bool) {
        return bits(scene, value);
    }
    let (start, finish) = (scene.number(value, &["__begin_"])?, scene.number(value, &["__end_"])?);
    let end = match first(scene, value, "__end_cap_").or_else(|| scene.find(value, &["__cap_"])) {
        Some(end) => scene.size(&end)?,
        None => finish,
    };
    if finish < start || end < finish {
        return scene.unexpected();
    }
    let size = element.size.max(1);
    let (len, capacity) = ((finish - start) / size, (end - start) / size);
    let head = format!("std::vector of length {len}, capacity {capacity}");
    Ok(Pretty::array(head, scene.row(element, start, len)?))
}

fn bits(scene: &Scene<'_>, value: &Value) -> Result<Pretty> {
    let (start, len) = (scene.number(value, &["__begin_"])?, scene.number(value, &["__size_"])?);
    let words = match first(scene, value, "__cap_alloc_").or_else(|| scene.find(value, &["__cap_"])) {
        Some(words) => scene.size(&words)?,
        None => len.div_ceil(64),
    };
    let mut shown = Vec::new();
    for i in 0..len.min(scene.limit() as u64) {
        let word = scene.word(start.wrapping_add(i / 64 * 8))?;
        shown.push(Value::int(&Type::bool(), (word >> (i % 64) & 1).into()));
    }
    Ok(Pretty::array(format!("std::vector<bool> of length {len}, capacity {}", words.saturating_mul(64)), shown))
}

pub(super) fn tree(scene: &Scene<'_>, value: &Value, name: &str, is_map: bool) -> Result<Pretty> {
    /// Left, right, parent and color precede what a node holds.
    const NODE: u64 = 25;
    const DEEPEST: u32 = 128;
    let tree = scene.get(value, &["__tree_"])?;
    let count = match first(scene, &tree, "__pair3_").or_else(|| scene.find(&tree, &["__size_"])) {
        Some(count) => scene.size(&count)?,
        None => return scene.unexpected(),
    };
    let mut node = scene.number(&tree, &["__begin_node_"])?;
    let wanted = count.min(scene.limit() as u64);
    let mut nodes = Vec::new();
    while (nodes.len() as u64) < wanted && node != 0 {
        nodes.push(node);
        let right = scene.word(node.wrapping_add(8))?;
        if right != 0 {
            node = right;
            for _ in 0..DEEPEST {
                match scene.word(node)? {
                    0 => break,
                    left => node = left,
                }
            }
            continue;
        }
        for _ in 0..DEEPEST {
            let parent = scene.word(node.wrapping_add(16))?;
            let came_from_left = scene.word(parent)? == node;
            node = parent;
            if came_from_left {
                break;
            }
        }
    }
    let head = format!("{name} with {}", elements(count));
    pairs_or_values(scene, value, is_map, &nodes, NODE).map(|held| held.into_pretty(head))
}

/// How many elements a hash table has, its first node, and where in nodes the elements are.
pub(super) fn table(scene: &Scene<'_>, value: &Value) -> Result<(u64, u64, u64)> {
    let table = scene.get(value, &["__table_"])?;
    let count = match first(scene, &table, "__p2_").or_else(|| scene.find(&table, &["__size_"])) {
        Some(count) => scene.size(&count)?,
        None => return scene.unexpected(),
    };
    let sentinel = first(scene, &table, "__p1_").or_else(|| scene.find(&table, &["__first_node_"]));
    match sentinel {
        Some(sentinel) => Ok((count, scene.number(&sentinel, &["__next_"])?, 16)),
        None => scene.unexpected(),
    }
}

pub(super) fn deque(scene: &Scene<'_>, value: &Value, element: &Arc<Type>) -> Result<Pretty> {
    const BLOCK: u64 = 4096;
    let size = element.size.max(1);
    let per_block = if size < 256 { BLOCK / size } else { 16 };
    let count = match first(scene, value, "__size_") {
        Some(count) => scene.size(&count)?,
        None => return scene.unexpected(),
    };
    let start = scene.number(value, &["__start_"])?;
    let map = scene.number(value, &["__map_", "__begin_"])?;
    let mut shown = Vec::new();
    for i in 0..count.min(scene.limit() as u64) {
        let at = start.wrapping_add(i);
        let block = scene.word(map.wrapping_add(at / per_block * 8))?;
        shown.push(scene.at(element, block.wrapping_add(at % per_block * size))?);
    }
    Ok(Pretty::array(format!("std::deque with {}", elements(count)), shown))
}

/// A pointer and its counts: of uses, and of weak pointers with one for all uses together.
pub(super) fn shared(scene: &Scene<'_>, value: &Value) -> Result<(Value, Option<(i128, i128)>)> {
    let pointer = scene.get(value, &["__ptr_"])?;
    let block = scene.get(value, &["__cntrl_"])?;
    if scene.size(&block)? == 0 {
        return Ok((pointer, None));
    }
    let block = scene.deref(&block)?;
    // Both are kept one less than they are.
    let uses = scene.int(&scene.get(&block, &["__shared_owners_"])?)? + 1;
    let weak = scene.int(&scene.get(&block, &["__shared_weak_owners_"])?)? + 1;
    Ok((pointer, Some((uses, weak))))
}

/// The elements of a tuple: its base has one base with a `__value_` for each of them.
pub(super) fn tuple(scene: &Scene<'_>, base: &Value) -> Result<Vec<Value>> {
    let TypeKind::Struct { fields, .. } = &base.ty.stripped().kind else { return Ok(Vec::new()) };
    let leaves = Fields::get(fields)?;
    let mut found = Vec::new();
    for leaf in leaves.iter().filter(|f| f.is_base()) {
        let leaf = base.member(leaf);
        found.push(scene.find(&leaf, &["__value_"]).unwrap_or(leaf));
    }
    Ok(found)
}

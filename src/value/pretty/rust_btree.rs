//! `BTreeMap` and `BTreeSet`.

use std::sync::Arc;

use super::{Pretty, Scene};
use crate::base::Result;
use crate::value::place::Value;
use crate::value::types::Type;
use crate::value::variant_of;

pub(super) fn show(scene: &Scene<'_>, value: &Value, name: &str) -> Option<Result<Pretty>> {
    match name {
        "BTreeMap" => Some(map(scene, value, true)),
        "BTreeSet" => Some(scene.get(value, &["map"]).and_then(|inner| map(scene, &inner, false))),
        _ => None,
    }
}

/// No tree in memory is higher.
const HIGHEST: u64 = 32;

/// Keys in a node, at most.
const CAPACITY: u64 = 11;

fn map(scene: &Scene<'_>, value: &Value, is_map: bool) -> Result<Pretty> {
    let length = scene.number(value, &["length"])?;
    let head = format!("{}(size={length})", if is_map { "BTreeMap" } else { "BTreeSet" });
    let mut walk = Walk {
        key: scene.type_arg(value, 0)?,
        mapped: scene.type_arg(value, 1)?,
        wanted: length.min(scene.limit() as u64),
        found: Vec::new(),
    };
    let root = scene.get(value, &["root"])?;
    if let Some((variant, payload)) = variant_of(scene.printer.memory, &root)?
        && variant.field.name.as_ref() == "Some"
    {
        let root = scene.only_member(&payload)?;
        let height = scene.number(&root, &["height"])?;
        let node = scene.pointer(&scene.get(&root, &["node"])?)?;
        let Some(leaf) = node.ty.target().cloned() else { return scene.unexpected() };
        walk.node(scene, &leaf, scene.size(&node)?, height)?;
    }
    match is_map {
        true => Ok(Pretty::map(head, walk.found)),
        false => Ok(Pretty::array(head, walk.found.into_iter().map(|(key, _)| key).collect())),
    }
}

struct Walk {
    key: Arc<Type>,
    mapped: Arc<Type>,
    wanted: u64,
    found: Vec<(Value, Value)>,
}

impl Walk {
    /// What a node at this height holds, in order, what is below it between its keys.
    fn node(&mut self, scene: &Scene<'_>, leaf: &Arc<Type>, at: u64, height: u64) -> Result<()> {
        if height > HIGHEST {
            return scene.unexpected();
        }
        let node = scene.at(leaf, at)?;
        let len = scene.number(&node, &["len"])?;
        if len > CAPACITY {
            return scene.unexpected();
        }
        let (keys, vals) = (scene.get(&node, &["keys"])?, scene.get(&node, &["vals"])?);
        // An inner node is a leaf with edges behind it.
        let edges = at.wrapping_add(leaf.completed().size.next_multiple_of(8));
        for i in 0..=len {
            if self.found.len() as u64 >= self.wanted {
                break;
            }
            if height > 0 {
                let child = scene.word(edges.wrapping_add(i * 8))?;
                self.node(scene, leaf, child, height - 1)?;
            }
            if i < len && (self.found.len() as u64) < self.wanted {
                let key = keys.part(&self.key, i.wrapping_mul(self.key.size));
                let mapped = vals.part(&self.mapped, i.wrapping_mul(self.mapped.size));
                self.found.push((key, mapped));
            }
        }
        Ok(())
    }
}

//! What the nodes of trees and hash tables hold.

use super::{Pretty, Scene};
use crate::base::Result;
use crate::value::place::Value;

/// What nodes hold.
pub(super) enum Held {
    Pairs(Vec<(Value, Value)>),
    Values(Vec<Value>),
}

impl Held {
    pub fn into_pretty(self, head: String) -> Pretty {
        match self {
            Held::Pairs(pairs) => Pretty::map(head, pairs),
            Held::Values(values) => Pretty::numbered(head, values),
        }
    }
}

/// What nodes hold behind their first `start` bytes: for a map a key and what it is mapped to, else a value.
pub(super) fn pairs_or_values(scene: &Scene<'_>, value: &Value, is_map: bool, nodes: &[u64], start: u64) -> Result<Held> {
    let key = scene.type_arg(value, 0)?;
    if !is_map {
        let at = scene.aligned(start, &key);
        return Ok(Held::Values(nodes.iter().map(|n| scene.at(&key, n.wrapping_add(at))).collect::<Result<_>>()?));
    }
    let mapped = scene.type_arg(value, 1)?;
    // The pair is aligned as the stricter of the two is.
    let pair = scene.aligned(scene.aligned(start, &key), &mapped);
    let second = scene.aligned(pair + key.size, &mapped);
    let both = |n: &u64| Ok((scene.at(&key, n.wrapping_add(pair))?, scene.at(&mapped, n.wrapping_add(second))?));
    Ok(Held::Pairs(nodes.iter().map(both).collect::<Result<_>>()?))
}

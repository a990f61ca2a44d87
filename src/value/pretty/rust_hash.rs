//! `HashMap` and `HashSet`: hashbrown's tables, whose elements stand before the control bytes.

use super::{Pretty, Scene};
use crate::base::{Result, VirtAddr};
use crate::value::place::Value;

pub(super) fn show(scene: &Scene<'_>, value: &Value, name: &str) -> Option<Result<Pretty>> {
    match name {
        "HashMap" => Some(table(scene, value, true)),
        "HashSet" => Some(table(scene, value, false)),
        _ => None,
    }
}

/// Buckets that are looked at, at most.
const MOST: u64 = 1 << 24;

fn table(scene: &Scene<'_>, value: &Value, is_map: bool) -> Result<Pretty> {
    let paths: [&[&str]; 4] = [&["base", "table"], &["base", "map", "table"], &["map", "base", "table"], &["table"]];
    let Some(table) = paths.iter().find_map(|path| scene.find(value, path)) else { return scene.unexpected() };
    let element = scene.type_arg(&table, 0)?;
    let inner = scene.find(&table, &["table"]).unwrap_or(table);
    let (mask, items) = (scene.number(&inner, &["bucket_mask"])?, scene.number(&inner, &["items"])?);
    let control = scene.size(&scene.pointer(&scene.get(&inner, &["ctrl"])?)?)?;
    let buckets = mask.wrapping_add(1);
    if buckets > MOST || items > buckets {
        return scene.unexpected();
    }
    let wanted = items.min(scene.limit() as u64);
    let mut found = Vec::new();
    let mut group = [0; 64];
    let mut at = 0;
    while at < buckets && (found.len() as u64) < wanted {
        let len = (buckets - at).min(64) as usize;
        let bytes = group.get_mut(..len).unwrap_or_default();
        scene.printer.memory.read(VirtAddr(control.wrapping_add(at)), bytes)?;
        for (i, byte) in bytes.iter().enumerate() {
            // The top bit says that a bucket is free.
            if byte & 0x80 == 0 && (found.len() as u64) < wanted {
                let back = (at + i as u64 + 1).wrapping_mul(element.size);
                found.push(scene.at(&element, control.wrapping_sub(back))?);
            }
        }
        at += len as u64;
    }
    let part = |v: &Value, name: &str| scene.get(v, &[name]);
    if is_map {
        let pairs = found.iter().map(|v| Ok((part(v, "__0")?, part(v, "__1")?))).collect::<Result<_>>()?;
        return Ok(Pretty::map(format!("HashMap(size={items})"), pairs));
    }
    let keys = found.iter().map(|v| part(v, "__0")).collect::<Result<_>>()?;
    Ok(Pretty::array(format!("HashSet(size={items})"), keys))
}

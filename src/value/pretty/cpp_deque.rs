//! `std::deque`: a map of blocks.

use super::scene::elements;
use super::{Pretty, Scene};
use crate::base::Result;
use crate::value::place::Value;

/// Bytes in a block.
const BLOCK: u64 = 512;

pub(super) fn show(scene: &Scene<'_>, value: &Value, name: &str) -> Option<Result<Pretty>> {
    (name == "std::deque").then(|| deque(scene, value))
}

fn deque(scene: &Scene<'_>, value: &Value) -> Result<Pretty> {
    let element = scene.type_arg(value, 0)?;
    let Some(data) = scene.find(value, &["_M_impl"]) else { return super::cpp_llvm::deque(scene, value, &element) };
    let part = |iterator: &str, name: &str| scene.number(&data, &[iterator, name]);
    let (node, cur, last) = (part("_M_start", "_M_node")?, part("_M_start", "_M_cur")?, part("_M_start", "_M_last")?);
    let (end_node, end_first, end) =
        (part("_M_finish", "_M_node")?, part("_M_finish", "_M_first")?, part("_M_finish", "_M_cur")?);
    let size = element.size.max(1);
    let per_block = (BLOCK / size).max(1);
    if end_node < node || last < cur && node != end_node || end < end_first {
        return scene.unexpected();
    }
    let blocks = (end_node - node) / 8;
    let count = match blocks {
        0 => end.saturating_sub(cur) / size,
        n => (last - cur) / size + (n - 1) * per_block + (end - end_first) / size,
    };
    let wanted = count.min(scene.limit() as u64);
    let mut shown = Vec::new();
    let (mut node, mut at, mut stop) = (node, cur, if blocks == 0 { end } else { last });
    while (shown.len() as u64) < wanted {
        if at >= stop {
            node = node.wrapping_add(8);
            at = scene.word(node)?;
            stop = at.wrapping_add(per_block * size);
        }
        let here = (stop.saturating_sub(at) / size).min(wanted - shown.len() as u64).max(1);
        shown.extend(scene.row(&element, at, here)?);
        at = at.wrapping_add(here * size);
    }
    Ok(Pretty::array(format!("std::deque with {}", elements(count)), shown))
}

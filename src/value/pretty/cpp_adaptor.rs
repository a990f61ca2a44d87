//! `std::stack`, `std::queue`, `std::priority_queue`: another container with fewer ways in.

use super::{Pretty, Scene, recognise};
use crate::base::Result;
use crate::value::place::Value;

pub(super) fn show(scene: &Scene<'_>, value: &Value, name: &str) -> Option<Result<Pretty>> {
    matches!(name, "std::stack" | "std::queue" | "std::priority_queue").then(|| adaptor(scene, value, name))
}

fn adaptor(scene: &Scene<'_>, value: &Value, name: &str) -> Result<Pretty> {
    let inner = scene.get(value, &["c"])?;
    match recognise(scene, &inner) {
        Some(pretty) => Ok(Pretty { head: Some(format!("{name} wrapping: {}", pretty.head.unwrap_or_default())), ..pretty }),
        None => scene.unexpected(),
    }
}

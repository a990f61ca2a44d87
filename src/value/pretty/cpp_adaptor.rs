//! `std::stack`, `std::queue`, `std::priority_queue`: another container with fewer ways in.

use super::{Pretty, Scene};
use crate::base::Result;
use crate::value::place::Value;

/// The container that an adaptor of this name wraps; `None` for any other type.
pub(super) fn inner(scene: &Scene<'_>, value: &Value, name: &str) -> Option<Result<Value>> {
    matches!(name, "std::stack" | "std::queue" | "std::priority_queue").then(|| scene.get(value, &["c"]))
}

/// An adaptor of this name, by what its container is shown as.
pub(super) fn wrapping(name: &str, inner: Pretty) -> Pretty {
    Pretty { head: Some(format!("{name} wrapping: {}", inner.head.unwrap_or_default())), ..inner }
}

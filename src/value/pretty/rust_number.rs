//! `NonZero` and its older names.

use super::{Pretty, Scene};
use crate::base::Result;
use crate::value::place::Value;

pub(super) fn show(scene: &Scene<'_>, value: &Value, name: &str) -> Option<Result<Pretty>> {
    let is_non_zero = value.ty.stripped().name.starts_with("core::num::nonzero::NonZero");
    (is_non_zero && name.starts_with("NonZero")).then(|| Ok(Pretty::alone(scene.wrapped(value)?)))
}

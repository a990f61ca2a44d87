//! Which of its shapes an enumeration of Rust has.

use super::place::Value;
use super::types::{Fields, Layout, TypeKind, Variant};
use crate::base::{Memory, Result};

/// The shape that an enumeration with data has, and its members as a value; `None` for a type that is no such enumeration, or
/// a discriminant that means none of its shapes.
pub fn variant_of(memory: &dyn Memory, value: &Value) -> Result<Option<(Variant, Value)>> {
    let TypeKind::Struct { fields, .. } = &value.ty.stripped().kind else { return Ok(None) };
    let layout: std::sync::Arc<Layout> = Fields::layout(fields)?;
    let Some(variants) = &layout.variants else { return Ok(None) };
    let discriminant = match &variants.discriminant {
        Some(field) => value.member(field).number(memory)?.map(|n| n.to_int()),
        None => None,
    };
    Ok(variants.chosen(discriminant).map(|variant| (variant.clone(), value.member(&variant.field))))
}

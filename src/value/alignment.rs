//! How types are aligned.

use std::sync::Arc;

use super::types::{Type, TypeKind};
use crate::base::{Error, Result};

/// The alignment of a type in bytes (psABI §3.1.2).
pub fn alignment(ty: &Arc<Type>) -> Result<u64> {
    fn at(ty: &Arc<Type>, depth: u32) -> Result<u64> {
        let ty = ty.stripped();
        match &ty.kind {
            TypeKind::Array { element, vector: false, .. } if depth < 100 => at(element, depth + 1),
            TypeKind::Struct { fields, .. } if depth < 100 => {
                fields.get()?.iter().filter(|f| !f.is_static()).try_fold(1, |most: u64, f| Ok(most.max(at(&f.ty, depth + 1)?)))
            }
            TypeKind::NoDebug(_) => Err(Error::user("could not determine alignment of type")),
            _ => Ok(ty.size.clamp(1, 16).next_power_of_two()),
        }
    }
    at(ty, 0)
}

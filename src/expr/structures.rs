//! Structures whose members are listed: `s = {1, 2}`.

use std::sync::Arc;

use super::ast::Expr;
use super::evaluator::Evaluator;
use super::operators::cast;
use crate::base::{Error, Result};
use crate::value::{FieldKind, Type, TypeKind, Value, insert_bits};

/// Whether a type has members that lie behind each other.
pub(super) fn is_structure(ty: &Arc<Type>) -> bool {
    matches!(ty.stripped().kind, TypeKind::Struct { union: false, .. })
}

impl Evaluator<'_> {
    /// A structure of this type, its first members given and the others zero, as gdb has it.
    pub(super) fn structure(&mut self, ty: &Arc<Type>, elements: &[Expr]) -> Result<Value> {
        let TypeKind::Struct { fields, .. } = &ty.stripped().kind else { return Err(Error::user("Invalid cast.")) };
        let fields = fields.get()?;
        let members: Vec<_> = fields.iter().filter(|f| f.kind == FieldKind::Data).collect();
        if elements.len() > members.len() {
            return Err(Error::user("too many initializers"));
        }
        let limit = self.host.options().max_value_size;
        if limit.is_some_and(|limit| ty.size > limit) {
            return Err(Error::user(format!("value requires {} bytes, which is more than max-value-size", ty.size)));
        }
        let mut bytes = vec![0; ty.size as usize];
        for (member, element) in members.into_iter().zip(elements) {
            let value = self.operand(element)?;
            let value = cast(&member.ty, &value, self.host.memory())?;
            let room = bytes.get_mut(usize::try_from(member.offset).unwrap_or(usize::MAX)..).unwrap_or_default();
            match member.bits {
                Some(bits) => insert_bits(room, bits, value.to_int(self.host.memory())?),
                None => {
                    let part = value.whole_bytes(self.host.memory(), limit)?;
                    room.iter_mut().zip(part.iter()).for_each(|(to, from)| *to = *from);
                }
            }
        }
        Ok(Value::computed(ty, bytes))
    }
}

//! Assignment: to memory, to registers, to parts of convenience variables.

use super::ast::{Binary, Expr, ExprKind};
use super::evaluator::Evaluator;
use super::operators::{cast, decayed};
use super::rust;
use super::structures::is_structure;
use super::user_operators::is_user_defined;
use crate::base::{Error, Result};
use crate::value::{Place, TypeKind, Value, insert_bits};

impl Evaluator<'_> {
    pub(super) fn assign(&mut self, op: Option<Binary>, left: &Expr, right: &Expr) -> Result<Value> {
        let old = self.operand(left)?;
        let new = match &right.kind {
            ExprKind::Array(elements) if !self.is_rust() && is_structure(&old.ty) => self.structure(&old.ty, elements)?,
            _ => self.operand(right)?,
        };
        let new = match op {
            None => new,
            Some(op) if is_user_defined(&old) => return self.operator_call(&format!("{}=", op.sign()), &[old, new]),
            Some(op) => {
                let old = self.readable(old.clone());
                self.computed(op, &old, &new)?
            }
        };
        let stored = self.store(left, &old, &new)?;
        // In Rust an assignment is worth nothing.
        Ok(if self.is_rust() { rust::unit() } else { stored })
    }

    pub(super) fn store(&mut self, left: &Expr, old: &Value, new: &Value) -> Result<Value> {
        if let (ExprKind::Dollar(name), Place::Variable { offset: 0, .. }) = (&left.kind, &old.place) {
            let whole = if new.ty.is_function() { decayed(new)? } else { new.clone() };
            if self.dry {
                return Ok(whole);
            }
            let whole = self.fetched(&whole)?;
            self.host.variables_mut().set(name, whole.clone());
            return Ok(whole.placed(Place::Nowhere));
        }
        put(self, old, new)
    }
}

/// Stores `new` where `old` lives, converted to its type; the value as it is there then.
fn put(evaluator: &mut Evaluator<'_>, old: &Value, new: &Value) -> Result<Value> {
    if old.is_frozen() {
        return Err(Error::user("Left operand of assignment is not a modifiable lvalue."));
    }
    if matches!(old.place, Place::Nowhere | Place::Referring(_) | Place::Absent(_)) {
        return Err(Error::user("Left operand of assignment is not an lvalue."));
    }
    if matches!(old.ty.stripped().kind, TypeKind::Function(_) | TypeKind::NoDebug(_)) {
        return Err(Error::user("Invalid cast."));
    }
    // A pointer to a string that the user has typed: it is put into the program's memory.
    let is_pointer = matches!(old.ty.stripped().kind, TypeKind::Pointer(_));
    if evaluator.dry && is_pointer && new.ty.element().is_some() && new.address().is_none() {
        return Ok(old.clone());
    }
    let new = if is_pointer { &evaluator.in_memory(new)? } else { new };
    let memory = evaluator.host.memory();
    let converted = cast(&old.ty, new, memory)?;
    // Nothing of no size is stored, as Rust's `()`.
    if evaluator.dry || (old.ty.is_void() && old.ty.size == 0) {
        return Ok(converted);
    }
    let bytes = converted.whole_bytes(memory, evaluator.host.options().max_value_size)?;
    let bytes = match old.bits {
        None => bytes,
        Some(bits) => {
            let n = converted.to_int(memory)?;
            let mut around = old.clone().refreshed().bytes(memory, None)?.to_vec();
            insert_bits(&mut around, bits, n);
            let stored = old.clone().with_bytes(around.clone());
            if stored.to_int(memory)? != n && n >> bits.len.min(127) != 0 && n != -1 {
                evaluator.host.warn(&format!("Value does not fit in {} bits.", bits.len));
            }
            around.into()
        }
    };
    write(evaluator, &old.place, &bytes)?;
    Ok(old.clone().with_bytes(bytes))
}

fn write(evaluator: &mut Evaluator<'_>, place: &Place, bytes: &[u8]) -> Result<()> {
    let host = &mut *evaluator.host;
    match place {
        Place::Memory(addr) => host.write_memory(*addr, bytes),
        Place::Register { name, offset } => {
            let whole = host.register(name)?.ok_or_else(|| Error::user(format!("Invalid register `{name}'")))?;
            let mut all = whole.bytes(host.memory(), None)?.to_vec();
            patch(&mut all, *offset, bytes)?;
            host.write_register(name, &all)
        }
        Place::Variable { name, offset } => {
            let Some(whole) = host.variables().get(name).cloned() else {
                return Err(Error::user("Left operand of assignment is not an lvalue."));
            };
            let mut all = whole.bytes(host.memory(), None)?.to_vec();
            patch(&mut all, *offset, bytes)?;
            host.variables_mut().set(name, whole.with_bytes(all));
            Ok(())
        }
        Place::Pieces { extents, offset } => {
            let own = 8 * offset..8 * offset + 8 * bytes.len() as u64;
            for extent in extents.iter().filter(|e| e.bits.start < own.end && own.start < e.bits.end) {
                let (from, to) = (extent.bits.start.max(own.start), extent.bits.end.min(own.end));
                let skip = extent.skip + (from - extent.bits.start);
                // Compilers cut at bytes; whoever does not is told.
                let is_whole = [from, to, skip].iter().all(|bit| bit.is_multiple_of(8));
                let part = bytes.get(((from - own.start) / 8) as usize..((to - own.start) / 8) as usize);
                let (Some(part), true) = (part, is_whole) else {
                    return Err(Error::user("Left operand of assignment is not an lvalue."));
                };
                let place = match &extent.place {
                    Place::Memory(at) => Place::Memory(*at + skip / 8),
                    Place::Register { name, offset } => Place::Register { name: name.clone(), offset: offset + skip / 8 },
                    _ => return Err(Error::user("Left operand of assignment is not an lvalue.")),
                };
                write(evaluator, &place, part)?;
            }
            Ok(())
        }
        _ => Err(Error::user("Left operand of assignment is not an lvalue.")),
    }
}

/// Replaces bytes inside a whole.
fn patch(all: &mut [u8], offset: u64, bytes: &[u8]) -> Result<()> {
    let start = usize::try_from(offset).unwrap_or(usize::MAX);
    match all.get_mut(start..start.saturating_add(bytes.len())) {
        Some(part) => {
            part.copy_from_slice(bytes);
            Ok(())
        }
        None => Err(Error::user("no such vector element")),
    }
}

//! Elements: `a[i]`, `{a, b}`, `a@n`.

use super::ast::{Binary, Expr, ExprKind};
use super::evaluator::Evaluator;
use super::operators::cast;
use super::rust::range_of;
use super::user_operators::is_user_defined;
use crate::base::{Error, Result};
use crate::value::{Absence, ArrayKind, Place, Type, TypeKind, Value, element_at};

impl Evaluator<'_> {
    pub(super) fn index(&mut self, left: &Expr, index: &Expr) -> Result<Value> {
        let array = self.operand(left)?;
        if range_of(index).is_some() {
            return Err(Error::user("Can't take slice of array without '&'"));
        }
        if let (ExprKind::Constant(name), Some(_)) = (&index.kind, array.table_bounds())
            && name.ty.element().is_some_and(|e| e.is_char())
        {
            let bytes = name.bytes(self.host.memory(), None)?;
            let name = String::from_utf8_lossy(bytes.strip_suffix(&[0]).unwrap_or(&bytes)).into_owned();
            return self.host.slot(&array, &name);
        }
        let index = self.operand(index)?;
        if is_user_defined(&array) {
            if let Some(found) = self.known(|printer| element_at(printer, &array, &index)) {
                return found;
            }
            return self.operator_call("[]", &[array, index]);
        }
        if self.is_rust()
            && array.table_bounds().is_none()
            && let Some(element) = self.rust_element(&array, &index)?
        {
            return Ok(element);
        }
        let ty = array.ty.stripped();
        match &ty.kind {
            TypeKind::Array { kind, count, lower, vector, .. } => {
                let i = index.to_int(self.host.memory()).map_err(|_| Error::user("Can't do that binary op on that type"))?;
                let end = lower.saturating_add_unsigned(count.unwrap_or(0));
                let Ok(i) = i64::try_from(i) else {
                    return Err(match kind {
                        ArrayKind::Plain | ArrayKind::Stub => Error::user("no such vector element"),
                        _ => no_such_word(*kind, *lower, end),
                    });
                };
                let inside = (*lower..end).contains(&i);
                if kind.is_table() && !inside {
                    return Err(no_such_word(*kind, *lower, end));
                }
                // Only what lies in memory may be read beyond its end.
                if !inside && (*vector || !matches!(array.place, Place::Memory(_))) {
                    return Err(Error::user("no such vector element"));
                }
                array.element(i).ok_or_else(|| Error::user("no such vector element"))
            }
            TypeKind::Pointer(target) if array.pointee().is_some() => {
                let by = index.to_int(self.host.memory())?.wrapping_mul(target.size.into());
                let by = i64::try_from(by).map_err(|_| Error::user("no such vector element"))?;
                Ok(array.through(target, by).unwrap_or_else(|| Value::absent(target, Absence::OptimizedOut)))
            }
            TypeKind::Pointer(_) => {
                let moved = self.computed(Binary::Add, &array, &index)?;
                self.dereferenced(&moved)
            }
            _ if self.is_rust() => Err(Error::user("Cannot subscript non-array type")),
            _ => Err(Error::user(format!("cannot subscript something of type `{}'", array.ty))),
        }
    }

    pub(super) fn array(&mut self, elements: &[Expr]) -> Result<Value> {
        let mut bytes = Vec::new();
        let mut ty = None;
        for element in elements {
            let value = self.operand(element)?;
            let value = self.readable(value);
            let first = ty.get_or_insert_with(|| value.ty.clone());
            // `[1u8, 2]`: in Rust the other numbers are what the first one is.
            let is_number = self.is_rust() && first.is_integral() && value.ty.is_integral();
            let value = if is_number { cast(first, &value, self.host.memory())? } else { value };
            if first.size != value.ty.size {
                return Err(Error::user("array elements must all be the same size"));
            }
            bytes.extend_from_slice(&value.whole_bytes(self.host.memory(), self.host.options().max_value_size)?);
        }
        let ty = ty.ok_or_else(|| Error::user("array elements must all be the same size"))?;
        Ok(Value::computed(&Type::array(&ty, elements.len() as u64), bytes))
    }

    pub(super) fn repeated(&mut self, a: &Value, count: &Value) -> Result<Value> {
        let Place::Memory(addr) = a.place else {
            return Err(Error::user("Only values in memory can be extended with '@'."));
        };
        let n = count.to_int(self.host.memory())?;
        match u64::try_from(n) {
            Ok(n) if n > 0 => Ok(Value::at(&Type::array(&a.ty, n), addr)),
            _ => Err(Error::user(format!("Invalid number {n} of repetitions."))),
        }
    }
}

fn no_such_word(kind: ArrayKind, lower: i64, end: i64) -> Error {
    let (table, what) = if matches!(kind, ArrayKind::Plt(_)) { ("PLT", "stubs") } else { ("GOT", "words") };
    Error::user(match end - lower {
        0 => format!("{table} has no {what}."),
        _ => format!("{table} has {what} [{lower}]..[{}].", end - 1),
    })
}

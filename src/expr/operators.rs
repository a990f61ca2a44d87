//! C's operators on values, with gdb's conversions and its errors.

use std::cmp::Ordering;
use std::sync::Arc;

use super::ast::Binary;
use super::host::Host;
use crate::base::{Error, Memory, Result, VirtAddr};
use crate::value::{NoDebug, Number, Place, Type, TypeKind, Value, int_to_bytes};

/// Arrays as pointers to their first element (of a GOT: to its word 0), functions as pointers to themselves.
pub fn decayed(value: &Value) -> Result<Value> {
    let ty = value.ty.stripped();
    match &ty.kind {
        TypeKind::Array { element, kind, vector: false, .. } => {
            let first = if kind.is_table() { value.element(0) } else { None };
            let addr = first.as_ref().unwrap_or(value).address().ok_or_else(needs_memory)?;
            Ok(Value::pointer(element, addr))
        }
        _ if ty.is_function() => {
            let addr = value.address().ok_or_else(|| Error::user("Attempt to take address of value not located in memory."))?;
            Ok(Value::pointer(&value.ty, addr))
        }
        _ => Ok(value.clone()),
    }
}

/// The type after C's integer promotion: `int` for what is shorter, bits and names gone.
pub(super) fn promoted_type(ty: &Arc<Type>) -> Arc<Type> {
    let ty = ty.stripped();
    match (ty.is_integral(), ty.size, ty.is_signed()) {
        (false, ..) => ty.clone(),
        (_, 0..4, _) => Type::int(),
        (_, 4, true) => Type::int(),
        (_, 4, false) => Type::uint(),
        (_, 5..=8, _) if &*ty.name == "long long" || &*ty.name == "unsigned long long" => ty.clone(),
        (_, 5..=8, true) => Type::long(),
        (_, 5..=8, false) => Type::ulong(),
        (_, _, true) => Type::int128(),
        (_, _, false) => Type::uint128(),
    }
}

/// The type of an arithmetic operation, by gdb's rules: the longer type; of equal ones the unsigned one.
fn common_type(a: &Arc<Type>, b: &Arc<Type>) -> Arc<Type> {
    if a.float().is_some() || b.float().is_some() {
        return match (a.float(), b.float()) {
            (Some(_), None) => a.stripped().clone(),
            (None, Some(_)) => b.stripped().clone(),
            _ if a.stripped().size >= b.stripped().size => a.stripped().clone(),
            _ => b.stripped().clone(),
        };
    }
    let (a, b) = (promoted_type(a), promoted_type(b));
    let unsigned = match a.size.cmp(&b.size) {
        Ordering::Greater => !a.is_signed(),
        Ordering::Less => !b.is_signed(),
        Ordering::Equal => !a.is_signed() || !b.is_signed(),
    };
    match (a.size.max(b.size), unsigned) {
        (0..=4, false) => Type::int(),
        (0..=4, true) => Type::uint(),
        (5..=8, false) => Type::long(),
        (5..=8, true) => Type::ulong(),
        (_, false) => Type::int128(),
        (_, true) => Type::uint128(),
    }
}

/// Whether a value counts as true; `void` does not.
pub(super) fn is_true(value: &Value, memory: &dyn Memory) -> Result<bool> {
    structure_operator(value, "!")?;
    if value.ty.is_void() {
        return Ok(false);
    }
    if let Ok(Some(null)) = equal_member_pointers(value, &Value::int(&Type::int(), 0), memory) {
        return Ok(!null);
    }
    match decayed(value)?.number(memory)? {
        Some(n) => Ok(!n.is_zero()),
        None => Err(Error::user("Invalid type combination in equality test.")),
    }
}

/// The error for an operator on a structure, which only C++ programs may define.
pub(super) fn structure_operator(value: &Value, op: &str) -> Result<()> {
    match value.ty.stripped().kind {
        TypeKind::Struct { .. } => Err(Error::user(format!("Structure has no component named operator{op}."))),
        _ => Ok(()),
    }
}

fn vector(value: &Value) -> Option<(Arc<Type>, u64)> {
    match &value.ty.stripped().kind {
        TypeKind::Array { element, count: Some(count), vector: true, .. } => Some((element.clone(), *count)),
        _ => None,
    }
}

/// Applies `f` to each element of a vector.
fn by_element(value: &Value, f: &mut dyn FnMut(&Value, i64) -> Result<Value>, memory: &dyn Memory) -> Result<Value> {
    let Some((element, count)) = vector(value) else { return Err(Error::user("Not a vector.")) };
    let mut bytes = Vec::new();
    for i in 0..count as i64 {
        let part = value.element(i).ok_or_else(|| Error::user("no such vector element"))?;
        bytes.extend_from_slice(&cast(&element, &f(&part, i)?, memory)?.bytes(memory, None)?);
    }
    Ok(Value::computed(&value.ty, bytes))
}

/// `-a`: zero minus it, as gdb computes it (`-0.0` is 0).
pub(super) fn negated(value: &Value, memory: &dyn Memory) -> Result<Value> {
    if vector(value).is_some() {
        return by_element(value, &mut |v, _| negated(v, memory), memory);
    }
    if !value.ty.is_arithmetic() {
        return Err(Error::user("Argument to negate operation not a number."));
    }
    let zero = Value::computed(&promoted_type(&value.ty), vec![0; promoted_type(&value.ty).size as usize]);
    binary(Binary::Subtract, &zero, value, memory, &mut None)
}

/// `~a`
pub(super) fn complemented(value: &Value, memory: &dyn Memory) -> Result<Value> {
    if vector(value).is_some() {
        return by_element(value, &mut |v, _| complemented(v, memory), memory);
    }
    if !value.ty.is_integral() {
        return Err(Error::user("Argument to complement operation not an integer, boolean."));
    }
    let ty = promoted_type(&value.ty);
    Ok(Value::int(&ty, !value.to_int(memory)?))
}

/// An operator between two values (all but `,`, `&&`, `||`, `@`). A warning may be left in `warning`.
pub(super) fn binary(op: Binary, a: &Value, b: &Value, memory: &dyn Memory, warning: &mut Option<&'static str>) -> Result<Value> {
    structure_operator(a, op.sign()).and(structure_operator(b, op.sign()))?;
    match (vector(a), vector(b)) {
        (None, None) => {}
        (Some((_, n)), Some((_, m))) if n != m => {
            return Err(Error::user("Cannot perform operation on vectors with different types"));
        }
        (Some(_), Some(_)) => {
            let mut f = |x: &Value, i| {
                let y = b.element(i).ok_or_else(|| Error::user("no such vector element"))?;
                binary(op, x, &y, memory, warning)
            };
            return by_element(a, &mut f, memory);
        }
        (Some(_), None) => return by_element(a, &mut |x, _| binary(op, x, b, memory, warning), memory),
        (None, Some(_)) => return by_element(b, &mut |y, _| binary(op, a, y, memory, warning), memory),
    }
    if is_comparison(op) {
        return compare(op, a, b, memory);
    }
    let (a, b) = (decayed(a)?, decayed(b)?);
    match (op, a.ty.is_pointer(), b.ty.is_pointer()) {
        (Binary::Add, true, false) if b.ty.is_integral() => stepped(&a, b.to_int(memory)?, memory),
        (Binary::Add, false, true) if a.ty.is_integral() => stepped(&b, a.to_int(memory)?, memory),
        (Binary::Subtract, true, false) if b.ty.is_integral() => stepped(&a, -b.to_int(memory)?, memory),
        (Binary::Subtract, true, true) => {
            let (step, other) = (pointer_step(&a.ty)?, pointer_step(&b.ty)?);
            if step != other {
                let message = "First argument of `-' is a pointer and second argument is neither\n\
                               an integer nor a pointer of the same type.";
                return Err(Error::user(message));
            }
            let distance = a.to_int(memory)? as i64 as i128 - b.to_int(memory)? as i64 as i128;
            Ok(Value::int(&Type::long(), (distance as i64 / step.max(1) as i64).into()))
        }
        _ => arithmetic(op, &a, &b, memory, warning),
    }
}

pub(super) fn is_comparison(op: Binary) -> bool {
    use Binary::*;
    matches!(op, Equal | NotEqual | Less | LessEqual | Greater | GreaterEqual)
}

fn compare(op: Binary, a: &Value, b: &Value, memory: &dyn Memory) -> Result<Value> {
    let equality = matches!(op, Binary::Equal | Binary::NotEqual);
    let kind = if equality { "equality test" } else { "ordering comparison" };
    if equality && let Ok(Some(equal)) = equal_member_pointers(a, b, memory) {
        return Ok(Value::int(&Type::int(), (equal == (op == Binary::Equal)).into()));
    }
    let (a, b) = (decayed(a)?, decayed(b)?);
    let (Some(x), Some(y)) = (a.number(memory)?, b.number(memory)?) else {
        return Err(Error::user(format!("Invalid type combination in {kind}.")));
    };
    let order = if a.ty.is_arithmetic() && b.ty.is_arithmetic() {
        let common = common_type(&a.ty, &b.ty);
        match common.float() {
            Some(_) => x.to_real().compare(y.to_real()),
            None => Some(wrapped(x.to_int(), &common, |x, y| x.cmp(&y), |x, y| x.cmp(&y), y.to_int())),
        }
    } else {
        // A pointer against a pointer or a number.
        Some((x.to_int() as u64).cmp(&(y.to_int() as u64)))
    };
    let holds = match op {
        Binary::Equal => order == Some(Ordering::Equal),
        Binary::NotEqual => order != Some(Ordering::Equal),
        Binary::Less => order == Some(Ordering::Less),
        Binary::LessEqual => matches!(order, Some(Ordering::Less | Ordering::Equal)),
        Binary::Greater => order == Some(Ordering::Greater),
        _ => matches!(order, Some(Ordering::Greater | Ordering::Equal)),
    };
    Ok(Value::int(&Type::int(), holds.into()))
}

/// Runs one of two functions on numbers that were cut to a type, as signed or as unsigned ones.
fn wrapped<T>(x: i128, ty: &Arc<Type>, signed: impl Fn(i128, i128) -> T, unsigned: impl Fn(u128, u128) -> T, y: i128) -> T {
    let cut = |n: i128| crate::value::int_from_bytes(&int_to_bytes(n, ty.size), ty.is_signed());
    if ty.is_signed() { signed(cut(x), cut(y)) } else { unsigned(cut(x) as u128, cut(y) as u128) }
}

fn arithmetic(op: Binary, a: &Value, b: &Value, memory: &dyn Memory, warning: &mut Option<&'static str>) -> Result<Value> {
    if !a.ty.is_arithmetic() || !b.ty.is_arithmetic() {
        return Err(Error::user("Argument to arithmetic operation not a number or boolean."));
    }
    let (Some(x), Some(y)) = (a.number(memory)?, b.number(memory)?) else {
        return Err(Error::user("Argument to arithmetic operation not a number or boolean."));
    };
    let shift = matches!(op, Binary::ShiftLeft | Binary::ShiftRight);
    let ty = if shift { promoted_type(&a.ty) } else { common_type(&a.ty, &b.ty) };
    if a.ty.float().is_some() || b.ty.float().is_some() {
        let (x, y) = (x.to_real(), y.to_real());
        let result = match op {
            Binary::Add => x.plus(y),
            Binary::Subtract => x.minus(y),
            Binary::Multiply => x.times(y),
            Binary::Divide => x.divided_by(y),
            _ => return Err(Error::user("Integer-only operation on floating point number.")),
        };
        return encoded(Number::Real(result), &ty);
    }
    let (x, y) = (x.to_int(), y.to_int());
    let by_zero = || Err(Error::user("Division by zero"));
    let n = match op {
        Binary::Add => x.wrapping_add(y),
        Binary::Subtract => x.wrapping_sub(y),
        Binary::Multiply => x.wrapping_mul(y),
        Binary::BitAnd => x & y,
        Binary::BitOr => x | y,
        Binary::BitXor => x ^ y,
        Binary::ShiftLeft | Binary::ShiftRight => shifted(op, x, y, &ty, warning),
        _ if wrapped(y, &ty, |y, _| y == 0, |y, _| y == 0, 0) => return by_zero(),
        Binary::Divide => wrapped(x, &ty, i128::wrapping_div, |x, y| (x / y) as i128, y),
        _ => wrapped(x, &ty, i128::wrapping_rem, |x, y| (x % y) as i128, y),
    };
    encoded(Number::Int(n), &ty)
}

fn encoded(n: Number, ty: &Arc<Type>) -> Result<Value> {
    n.encode(ty).map(|bytes| Value::computed(ty, bytes)).ok_or_else(|| Error::user("Invalid cast."))
}

/// A shift as gdb has it: counts that C leaves undefined give 0 (or -1), and a warning.
fn shifted(op: Binary, x: i128, count: i128, ty: &Arc<Type>, warning: &mut Option<&'static str>) -> i128 {
    let left = op == Binary::ShiftLeft;
    let negative = ty.is_signed() && x < 0;
    if count < 0 {
        *warning = Some(if left { "left shift count is negative" } else { "right shift count is negative" });
        return 0;
    }
    if count >= i128::from(ty.size) * 8 {
        *warning = Some(if left { "left shift count >= width of type" } else { "right shift count >= width of type" });
        return if !left && negative { -1 } else { 0 };
    }
    let count = count as i32;
    match left {
        true => x << count,
        false => wrapped(x, ty, |x, _| x >> count, |x, _| (x >> count) as i128, 0),
    }
}

/// How far a pointer moves for each 1 that is added.
pub(super) fn pointer_step(ty: &Arc<Type>) -> Result<u64> {
    let Some(target) = ty.target() else { return Ok(1) };
    match target.stripped().kind {
        TypeKind::NoDebug(NoDebug::Data | NoDebug::Tls) => Err(Error::user(format!(
            "Cannot perform pointer math on incomplete type \"{target}\", try casting to a known type, or void *."
        ))),
        _ => Ok(target.stripped().size.max(1)),
    }
}

/// `(ty) value`
pub fn cast(ty: &Arc<Type>, value: &Value, memory: &dyn Memory) -> Result<Value> {
    let (to, from) = (ty.stripped(), value.ty.stripped());
    let invalid = || Error::user("Invalid cast.");
    if to.is_void() {
        return Ok(Value::void());
    }
    if to.is_aggregate() || from_vector(from) || matches!(from.kind, TypeKind::Struct { .. }) {
        // The same bytes seen otherwise: vectors, structures and arrays of one size, an array made longer by zeros.
        let same = to.size == from.size && from.is_aggregate();
        let grown = matches!((&to.kind, &from.kind), (TypeKind::Array { .. }, TypeKind::Array { .. })) && to.size > from.size;
        return match (same, grown) {
            (true, _) => Ok(value.clone().retyped(ty)),
            (_, true) if value.address().is_none() => {
                let mut bytes = value.bytes(memory, None)?.to_vec();
                bytes.resize(to.size.min(1 << 20) as usize, 0);
                Ok(Value::computed(ty, bytes))
            }
            _ => Err(invalid()),
        };
    }
    if let TypeKind::Function(_) = to.kind {
        return match from.is_function() {
            true => Ok(value.clone().retyped(ty)),
            false => Err(invalid()),
        };
    }
    if let Some(result) = cast_member_pointer(ty, value, memory)? {
        return Ok(result);
    }
    if let Some(result) = cast_complex(ty, value, memory)? {
        return Ok(result);
    }
    let value = decayed(value)?;
    let number = value.number(memory)?.ok_or_else(invalid)?;
    // gdb: no floating-point number becomes a pointer, nor the other way round.
    let mixed = |a: &Arc<Type>, b: &Arc<Type>| a.is_pointer() && b.float().is_some();
    if mixed(to, &value.ty) || mixed(&value.ty, to) {
        return Err(invalid());
    }
    let bytes = number.encode(to).ok_or_else(invalid)?;
    Ok(Value::computed(ty, bytes).placed(Place::Nowhere))
}

/// Casts from and to complex numbers (C17 §6.3.1.6, §6.3.1.7): part by part, or the real part alone. `None` where none is one.
fn cast_complex(ty: &Arc<Type>, value: &Value, memory: &dyn Memory) -> Result<Option<Value>> {
    let part = |ty: &Arc<Type>| match &ty.stripped().kind {
        TypeKind::Complex(part) => Some(part.clone()),
        _ => None,
    };
    let (to, from) = (part(ty), part(&value.ty));
    let (real, imaginary) = match &from {
        None if to.is_none() => return Ok(None),
        None => (value.clone(), Value::int(&Type::int(), 0)),
        Some(from) => {
            let value = value.fetched(memory, None)?;
            (value.part(from, 0), value.part(from, from.size))
        }
    };
    let Some(to) = to else { return cast(ty, &real, memory).map(Some) };
    let mut bytes = cast(&to, &real, memory)?.bytes(memory, None)?.to_vec();
    bytes.extend_from_slice(&cast(&to, &imaginary, memory)?.bytes(memory, None)?);
    Ok(Some(Value::computed(ty, bytes)))
}

/// Casts from and to pointers to members (Itanium C++ ABI §2.3): the null pointer to data is -1, that to a method 0. `None` where
/// none of the types is one.
fn cast_member_pointer(ty: &Arc<Type>, value: &Value, memory: &dyn Memory) -> Result<Option<Value>> {
    let target = |ty: &Arc<Type>| match &ty.stripped().kind {
        TypeKind::MemberPointer { target, .. } => Some(target.clone()),
        _ => None,
    };
    let is_method = |target: &Arc<Type>| matches!(target.stripped().kind, TypeKind::Function(_));
    match (target(ty), target(&value.ty)) {
        (None, None) => Ok(None),
        (Some(_), Some(_)) if ty.stripped().size == value.ty.stripped().size => Ok(Some(value.clone().retyped(ty))),
        (Some(target), None) if value.ty.is_integral() && value.to_int(memory)? == 0 => {
            let null = if is_method(&target) { 0 } else { -1 };
            Ok(Some(Value::computed(ty, int_to_bytes(null, ty.stripped().size))))
        }
        (None, Some(_)) if ty.is_integral() => {
            let bytes = value.bytes(memory, None)?;
            let first = crate::value::int_from_bytes(bytes.get(..8).unwrap_or(&bytes), true);
            Ok(Some(Value::int(ty, first)))
        }
        _ => Err(Error::user("Invalid cast.")),
    }
}

/// Whether two pointers to members are equal, or one is null; `None` where none is one. Of null pointers to methods only the first
/// word counts.
fn equal_member_pointers(a: &Value, b: &Value, memory: &dyn Memory) -> Result<Option<bool>> {
    let is = |v: &Value| matches!(v.ty.stripped().kind, TypeKind::MemberPointer { .. });
    let (a, b) = match (is(a), is(b)) {
        (true, true) => (a.clone(), b.clone()),
        (true, false) => (a.clone(), cast_member_pointer(&a.ty, b, memory)?.unwrap_or_else(|| b.clone())),
        (false, true) => (cast_member_pointer(&b.ty, a, memory)?.unwrap_or_else(|| a.clone()), b.clone()),
        (false, false) => return Ok(None),
    };
    let (x, y) = (a.bytes(memory, None)?, b.bytes(memory, None)?);
    let is_null = |bytes: &[u8]| bytes.len() > 8 && bytes.iter().take(8).all(|b| *b == 0);
    Ok(Some(x == y || (is_null(&x) && is_null(&y))))
}

fn from_vector(ty: &Arc<Type>) -> bool {
    matches!(ty.kind, TypeKind::Array { vector: true, .. })
}

/// As [`eval_address`](super::eval_address), of a value.
pub fn address_of_value(value: &Value, host: &dyn Host) -> Result<VirtAddr> {
    let value = decayed(value)?;
    Ok(VirtAddr(value.to_int(host.memory())? as u64))
}

/// The pointer that lies `n` elements further.
pub(super) fn stepped(pointer: &Value, n: i128, memory: &dyn crate::base::Memory) -> Result<Value> {
    let step = pointer_step(&pointer.ty)?;
    let addr = pointer.to_int(memory)?.wrapping_add(n.wrapping_mul(step.into()));
    Ok(Value::int(&pointer.ty, addr))
}

/// gdb's error where a string or an array would have to be put into the process's memory.
pub(super) fn needs_memory() -> Error {
    Error::user("evaluation of this expression requires the target program to be active")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::SliceMemory;

    fn zero(name: &str) -> Value {
        Value::int(&crate::value::base_type(name).unwrap(), 0)
    }

    #[test]
    fn common_types_are_gdbs() {
        // whatis (char)1+(char)1, (unsigned short)1+1, (long)1+1u, 1l+1ul, 1ll+1ul, 1+1.0f of gdb 13.1.
        for (a, b, text) in [
            ("char", "char", "int"),
            ("unsigned short", "int", "int"),
            ("long", "unsigned int", "long"),
            ("long", "unsigned long", "unsigned long"),
            ("long long", "unsigned long", "unsigned long"),
            ("int", "float", "float"),
            ("float", "double", "double"),
            ("unsigned int", "int", "unsigned int"),
        ] {
            let sum = binary(Binary::Add, &zero(a), &zero(b), &SliceMemory::default(), &mut None).unwrap();
            assert_eq!(sum.ty.to_string(), text, "{a} + {b}");
        }
    }

    #[test]
    fn the_smallest_number_divides_by_minus_one() {
        // gdb 13.1 dies of SIGFPE here.
        let least = Value::int(&Type::long(), i64::MIN.into());
        let minus = Value::int(&Type::long(), -1);
        for op in [Binary::Divide, Binary::Remainder] {
            assert!(binary(op, &least, &minus, &SliceMemory::default(), &mut None).is_ok());
        }
    }
}

//! Bytes as numbers, and numbers as bytes.

use std::sync::Arc;

use super::float::Real;
use super::place::Value;
use super::types::{Bits, Type, TypeKind};
use crate::base::{Error, Memory, Result};

/// A number, whatever its type.
#[derive(Clone, Copy, Debug)]
pub enum Number {
    /// Of an integral or pointer type. Unsigned 128-bit numbers beyond `i128` wrap around.
    Int(i128),
    /// Of a floating-point type.
    Real(Real),
}

/// A little-endian integer of up to 16 bytes; longer ones are cut.
pub fn int_from_bytes(bytes: &[u8], signed: bool) -> i128 {
    let negative = signed && bytes.last().is_some_and(|b| b & 0x80 != 0);
    let mut raw = [if negative && bytes.len() < 16 { 0xff } else { 0 }; 16];
    raw.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
    i128::from_le_bytes(raw)
}

/// The bits of a bit-field out of the bytes in which they lie.
pub fn extract_bits(bytes: &[u8], bits: Bits, signed: bool) -> i128 {
    // A bit-field of 64 bits may lie across 9 bytes; one of 128 across 17, whose last bits no compiler puts there.
    let whole = int_from_bytes(bytes, false) as u128;
    let low = whole.checked_shr(bits.start).unwrap_or(0);
    let mask = if bits.len >= 128 { u128::MAX } else { (1 << bits.len) - 1 };
    let value = low & mask;
    if signed && bits.len > 0 && bits.len < 128 && value >> (bits.len - 1) != 0 {
        return (value | !mask) as i128;
    }
    value as i128
}

/// Puts a number into the bits of a bit-field.
pub fn insert_bits(bytes: &mut [u8], bits: Bits, n: i128) {
    let mask = if bits.len >= 128 { u128::MAX } else { (1u128 << bits.len) - 1 };
    let mask_up = mask.checked_shl(bits.start).unwrap_or(0);
    let value = (n as u128 & mask).checked_shl(bits.start).unwrap_or(0);
    let whole = int_from_bytes(bytes, false) as u128;
    let new = (whole & !mask_up | value).to_le_bytes();
    bytes.iter_mut().zip(new).for_each(|(to, from)| *to = from);
}

/// The bytes of an integer of this size, cut or extended.
pub fn int_to_bytes(n: i128, size: u64) -> Vec<u8> {
    let mut bytes = n.to_le_bytes().to_vec();
    bytes.resize(size.min(1 << 16) as usize, if n < 0 { 0xff } else { 0 });
    bytes
}

impl Number {
    /// Reads a number of type `ty` from its bytes; `None` if the type is no number (nor a pointer).
    pub fn decode(bytes: &[u8], ty: &Arc<Type>) -> Option<Number> {
        let ty = ty.stripped();
        match ty.kind {
            TypeKind::Float(format) => Some(Number::Real(Real::decode(bytes, format))),
            TypeKind::Pointer(_) | TypeKind::Reference(..) => Some(Number::Int(int_from_bytes(bytes, false))),
            _ if ty.is_integral() => Some(Number::Int(int_from_bytes(bytes, ty.is_signed()))),
            _ => None,
        }
    }

    /// The bytes of the number converted to `ty`, as an assignment in C converts; `None` if the type is no number.
    pub fn encode(&self, ty: &Arc<Type>) -> Option<Vec<u8>> {
        let ty = ty.stripped();
        Some(match (&ty.kind, self) {
            (TypeKind::Float(format), _) => {
                let mut bytes = self.to_real().encode(*format);
                bytes.resize(ty.size.min(64) as usize, 0);
                bytes
            }
            (TypeKind::Bool, _) => int_to_bytes(i128::from(!self.is_zero()), ty.size),
            (TypeKind::Pointer(_) | TypeKind::Reference(..), _) => int_to_bytes(self.to_int(), ty.size),
            (_, Number::Int(n)) if ty.is_integral() => int_to_bytes(*n, ty.size),
            // What does not fit into the 64 bits of gdb's integers ends at their bounds.
            (_, Number::Real(r)) if ty.is_integral() => match ty.size {
                16 => int_to_bytes(r.to_int(), 16),
                n if ty.is_signed() => int_to_bytes(r.to_int().clamp(i64::MIN.into(), i64::MAX.into()), n),
                n => int_to_bytes(r.to_int().clamp(i64::MIN.into(), u64::MAX.into()), n),
            },
            _ => return None,
        })
    }

    /// The integer, towards zero.
    pub fn to_int(&self) -> i128 {
        match self {
            Number::Int(n) => *n,
            Number::Real(r) => r.to_int(),
        }
    }

    /// The floating-point number.
    pub fn to_real(&self) -> Real {
        match self {
            Number::Int(n) => Real::from_int(*n),
            Number::Real(r) => *r,
        }
    }

    /// Whether it is zero.
    pub fn is_zero(&self) -> bool {
        match self {
            Number::Int(n) => *n == 0,
            Number::Real(r) => r.is_zero(),
        }
    }
}

impl Value {
    /// The number that this value is, bit-fields included; `None` if its type is no number.
    pub fn number(&self, memory: &dyn Memory) -> Result<Option<Number>> {
        let ty = self.ty.stripped();
        if !ty.is_arithmetic() && !matches!(ty.kind, TypeKind::Pointer(_) | TypeKind::Reference(..)) {
            return Ok(None);
        }
        let bytes = self.bytes(memory, None)?;
        Ok(match self.bits {
            Some(bits) => Some(Number::Int(extract_bits(&bytes, bits, ty.is_signed()))),
            None => Number::decode(&bytes, ty),
        })
    }

    /// The integer that this value is or, as in C, turns into: pointers too, floating-point numbers towards zero.
    pub fn to_int(&self, memory: &dyn Memory) -> Result<i128> {
        match self.number(memory)? {
            Some(n) => Ok(n.to_int()),
            None => Err(Error::user("Value can't be converted to integer.")),
        }
    }

    /// The bytes of the value as a whole of its type: a bit-field's bits are widened.
    pub fn whole_bytes(&self, memory: &dyn Memory, limit: Option<u64>) -> Result<Arc<[u8]>> {
        match self.bits {
            Some(bits) => {
                let n = extract_bits(&self.bytes(memory, limit)?, bits, self.ty.is_signed());
                Ok(int_to_bytes(n, self.ty.size).into())
            }
            None => self.bytes(memory, limit),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn bits_go_both_ways(n in any::<i64>(), start in 0u32..60, len in 1u32..64, fill in any::<u8>()) {
            let bits = Bits { start, len };
            let mut bytes = vec![fill; (start + len).div_ceil(8) as usize];
            insert_bits(&mut bytes, bits, n.into());
            let mask = (1i128 << len) - 1;
            prop_assert_eq!(extract_bits(&bytes, bits, false), i128::from(n) & mask);
            let signed = extract_bits(&bytes, bits, true);
            prop_assert_eq!(signed & mask, i128::from(n) & mask);
            prop_assert_eq!(signed < 0, n >> (len - 1) & 1 == 1);
        }

        #[test]
        fn integers_go_both_ways(n in any::<i64>()) {
            prop_assert_eq!(int_from_bytes(&int_to_bytes(n.into(), 8), true), i128::from(n));
            prop_assert_eq!(int_from_bytes(&int_to_bytes(n.into(), 4), true), i128::from(n as i32));
            prop_assert_eq!(int_from_bytes(&int_to_bytes(n.into(), 16), true), i128::from(n));
        }
    }
}

//! Floating-point numbers of every layout that x86-64 knows: exact decoding, arithmetic that is rounded once.

use std::cmp::Ordering;

use super::types::FloatFormat;

/// A floating-point number, whatever its layout. Finite ones are `±mantissa * 2^exponent`; a mantissa that is the result
/// of arithmetic has its lowest bit set if bits below it were lost, and enough bits above that to round correctly.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Real {
    pub(super) negative: bool,
    pub(super) class: Class,
}

#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum Class {
    Finite {
        mantissa: u128,
        exponent: i32,
    },
    Infinite,
    /// With the bits of its fraction.
    NaN(u64),
    /// An x87 pattern that is no number (Intel SDM vol. 1, table 8-3).
    Invalid,
}

/// Bits of the stored fraction (with the x87's integer bit), bits of the exponent, bytes that count.
fn layout(format: FloatFormat) -> (u32, u32, usize) {
    match format {
        FloatFormat::Half => (10, 5, 2),
        FloatFormat::Bfloat16 => (7, 8, 2),
        FloatFormat::Single => (23, 8, 4),
        FloatFormat::Double => (52, 11, 8),
        FloatFormat::X87 => (64, 15, 10),
        FloatFormat::Quad => (112, 15, 16),
    }
}

/// `mantissa >> n`, where the lowest bit tells of lost ones.
fn shift_sticky(mantissa: u128, n: u32) -> u128 {
    match n {
        0 => mantissa,
        1..=127 => mantissa >> n | u128::from(mantissa << (128 - n) != 0),
        _ => u128::from(mantissa != 0),
    }
}

impl Real {
    const NAN: Real = Real { negative: true, class: Class::NaN(u64::MAX) };

    pub(super) fn finite(negative: bool, mantissa: u128, exponent: i32) -> Real {
        Real { negative, class: Class::Finite { mantissa, exponent } }
    }

    /// An integer.
    pub fn from_int(n: i128) -> Real {
        Real::finite(n < 0, n.unsigned_abs(), 0)
    }

    /// Reads the bytes of a number.
    pub fn decode(bytes: &[u8], format: FloatFormat) -> Real {
        let (fraction_bits, exponent_bits, len) = layout(format);
        let mut raw = [0; 16];
        raw.iter_mut().zip(bytes.iter().take(len)).for_each(|(to, from)| *to = *from);
        let raw = u128::from_le_bytes(raw);
        let fraction = raw & ((1 << fraction_bits) - 1);
        let biased = (raw >> fraction_bits) as u32 & ((1 << exponent_bits) - 1);
        let negative = raw >> (fraction_bits + exponent_bits) & 1 != 0;
        let top = (1u32 << exponent_bits) - 1;
        let bias = (1i32 << (exponent_bits - 1)) - 1;
        let x87 = format == FloatFormat::X87;
        let integer_bit = if x87 { 0 } else { 1u128 << fraction_bits };
        let scale = bias + if x87 { 63 } else { fraction_bits as i32 };
        let class = if biased == top {
            match fraction & !(u128::from(x87) << 63) {
                0 => Class::Infinite,
                _ => Class::NaN(fraction as u64),
            }
        } else if biased == 0 {
            Class::Finite { mantissa: fraction, exponent: 1 - scale }
        } else if x87 && fraction >> 63 == 0 {
            Class::Invalid
        } else {
            Class::Finite { mantissa: fraction | integer_bit, exponent: biased as i32 - scale }
        };
        Real { negative, class }
    }

    /// The bytes of the number, rounded to nearest even; x87's are padded to 16.
    pub fn encode(&self, format: FloatFormat) -> Vec<u8> {
        let (fraction_bits, exponent_bits, len) = layout(format);
        let top = (1u128 << exponent_bits) - 1;
        let x87_bit = if format == FloatFormat::X87 { 1u128 << 63 } else { 0 };
        let (biased, fraction) = match self.class {
            Class::Finite { mantissa, exponent } => round(mantissa, exponent, format),
            Class::Infinite => (top, x87_bit),
            Class::NaN(_) | Class::Invalid => {
                let quiet = 1u128 << (if x87_bit != 0 { 62 } else { fraction_bits - 1 });
                (top, quiet | x87_bit)
            }
        };
        let raw = u128::from(self.negative) << (fraction_bits + exponent_bits) | biased << fraction_bits | fraction;
        let mut bytes = raw.to_le_bytes().to_vec();
        bytes.truncate(len);
        if format == FloatFormat::X87 {
            bytes.resize(16, 0);
        }
        bytes
    }

    /// Whether it is zero.
    pub fn is_zero(&self) -> bool {
        matches!(self.class, Class::Finite { mantissa: 0, .. })
    }

    /// The integer towards zero; what does not fit is as large as can be.
    pub fn to_int(&self) -> i128 {
        let Class::Finite { mantissa, exponent } = self.class else {
            return if self.negative { i64::MIN.into() } else { i64::MAX.into() };
        };
        let size = if exponent <= 0 {
            mantissa.checked_shr(exponent.unsigned_abs()).unwrap_or(0)
        } else if mantissa == 0 {
            0
        } else if exponent.unsigned_abs() < mantissa.leading_zeros() {
            mantissa << exponent
        } else {
            u128::MAX
        };
        let n = i128::try_from(size).unwrap_or(i128::MAX);
        if self.negative { -n } else { n }
    }

    fn negated(self) -> Real {
        Real { negative: !self.negative, ..self }
    }

    /// `self + other`
    pub fn plus(self, other: Real) -> Real {
        match (self.class, other.class) {
            (Class::NaN(_) | Class::Invalid, _) => self,
            (_, Class::NaN(_) | Class::Invalid) => other,
            (Class::Infinite, Class::Infinite) if self.negative != other.negative => Real::NAN,
            (Class::Infinite, _) => self,
            (_, Class::Infinite) => other,
            (Class::Finite { mantissa: 0, .. }, Class::Finite { mantissa: 0, .. }) => {
                Real::finite(self.negative && other.negative, 0, 0)
            }
            (Class::Finite { mantissa: 0, .. }, _) => other,
            (_, Class::Finite { mantissa: 0, .. }) => self,
            (Class::Finite { mantissa: a, exponent: ea }, Class::Finite { mantissa: b, exponent: eb }) => {
                // Both with their highest bit at 125, so that a sum fits and many bits remain for rounding.
                let place = |m: u128, e: i32| {
                    let up = m.leading_zeros() as i32 - 2;
                    if up >= 0 { (m << up, e - up) } else { (shift_sticky(m, up.unsigned_abs()), e - up) }
                };
                let ((mut a, ea), (mut b, eb)) = (place(a, ea), place(b, eb));
                let exponent = ea.max(eb);
                a = shift_sticky(a, exponent.abs_diff(ea));
                b = shift_sticky(b, exponent.abs_diff(eb));
                if self.negative == other.negative {
                    return Real::finite(self.negative, a + b, exponent);
                }
                match a.cmp(&b) {
                    Ordering::Equal => Real::finite(false, 0, 0),
                    Ordering::Greater => Real::finite(self.negative, a - b, exponent),
                    Ordering::Less => Real::finite(other.negative, b - a, exponent),
                }
            }
        }
    }

    /// `self - other`
    pub fn minus(self, other: Real) -> Real {
        if matches!(other.class, Class::NaN(_)) { self.plus(other) } else { self.plus(other.negated()) }
    }

    /// The mantissa in at most 64 bits: numbers that were encoded lose nothing.
    fn narrowed(mantissa: u128, exponent: i32) -> (u128, i32) {
        let excess = 64u32.saturating_sub(mantissa.leading_zeros());
        (shift_sticky(mantissa, excess), exponent.saturating_add(excess as i32))
    }

    /// `self * other`
    pub fn times(self, other: Real) -> Real {
        let negative = self.negative != other.negative;
        match (self.class, other.class) {
            (Class::NaN(_) | Class::Invalid, _) => self,
            (_, Class::NaN(_) | Class::Invalid) => other,
            (Class::Finite { mantissa: a, exponent: ea }, Class::Finite { mantissa: b, exponent: eb }) => {
                let ((a, ea), (b, eb)) = (Real::narrowed(a, ea), Real::narrowed(b, eb));
                Real::finite(negative, a * b, ea + eb)
            }
            _ if self.is_zero() || other.is_zero() => Real::NAN,
            _ => Real { negative, class: Class::Infinite },
        }
    }

    /// `self / other`; a division by zero is an infinity, as IEEE 754 and gdb have it.
    pub fn divided_by(self, other: Real) -> Real {
        let negative = self.negative != other.negative;
        match (self.class, other.class) {
            (Class::NaN(_) | Class::Invalid, _) => self,
            (_, Class::NaN(_) | Class::Invalid) => other,
            (Class::Infinite, Class::Infinite) => Real::NAN,
            (Class::Infinite, _) => Real { negative, class: Class::Infinite },
            (_, Class::Infinite) => Real::finite(negative, 0, 0),
            (Class::Finite { mantissa: a, exponent: ea }, Class::Finite { mantissa: b, exponent: eb }) => {
                if b == 0 {
                    return if a == 0 { Real::NAN } else { Real { negative, class: Class::Infinite } };
                }
                if a == 0 {
                    return Real::finite(negative, 0, 0);
                }
                let ((a, ea), (b, eb)) = (Real::narrowed(a, ea), Real::narrowed(b, eb));
                let (up_a, up_b) = (a.leading_zeros(), b.leading_zeros() - 64);
                let (a, b) = (a << up_a, b << up_b);
                // 64 or 65 bits of quotient, then 32 more.
                let (high, rest) = (a / b, a % b);
                let (low, rest) = ((rest << 32) / b, (rest << 32) % b);
                let exponent = (ea - up_a as i32) - (eb - up_b as i32) - 32;
                Real::finite(negative, high << 32 | low | u128::from(rest != 0), exponent)
            }
        }
    }

    /// How the two compare; `None` if one is not a number.
    pub fn compare(self, other: Real) -> Option<Ordering> {
        let difference = match (self.class, other.class) {
            (Class::NaN(_) | Class::Invalid, _) | (_, Class::NaN(_) | Class::Invalid) => return None,
            (Class::Infinite, Class::Infinite) if self.negative == other.negative => return Some(Ordering::Equal),
            _ => self.minus(other),
        };
        Some(match difference {
            d if d.is_zero() => Ordering::Equal,
            d if d.negative => Ordering::Less,
            _ => Ordering::Greater,
        })
    }
}

/// The biased exponent and the fraction of a finite number, rounded to nearest even.
fn round(mantissa: u128, exponent: i32, format: FloatFormat) -> (u128, u128) {
    let (fraction_bits, exponent_bits, _) = layout(format);
    let precision = format.precision();
    let x87 = format == FloatFormat::X87;
    if mantissa == 0 {
        return (0, 0);
    }
    let bias = (1i32 << (exponent_bits - 1)) - 1;
    let bits = 128 - mantissa.leading_zeros();
    // The exponent of the last bit that is kept, not below that of subnormal numbers.
    let smallest = 1 - bias - (precision as i32 - 1);
    let last = exponent.saturating_add(bits as i32 - precision as i32).max(smallest);
    let drop = last.saturating_sub(exponent);
    let mut kept =
        if drop <= 0 { mantissa << drop.unsigned_abs().min(127) } else { mantissa.checked_shr(drop as u32).unwrap_or(0) };
    if drop > 0 && drop <= 128 {
        let half = 1u128 << (drop - 1);
        let rest = if drop == 128 { mantissa } else { mantissa & ((1u128 << drop) - 1) };
        if rest > half || (rest == half && kept & 1 == 1) {
            kept += 1;
        }
    }
    let mut last = last;
    if kept >> precision != 0 {
        kept >>= 1;
        last += 1;
    }
    if kept >> (precision - 1) == 0 {
        return (0, kept);
    }
    let biased = i64::from(last) + i64::from(precision) - 1 + i64::from(bias);
    let top = (1i64 << exponent_bits) - 1;
    if biased >= top {
        return (top as u128, if x87 { 1 << 63 } else { 0 });
    }
    (biased as u128, if x87 { kept } else { kept & ((1 << fraction_bits) - 1) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn double(x: f64) -> Real {
        Real::decode(&x.to_le_bytes(), FloatFormat::Double)
    }

    fn to_f64(r: Real) -> f64 {
        f64::from_le_bytes(r.encode(FloatFormat::Double).try_into().unwrap())
    }

    proptest! {
        #[test]
        fn arithmetic_is_the_processors(a in any::<f64>(), b in any::<f64>()) {
            let (x, y) = (double(a), double(b));
            for (ours, theirs) in [(x.plus(y), a + b), (x.minus(y), a - b), (x.times(y), a * b), (x.divided_by(y), a / b)] {
                prop_assert!(to_f64(ours).to_bits() == theirs.to_bits() || theirs.is_nan(), "{a} {b}");
            }
            prop_assert_eq!(x.compare(y), a.partial_cmp(&b));
        }

        #[test]
        fn singles_round_once(a in any::<f32>(), b in any::<f32>()) {
            let real = |x: f32| Real::decode(&x.to_le_bytes(), FloatFormat::Single);
            let (x, y) = (real(a), real(b));
            for (ours, theirs) in [(x.plus(y), a + b), (x.times(y), a * b), (x.divided_by(y), a / b)] {
                let ours = f32::from_le_bytes(ours.encode(FloatFormat::Single).try_into().unwrap());
                prop_assert!(ours.to_bits() == theirs.to_bits() || theirs.is_nan(), "{a} {b}");
            }
        }
    }
}

//! Floating-point numbers of every layout that x86-64 knows: exact decoding, arithmetic rounded once, C's `%g`.

use std::cmp::Ordering;

use super::bignum::Big;
use super::types::FloatFormat;

/// A floating-point number, whatever its layout. Finite ones are `±mantissa * 2^exponent`; a mantissa that is the result
/// of arithmetic has its lowest bit set if bits below it were lost, and enough bits above that to round correctly.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Real {
    negative: bool,
    class: Class,
}

#[derive(Clone, Copy, PartialEq, Debug)]
enum Class {
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

    fn finite(negative: bool, mantissa: u128, exponent: i32) -> Real {
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
    pub fn add(self, other: Real) -> Real {
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
    pub fn subtract(self, other: Real) -> Real {
        if matches!(other.class, Class::NaN(_)) { self.add(other) } else { self.add(other.negated()) }
    }

    /// The mantissa in at most 64 bits: numbers that were encoded lose nothing.
    fn narrowed(mantissa: u128, exponent: i32) -> (u128, i32) {
        let excess = 64u32.saturating_sub(mantissa.leading_zeros());
        (shift_sticky(mantissa, excess), exponent.saturating_add(excess as i32))
    }

    /// `self * other`
    pub fn multiply(self, other: Real) -> Real {
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
    pub fn divide(self, other: Real) -> Real {
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
            _ => self.subtract(other),
        };
        Some(match difference {
            d if d.is_zero() => Ordering::Equal,
            d if d.negative => Ordering::Less,
            _ => Ordering::Greater,
        })
    }

    /// A number as C writes it: decimal with an exponent, or hexadecimal with a binary one. The text has been lexed; what
    /// does not parse ends the number there.
    pub fn parse(text: &str) -> Real {
        if let Some(hex) = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
            return parse_hex(hex);
        }
        let (digits, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
        let exponent: i64 = exponent.parse().unwrap_or(0);
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let all = format!("{whole}{fraction}");
        let significant = all.trim_start_matches('0');
        // Digits beyond these decide nothing but a tie, and for that one more digit stands for all of them.
        let kept = significant.len().min(800);
        let mut digits = significant[..kept].to_owned();
        digits.push(if significant[kept..].bytes().any(|d| d != b'0') { '1' } else { '0' });
        let power = exponent.saturating_sub(fraction.len() as i64).saturating_add((significant.len() - kept) as i64) - 1;
        // Beyond the x87's range whatever the digits are.
        let power = power.clamp(-8000, 8000);
        let mut big = Big::from_digits(&digits);
        let mut below = Big::from_u128(1);
        let (top, n) = if power >= 0 { (&mut big, power) } else { (&mut below, -power) };
        top.multiply_power(10, n as u32);
        let (mantissa, exponent) = big.ratio(below);
        Real::finite(false, mantissa, exponent)
    }
}

fn parse_hex(text: &str) -> Real {
    let (digits, exponent) = text.split_once(['p', 'P']).unwrap_or((text, "0"));
    let mut exponent: i64 = exponent.parse().unwrap_or(0);
    let (mut mantissa, mut after_point) = (0u128, false);
    for c in digits.chars() {
        match c.to_digit(16) {
            None => after_point = true,
            Some(d) if mantissa >> 120 == 0 => {
                mantissa = mantissa << 4 | u128::from(d);
                exponent -= if after_point { 4 } else { 0 };
            }
            Some(d) => {
                mantissa |= u128::from(d != 0);
                exponent += if after_point { 0 } else { 4 };
            }
        }
    }
    Real::finite(false, mantissa, exponent.clamp(-100_000, 100_000) as i32)
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

/// The number as gdb prints it: `%g` with as many digits as tell it from its neighbours, `inf`, `-nan(0x7f0000)`.
pub fn float_text(bytes: &[u8], format: FloatFormat) -> String {
    let digits = 2 + (f64::from(format.precision()) * std::f64::consts::LOG10_2) as usize;
    Real::decode(bytes, format).to_general(digits)
}

impl Real {
    /// C's `%.<digits>g`, and gdb's way of writing what is no number.
    pub fn to_general(&self, digits: usize) -> String {
        let sign = if self.negative { "-" } else { "" };
        match self.class {
            Class::Infinite => format!("{sign}inf"),
            Class::NaN(fraction) => format!("{sign}nan({fraction:#x})"),
            Class::Invalid => "<invalid float value>".to_owned(),
            Class::Finite { mantissa: 0, .. } => format!("{sign}0"),
            Class::Finite { mantissa, exponent } => {
                let (text, power) = decimal(mantissa, exponent, digits);
                format!("{sign}{}", general(text.trim_end_matches('0'), power, digits))
            }
        }
    }
}

/// All decimal digits of a number, exactly, and the power of ten of the first one.
fn exact_digits(mantissa: u128, exponent: i32) -> (String, i32) {
    let mut big = Big::from_u128(mantissa);
    let point = if exponent >= 0 {
        big.shift_left(exponent as u32);
        0
    } else {
        big.multiply_power(5, exponent.unsigned_abs());
        exponent
    };
    let all = big.digits();
    let power = all.len() as i32 - 1 + point;
    (all, power)
}

/// The first `digits` of some decimal digits, rounded to nearest even; the power grows where 99 becomes 100.
fn rounded(all: String, power: i32, digits: usize) -> (String, i32) {
    if all.len() <= digits {
        return (all, power);
    }
    let (kept, rest) = all.split_at(digits);
    let odd = kept.ends_with(['1', '3', '5', '7', '9']);
    let up = match rest.as_bytes() {
        [b'5', zeros @ ..] if zeros.iter().all(|d| *d == b'0') => odd,
        [first, ..] => *first >= b'5',
        [] => false,
    };
    if !up {
        return (kept.to_owned(), power);
    }
    let mut bumped = Big::from_digits(kept);
    bumped.multiply(1, 1);
    let bumped = bumped.digits();
    // Zeros in front of the kept digits are lost on the way through a number.
    let bumped = format!("{bumped:0>digits$}");
    if bumped.len() > digits { (bumped[..digits.max(1)].to_owned(), power + 1) } else { (bumped, power) }
}

/// `digits` decimal digits of a number, and the power of ten of the first one.
fn decimal(mantissa: u128, exponent: i32, digits: usize) -> (String, i32) {
    let (all, power) = exact_digits(mantissa, exponent);
    rounded(all, power, digits)
}

/// C's conversions `e`, `f` and `g`, without sign and width.
impl Real {
    /// Whether a minus sign stands in front.
    pub fn is_negative(&self) -> bool {
        self.negative
    }

    /// The text of the number without its sign under `%e`, `%f` or `%g` with this precision; `alternate` is the flag `#`.
    pub fn to_c(&self, conversion: char, precision: usize, alternate: bool) -> String {
        let Class::Finite { mantissa, exponent } = self.class else {
            return if self.class == Class::Infinite { "inf".to_owned() } else { "nan".to_owned() };
        };
        let (all, power) = if mantissa == 0 { ("0".to_owned(), 0) } else { exact_digits(mantissa, exponent) };
        match conversion {
            'f' => fixed(&all, power, precision),
            'e' => scientific(rounded(all, power, precision + 1), precision),
            _ => {
                let digits = precision.max(1);
                let (significant, power) = rounded(all, power, digits);
                if alternate {
                    return match power {
                        -4.. if power < digits as i32 => fixed(&significant, power, (digits as i32 - 1 - power) as usize),
                        _ => scientific((significant, power), digits - 1),
                    };
                }
                match significant.trim_end_matches('0') {
                    "" => "0".to_owned(),
                    s => general(s, power, digits),
                }
            }
        }
    }
}

fn scientific((significant, power): (String, i32), precision: usize) -> String {
    let (first, rest) = significant.split_at(1);
    let point = if precision == 0 { "" } else { "." };
    let sign = if power < 0 { '-' } else { '+' };
    format!("{first}{point}{rest:0<precision$}e{sign}{:02}", power.unsigned_abs())
}

fn fixed(all: &str, power: i32, precision: usize) -> String {
    // Zeros in front, so that the digits begin at the ones or above.
    let zeros = if power < 0 { power.unsigned_abs() as usize } else { 0 };
    let padded = format!("{}{all}", "0".repeat(zeros));
    let whole = power.max(0) as usize + 1;
    let (digits, grown) = rounded(padded, power.max(0), whole + precision);
    let whole = grown.max(0) as usize + 1;
    let digits = format!("{digits:0<width$}", width = whole + precision);
    let (a, b) = digits.split_at(whole);
    if precision == 0 { a.to_owned() } else { format!("{a}.{b}") }
}

/// Lays significant digits (without trailing zeros) out as `%g` does.
fn general(significant: &str, power: i32, digits: usize) -> String {
    if power < -4 || power >= digits as i32 {
        let (first, rest) = significant.split_at(1);
        let point = if rest.is_empty() { "" } else { "." };
        let sign = if power < 0 { '-' } else { '+' };
        return format!("{first}{point}{rest}e{sign}{:02}", power.unsigned_abs());
    }
    if power < 0 {
        return format!("0.{}{significant}", "0".repeat(power.unsigned_abs() as usize - 1));
    }
    let whole = power as usize + 1;
    if significant.len() <= whole {
        return format!("{significant}{}", "0".repeat(whole - significant.len()));
    }
    let (whole, fraction) = significant.split_at(whole);
    format!("{whole}.{fraction}")
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

    #[test]
    fn numbers_print_as_gdb_prints_them() {
        // From gdb 13.1.
        for (x, text) in [
            (0.1, "0.10000000000000001"),
            (1e-5, "1.0000000000000001e-05"),
            (1e16, "10000000000000000"),
            (1e17, "1e+17"),
            (1234567890123456789.0, "1.2345678901234568e+18"),
            (1e-320, "9.9998886718268301e-321"),
            (5.0e-3, "0.0050000000000000001"),
            (-1.0 / 3.0, "-0.33333333333333331"),
            (1e100, "1e+100"),
        ] {
            assert_eq!(float_text(&f64::to_le_bytes(x), FloatFormat::Double), text);
        }
        assert_eq!(float_text(&0.1f32.to_le_bytes(), FloatFormat::Single), "0.100000001");
        assert_eq!(float_text(&5u32.to_le_bytes(), FloatFormat::Single), "7.00649232e-45");
        assert_eq!(float_text(&0xffff0000u32.to_le_bytes(), FloatFormat::Single), "-nan(0x7f0000)");
        assert_eq!(float_text(&0xff00u16.to_le_bytes(), FloatFormat::Bfloat16), "-1.701e+38");
        assert_eq!(float_text(&0xff00u16.to_le_bytes(), FloatFormat::Half), "-nan(0x300)");
        assert_eq!(float_text(&1u16.to_le_bytes(), FloatFormat::Half), "5.9605e-08");
    }

    #[test]
    fn the_x87_keeps_its_64_bits() {
        // From gdb 13.1: p 3.14159265358979323846l, 1.0l/3, 1e4000l, 1e-4940l, 1e5000l, 1e20l.
        let text = |r: Real| float_text(&r.encode(FloatFormat::X87), FloatFormat::X87);
        assert_eq!(text(Real::parse("3.14159265358979323846")), "3.14159265358979323851");
        assert_eq!(text(Real::parse("1.0").divide(Real::from_int(3))), "0.333333333333333333342");
        assert_eq!(text(Real::parse("1e4000")), "9.99999999999999999997e+3999");
        assert_eq!(text(Real::parse("1e-4940")), "9.99999999996053252001e-4941");
        assert_eq!(text(Real::parse("1e5000")), "inf");
        assert_eq!(text(Real::parse("1e20")), "100000000000000000000");
        let big = Real::decode(&Real::parse("1e308").encode(FloatFormat::Double), FloatFormat::Double);
        assert_eq!(text(big.multiply(big)), "1.00000000000000002199e+616");
    }

    #[test]
    fn c_conversions_are_cs() {
        // From printf(3) of glibc.
        for (x, conversion, precision, text) in [
            (3.14159, 'f', 2, "3.14"),
            (0.0, 'f', 6, "0.000000"),
            (0.05, 'f', 1, "0.1"),
            (0.5, 'f', 0, "0"),
            (1.5, 'f', 0, "2"),
            (9.99, 'f', 1, "10.0"),
            (0.001, 'f', 2, "0.00"),
            (0.009, 'f', 2, "0.01"),
            (1e15, 'f', 1, "1000000000000000.0"),
            (31415.9, 'e', 1, "3.1e+04"),
            (1.5, 'e', 6, "1.500000e+00"),
            (9.99e-5, 'e', 0, "1e-04"),
            (1.5, 'g', 6, "1.5"),
            (1e100, 'g', 6, "1e+100"),
            (100000.0, 'g', 6, "100000"),
            (1000000.0, 'g', 6, "1e+06"),
            (0.0001, 'g', 6, "0.0001"),
            (0.0, 'g', 6, "0"),
        ] {
            assert_eq!(double(x).to_c(conversion, precision, false), text, "{x} %.{precision}{conversion}");
        }
        assert_eq!(double(1.5).to_c('g', 6, true), "1.50000");
    }

    #[test]
    fn hexadecimal_numbers_parse() {
        assert_eq!(to_f64(Real::parse("0x1p3")), 8.0);
        assert_eq!(to_f64(Real::parse("0x1.8p1")), 3.0);
    }

    proptest! {
        #[test]
        fn arithmetic_is_the_processors(a in any::<f64>(), b in any::<f64>()) {
            let (x, y) = (double(a), double(b));
            for (ours, theirs) in [(x.add(y), a + b), (x.subtract(y), a - b), (x.multiply(y), a * b), (x.divide(y), a / b)] {
                prop_assert!(to_f64(ours).to_bits() == theirs.to_bits() || theirs.is_nan(), "{a} {b}");
            }
            prop_assert_eq!(x.compare(y), a.partial_cmp(&b));
        }

        #[test]
        fn singles_round_once(a in any::<f32>(), b in any::<f32>()) {
            let real = |x: f32| Real::decode(&x.to_le_bytes(), FloatFormat::Single);
            let (x, y) = (real(a), real(b));
            for (ours, theirs) in [(x.add(y), a + b), (x.multiply(y), a * b), (x.divide(y), a / b)] {
                let ours = f32::from_le_bytes(ours.encode(FloatFormat::Single).try_into().unwrap());
                prop_assert!(ours.to_bits() == theirs.to_bits() || theirs.is_nan(), "{a} {b}");
            }
        }

        #[test]
        fn fixed_notation_is_stds(x in -1e20f64..1e20, precision in 0usize..20) {
            let text = format!("{}{}", if x.is_sign_negative() { "-" } else { "" }, double(x).to_c('f', precision, false));
            prop_assert_eq!(text, format!("{x:.precision$}"));
        }

        #[test]
        fn text_and_number_go_both_ways(x in any::<f64>()) {
            prop_assume!(x.is_finite());
            let text = float_text(&x.to_le_bytes(), FloatFormat::Double);
            prop_assert_eq!(text.parse::<f64>().unwrap(), x);
            let parsed = to_f64(Real::parse(text.trim_start_matches('-')));
            prop_assert_eq!(parsed, x.abs());
            if x.abs() < 1e38 {
                prop_assert_eq!(double(x).to_int(), x as i128);
            }
        }
    }
}

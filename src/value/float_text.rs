//! Floating-point numbers as decimal text and back: C's literals, `%e`, `%f`, `%g`, and what gdb prints.

use super::bignum::Big;
use super::float::{Class, Real};
use super::types::FloatFormat;

impl Real {
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
        assert_eq!(text(Real::parse("1.0").divided_by(Real::from_int(3))), "0.333333333333333333342");
        assert_eq!(text(Real::parse("1e4000")), "9.99999999999999999997e+3999");
        assert_eq!(text(Real::parse("1e-4940")), "9.99999999996053252001e-4941");
        assert_eq!(text(Real::parse("1e5000")), "inf");
        assert_eq!(text(Real::parse("1e20")), "100000000000000000000");
        let big = Real::decode(&Real::parse("1e308").encode(FloatFormat::Double), FloatFormat::Double);
        assert_eq!(text(big.times(big)), "1.00000000000000002199e+616");
    }

    #[test]
    fn c_conversions_are_cs() {
        // From printf(3) of glibc.
        for (x, conversion, precision, text) in [
            (4.14159, 'f', 2, "4.14"),
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

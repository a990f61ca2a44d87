//! Large unsigned integers, just enough to turn floating-point numbers into decimal digits and back.

use std::cmp::Ordering;

/// An unsigned integer of any size: words of 32 bits, the least significant first, no zero words on top.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Big(Vec<u32>);

impl Big {
    pub(super) fn from_u128(mut n: u128) -> Big {
        let mut words = Vec::new();
        while n != 0 {
            words.push(n as u32);
            n >>= 32;
        }
        Big(words)
    }

    /// The number of decimal `digits`; anything that is not a digit is skipped.
    pub(super) fn from_digits(digits: &str) -> Big {
        let mut big = Big::default();
        for d in digits.bytes().filter(u8::is_ascii_digit) {
            big.multiply(10, (d - b'0').into());
        }
        big
    }

    /// `self * factor + plus`
    pub(super) fn multiply(&mut self, factor: u32, plus: u32) {
        let mut carry = u64::from(plus);
        for word in &mut self.0 {
            let n = u64::from(*word) * u64::from(factor) + carry;
            *word = n as u32;
            carry = n >> 32;
        }
        if carry != 0 {
            self.0.push(carry as u32);
        }
    }

    /// `self * base^power`
    pub(super) fn multiply_power(&mut self, base: u32, power: u32) {
        (0..power).for_each(|_| self.multiply(base, 0));
    }

    pub(super) fn shift_left(&mut self, bits: u32) {
        if self.0.is_empty() {
            return;
        }
        self.multiply(1 << (bits % 32), 0);
        self.0.splice(0..0, std::iter::repeat_n(0, (bits / 32) as usize));
    }

    pub(super) fn bit_len(&self) -> u32 {
        self.0.last().map_or(0, |top| self.0.len() as u32 * 32 - top.leading_zeros())
    }

    /// Subtracts `other`, which is not larger.
    fn subtract(&mut self, other: &Big) {
        let mut borrow = 0;
        for (i, word) in self.0.iter_mut().enumerate() {
            let n = i64::from(*word) - i64::from(other.0.get(i).copied().unwrap_or(0)) - borrow;
            *word = n as u32;
            borrow = i64::from(n < 0);
        }
        while self.0.last() == Some(&0) {
            self.0.pop();
        }
    }

    fn compare(&self, other: &Big) -> Ordering {
        self.0.len().cmp(&other.0.len()).then_with(|| self.0.iter().rev().cmp(other.0.iter().rev()))
    }

    /// Its decimal digits.
    pub(super) fn digits(mut self) -> String {
        let mut groups = Vec::new();
        while !self.0.is_empty() {
            let mut rest = 0u64;
            for word in self.0.iter_mut().rev() {
                let n = rest << 32 | u64::from(*word);
                *word = (n / 1_000_000_000) as u32;
                rest = n % 1_000_000_000;
            }
            while self.0.last() == Some(&0) {
                self.0.pop();
            }
            groups.push(rest);
        }
        let mut text = groups.pop().unwrap_or(0).to_string();
        for group in groups.iter().rev() {
            text.push_str(&format!("{group:09}"));
        }
        text
    }

    /// `self / other` as `m * 2^e` with 100 bits in `m`; its lowest bit is also set if anything remains.
    pub(super) fn ratio(mut self, mut other: Big) -> (u128, i32) {
        const BITS: i32 = 100;
        if self.0.is_empty() || other.0.is_empty() {
            return (0, 0);
        }
        // Scaled so that 1 <= self / other < 2 or one bit less.
        let shift = self.bit_len() as i32 - other.bit_len() as i32;
        if shift >= 0 {
            other.shift_left(shift as u32);
        } else {
            self.shift_left(-shift as u32);
        }
        let mut m = 0u128;
        for _ in 0..BITS {
            m <<= 1;
            if self.compare(&other) != Ordering::Less {
                self.subtract(&other);
                m |= 1;
            }
            self.shift_left(1);
        }
        (m | u128::from(!self.0.is_empty()), shift - (BITS - 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_go_both_ways() {
        let text = "123456789012345678901234567890123456789012345678901234567890";
        assert_eq!(Big::from_digits(text).digits(), text);
        assert_eq!(Big::default().digits(), "0");
        let mut power = Big::from_u128(1);
        power.shift_left(100);
        assert_eq!(power.digits(), (1u128 << 100).to_string());
    }

    #[test]
    fn a_ratio_keeps_its_leading_bits() {
        let (m, e) = Big::from_u128(1).ratio(Big::from_u128(3));
        let third = m as f64 * f64::from(e).exp2();
        assert!((third - 1.0 / 3.0).abs() < 1e-15);
    }
}

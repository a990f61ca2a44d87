//! Numbers under a format letter: `/x`, `/d`, `/c`, ...

use std::sync::Arc;

use super::c_string::{quoted_char, rust_char};
use super::float::Real;
use super::float_text::float_text;
use super::language::Language;
use super::number::{int_from_bytes, int_to_bytes};
use super::options::{OutputRadix, PrintOptions, Symbols};
use super::types::{FloatFormat, Type, TypeKind};
use crate::base::VirtAddr;

/// A format letter of `print`, `x` and `output`. `/i` and `/r` are no formats of a value: the commands know them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Letter {
    /// `/x`
    Hex,
    /// `/d`
    Signed,
    /// `/u`
    Unsigned,
    /// `/o`
    Octal,
    /// `/t`
    Binary,
    /// `/z`: hexadecimal with leading zeros.
    ZeroHex,
    /// `/a`: an address with its symbol.
    Address,
    /// `/c`
    Char,
    /// `/f`
    Float,
    /// `/s`
    Str,
}

impl Letter {
    /// The format of a letter.
    pub fn parse(letter: char) -> Option<Letter> {
        use Letter::*;
        Some(match letter {
            'x' => Hex,
            'd' => Signed,
            'u' => Unsigned,
            'o' => Octal,
            't' => Binary,
            'z' => ZeroHex,
            'a' => Address,
            'c' => Char,
            'f' => Float,
            's' => Str,
            _ => return None,
        })
    }
}

/// A C number in base 8, 10 or 16 without a sign, `0` and `0x` in front as gdb has them.
fn in_radix(n: u128, radix: OutputRadix) -> String {
    match radix {
        OutputRadix::Octal if n == 0 => "0".to_owned(),
        OutputRadix::Octal => format!("0{n:o}"),
        OutputRadix::Decimal => n.to_string(),
        OutputRadix::Hex => format!("{n:#x}"),
    }
}

/// Binary digits in groups of four. gdb fills up to `width` digits without grouping those, and shows 0 as one digit.
fn in_nibbles(n: u128, width: usize) -> String {
    let digits = format!("{n:x}");
    let groups: Vec<String> = match n {
        0 => vec!["0".to_owned()],
        _ => digits.chars().filter_map(|d| d.to_digit(16)).map(|d| format!("{d:04b}")).collect(),
    };
    let filled = groups.iter().map(String::len).sum();
    format!("{}{}", "0".repeat(width.saturating_sub(filled)), groups.join(" "))
}

/// The raw bits of a number as an unsigned integer.
fn raw(bytes: &[u8]) -> u128 {
    int_from_bytes(bytes, false) as u128
}

/// `<main+4>` with a blank in front, where there is a symbol.
pub fn symbol_suffix(addr: VirtAddr, symbols: &dyn Symbols) -> String {
    symbols.symbol(addr).map_or(String::new(), |s| format!(" <{s}>"))
}

/// An integer (or what counts as one) shown in its own way, or as `set output-radix` says.
fn natural_int(bytes: &[u8], ty: &Arc<Type>, options: &PrintOptions) -> String {
    if options.output_radix != OutputRadix::Decimal {
        return in_radix(raw(bytes), options.output_radix);
    }
    let n = int_from_bytes(bytes, ty.is_signed());
    let decimal = if ty.is_signed() { n.to_string() } else { (n as u128).to_string() };
    match ty.stripped().kind {
        TypeKind::Bool => match n {
            0 => "false".to_owned(),
            1 => "true".to_owned(),
            _ => decimal,
        },
        TypeKind::Char { .. } if ty.stripped().language == Language::Rust => format!("{decimal} {}", rust_char(n as u32)),
        TypeKind::Char { .. } => format!("{decimal} {}", quoted_char(bytes, char_prefix(ty), options.charset)),
        _ => decimal,
    }
}

/// `L`, `u`, `U` or nothing: what stands before the quotes of characters of this type.
pub fn char_prefix(ty: &Arc<Type>) -> &'static str {
    let bare = ty.stripped();
    match (&*ty.name, bare.size) {
        ("wchar_t", _) => "L",
        // Rust's characters have four bytes and no prefix; of one byte are those of literals.
        ("u8", _) if bare.language == Language::Rust => "b",
        _ if bare.language == Language::Rust => "",
        (_, 2) => "u",
        // Of the two sorts of four bytes the signed one is wchar_t.
        (_, 4) if matches!(bare.kind, TypeKind::Char { signed: true }) => "L",
        (_, 4) => "U",
        _ => "",
    }
}

/// A number of type `ty` by its bytes, in its own way or under a format letter. With `padded` (the `x` command) `/x` and
/// `/t` have leading zeros. Pointers count as unsigned numbers here.
pub fn scalar_text(
    bytes: &[u8],
    ty: &Arc<Type>,
    letter: Option<Letter>,
    padded: bool,
    options: &PrintOptions,
    symbols: &dyn Symbols,
) -> String {
    let ty = ty.stripped();
    let Some(letter) = letter else {
        return match ty.kind {
            TypeKind::Float(format) => float_text(bytes, format),
            _ => natural_int(bytes, ty, options),
        };
    };
    // The x87's ten bytes lie in sixteen; the rest means nothing.
    let bits = if ty.float() == Some(FloatFormat::X87) { bytes.get(..10).unwrap_or(bytes) } else { bytes };
    let n = raw(bits);
    let truncated = || match ty.float() {
        Some(format) => Real::decode(bytes, format).to_int(),
        None => int_from_bytes(bytes, ty.is_signed()),
    };
    match letter {
        Letter::Hex if padded => format!("0x{n:0width$x}", width = bits.len() * 2),
        Letter::Hex => format!("{n:#x}"),
        Letter::ZeroHex => format!("0x{n:0width$x}", width = bits.len() * 2),
        Letter::Octal => in_radix(n, OutputRadix::Octal),
        Letter::Binary if options.nibbles => in_nibbles(n, if padded { bits.len() * 8 } else { 0 }),
        Letter::Binary if padded => format!("{n:0width$b}", width = bits.len() * 8),
        Letter::Binary => format!("{n:b}"),
        Letter::Signed => int_from_bytes(bits, true).to_string(),
        Letter::Unsigned => n.to_string(),
        Letter::Address => {
            let addr = VirtAddr(truncated() as u64);
            format!("{addr}{}", symbol_suffix(addr, symbols))
        }
        Letter::Char => {
            // Cut to one byte, signed as the type is; a wider character stays what it is.
            if ty.is_char() && ty.language == Language::Rust {
                return format!("{n} {}", rust_char(n as u32));
            }
            let wide = ty.is_char() && ty.size > 1;
            let of = if wide { bytes.to_vec() } else { int_to_bytes(truncated(), 1) };
            let signed = ty.float().is_some() || ty.is_signed();
            format!(
                "{} {}",
                int_from_bytes(&of, signed),
                quoted_char(&of, if wide { char_prefix(ty) } else { "" }, options.charset)
            )
        }
        Letter::Float => match (ty.float(), bytes.len()) {
            (Some(format), _) => float_text(bytes, format),
            (None, 4) => float_text(bytes, FloatFormat::Single),
            (None, 8) => float_text(bytes, FloatFormat::Double),
            (None, 16) => float_text(bytes, FloatFormat::X87),
            (None, _) if ty.is_signed() => int_from_bytes(bytes, true).to_string(),
            (None, _) => n.to_string(),
        },
        Letter::Str => scalar_text(bytes, ty, None, padded, options, symbols),
    }
}

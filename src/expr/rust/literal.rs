//! Rust's literals: numbers with suffixes, characters, strings, and their escapes.

use crate::base::{Error, Result};
use crate::value::{FloatFormat, Real, Value, rust_type};

const INTEGERS: [&str; 12] = ["i8", "i16", "i32", "i64", "i128", "isize", "u8", "u16", "u32", "u64", "u128", "usize"];

/// A number that a text begins with, and its length in bytes; `None` if it begins with none.
pub(super) fn number(text: &str) -> Result<Option<(Value, usize)>> {
    let radix = match text.as_bytes() {
        [b'0', b'x', ..] => 16,
        [b'0', b'o', ..] => 8,
        [b'0', b'b', ..] => 2,
        _ => 10,
    };
    if radix == 10
        && let Some(found) = float(text)
    {
        return Ok(Some(found));
    }
    let start = if radix == 10 { 0 } else { 2 };
    let is_digit = |c: char| c == '_' || c.is_digit(radix);
    let digits = |from: usize| text.get(from..).map_or(0, |t| t.chars().take_while(|c| is_digit(*c)).count());
    // `0x` without a digit is a zero, and a name behind it.
    let (radix, start, len) = match digits(start) {
        0 if start > 0 => (10, 0, 1),
        len => (radix, start, start + len),
    };
    let number = text.get(start..len).unwrap_or_default().replace('_', "");
    if number.is_empty() {
        return Ok(None);
    }
    let n = u128::from_str_radix(&number, radix).map_err(|_| Error::user("Integer literal is too large"))?;
    let suffix = suffix(text, len, &INTEGERS);
    let fitting = match i128::try_from(n) {
        Ok(n) if i32::try_from(n).is_ok() => "i32",
        Ok(n) if i64::try_from(n).is_ok() => "i64",
        Ok(_) => "i128",
        Err(_) => "u128",
    };
    let ty = rust_type(suffix.unwrap_or(fitting));
    Ok(ty.map(|ty| (Value::int(&ty, n as i128), len + suffix.map_or(0, str::len))))
}

/// The suffix of these that stands in a text behind a number, and is not the beginning of a longer word.
fn suffix<'s>(text: &str, at: usize, known: &[&'s str]) -> Option<&'s str> {
    let rest = text.get(at..)?;
    let word = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).map_or(rest, |end| rest.get(..end).unwrap_or(rest));
    known.iter().copied().find(|s| *s == word)
}

/// `1.5`, `1.`, `2e4`, `5e-1f32`: digits with a dot or an exponent, or a suffix that says so.
fn float(text: &str) -> Option<(Value, usize)> {
    let digits = |from: usize| text.get(from..).map_or(0, |t| t.bytes().take_while(|c| c.is_ascii_digit() || *c == b'_').count());
    let whole = digits(0);
    let mut len = whole;
    let after = |at: usize| text.get(at..).and_then(|t| t.chars().next());
    let (mut is_float, mut ends) = (false, false);
    if after(len) == Some('.') {
        match after(len + 1) {
            Some(c) if c.is_ascii_digit() => {
                len += 1 + digits(len + 1);
                is_float = true;
            }
            // `1..2` is a range and `1.foo` a member.
            Some(c) if c == '.' || c == '_' || c.is_alphabetic() => return None,
            _ => {
                len += 1;
                (is_float, ends) = (true, true);
            }
        }
    }
    if !ends && matches!(after(len), Some('e' | 'E')) {
        let sign = usize::from(matches!(after(len + 1), Some('+' | '-')));
        let exponent = digits(len + 1 + sign);
        if exponent > 0 {
            len += 1 + sign + exponent;
            is_float = true;
        }
    }
    let suffix = if ends { None } else { suffix(text, len, &["f32", "f64"]) };
    if !is_float && suffix.is_none() {
        return None;
    }
    let ty = rust_type(suffix.unwrap_or("f64"))?;
    let number = text.get(..len)?.replace('_', "");
    let bytes = Real::parse(&number).encode(ty.float().unwrap_or(FloatFormat::Double));
    Some((Value::computed(&ty, bytes), len + suffix.map_or(0, str::len)))
}

/// The character that an escape stands for, behind its `\`, and the length of the escape there. In a literal of bytes there is no
/// `\u{}`.
pub(super) fn escape(text: &str, is_bytes: bool) -> Result<(u32, usize)> {
    let Some(c) = text.chars().next() else { return Err(Error::user("Invalid escape \\")) };
    Ok(match c {
        'n' => (10, 1),
        'r' => (13, 1),
        't' => (9, 1),
        '0' => (0, 1),
        '\\' | '\'' | '"' => (c.into(), 1),
        'x' => {
            let (n, len) = hex(text.get(1..).unwrap_or_default(), 2, 2)?;
            (n, 1 + len)
        }
        'u' if is_bytes => return Err(Error::user("Unicode escape in byte literal")),
        'u' => {
            let inside = text.get(1..).and_then(|t| t.strip_prefix('{'));
            let inside = inside.ok_or_else(|| Error::user("Missing '{' in Unicode escape"))?;
            let (n, len) = hex(inside, 1, 6)?;
            if !inside.get(len..).is_some_and(|t| t.starts_with('}')) {
                return Err(Error::user("Missing '}' in Unicode escape"));
            }
            (n, len + 3)
        }
        other => return Err(Error::user(format!("Invalid escape \\{other} in literal"))),
    })
}

/// A number of `least` to `most` hexadecimal digits, and how many there were.
fn hex(text: &str, least: usize, most: usize) -> Result<(u32, usize)> {
    let len = text.chars().take_while(char::is_ascii_hexdigit).count();
    match len {
        _ if len < least => Err(Error::user("Not enough hex digits seen")),
        // Of two digits the rest belongs to what follows.
        _ if len > most && most > 2 => Err(Error::user("Overlong hex escape")),
        _ => {
            let len = len.min(most);
            let digits = text.get(..len).unwrap_or_default();
            Ok((u32::from_str_radix(digits, 16).unwrap_or(0), len))
        }
    }
}

/// What stands between the quotes of a string, behind the first one, and its length with the last quote. `hashes` is `None` where
/// escapes mean something, else how many `#` follow the last quote.
pub(super) fn string(text: &str, is_bytes: bool, hashes: Option<usize>) -> Result<(Vec<u8>, usize)> {
    let mut out = Vec::new();
    let mut at = 0;
    loop {
        let rest = text.get(at..).unwrap_or_default();
        let Some(c) = rest.chars().next() else { return Err(Error::user("Unexpected EOF in string")) };
        at += c.len_utf8();
        match (c, hashes) {
            ('"', None) => return Ok((out, at)),
            ('"', Some(n)) if text.get(at..).is_some_and(|t| t.bytes().take_while(|c| *c == b'#').count() >= n) => {
                return Ok((out, at + n));
            }
            ('\\', None) => {
                let (n, len) = escape(text.get(at..).unwrap_or_default(), is_bytes)?;
                at += len;
                match char::from_u32(n) {
                    Some(c) if !is_bytes => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
                    _ => out.push(n as u8),
                }
            }
            (c, raw) if is_bytes && !c.is_ascii() => {
                return Err(Error::user(if raw.is_some() {
                    "Non-ASCII value in raw byte string"
                } else {
                    "Non-ASCII value in byte string"
                }));
            }
            (c, _) => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
}

/// The character between single quotes, behind the first one, and its length with the last quote.
pub(super) fn character(text: &str, is_byte: bool) -> Result<(u32, usize)> {
    let (n, len) = match text.chars().next() {
        None => return Err(Error::user("Unterminated character literal")),
        Some('\'') => return Err(Error::user("empty character literal")),
        Some('\\') => {
            let (n, len) = escape(text.get(1..).unwrap_or_default(), is_byte)?;
            (n, 1 + len)
        }
        Some(c) => (c.into(), c.len_utf8()),
    };
    match text.get(len..) {
        Some(rest) if rest.starts_with('\'') => Ok((n, len + 1)),
        // `'static` has no second quote at all.
        Some(rest) if rest.contains('\'') => Err(Error::user("overlong character literal")),
        _ => Err(Error::user("Unterminated character literal")),
    }
}

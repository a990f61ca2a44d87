//! Strings, buffers, numbers: what is common to many calls.

use std::fmt::Write;

use crate::base::counted;

use super::ctx::{Ctx, MOST, PATH_MAX};

/// An address: `NULL` or hexadecimal.
pub fn address(value: u64) -> String {
    if value == 0 { "NULL".to_owned() } else { format!("{value:#x}") }
}

/// A number in hexadecimal, zero as `0`.
pub fn hex(value: u64) -> String {
    if value == 0 { "0".to_owned() } else { format!("{value:#x}") }
}

/// A mode: `0644`, at least three digits.
pub fn octal(mode: u64) -> String {
    format!("0{mode:02o}")
}

/// Bytes in quotes, as C writes them: what is no ASCII text in octal, shortened where no digit follows.
pub fn quote(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() + 2);
    text.push('"');
    for (i, byte) in bytes.iter().enumerate() {
        match byte {
            b'"' => text.push_str("\\\""),
            b'\\' => text.push_str("\\\\"),
            b'\n' => text.push_str("\\n"),
            b'\t' => text.push_str("\\t"),
            b'\r' => text.push_str("\\r"),
            0x0b => text.push_str("\\v"),
            0x0c => text.push_str("\\f"),
            b' '..=b'~' => text.push(char::from(*byte)),
            _ if bytes.get(i + 1).is_some_and(|next| matches!(next, b'0'..=b'7')) => {
                let _ = write!(text, "\\{byte:03o}");
            }
            _ => {
                let _ = write!(text, "\\{byte:o}");
            }
        }
    }
    text.push('"');
    text
}

/// The first bytes of a buffer of `len` bytes, with `...` where there are more.
pub fn buffer(ctx: &Ctx<'_>, at: u64, len: usize) -> String {
    if at == 0 {
        return "NULL".to_owned();
    }
    // What stands behind the shown part decides how its last byte is written: nothing.
    match ctx.some_bytes(at, len.min(MOST)) {
        Some(bytes) if bytes.len() == len.min(MOST) => {
            let more = if len > MOST { "..." } else { "" };
            format!("{}{more}", quote(&bytes))
        }
        _ => address(at),
    }
}

/// Random bytes, each in hexadecimal.
pub fn hex_buffer(ctx: &Ctx<'_>, at: u64, len: usize) -> String {
    let Some(bytes) = ctx.some_bytes(at, len.min(MOST)) else { return address(at) };
    let mut text = String::from("\"");
    for byte in &bytes {
        let _ = write!(text, "\\x{byte:02x}");
    }
    text.push('"');
    if len > MOST {
        text.push_str("...");
    }
    text
}

/// A path: whole.
pub fn path(ctx: &Ctx<'_>, at: u64) -> Option<String> {
    Some(match at {
        0 => "NULL".to_owned(),
        _ => match ctx.c_string(at, PATH_MAX) {
            Some(bytes) if bytes.len() == PATH_MAX => {
                format!("{}...", quote(bytes.get(..PATH_MAX - 1).unwrap_or_default()))
            }
            Some(bytes) => quote(&bytes),
            None => address(at),
        },
    })
}

/// A C string that is no path: its beginning.
pub fn c_string(ctx: &Ctx<'_>, at: u64) -> Option<String> {
    Some(short(ctx, at))
}

fn short(ctx: &Ctx<'_>, at: u64) -> String {
    if at == 0 {
        return "NULL".to_owned();
    }
    match ctx.c_string(at, MOST + 1) {
        Some(bytes) if bytes.len() > MOST => format!("{}...", quote(bytes.get(..MOST).unwrap_or_default())),
        Some(bytes) => quote(&bytes),
        None => address(at),
    }
}

/// A field of fixed size with a C string in it.
pub fn field(bytes: &[u8]) -> String {
    let end = bytes.iter().position(|b| *b == 0).unwrap_or(bytes.len());
    quote(bytes.get(..end).unwrap_or_default())
}

/// argv: `["ls", "-l"]`.
pub fn strings(ctx: &Ctx<'_>, at: u64) -> Option<String> {
    if at == 0 {
        return Some("NULL".to_owned());
    }
    let mut shown = Vec::new();
    for n in 0.. {
        let Some(string) = ctx.word(at.wrapping_add(8 * n)) else {
            if n == 0 {
                return Some(address(at));
            }
            shown.push(format!("... /* {} */", address(at.wrapping_add(8 * n))));
            break;
        };
        if string == 0 {
            break;
        }
        if shown.len() == MOST {
            shown.push("...".to_owned());
            break;
        }
        shown.push(short(ctx, string));
    }
    Some(format!("[{}]", shown.join(", ")))
}

/// envp: where it is and how many variables there are.
pub fn environment(ctx: &Ctx<'_>, at: u64) -> Option<String> {
    if at == 0 {
        return Some("NULL".to_owned());
    }
    let mut count = 0u64;
    // The kernel takes no more than a few megabytes of pointers.
    while count < 1 << 20 {
        match ctx.word(at.wrapping_add(8 * count)) {
            Some(0) => break,
            Some(_) => count += 1,
            None if count == 0 => return Some(address(at)),
            None => return Some(format!("{} /* {count} vars, unterminated */", address(at))),
        }
    }
    Some(format!("{} /* {} */", address(at), counted(count, "var")))
}

/// A list in brackets, cut after as many elements as strace shows.
pub fn list(count: u64, mut element: impl FnMut(u64) -> Option<String>) -> Option<String> {
    let mut shown = Vec::new();
    for n in 0..count {
        if n as usize == MOST {
            shown.push("...".to_owned());
            break;
        }
        match element(n) {
            Some(text) => shown.push(text),
            None if n == 0 => return None,
            None => {
                shown.push("...".to_owned());
                break;
            }
        }
    }
    Some(format!("[{}]", shown.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_quoted_as_strace_quotes_them() {
        assert_eq!(quote(b"\x7fELF\x02\x01\x01\x03\0\0"), r#""\177ELF\2\1\1\3\0\0""#);
        assert_eq!(quote(b"\x011\x018a\"\\\n"), r#""\0011\18a\"\\\n""#);
    }

    #[test]
    fn modes_have_three_digits_at_least() {
        assert_eq!(
            (octal(0), octal(0o7), octal(0o644), octal(0o1777)),
            ("000".into(), "007".into(), "0644".into(), "01777".into())
        );
    }
}

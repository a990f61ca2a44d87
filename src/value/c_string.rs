//! Characters and strings as C and gdb write them.

use super::options::{Charset, PrintOptions};

/// A character, or what cannot be one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Unit {
    /// A character that can be shown.
    Shown(char),
    /// A number that is shown as an escape.
    Escaped(u32),
}

/// Splits bytes into characters of `width` 1 (in this character set, byte by byte where it is not), 2 (UTF-16) or 4 bytes.
fn units(bytes: &[u8], width: usize, charset: Charset) -> Vec<Unit> {
    let classify = |n: u32| match char::from_u32(n) {
        Some(c) if is_shown(c) => Unit::Shown(c),
        _ => Unit::Escaped(n),
    };
    match width {
        2 => {
            let words = bytes.chunks_exact(2).map(|c| u16::from_le_bytes([c[0], c[1]]));
            char::decode_utf16(words)
                .map(|r| r.map_or_else(|e| Unit::Escaped(e.unpaired_surrogate().into()), |c| classify(c.into())))
                .collect()
        }
        1 if charset == Charset::Ascii => {
            bytes.iter().map(|b| if b.is_ascii() { classify((*b).into()) } else { Unit::Escaped((*b).into()) }).collect()
        }
        1 if charset == Charset::Latin1 => bytes.iter().map(|b| classify((*b).into())).collect(),
        4 => bytes.chunks_exact(4).map(|c| classify(u32::from_le_bytes([c[0], c[1], c[2], c[3]]))).collect(),
        _ => {
            let mut out = Vec::with_capacity(bytes.len());
            for chunk in bytes.utf8_chunks() {
                for c in chunk.valid().chars() {
                    if is_shown(c) {
                        out.push(Unit::Shown(c));
                    } else {
                        out.extend(c.encode_utf8(&mut [0; 4]).bytes().map(|b| Unit::Escaped(b.into())));
                    }
                }
                out.extend(chunk.invalid().iter().map(|b| Unit::Escaped((*b).into())));
            }
            out
        }
    }
}

/// The same, where what is not ASCII is never shown as itself (`set print sevenbit-strings`).
fn units_in_ascii(bytes: &[u8], width: usize) -> Vec<Unit> {
    if width == 1 {
        return units(bytes, 1, Charset::Ascii);
    }
    let escaped = |unit| match unit {
        Unit::Shown(c) if !c.is_ascii() => Unit::Escaped(c.into()),
        other => other,
    };
    units(bytes, width, Charset::Utf8).into_iter().map(escaped).collect()
}

/// Whether a character is shown as itself: std's notion of printable, by what its debug form escapes.
fn is_shown(c: char) -> bool {
    matches!(c, '"' | '\'' | '\\') || c.escape_debug().len() == 1
}

fn push_unit(out: &mut String, unit: Unit, quote: char) {
    match unit {
        Unit::Shown(c) => {
            if c == quote || c == '\\' {
                out.push('\\');
            }
            out.push(c);
        }
        Unit::Escaped(n) => match n {
            7 => out.push_str("\\a"),
            8 => out.push_str("\\b"),
            9 => out.push_str("\\t"),
            10 => out.push_str("\\n"),
            11 => out.push_str("\\v"),
            12 => out.push_str("\\f"),
            13 => out.push_str("\\r"),
            0..=0o777 => out.push_str(&format!("\\{n:03o}")),
            _ => out.push_str(&format!("\\x{n:x}")),
        },
    }
}

/// A character with its quotes: `'A'`, `'\n'`, `L'x'`. `bytes` are those of the character.
pub fn quoted_char(bytes: &[u8], prefix: &str, charset: Charset) -> String {
    let mut out = format!("{prefix}'");
    for unit in units(bytes, bytes.len(), charset) {
        push_unit(&mut out, unit, '\'');
    }
    out.push('\'');
    out
}

/// A character of Rust with its quotes, as gdb writes it: what is not ASCII by its number.
pub fn rust_char(n: u32) -> String {
    match char::from_u32(n) {
        Some('\n') => "'\\n'".to_owned(),
        Some('\r') => "'\\r'".to_owned(),
        Some('\t') => "'\\t'".to_owned(),
        Some('\0') => "'\\0'".to_owned(),
        Some(c @ ('\'' | '\\')) => format!("'\\{c}'"),
        Some(c) if c.is_ascii_graphic() || c == ' ' => format!("'{c}'"),
        _ if n < 256 => format!("'\\x{n:02x}'"),
        _ => format!("'\\u{{{n:06x}}}'"),
    }
}

/// A string with its quotes, runs folded and cut after so many characters:
/// `"ab", 'x' <repeats 20 times>, "c"...`. `more` says that the string goes on behind `bytes`.
pub fn quoted_string(bytes: &[u8], width: usize, prefix: &str, options: &PrintOptions, more: bool) -> String {
    let units = match options.sevenbit_strings {
        true => units_in_ascii(bytes, width),
        false => units(bytes, width, options.charset),
    };
    let limit = options.elements.map_or(usize::MAX, |n| n as usize);
    let mut out = String::new();
    let (mut quoted, mut shown, mut at) = (false, 0, 0);
    while at < units.len() && shown < limit {
        let unit = units[at];
        let run = units[at..].iter().take_while(|u| **u == unit).count();
        if options.repeats.is_some_and(|n| run > n as usize) {
            if quoted {
                out.push('"');
                quoted = false;
            }
            if !out.is_empty() {
                out.push_str(", ");
            }
            out.push_str(&format!("{prefix}'"));
            push_unit(&mut out, unit, '\'');
            out.push_str(&format!("' <repeats {run} times>"));
        } else {
            if !quoted {
                if !out.is_empty() {
                    out.push_str(", ");
                }
                out.push_str(&format!("{prefix}\""));
                quoted = true;
            }
            (0..run).for_each(|_| push_unit(&mut out, unit, '"'));
        }
        shown += run;
        at += run;
    }
    if quoted {
        out.push('"');
    }
    if out.is_empty() {
        out = format!("{prefix}\"\"");
    }
    if more || at < units.len() {
        out.push_str("...");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(bytes: &[u8]) -> String {
        quoted_string(bytes, 1, "", &PrintOptions::default(), false)
    }

    #[test]
    fn strings_are_gdbs() {
        // From gdb 13.1.
        assert_eq!(shown(b"AB\n\t\x1b\x07\"\\"), r#""AB\n\t\033\a\"\\""#);
        assert_eq!(shown(b"abc\0def"), r#""abc\000def""#);
        assert_eq!(shown("h\u{e9}llo \u{4e2d}".as_bytes()), "\"h\u{e9}llo \u{4e2d}\"");
        assert_eq!(shown(b"ab\xc3(\xff"), r#""ab\303(\377""#);
        assert_eq!(shown(&[b'a'; 29]), "'a' <repeats 29 times>");
        assert_eq!(shown(b"baaaaaaaaaaaaab"), r#""b", 'a' <repeats 13 times>, "b""#);
        assert_eq!(shown(b""), "\"\"");
        assert_eq!(quoted_string(b"x\0y\0", 2, "u", &PrintOptions::default(), false), "u\"xy\"");
        assert_eq!(quoted_char(b"\xff", "", Charset::Utf8), r"'\377'");
        assert_eq!(quoted_char(b"'", "", Charset::Utf8), r"'\''");
        assert_eq!(quoted_char(b"\"", "", Charset::Utf8), "'\"'");
        let wide: Vec<u8> = [0x6c6c6568u32, 0x6f770a6f, 0x1646c72, 0x78].iter().flat_map(|n| n.to_le_bytes()).collect();
        assert_eq!(quoted_string(&wide, 4, "U", &PrintOptions::default(), false), r#"U"\x6c6c6568\x6f770a6f\x1646c72x""#);
    }

    #[test]
    fn seven_bits_are_ascii() {
        let options = PrintOptions { sevenbit_strings: true, ..PrintOptions::default() };
        assert_eq!(quoted_string("h\u{e9}llo".as_bytes(), 1, "", &options, false), r#""h\303\251llo""#);
        assert_eq!(quoted_string(&[0x61, 0, 0x2d, 0x4e], 2, "u", &options, false), r#"u"a\x4e2d""#);
    }

    #[test]
    fn the_character_set_is_the_programs() {
        // From gdb 13.1, in a locale of UTF-8.
        let text = b"a\xe4\xc3\xa4z";
        let shown = |charset| quoted_string(text, 1, "", &PrintOptions { charset, ..PrintOptions::default() }, false);
        assert_eq!(shown(Charset::Utf8), "\"a\\344\u{e4}z\"");
        assert_eq!(shown(Charset::Ascii), r#""a\344\303\244z""#);
        assert_eq!(shown(Charset::Latin1), "\"a\u{e4}\u{c3}\u{a4}z\"");
        assert_eq!(quoted_char(b"\xe4", "", Charset::Latin1), "'\u{e4}'");
        assert_eq!(quoted_char(b"\xe4", "", Charset::Ascii), r"'\344'");
    }

    #[test]
    fn the_limit_counts_whole_runs() {
        let options = PrintOptions { elements: Some(4), ..PrintOptions::default() };
        let four = |b: &[u8]| quoted_string(b, 1, "", &options, false);
        assert_eq!(four(b"hello"), "\"hell\"...");
        assert_eq!(four(b"hell"), "\"hell\"");
        assert_eq!(four(b"ab\0\0\0\0\0"), r#""ab\000\000\000\000\000""#);
        assert_eq!(four(&[&[b'a'; 20][..], b"b"].concat()), "'a' <repeats 20 times>...");
    }
}

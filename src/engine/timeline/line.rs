//! One event as a line of JSON.

use std::fmt::Write;

use crate::base::Tid;

/// The largest integer that every reader of JSON takes as it is: 2^53.
const EXACT: u64 = 1 << 53;

/// A JSON object that is being written, in the order of its fields.
#[derive(Clone, Debug)]
pub struct Line {
    text: String,
}

impl Line {
    /// What all events have: when (in seconds since the exec), whose, what, and in which phase of its process.
    pub fn new(t: f64, pid: Tid, tid: Tid, kind: &str, phase: &str) -> Line {
        let mut text = String::with_capacity(256);
        let _ = write!(text, "{{\"t\":{t:.6},\"pid\":{},\"tid\":{},\"kind\":\"{kind}\",\"phase\":\"{phase}\"", pid.0, tid.0);
        Line { text }
    }

    /// What [`Line::so_far`] has given, to be gone on with.
    pub fn from_part(text: &str) -> Line {
        Line { text: text.to_owned() }
    }

    /// The line as far as it has been written.
    pub fn so_far(&self) -> &str {
        &self.text
    }

    fn key(&mut self, key: &str) {
        self.text.push_str(",\"");
        self.text.push_str(key);
        self.text.push_str("\":");
    }

    /// A string.
    pub fn text(mut self, key: &str, value: &str) -> Line {
        self.key(key);
        quote(&mut self.text, value);
        self
    }

    /// A string, or null.
    pub fn maybe(mut self, key: &str, value: Option<&str>) -> Line {
        self.key(key);
        match value {
            Some(value) => quote(&mut self.text, value),
            None => self.text.push_str("null"),
        }
        self
    }

    /// An address: `"0x7ffff7dd5000"`.
    pub fn address(mut self, key: &str, value: u64) -> Line {
        self.key(key);
        self.text.push('"');
        hex(&mut self.text, value);
        self.text.push('"');
        self
    }

    /// A string of two parts, neither of which needs quoting: the type of a relocation.
    pub fn kind(mut self, prefix: &str, name: &str) -> Line {
        self.key("type");
        self.text.push('"');
        self.text.push_str(prefix);
        self.text.push_str(name);
        self.text.push('"');
        self
    }

    /// How far the line has been written, for [`Line::back_to`].
    pub fn mark(&self) -> usize {
        self.text.len()
    }

    /// Drops what was written since a mark: lines that begin alike begin once.
    pub fn back_to(&mut self, mark: usize) {
        self.text.truncate(mark);
    }

    /// The whole line so far, without a newline. It goes on after [`Line::back_to`].
    pub fn whole(&mut self) -> &str {
        self.text.push('}');
        &self.text
    }

    /// An integer; one beyond 2^53 as a string.
    pub fn integer(mut self, key: &str, value: i64) -> Line {
        self.key(key);
        integer(&mut self.text, value);
        self
    }

    /// A truth.
    pub fn flag(mut self, key: &str, value: bool) -> Line {
        self.key(key);
        self.text.push_str(if value { "true" } else { "false" });
        self
    }

    /// Seconds.
    pub fn seconds(mut self, key: &str, value: f64) -> Line {
        self.key(key);
        let _ = write!(self.text, "{value:.6}");
        self
    }

    /// An integer, or null.
    pub fn maybe_integer(mut self, key: &str, value: Option<i64>) -> Line {
        self.key(key);
        match value {
            Some(value) => integer(&mut self.text, value),
            None => self.text.push_str("null"),
        }
        self
    }

    /// Integers.
    pub fn integers(mut self, key: &str, values: impl Iterator<Item = i64>) -> Line {
        self.key(key);
        self.text.push('[');
        for (n, value) in values.enumerate() {
            if n > 0 {
                self.text.push(',');
            }
            integer(&mut self.text, value);
        }
        self.text.push(']');
        self
    }

    /// The whole line, without a newline.
    pub fn end(mut self) -> String {
        self.text.push('}');
        self.text
    }
}

fn integer(out: &mut String, value: i64) {
    let _ = if value.unsigned_abs() <= EXACT { write!(out, "{value}") } else { write!(out, "\"{value}\"") };
}

/// `0x7ffff7dd5000`: there are thousands of them, and `{:#x}` takes its time.
fn hex(out: &mut String, value: u64) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    out.push_str("0x");
    let count = (u64::BITS - value.leading_zeros()).div_ceil(4).max(1);
    (0..count).rev().for_each(|n| out.push(DIGITS[(value >> (4 * n) & 15) as usize].into()));
}

fn quote(out: &mut String, value: &str) {
    out.push('"');
    if value.bytes().all(|b| b >= 0x20 && b != b'"' && b != b'\\') {
        out.push_str(value);
        out.push('"');
        return;
    }
    for c in value.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            c if u32::from(c) < 0x20 => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_as_the_formatter_writes_them() {
        for value in [0, 1, 0xf, 0x10, 0x7fff_f7dd_5000, u64::MAX] {
            let mut text = String::new();
            hex(&mut text, value);
            assert_eq!(text, format!("{value:#x}"));
        }
    }

    #[test]
    fn a_line_is_one_object_with_its_fields_in_order() {
        let line = Line::new(0.25, Tid(7), Tid(8), "x", "main").text("a", "q\"\\\n\u{1}").address("b", 0x10).integer("c", -100);
        let line = line.integers("d", [1, i64::MIN].into_iter()).maybe("e", None).end();
        let wanted = r#"{"t":0.250000,"pid":7,"tid":8,"kind":"x","phase":"main","a":"q\"\\\n\u0001","b":"0x10","c":-100,"d":[1,"-9223372036854775808"],"e":null}"#;
        assert_eq!(line, wanted);
        assert!(serde_json::from_str::<serde_json::Value>(&line).is_ok());
    }
}

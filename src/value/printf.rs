//! The formats of `printf`, and the escapes of `printf` and `echo`.

use super::float::Real;
use super::number::Number;
use super::place::{Place, Value};
use super::print::{StringEnd, read_string};
use super::printer::Printer;
use super::types::{FloatFormat, TypeKind};
use crate::base::{Error, Result, VirtAddr};

/// A part of a format.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Piece {
    /// Text that stands for itself.
    Text(String),
    /// A conversion, which takes one argument.
    Conversion(Conversion),
}

/// `%-5.2lf` and its like.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Conversion {
    left: bool,
    plus: bool,
    blank: bool,
    alternate: bool,
    zero: bool,
    width: usize,
    precision: Option<usize>,
    /// Bytes of an integer.
    bytes: u64,
    letter: char,
}

/// The widest field: more is a slip of the finger.
const MAX_WIDTH: usize = 1 << 16;

/// Reads a format in double quotes, as it stands in the command; its pieces, and the text behind the closing quote and a
/// comma (the arguments), if there is any.
pub fn parse_format(text: &str) -> Result<(Vec<Piece>, Option<&str>)> {
    let text = text.trim_start();
    if text.is_empty() {
        return Err(Error::user("Argument required (format-control string and values to print)."));
    }
    let Some(body) = text.strip_prefix('"') else { return Err(Error::user("Bad format string, missing '\"'.")) };
    let (format, rest) = unescape(body)?;
    let rest = rest.trim_start();
    let arguments = match rest.strip_prefix(',') {
        Some(arguments) => Some(arguments),
        None if rest.is_empty() => None,
        None => return Err(Error::user("Invalid argument syntax")),
    };
    Ok((pieces(&format)?, arguments))
}

/// The text up to the closing quote with its escapes replaced, and what follows the quote.
fn unescape(body: &str) -> Result<(String, &str)> {
    let mut out = String::new();
    let mut chars = body.char_indices();
    loop {
        let Some((i, c)) = chars.next() else { return Err(Error::user("Bad format string, non-terminated '\"'.")) };
        match c {
            '"' => return Ok((out, &body[i + 1..])),
            '\\' => {
                let Some((j, c)) = chars.next() else { return Err(Error::user("Bad format string, non-terminated '\"'.")) };
                match c {
                    '\\' | '"' | '\'' => out.push(c),
                    '0'..='7' => {
                        let (n, len) = octal(&body[j..]);
                        out.push(char::from(n));
                        (1..len).for_each(|_| _ = chars.next());
                    }
                    _ => match simple_escape(c) {
                        Some(c) => out.push(c),
                        None => return Err(Error::user(format!("Unrecognized escape character \\{c} in format string."))),
                    },
                }
            }
            _ => out.push(c),
        }
    }
}

/// Up to three octal digits; how many there were.
fn octal(text: &str) -> (u8, usize) {
    let digits: Vec<u32> = text.chars().map_while(|c| c.to_digit(8)).take(3).collect();
    (digits.iter().fold(0, |n, d| n * 8 + d) as u8, digits.len())
}

fn simple_escape(c: char) -> Option<char> {
    Some(match c {
        'a' => '\x07',
        'b' => '\x08',
        'e' => '\x1b',
        'f' => '\x0c',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'v' => '\x0b',
        _ => return None,
    })
}

/// The text of `echo`: C's escapes, octal numbers, a backslash before a blank keeps it, a backslash at the end is dropped.
pub fn echo_text(text: &str) -> String {
    let mut out = String::new();
    let mut chars = text.trim_start().char_indices();
    let text = text.trim_start();
    while let Some((_, c)) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        match chars.next() {
            None | Some((_, '\n')) => {}
            Some((j, '0'..='7')) => {
                let (n, len) = octal(&text[j..]);
                out.push(char::from(n));
                (1..len).for_each(|_| _ = chars.next());
            }
            Some((_, c)) => out.push(simple_escape(c).unwrap_or(c)),
        }
    }
    out
}

fn pieces(format: &str) -> Result<Vec<Piece>> {
    let mut out = Vec::new();
    let mut text = String::new();
    let mut rest = format;
    while let Some(at) = rest.find('%') {
        text.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix('%') {
            text.push('%');
            rest = after;
            continue;
        }
        let (conversion, after) = conversion(rest)?;
        if !text.is_empty() {
            out.push(Piece::Text(std::mem::take(&mut text)));
        }
        out.push(Piece::Conversion(conversion));
        rest = after;
    }
    text.push_str(rest);
    if !text.is_empty() {
        out.push(Piece::Text(text));
    }
    Ok(out)
}

fn number(rest: &mut &str) -> Option<usize> {
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    let (digits, after) = rest.split_at(end);
    *rest = after;
    (!digits.is_empty()).then(|| digits.parse().unwrap_or(MAX_WIDTH).min(MAX_WIDTH))
}

fn conversion(mut rest: &str) -> Result<(Conversion, &str)> {
    let mut c = Conversion { bytes: 4, ..Conversion::default() };
    while let Some(flag) = rest.chars().next() {
        match flag {
            '-' => c.left = true,
            '+' => c.plus = true,
            ' ' => c.blank = true,
            '#' => c.alternate = true,
            '0' => c.zero = true,
            _ => break,
        }
        rest = &rest[1..];
    }
    let star = |rest: &str| match rest.starts_with('*') {
        true => Err(Error::user("`*' not supported for precision or width in printf")),
        false => Ok(()),
    };
    star(rest)?;
    c.width = number(&mut rest).unwrap_or(0);
    if let Some(after) = rest.strip_prefix('.') {
        rest = after;
        star(rest)?;
        c.precision = Some(number(&mut rest).unwrap_or(0));
    }
    let modified = rest.trim_start_matches(['l', 'L', 'z']);
    if modified.len() < rest.len() {
        c.bytes = 8;
    }
    rest = modified;
    let Some(letter) = rest.chars().next() else {
        return Err(Error::user("Incomplete format specifier at end of format string"));
    };
    match letter {
        'd' | 'i' | 'u' | 'x' | 'X' | 'o' | 'c' | 's' | 'p' | 'e' | 'f' | 'g' | 'E' | 'G' => c.letter = letter,
        'n' => return Err(Error::user("Format specifier `n' not supported in printf")),
        _ => return Err(Error::user(format!("Unrecognized format specifier '{letter}' in printf"))),
    }
    Ok((c, &rest[letter.len_utf8()..]))
}

/// Writes a format with its arguments. Their number must be that of the conversions.
pub fn format_values(pieces: &[Piece], arguments: &[Value], printer: &Printer<'_>) -> Result<String> {
    let wanted = pieces.iter().filter(|p| matches!(p, Piece::Conversion(_))).count();
    if wanted != arguments.len() {
        return Err(Error::user("Wrong number of arguments for specified format-string"));
    }
    let mut out = String::new();
    let mut arguments = arguments.iter();
    for piece in pieces {
        match (piece, piece_argument(piece, &mut arguments)) {
            (Piece::Conversion(c), Some(value)) => out.push_str(&c.apply(value, printer)?),
            (Piece::Text(text), _) => out.push_str(text),
            _ => {}
        }
    }
    Ok(out)
}

fn piece_argument<'v>(piece: &Piece, arguments: &mut std::slice::Iter<'v, Value>) -> Option<&'v Value> {
    match piece {
        Piece::Conversion(_) => arguments.next(),
        Piece::Text(_) => None,
    }
}

impl Conversion {
    fn apply(&self, value: &Value, printer: &Printer<'_>) -> Result<String> {
        match self.letter {
            's' => {
                let mut text = string_argument(value, printer)?;
                if let Some(n) = self.precision {
                    text = text.chars().take(n).collect();
                }
                Ok(self.padded("", &text, false))
            }
            'c' => {
                let n = integer_argument(value, printer)?;
                let c = if (0..=0x7f).contains(&(n & 0xff)) { n & 0xff } else { n };
                let c = u32::try_from(c).ok().and_then(char::from_u32).unwrap_or('\u{fffd}');
                // A NUL is nothing on the screen: gdb's output ends there as well.
                Ok(self.padded("", &if c == '\0' { String::new() } else { c.to_string() }, false))
            }
            'e' | 'f' | 'g' | 'E' | 'G' => {
                let real = real_argument(value, printer)?;
                let text = real.to_c(self.letter.to_ascii_lowercase(), self.precision.unwrap_or(6), self.alternate);
                let text = if self.letter.is_uppercase() { text.to_uppercase() } else { text };
                Ok(self.padded(self.sign(real.is_negative()), &text, self.zero))
            }
            'p' => {
                let n = integer_argument(value, printer)? as u64;
                Ok(self.padded("", &if n == 0 { "(nil)".to_owned() } else { format!("{n:#x}") }, false))
            }
            _ => Ok(self.integer(integer_argument(value, printer)?)),
        }
    }

    fn sign(&self, negative: bool) -> &'static str {
        match (negative, self.plus, self.blank) {
            (true, ..) => "-",
            (_, true, _) => "+",
            (_, _, true) => " ",
            _ => "",
        }
    }

    fn integer(&self, n: i128) -> String {
        let cut = if self.bytes == 4 { i128::from(n as i32) } else { i128::from(n as i64) };
        let bits = if self.bytes == 4 { u64::from(n as u32) } else { n as u64 };
        let (sign, mut digits) = match self.letter {
            'd' | 'i' => (self.sign(cut < 0), cut.unsigned_abs().to_string()),
            'u' => ("", bits.to_string()),
            'o' => ("", format!("{}{bits:o}", if self.alternate && bits != 0 { "0" } else { "" })),
            'x' => (if self.alternate && bits != 0 { "0x" } else { "" }, format!("{bits:x}")),
            _ => (if self.alternate && bits != 0 { "0X" } else { "" }, format!("{bits:X}")),
        };
        if let Some(n) = self.precision {
            digits = format!("{digits:0>n$}");
        }
        self.padded(sign, &digits, self.zero && self.precision.is_none())
    }

    /// Blanks, or zeros between the sign and the digits, up to the width.
    fn padded(&self, sign: &str, text: &str, zeros: bool) -> String {
        let gap = self.width.saturating_sub(sign.chars().count() + text.chars().count());
        match (self.left, zeros) {
            (true, _) => format!("{sign}{text}{}", " ".repeat(gap)),
            (false, true) => format!("{sign}{}{text}", "0".repeat(gap)),
            (false, false) => format!("{}{sign}{text}", " ".repeat(gap)),
        }
    }
}

fn integer_argument(value: &Value, printer: &Printer<'_>) -> Result<i128> {
    match value.place {
        Place::Memory(addr) if value.ty.is_function() || value.ty.element().is_some() => Ok(addr.0.into()),
        _ => value.to_int(printer.memory),
    }
}

/// gdb's way: an integer of the size of a floating-point type is taken for its bits.
fn real_argument(value: &Value, printer: &Printer<'_>) -> Result<Real> {
    let bytes = value.whole_bytes(printer.memory, printer.options.max_value_size)?;
    match (value.number(printer.memory)?, bytes.len()) {
        (Some(Number::Real(r)), _) => Ok(r),
        (Some(_), 4) => Ok(Real::decode(&bytes, FloatFormat::Single)),
        (Some(_), 8) => Ok(Real::decode(&bytes, FloatFormat::Double)),
        (Some(n), _) => Ok(n.to_real()),
        (None, _) => Err(Error::user("Invalid floating value found in program.")),
    }
}

fn string_argument(value: &Value, printer: &Printer<'_>) -> Result<String> {
    let lossy = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    if !matches!(value.place, Place::Memory(_)) && matches!(value.ty.stripped().kind, TypeKind::Array { .. }) {
        let bytes = value.bytes(printer.memory, printer.options.max_value_size)?;
        return Ok(lossy(bytes.split(|b| *b == 0).next().unwrap_or_default()));
    }
    let addr = VirtAddr(integer_argument(value, printer)? as u64);
    if addr.0 == 0 {
        return Ok("(null)".to_owned());
    }
    match read_string(printer.memory, addr, 1, 1 << 26) {
        (_, StringEnd::Fault(addr)) => Err(Error::Fault { addr }),
        (bytes, _) => Ok(lossy(&bytes)),
    }
}

#[cfg(test)]
mod tests {
    use super::super::options::{PrintOptions, Symbols};
    use super::super::types::Type;
    use super::*;
    use crate::base::SliceMemory;

    struct NoSymbols;

    impl Symbols for NoSymbols {
        fn symbol(&self, _: VirtAddr) -> Option<String> {
            None
        }
    }

    fn printf(format: &str, arguments: &[Value]) -> String {
        let memory = SliceMemory { start: VirtAddr(0x1000), bytes: b"pointed\0".to_vec() };
        let options = PrintOptions::default();
        let printer = Printer { memory: &memory, symbols: &NoSymbols, options: &options };
        let formatted = parse_format(format).and_then(|(pieces, _)| format_values(&pieces, arguments, &printer));
        formatted.unwrap_or_else(|e| e.to_string())
    }

    fn int(n: i128) -> Value {
        Value::int(&Type::int(), n)
    }

    fn double(x: f64) -> Value {
        Value::computed(&Type::double(), x.to_le_bytes())
    }

    #[test]
    fn formats_are_gdbs() {
        let string = Value::computed(&Type::array(&Type::char(), 4), *b"abc\0");
        for (format, argument, text) in [
            (r#""%5d|""#, int(5), "    5|"),
            (r#""%-5d|%%""#, int(5), "5    |%"),
            (r#""%05d""#, int(6), "00006"),
            (r#""%x %%""#, int(255), "ff %"),
            (r#""%#x""#, int(255), "0xff"),
            (r#""%#o""#, int(8), "010"),
            (r#""%#5x|""#, int(10), "  0xa|"),
            (r#""%u""#, int(-1), "4294967295"),
            (r#""%lu""#, int(-1), "18446744073709551615"),
            (r#""%lx""#, Value::int(&Type::char(), -1), "ffffffffffffffff"),
            (r#""%+d""#, int(5), "+5"),
            (r#""% d""#, int(5), " 5"),
            (r#""%8.3d""#, int(5), "     005"),
            (r#""%5c|""#, int(65), "    A|"),
            (r#""%10s|""#, string.clone(), "       abc|"),
            (r#""%.2s|""#, string, "ab|"),
            (r#""%s""#, int(0x1000), "pointed"),
            (r#""%s""#, int(0), "(null)"),
            (r#""%s""#, int(5), "Cannot access memory at address 0x5"),
            (r#""%p""#, int(0), "(nil)"),
            (r#""%5p|""#, int(5), "  0x5|"),
            (r#""%5.2f|""#, double(4.14159), " 4.14|"),
            (r#""%08.3f""#, double(4.14159), "0004.142"),
            (r#""%+.1e""#, double(31415.9), "+3.1e+04"),
            (r#""%G""#, double(1e100), "1E+100"),
            (r#""%d""#, double(1.9), "1"),
            (r#""%f""#, int(1), "0.000000"),
            (r#""%d""#, Value::void(), "Value can't be converted to integer."),
        ] {
            assert_eq!(printf(format, &[argument]), text, "{format}");
        }
    }

    #[test]
    fn mistakes_are_gdbs() {
        for (format, text) in [
            ("", "Argument required (format-control string and values to print)."),
            ("%d, 1", "Bad format string, missing '\"'."),
            ("\"abc", "Bad format string, non-terminated '\"'."),
            ("\"%\"", "Incomplete format specifier at end of format string"),
            ("\"%k\", 1", "Unrecognized format specifier 'k' in printf"),
            ("\"%5%|\"", "Unrecognized format specifier '%' in printf"),
            ("\"%hd\", 1", "Unrecognized format specifier 'h' in printf"),
            ("\"%n\", 1", "Format specifier `n' not supported in printf"),
            ("\"%*d\", 1", "`*' not supported for precision or width in printf"),
            ("\"\\q\"", "Unrecognized escape character \\q in format string."),
            ("\"%d\"", "Wrong number of arguments for specified format-string"),
            ("\"%d\" 1", "Invalid argument syntax"),
            ("\"\\a\\n\\t\\\\\\\"\\101\\e\"", "\x07\n\t\\\"A\x1b"),
        ] {
            assert_eq!(printf(format, &[]), text, "{format}");
        }
    }

    #[test]
    fn echo_is_gdbs() {
        for (text, shown) in [
            ("hello\\n", "hello\n"),
            (" two  spaces \\n", "two  spaces \n"),
            ("a\\tb\\101\\\\\\n", "a\tbA\\\n"),
            ("\"quoted\"\\n", "\"quoted\"\n"),
            ("\\", ""),
            ("a\\ b", "a b"),
            ("\\q", "q"),
            ("\\   lead", "   lead"),
        ] {
            assert_eq!(echo_text(text), shown);
        }
    }

    proptest::proptest! {
        #[test]
        fn no_format_makes_it_panic(format in "\"[%a-zA-Z0-9 .+#*\\\\-]*\"?,?") {
            printf(&format, &[int(5), double(1.5), int(7)]);
            echo_text(&format);
        }
    }
}

//! Text into tokens, one at a time and only as far as the parser asks: a line of ten megabytes costs what is looked at.

use std::sync::Arc;

use super::host::Names;
use crate::base::{Error, Result, Span};
use crate::value::{FloatFormat, Language, ModuleRef, Real, Type, Value};

/// A token.
#[derive(Clone, Debug)]
pub(super) enum Token {
    /// A number or a character.
    Constant(Value),
    /// The bytes of a string literal, and the type of its characters.
    Str(Vec<u8>, Arc<Type>),
    /// A name; `quoted` if it stood in single quotes.
    Name { name: Arc<str>, quoted: bool },
    /// A module and its `!`.
    Module(ModuleRef),
    /// What follows a `$`.
    Dollar(Arc<str>),
    /// An operator or a bracket.
    Op(&'static str),
    /// The end of the expression, which need not be the end of the text.
    End,
}

/// A token and where it stands.
#[derive(Clone, Debug)]
pub(super) struct Spanned {
    pub(super) token: Token,
    pub(super) span: Span,
}

/// The longest name of a module before a `!`.
const MAX_MODULE: usize = 256;

/// Longer first.
const OPERATORS: [&str; 48] = [
    "...", "->*", ".*", "<<=", ">>=", "->", "++", "--", "<<", ">>", "<=", ">=", "==", "!=", "&&", "||", "+=", "-=", "*=", "/=",
    "%=", "&=", "|=", "^=", "::", "+", "-", "*", "/", "%", "&", "|", "^", "~", "!", "<", ">", "=", "?", ":", ",", ".", "(", ")",
    "[", "]", "{", "}",
];

#[derive(Clone)]
pub(super) struct Lexer<'a> {
    text: &'a str,
    pos: usize,
    /// Open brackets: a closing one without an opening one ends the expression.
    open: u32,
    /// Whether a comma outside brackets ends it too.
    comma_ends: bool,
    names: &'a dyn Names,
}

fn is_name_start(c: u8) -> bool {
    c.is_ascii_alphabetic() || c == b'_' || c >= 0x80
}

fn is_name_byte(c: u8) -> bool {
    is_name_start(c) || c.is_ascii_digit() || c == b'$'
}

/// The loaded module that a text begins with, if a `!` follows which is no `!=`; and the length of both.
pub(super) fn module_before_bang(rest: &str, names: &dyn Names) -> Option<(ModuleRef, usize)> {
    let window = rest.as_bytes();
    let window = window.get(..MAX_MODULE).unwrap_or(window);
    let bang = memchr::memchr(b'!', window)?;
    if window.get(bang + 1) == Some(&b'=') {
        return None;
    }
    let (module, len) = names.match_module(rest)?;
    (rest.as_bytes().get(len) == Some(&b'!')).then_some((module, len + 1))
}

impl<'a> Lexer<'a> {
    pub(super) fn new(text: &'a str, comma_ends: bool, names: &'a dyn Names) -> Lexer<'a> {
        Lexer { text, pos: 0, open: 0, comma_ends, names }
    }

    fn bytes(&self) -> &'a [u8] {
        self.text.as_bytes()
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.pos..).unwrap_or_default()
    }

    fn error(&self, message: impl Into<String>) -> Error {
        Error::Syntax { message: message.into(), span: Span { start: self.pos, end: self.text.len() } }
    }

    /// Goes on at this offset of the text.
    pub(super) fn jump(&mut self, to: usize) {
        self.pos = to.min(self.text.len());
    }

    /// The next token.
    pub(super) fn next(&mut self) -> Result<Spanned> {
        while self.bytes().get(self.pos).is_some_and(u8::is_ascii_whitespace) {
            self.pos += 1;
        }
        let start = self.pos;
        let token = self.token()?;
        Ok(Spanned { token, span: Span { start, end: self.pos } })
    }

    fn token(&mut self) -> Result<Token> {
        let bytes = &self.bytes()[self.pos.min(self.text.len())..];
        let Some(&first) = bytes.first() else { return Ok(Token::End) };
        if (first.is_ascii_alphanumeric() || first == b'_')
            && let Some(module) = self.module()
        {
            return Ok(Token::Module(module));
        }
        let digit_at = |i: usize| bytes.get(i).is_some_and(u8::is_ascii_digit);
        if first.is_ascii_digit() || (first == b'.' && digit_at(1)) {
            return self.number();
        }
        if let Some(token) = self.quoted(bytes)? {
            return Ok(token);
        }
        if first == b'$' {
            let len = 1 + bytes[1..].iter().take_while(|c| is_name_byte(**c)).count();
            let name = &self.rest()[1..len];
            self.pos += len;
            return Ok(Token::Dollar(name.into()));
        }
        if is_name_start(first) {
            return Ok(self.name());
        }
        self.operator()
    }

    /// `libc.so.6!`
    fn module(&mut self) -> Option<ModuleRef> {
        let (module, len) = module_before_bang(self.rest(), self.names)?;
        self.pos += len;
        Some(module)
    }

    fn name(&mut self) -> Token {
        let bytes = &self.bytes()[self.pos..];
        let mut len = bytes.iter().take_while(|c| is_name_byte(**c)).count();
        let word = &self.rest()[..len];
        if self.ends_expression(word) {
            return Token::End;
        }
        // gdb's names of slots and stubs, which are no `@` operators: `puts@got.plt`.
        if word == "operator" && self.names.language() == Language::Cpp {
            len += operator_sign(&self.rest()[len..]);
        }
        for suffix in ["@got.plt", "@plt", "@got", "@entry"] {
            let after = bytes.get(len + suffix.len());
            if self.rest()[len..].starts_with(suffix) && !after.is_some_and(|c| is_name_byte(*c)) {
                len += suffix.len();
                break;
            }
        }
        let name = &self.rest()[..len];
        let is_operator = name.starts_with("operator") && !name.ends_with(is_name_char);
        let name: Arc<str> = if is_operator { name.split_whitespace().collect::<String>().into() } else { name.into() };
        self.pos += len;
        Token::Name { name, quoted: false }
    }

    /// `if`, and `thread 3`, `task 3` (also shortened): what follows an expression in `break` and `watch`.
    fn ends_expression(&self, word: &str) -> bool {
        let shortens = |full: &str| full.starts_with(word);
        if word == "if" {
            return true;
        }
        if !(shortens("thread") || shortens("task")) {
            return false;
        }
        let after = &self.rest()[word.len()..];
        after.starts_with([' ', '\t']) && after.trim_start().starts_with(|c: char| c.is_ascii_digit())
    }

    fn operator(&mut self) -> Result<Token> {
        let rest = self.rest();
        if rest.starts_with('@') {
            self.pos += 1;
            return Ok(Token::Op("@"));
        }
        let Some(op) = OPERATORS.iter().find(|op| rest.starts_with(**op)) else {
            let c = rest.chars().next().unwrap_or_default();
            return Err(self.error(format!("Invalid character '{c}' in expression.")));
        };
        match *op {
            "(" | "[" | "{" => self.open = self.open.saturating_add(1),
            ")" | "]" | "}" if self.open == 0 => return Ok(Token::End),
            ")" | "]" | "}" => self.open -= 1,
            "," if self.open == 0 && self.comma_ends => return Ok(Token::End),
            _ => {}
        }
        self.pos += op.len();
        Ok(Token::Op(op))
    }

    /// Characters, strings, and names in single quotes, with `L`, `u`, `U` and `u8` in front.
    fn quoted(&mut self, bytes: &[u8]) -> Result<Option<Token>> {
        let (prefix, character) = match bytes {
            [b'\'' | b'"', ..] => (0, "char"),
            [b'u', b'8', b'"', ..] => (2, "char"),
            [b'L', b'\'' | b'"', ..] => (1, "wchar_t"),
            [b'u', b'\'' | b'"', ..] => (1, "char16_t"),
            [b'U', b'\'' | b'"', ..] => (1, "char32_t"),
            _ => return Ok(None),
        };
        let quote = bytes[prefix];
        let Some(len) = closing_quote(&bytes[prefix + 1..], quote) else {
            return Err(self.error(match quote {
                b'\'' => "Unmatched single quote.",
                _ => "Unterminated string in expression.",
            }));
        };
        let inside = &self.rest()[prefix + 1..prefix + 1 + len];
        let ty = crate::value::base_type(character).unwrap_or_else(Type::char);
        let width = ty.size as usize;
        self.pos += prefix + len + 2;
        // gdb takes three and more characters between single quotes for a name; escapes are not looked at there.
        if quote == b'\'' && prefix == 0 && inside.len() > 2 && !inside.starts_with('\\') {
            return Ok(Some(Token::Name { name: inside.into(), quoted: true }));
        }
        let content = unescaped(inside, width).map_err(|message| self.error(message))?;
        if quote == b'"' {
            return Ok(Some(Token::Str(content, ty)));
        }
        match content.len() / width {
            0 => Err(self.error("A character constant must contain at least one character.")),
            1 => Ok(Some(Token::Constant(Value::computed(&ty, content)))),
            _ => Err(self.error("Invalid character constant.")),
        }
    }

    fn number(&mut self) -> Result<Token> {
        let bytes = &self.bytes()[self.pos..];
        let hex = matches!(bytes, [b'0', b'x' | b'X', ..]);
        let (mut dot, mut exponent) = (false, None);
        let mut len = if hex { 2 } else { 0 };
        // Any letters and digits are taken; what they are worth is seen afterwards.
        while let Some(c) = bytes.get(len) {
            match c.to_ascii_lowercase() {
                b'e' if !hex && exponent.is_none() => (dot, exponent) = (true, Some(len)),
                b'p' if exponent.is_none() => (dot, exponent) = (true, Some(len)),
                b'.' if !dot => dot = true,
                b'+' | b'-' if exponent.is_some_and(|e| e + 1 == len) => {}
                c if c.is_ascii_alphanumeric() => {}
                _ => break,
            }
            len += 1;
        }
        let text = &self.rest()[..len];
        let value = if dot { float(text, hex) } else { integer(text) };
        match value {
            Some(Ok(value)) => {
                self.pos += len;
                Ok(Token::Constant(value))
            }
            Some(Err(message)) => Err(self.error(message)),
            None => Err(self.error(format!("Invalid number \"{}\".", shortened(text)))),
        }
    }
}

fn is_name_char(c: char) -> bool {
    u8::try_from(c).map_or(true, is_name_byte)
}

/// The length of the sign of C++ behind `operator`, with blanks before it; 0 if there is none.
fn operator_sign(text: &str) -> usize {
    const SIGNS: [&str; 42] = [
        "()", "[]", "->*", "<<=", ">>=", "<=>", "->", "++", "--", "<<", ">>", "<=", ">=", "==", "!=", "&&", "||", "+=", "-=",
        "*=", "/=", "%=", "^=", "&=", "|=", "+", "-", "*", "/", "%", "^", "&", "|", "~", "!", "=", "<", ">", ",", "new[]",
        "delete[]", "( )",
    ];
    let trimmed = text.trim_start();
    SIGNS.iter().find(|sign| trimmed.starts_with(**sign)).map_or(0, |sign| text.len() - trimmed.len() + sign.len())
}

/// The text, cut where it would not fit on a line.
pub(super) fn shortened(text: &str) -> String {
    const MOST: usize = 200;
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text.to_owned(),
    }
}

fn closing_quote(bytes: &[u8], quote: u8) -> Option<usize> {
    let mut i = 0;
    loop {
        match *bytes.get(i)? {
            b'\\' => i += 2,
            c if c == quote => return Some(i),
            _ => i += 1,
        }
    }
}

/// The bytes of a literal: escapes replaced, characters of `width` bytes. An error is gdb's sentence.
fn unescaped(text: &str, width: usize) -> std::result::Result<Vec<u8>, &'static str> {
    let mut out = Vec::with_capacity(text.len() * width);
    let mut rest = text;
    let mut push = |n: u32| out.extend(n.to_le_bytes().into_iter().take(width));
    while let Some(c) = rest.chars().next() {
        rest = &rest[c.len_utf8()..];
        if c != '\\' {
            match width {
                1 => c.encode_utf8(&mut [0; 4]).bytes().for_each(|b| push(b.into())),
                2 => c.encode_utf16(&mut [0; 2]).iter().for_each(|w| push((*w).into())),
                _ => push(c.into()),
            }
            continue;
        }
        let Some(c) = rest.chars().next() else { break };
        let digits =
            |radix: u32, from: usize, most: usize| rest[from..].chars().take(most).take_while(|c| c.is_digit(radix)).count();
        let (n, len) = match c {
            '0'..='7' => {
                let len = digits(8, 0, 3);
                (u32::from_str_radix(&rest[..len], 8).unwrap_or(0), len)
            }
            'x' => {
                let len = digits(16, 1, rest.len());
                if len == 0 {
                    return Err("\\x escape without a following hex digit");
                }
                // Of more digits than fit the last ones count.
                let tail = &rest[1 + len.saturating_sub(8)..1 + len];
                (u32::from_str_radix(tail, 16).unwrap_or(u32::from(b'x')), 1 + len)
            }
            'u' | 'U' => {
                let len = digits(16, 1, if c == 'u' { 4 } else { 8 });
                (u32::from_str_radix(&rest[1..1 + len], 16).unwrap_or(c.into()), 1 + len)
            }
            'a' => (7, 1),
            'b' => (8, 1),
            'e' => (27, 1),
            'f' => (12, 1),
            'n' => (10, 1),
            'r' => (13, 1),
            't' => (9, 1),
            'v' => (11, 1),
            c => (c.into(), c.len_utf8()),
        };
        rest = &rest[len..];
        push(n);
    }
    Ok(out)
}

/// A floating-point literal; `None` if it is none.
fn float(text: &str, hex: bool) -> Option<Result<Value, String>> {
    let (digits, ty, format) = match text.as_bytes().last()?.to_ascii_lowercase() {
        b'f' if !hex || text.contains(['p', 'P']) => (&text[..text.len() - 1], Type::float32(), FloatFormat::Single),
        b'l' => (&text[..text.len() - 1], Type::long_double(), FloatFormat::X87),
        _ => (text, Type::double(), FloatFormat::Double),
    };
    let (radix, mark, body) = if hex { (16, ['p', 'P'], &digits[2..]) } else { (10, ['e', 'E'], digits) };
    let (mantissa, exponent) = body.split_once(mark).unwrap_or((body, ""));
    let mantissa_ok = mantissa.chars().all(|c| c == '.' || c.is_digit(radix)) && mantissa.chars().any(|c| c.is_digit(radix));
    let unsigned = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    if !mantissa_ok || !unsigned.bytes().all(|c| c.is_ascii_digit()) {
        return None;
    }
    // As gdb: `1e` is 1.
    let number = if unsigned.is_empty() { digits.trim_end_matches(['+', '-', 'e', 'E', 'p', 'P']) } else { digits };
    Some(Ok(Value::computed(&ty, Real::parse(number).encode(format))))
}

/// An integer literal; `None` if it is none.
fn integer(text: &str) -> Option<Result<Value, String>> {
    let lower = text.to_ascii_lowercase();
    let (radix, digits) = match lower.as_bytes() {
        [b'0', b'x', ..] => (16, &lower[2..]),
        [b'0', b't' | b'd', ..] => (10, &lower[2..]),
        [b'0', b'b', ..] => (2, &lower[2..]),
        [b'0', _, ..] => (8, &lower[1..]),
        _ => (10, &lower[..]),
    };
    let bare = digits.trim_end_matches(['u', 'l']);
    let suffix = &digits[bare.len()..];
    // `0l` is 0, an octal number whose digits are its prefix.
    let bare = if radix == 8 && bare.is_empty() { "0" } else { bare };
    if bare.is_empty() || !bare.chars().all(|c| c.is_digit(radix)) {
        return None;
    }
    let Ok(n) = u64::from_str_radix(bare, radix) else { return Some(Err("Numeric constant too large.".to_owned())) };
    let unsigned = suffix.contains('u');
    let longs = suffix.matches('l').count();
    let type_of = |name: &str| crate::value::base_type(name).unwrap_or_else(Type::int);
    let decimal = radix == 10;
    // C's rules (C11 6.4.4.1), with gdb's unsigned long where C has no type for a decimal number.
    let ty = match longs {
        0 if !unsigned && n <= i32::MAX as u64 => "int",
        0 if (unsigned || !decimal) && n <= u32::MAX.into() => "unsigned int",
        0 | 1 if !unsigned && n <= i64::MAX as u64 => "long",
        0 | 1 => "unsigned long",
        _ if !unsigned && n <= i64::MAX as u64 => "long long",
        _ => "unsigned long long",
    };
    Some(Ok(Value::int(&type_of(ty), n.into())))
}

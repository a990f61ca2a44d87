//! The preprocessor's tokens (C11 §6.4).

use std::rc::Rc;

/// What a token is to the preprocessor.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    /// An identifier, also one that C takes for a keyword.
    Name,
    /// Anything that begins as a number does.
    Number,
    /// A string or a character.
    Quoted,
    /// Anything else: an operator, a bracket, a character that C does not know.
    Sign,
    /// No text: an argument that is empty, next to `##`.
    Nothing,
}

/// Where in the text that the user wrote a token, or the use of the macro that it came from, is: half-open, in bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Origin {
    pub start: usize,
    pub end: usize,
    /// It came from a macro.
    pub replaced: bool,
}

/// A token.
#[derive(Clone, Debug)]
pub(super) struct Token {
    pub kind: Kind,
    pub text: Rc<str>,
    /// The blanks and comments before it.
    pub before: Rc<str>,
    /// It is the name of a macro that it was found within, and stands for itself for good (C11 §6.10.3.4).
    pub painted: bool,
    pub origin: Origin,
}

impl Token {
    /// Whether it is this operator or bracket.
    pub fn is(&self, sign: &str) -> bool {
        self.kind == Kind::Sign && *self.text == *sign
    }

    /// Whether it is this identifier.
    pub fn is_name(&self, name: &str) -> bool {
        self.kind == Kind::Name && *self.text == *name
    }
}

/// Longer first.
const SIGNS: [&str; 24] = [
    "...", "<<=", ">>=", "->*", "->", "++", "--", "<<", ">>", "<=", ">=", "==", "!=", "&&", "||", "+=", "-=", "*=", "/=", "%=",
    "&=", "|=", "^=", "##",
];

/// gdb's sentences for quotes that do not end.
const NO_STRING_END: &str = "Unterminated string in expression.";
const NO_CHARACTER_END: &str = "Unmatched single quote.";

/// The tokens of a text, and the blanks behind the last one. An error is gdb's sentence.
pub(super) fn tokens(text: &str) -> Result<(Vec<Token>, &str), &'static str> {
    tokens_but(text, |_| None)
}

/// The same; `opaque` tells how much of a text, that begins with a name, no macro is looked for in.
pub(super) fn tokens_but(text: &str, opaque: impl Fn(&str) -> Option<usize>) -> Result<(Vec<Token>, &str), &'static str> {
    let mut found = Vec::new();
    let mut at = 0;
    loop {
        let start = at + blank_length(text.get(at..).unwrap_or_default());
        let before = text.get(at..start).unwrap_or_default();
        let rest = text.get(start..).unwrap_or_default();
        if rest.is_empty() {
            return Ok((found, before));
        }
        let (kind, len) = token(rest)?;
        let (kind, len) = match kind {
            Kind::Name => opaque(rest).map_or((kind, len), |len| (Kind::Sign, len)),
            kind => (kind, len),
        };
        let origin = Origin { start, end: start + len, replaced: false };
        let text = rest.get(..len).unwrap_or_default();
        found.push(Token { kind, text: text.into(), before: before.into(), painted: false, origin });
        at = start + len.max(1);
    }
}

/// The length of the blanks and comments that a text begins with.
fn blank_length(text: &str) -> usize {
    let mut at = 0;
    loop {
        let rest = text.get(at..).unwrap_or_default();
        let blanks = rest.len() - rest.trim_start().len();
        let rest = rest.get(blanks..).unwrap_or_default();
        at += blanks;
        if rest.starts_with("//") {
            return text.len();
        }
        match rest.strip_prefix("/*").and_then(|inside| inside.find("*/")) {
            Some(end) => at += end + 4,
            None => return at,
        }
    }
}

/// The token that a text begins with, and its length in bytes.
fn token(text: &str) -> Result<(Kind, usize), &'static str> {
    let bytes = text.as_bytes();
    let byte = |i: usize| bytes.get(i).copied().unwrap_or(0);
    let prefix = ["u8", "L", "u", "U", ""].into_iter().find(|p| text.starts_with(p) && matches!(byte(p.len()), b'"' | b'\''));
    if let Some(prefix) = prefix {
        let quote = byte(prefix.len());
        let missing = if quote == b'"' { NO_STRING_END } else { NO_CHARACTER_END };
        let mut at = prefix.len() + 1;
        while byte(at) != quote {
            at += if byte(at) == b'\\' { 2 } else { 1 };
            if at >= bytes.len() {
                return Err(missing);
            }
        }
        return Ok((Kind::Quoted, at + 1));
    }
    if is_name_start(byte(0)) {
        return Ok((Kind::Name, bytes.iter().take_while(|b| is_name_part(**b)).count()));
    }
    if byte(0).is_ascii_digit() || byte(0) == b'.' && byte(1).is_ascii_digit() {
        let is_part = |i: &usize| {
            let is_sign = matches!(byte(*i), b'+' | b'-') && matches!(byte(*i - 1), b'e' | b'E' | b'p' | b'P');
            is_name_part(byte(*i)) || byte(*i) == b'.' || is_sign
        };
        return Ok((Kind::Number, 1 + (1..bytes.len()).take_while(is_part).count()));
    }
    let sign = SIGNS.iter().find(|sign| text.starts_with(**sign)).map_or(0, |sign| sign.len());
    Ok((Kind::Sign, if sign == 0 { text.chars().next().map_or(1, char::len_utf8) } else { sign }))
}

/// `$` is a letter to gcc, and what it begins is no macro to the debugger.
fn is_name_start(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_' || byte == b'$' || byte >= 0x80
}

fn is_name_part(byte: u8) -> bool {
    is_name_start(byte) || byte.is_ascii_digit()
}

/// The text of tokens: with the blanks that they were written with, and one where two would be read as something else.
pub(super) fn text_of(tokens: &[Token]) -> String {
    let mut text = String::new();
    for (index, token) in tokens.iter().enumerate() {
        push(&mut text, index.checked_sub(1).and_then(|i| tokens.get(i)), token);
    }
    text
}

/// Adds a token to a text that ends with `last`.
pub(super) fn push(text: &mut String, last: Option<&Token>, token: &Token) {
    text.push_str(&token.before);
    if token.before.is_empty() && last.is_some_and(|last| merges(last, token)) {
        text.push(' ');
    }
    text.push_str(&token.text);
}

/// Whether two tokens that stand side by side would be read as other ones.
fn merges(a: &Token, b: &Token) -> bool {
    // What the user has written without a blank was read so.
    if !a.origin.replaced && !b.origin.replaced && a.origin.end == b.origin.start {
        return false;
    }
    let both = format!("{}{}", a.text, b.text);
    // The beginning of a comment is no token at all.
    blank_length(&both) != 0 || token(&both).map_or(true, |(_, len)| len != a.text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(text: &str) -> Vec<String> {
        match tokens(text) {
            Ok((found, _)) => found.iter().map(|t| t.text.to_string()).collect(),
            Err(e) => vec![e.to_owned()],
        }
    }

    #[test]
    fn tokens_are_cs() {
        assert_eq!(split("a+=b->c"), ["a", "+=", "b", "->", "c"]);
        assert_eq!(split("1.5e+3x .5 1..2 0xp-1"), ["1.5e+3x", ".5", "1..2", "0xp-1"]);
        assert_eq!(split("L\"a\\\"b\" u8'x' u \"\""), ["L\"a\\\"b\"", "u8'x'", "u", "\"\""]);
        assert_eq!(split("a /* b */ c // d"), ["a", "c"]);
        assert_eq!(split("/*open"), ["/", "*", "open"]);
        assert_eq!(split("é $x"), ["é", "$x"]);
        assert_eq!(split("\"open"), [NO_STRING_END]);
        assert_eq!(split("'open"), [NO_CHARACTER_END]);
        assert_eq!(split("\"open\\"), [NO_STRING_END]);
        assert_eq!(tokens("a  /* */ ").map(|t| t.1), Ok("  /* */ "));
    }
}

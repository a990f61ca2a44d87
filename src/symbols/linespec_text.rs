//! gdb's grammar of locations: `FILE:LINE`, `FUNCTION:LABEL`, quotes, and the same in words (`-source FILE -line N`).
//!
//! What a name before a colon is depends on the files that there are, so the reader asks for that. Sentences are gdb 13's.

use crate::base::{Error, Result, Span};

/// The parts of a location as they were written, without quotes.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Written {
    /// The source file.
    pub file: Option<String>,
    /// A function's name; where no file of that name is known, also what stood before a colon.
    pub function: Option<String>,
    /// A label in it.
    pub label: Option<String>,
    /// A line, perhaps with a sign.
    pub line: Option<String>,
    /// Whether the scopes of the name must be complete.
    pub qualified: bool,
}

/// A piece of a location.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Token<'t> {
    Text(&'t str),
    Number(&'t str),
    Colon,
    Comma,
    /// `if`, `thread` and what else ends a location.
    Keyword,
    End,
}

/// An error of form: no library that is loaded later can mend it.
fn malformed(message: String) -> Error {
    Error::Syntax { message, span: Span::default() }
}

fn unexpected(token: Token<'_>) -> Error {
    let what = match token {
        Token::Text(t) => format!("string, \"{t}\""),
        Token::Number(t) => format!("number, \"{t}\""),
        Token::Colon => "colon".to_owned(),
        Token::Comma => "comma".to_owned(),
        Token::Keyword => "keyword".to_owned(),
        Token::End => "end of input".to_owned(),
    };
    malformed(format!("malformed linespec error: unexpected {what}"))
}

impl Written {
    /// Reads a location. `is_file` says whether a source file of that name is known, `is_function` whether a function is.
    pub fn parse(text: &str, is_file: &dyn Fn(&str) -> bool, is_function: &dyn Fn(&str) -> bool) -> Result<Written> {
        let text = text.trim();
        let (words, rest) = in_words(text)?;
        match words {
            Some(words) if rest.is_empty() || !words.is_bare() => words.checked(rest),
            // `-qualified` before a location that is not in words.
            Some(_) => Ok(Written { qualified: true, ..plain(rest, is_file, is_function)? }),
            None => plain(text, is_file, is_function),
        }
    }

    /// Whether only `-qualified` was given.
    fn is_bare(&self) -> bool {
        self.file.is_none() && self.function.is_none() && self.label.is_none() && self.line.is_none()
    }

    fn checked(self, rest: &str) -> Result<Written> {
        if self.file.is_some() && self.function.is_none() && self.label.is_none() && self.line.is_none() {
            return Err(malformed("Source filename requires function, label, or line offset.".to_owned()));
        }
        if !rest.is_empty() && !is_keyword(rest) {
            return Err(malformed(format!("Garbage '{rest}' at end of command")));
        }
        if self.label.is_some() && self.function.is_some() && !rest.is_empty() && !is_keyword(rest) {
            return Ok(self);
        }
        if let Some(line) = self.line.as_deref().filter(|l| number_length(l) != Some(l.len())) {
            return Err(malformed(format!("malformed line offset: \"{line}\"")));
        }
        if self.is_bare() {
            return Err(malformed("Empty line specification.".to_owned()));
        }
        Ok(self)
    }
}

/// The options at the front of a location, and what follows them.
fn in_words(text: &str) -> Result<(Option<Written>, &str)> {
    let mut found: Option<Written> = None;
    let mut rest = text;
    loop {
        let word = rest.split_whitespace().next().unwrap_or_default();
        let is_option = word.starts_with('-') && !word.get(1..2).is_some_and(|c| c.bytes().all(|b| b.is_ascii_digit()));
        if !is_option || is_keyword(rest) {
            return Ok((found, rest));
        }
        let known = ["-source", "-function", "-qualified", "-line", "-label"];
        let Some(option) = known.into_iter().find(|o| word.len() > 1 && o.starts_with(word)) else {
            return Err(malformed(format!("invalid explicit location argument, \"{word}\"")));
        };
        let after = rest.get(word.len()..).unwrap_or_default().trim_start();
        let parts = found.get_or_insert_default();
        if option == "-qualified" {
            parts.qualified = true;
            rest = after;
            continue;
        }
        let end = if option == "-function" { function_end(after) } else { word_end(after)? };
        let (value, left) = after.split_at(end);
        if value.trim().is_empty() {
            return Err(malformed(format!("missing argument for \"{option}\"")));
        }
        let value = Some(unquoted(value.trim()).to_owned());
        match option {
            "-source" => parts.file = value,
            "-function" => parts.function = value,
            "-line" => parts.line = value,
            _ => parts.label = value,
        }
        rest = left.trim_start();
    }
}

/// Where the value of an option ends: at a blank, or behind the closing quote.
fn word_end(text: &str) -> Result<usize> {
    match text.chars().next().filter(|c| matches!(c, '"' | '\'')) {
        Some(quote) => closing(text, quote).ok_or_else(|| malformed("unmatched quote".to_owned())),
        None => Ok(text.find(char::is_whitespace).unwrap_or(text.len())),
    }
}

/// A C++ name has blanks: it ends before the next option or keyword.
fn function_end(text: &str) -> usize {
    let starts = |at: &usize| {
        let rest = text.get(*at..).unwrap_or_default().trim_start();
        is_keyword(rest) || rest.starts_with('-') && rest.get(1..2).is_some_and(|c| c.bytes().all(|b| b.is_ascii_lowercase()))
    };
    text.match_indices(char::is_whitespace).map(|(at, _)| at).find(starts).unwrap_or(text.len())
}

/// The end of a text that begins with a quote: behind the last such quote before a `:`, or the end.
fn closing(text: &str, quote: char) -> Option<usize> {
    let mut end = None;
    for (at, c) in text.char_indices().skip(1) {
        if c == quote {
            end = Some(at + 1);
        } else if c == ':' && end.is_some() {
            break;
        }
    }
    end
}

fn unquoted(text: &str) -> &str {
    let inner = |q: char| text.strip_prefix(q)?.strip_suffix(q);
    ['\'', '"'].into_iter().find_map(inner).unwrap_or(text)
}

/// Whether a text begins with a word that ends a location, and something follows it: for gdb `main if` is a function's name.
fn is_keyword(text: &str) -> bool {
    let ends = |rest: &str| !rest.trim().is_empty() && rest.starts_with(|c: char| c.is_whitespace() || c == '(');
    ["if", "thread", "task", "-force-condition"].into_iter().any(|w| text.strip_prefix(w).is_some_and(ends))
}

/// The length of the number that a text begins with, sign included; `None` if it is none.
fn number_length(text: &str) -> Option<usize> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let sign = text.len() - digits.len();
    let length = digits.bytes().take_while(u8::is_ascii_digit).count();
    // A lone sign is the line itself.
    let is_number = length > 0 || sign == 1 && digits.trim().is_empty();
    let ends = digits.get(length..)?.chars().next().is_none_or(|c| c.is_whitespace() || matches!(c, ',' | ':' | '\'' | '"'));
    (is_number && ends).then_some(sign + length)
}

/// What is left of a location.
struct Lexer<'t> {
    left: &'t str,
}

impl<'t> Lexer<'t> {
    /// The next piece; a name's ends at a blank if `short`.
    fn next(&mut self, short: bool) -> Result<Token<'t>> {
        self.left = self.left.trim_start();
        let left = self.left;
        let (token, length) = match left.chars().next() {
            None => (Token::End, 0),
            Some(':') if !left.starts_with("::") => (Token::Colon, 1),
            Some(',') => (Token::Comma, 1),
            Some(quote @ ('"' | '\'')) => {
                let end = closing(left, quote).ok_or_else(|| malformed("unmatched quote".to_owned()))?;
                (Token::Text(left.get(1..end - 1).unwrap_or_default()), end)
            }
            Some(_) if is_keyword(left) => (Token::Keyword, 0),
            Some(_) => match number_length(left) {
                Some(length) => (Token::Number(left.get(..length).unwrap_or_default()), length),
                None => {
                    let end = text_end(left, short);
                    (Token::Text(left.get(..end).unwrap_or_default().trim_end()), end)
                }
            },
        };
        self.left = left.get(length..).unwrap_or_default();
        Ok(token)
    }
}

/// Where a name without quotes ends: before a single colon, a comma outside of brackets, a keyword.
fn text_end(text: &str, short: bool) -> usize {
    let bytes = text.as_bytes();
    let is_operator = |at: usize| text.get(..at).is_some_and(|t| t.trim_end().ends_with("operator"));
    let mut depth = 0u32;
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'(' | b'<' if !is_operator(at) => depth += 1,
            b')' | b'>' => depth = depth.saturating_sub(1),
            b':' if bytes.get(at + 1) == Some(&b':') => at += 1,
            // `[abi:cxx11]` is a part of a name, and `C:` of a file's.
            b':' if text.get(..at).is_some_and(|t| t.ends_with("[abi")) || at == 1 && bytes.get(2) == Some(&b'/') => {}
            b':' if depth == 0 => return at,
            b',' if depth == 0 && !is_operator(at) => return at,
            b if b.is_ascii_whitespace() => {
                let rest = text.get(at..).unwrap_or_default().trim_start();
                if short || is_keyword(rest) {
                    return at;
                }
            }
            _ => {}
        }
        at += 1;
    }
    text.len()
}

/// A location that is not in words.
fn plain(text: &str, is_file: &dyn Fn(&str) -> bool, is_function: &dyn Fn(&str) -> bool) -> Result<Written> {
    // The whole in quotes: `'file.c:3'`.
    let inner = ['\'', '"'].into_iter().find_map(|q| text.strip_prefix(q)?.strip_suffix(q).filter(|t| !t.contains(q)));
    let mut lexer = Lexer { left: inner.unwrap_or(text) };
    let mut found = Written::default();
    // A keyword alone is a function's name.
    let first = match lexer.next(false)? {
        Token::Keyword => Token::Text(std::mem::take(&mut lexer.left)),
        token => token,
    };
    let name = match first {
        Token::Number(line) => {
            found.line = Some(line.to_owned());
            return ended(&mut lexer, found);
        }
        Token::Text(name) => name,
        Token::End => return Err(malformed("Empty line specification.".to_owned())),
        token => return Err(unexpected(token)),
    };
    match lexer.next(false)? {
        Token::End | Token::Keyword | Token::Comma => {
            found.function = Some(name.to_owned());
            return Ok(found);
        }
        Token::Colon if !is_file(name) && is_function(name) => {
            found.function = Some(name.to_owned());
            return after_function(&mut lexer, found);
        }
        Token::Colon => found.file = Some(name.to_owned()),
        token => return Err(unexpected(token)),
    }
    match lexer.next(false)? {
        Token::Number(line) => {
            found.line = Some(line.to_owned());
            ended(&mut lexer, found)
        }
        Token::Text(function) => {
            found.function = Some(function.to_owned());
            match lexer.next(false)? {
                Token::Colon => after_function(&mut lexer, found),
                Token::End | Token::Keyword | Token::Comma => Ok(found),
                token => Err(unexpected(token)),
            }
        }
        token => Err(unexpected(token)),
    }
}

/// What may follow `FUNCTION:`.
fn after_function(lexer: &mut Lexer<'_>, mut found: Written) -> Result<Written> {
    match lexer.next(true)? {
        Token::Text(label) => found.label = Some(label.to_owned()),
        Token::Number(line) => found.line = Some(line.to_owned()),
        token => return Err(unexpected(token)),
    }
    match lexer.next(false)? {
        Token::Colon => {}
        Token::End | Token::Keyword | Token::Comma => return Ok(found),
        token => return Err(unexpected(token)),
    }
    match lexer.next(false)? {
        Token::Number(line) if found.label.is_some() => found.line = Some(line.to_owned()),
        token => return Err(unexpected(token)),
    }
    ended(lexer, found)
}

fn ended(lexer: &mut Lexer<'_>, found: Written) -> Result<Written> {
    match lexer.next(false)? {
        Token::End | Token::Keyword | Token::Comma => Ok(found),
        token => Err(unexpected(token)),
    }
}

#[cfg(test)]
mod tests {
    use super::Written;

    /// A location's parts as `file|function|label|line`, where `f.c` is a file and `main` a function.
    fn parts(text: &str) -> String {
        match Written::parse(text, &|f| f == "f.c", &|f| f == "main") {
            Ok(w) => {
                let part = |p: Option<String>| p.unwrap_or_default();
                format!(
                    "{}|{}|{}|{}{}",
                    part(w.file),
                    part(w.function),
                    part(w.label),
                    part(w.line),
                    if w.qualified { "!" } else { "" }
                )
            }
            Err(e) => e.to_string(),
        }
    }

    #[test]
    fn parts_are_told_apart_as_gdb_does() {
        for (text, wanted) in [
            ("main", "|main||"),
            ("3", "|||3"),
            ("+10", "|||+10"),
            ("f.c:3", "f.c|||3"),
            ("f.c : 3", "f.c|||3"),
            ("'f.c:3'", "f.c|||3"),
            ("f.c:-100", "f.c|||-100"),
            ("f.c:main", "f.c|main||"),
            ("f.c:main:here", "f.c|main|here|"),
            ("main:here", "|main|here|"),
            ("a::b(int, char)", "|a::b(int, char)||"),
            ("f.c:a::b", "f.c|a::b||"),
            ("operator,", "|operator,||"),
            ("this file.c:3", "this file.c|||3"),
            ("\"this \"file\" has quotes.c\":3", "this \"file\" has quotes.c|||3"),
            ("C:/x.c:3", "C:/x.c|||3"),
            ("foo +10", "|foo +10||"),
            ("if", "|if||"),
            ("'main.c',21", "|main.c||"),
            ("-qualified f.c:3", "f.c|||3!"),
            ("-q main", "|main||!"),
            ("-source f.c -line 3", "f.c|||3"),
            ("-function ret_type tmpl -label x", "|ret_type tmpl|x|"),
            ("-line +3 if a", "|||+3"),
        ] {
            assert_eq!(parts(text), wanted, "{text}");
        }
    }

    #[test]
    fn faults_have_gdbs_sentences() {
        for (text, wanted) in [
            (" : ", "malformed linespec error: unexpected colon"),
            ("3 :", "malformed linespec error: unexpected colon"),
            ("3 foo", "malformed linespec error: unexpected string, \"foo\""),
            ("3 -10", "malformed linespec error: unexpected number, \"-10\""),
            ("f.c:", "malformed linespec error: unexpected end of input"),
            ("f.c:main : ", "malformed linespec error: unexpected end of input"),
            ("main:here foo", "malformed linespec error: unexpected string, \"foo\""),
            ("'main.c'+3", "malformed linespec error: unexpected number, \"+3\""),
            ("'f.c:3", "unmatched quote"),
            ("\"src-file.c':3", "unmatched quote"),
            ("-source f.c", "Source filename requires function, label, or line offset."),
            ("-source f.c main", "Source filename requires function, label, or line offset."),
            ("-line 3 1", "Garbage '1' at end of command"),
            ("-source f.c -line -x", "malformed line offset: \"-x\""),
            ("-frob", "invalid explicit location argument, \"-frob\""),
            ("-function", "missing argument for \"-function\""),
        ] {
            assert_eq!(parts(text), wanted, "{text}");
        }
    }
}

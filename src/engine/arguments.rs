//! The arguments of `run`, read without a shell: words, quotes, variables, globs, redirections.

use std::ffi::CString;

use crate::base::{Error, Result};
use crate::os::spawn::{RedirectTo, Redirection};

/// What the arguments of a program come to.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Arguments {
    /// The words, argv\[0\] not included.
    pub words: Vec<CString>,
    /// `< > >> 2>` and their like, in order.
    pub redirections: Vec<Redirection>,
}

/// A piece of the line.
#[derive(PartialEq, Eq, Debug)]
enum Token {
    /// A word; whether an unquoted `*`, `?` or `[` is in it; the same with the quoted ones escaped for the matcher.
    Word { text: String, glob: bool, pattern: String },
    /// A redirection of this descriptor; its word follows.
    Redirect { fd: i32, operator: &'static str },
}

/// Reads the arguments as sh(1) would: `'`, `"` and `\` quote, `$NAME` and `~` are replaced, unquoted `* ? [` match files (in
/// `directory` where they are relative), `< > >> 2> 2>> &> 2>&1` redirect. What needs a real shell (`|`, `;`, `&`, `$(`, a
/// backquote) is an error that says so.
pub fn parse(line: &str, variable: &dyn Fn(&str) -> Option<String>, directory: Option<&str>) -> Result<Arguments> {
    let mut tokens = Lexer { rest: line.chars().collect(), at: 0, variable }.tokens()?.into_iter();
    let mut out = Arguments::default();
    while let Some(token) = tokens.next() {
        match token {
            Token::Word { text, glob: false, .. } => out.words.push(c_string(&text)?),
            Token::Word { text, pattern, .. } => match expand(&pattern, directory) {
                found if found.is_empty() => out.words.push(c_string(&text)?),
                found => found.iter().try_for_each(|f| c_string(f).map(|f| out.words.push(f)))?,
            },
            Token::Redirect { fd, operator } => {
                let Some(Token::Word { text, .. }) = tokens.next() else {
                    return Err(Error::user(format!("A file name must follow \"{operator}\" in the program's arguments.")));
                };
                redirect(&mut out.redirections, fd, operator, &text)?;
            }
        }
    }
    Ok(out)
}

fn redirect(out: &mut Vec<Redirection>, fd: i32, operator: &str, file: &str) -> Result<()> {
    let path = c_string(file)?;
    let to = match operator {
        "<" => RedirectTo::Read(path),
        ">>" => RedirectTo::Append(path),
        ">&" => match file.parse() {
            Ok(from) => RedirectTo::Copy(from),
            Err(_) => return Err(Error::user(format!("\"{file}\" is no file descriptor (in \"{fd}>&{file}\")."))),
        },
        _ => RedirectTo::Write(path),
    };
    out.push(Redirection { fd, to });
    if operator == "&>" {
        out.push(Redirection { fd: 2, to: RedirectTo::Copy(1) });
    }
    Ok(())
}

fn c_string(text: &str) -> Result<CString> {
    CString::new(text).map_err(|_| Error::user("A NUL character cannot be part of an argument."))
}

/// The files that a pattern matches, sorted; hidden ones only where the pattern asks for them.
fn expand(pattern: &str, directory: Option<&str>) -> Vec<String> {
    let options = glob::MatchOptions { case_sensitive: true, require_literal_separator: true, require_literal_leading_dot: true };
    let (whole, base) = match directory {
        Some(d) if !pattern.starts_with('/') => (format!("{}/{pattern}", glob::Pattern::escape(d)), Some(d)),
        _ => (pattern.to_owned(), None),
    };
    let Ok(paths) = glob::glob_with(&whole, options) else { return Vec::new() };
    let names = paths.flatten().map(|p| match base.and_then(|b| p.strip_prefix(b).ok()) {
        Some(relative) => relative.to_string_lossy().into_owned(),
        None => p.to_string_lossy().into_owned(),
    });
    names.collect()
}

struct Lexer<'a> {
    rest: Vec<char>,
    at: usize,
    variable: &'a dyn Fn(&str) -> Option<String>,
}

/// A word while it is read.
#[derive(Default)]
struct Word {
    text: String,
    pattern: String,
    glob: bool,
    /// Something was there, if only a pair of quotes.
    begun: bool,
}

impl Word {
    fn quoted(&mut self, c: char) {
        self.begun = true;
        self.text.push(c);
        self.pattern.push_str(&glob::Pattern::escape(&c.to_string()));
    }

    fn quoted_text(&mut self, text: &str) {
        text.chars().for_each(|c| self.quoted(c));
    }
}

impl Lexer<'_> {
    fn peek(&self) -> Option<char> {
        self.rest.get(self.at).copied()
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += 1;
        Some(c)
    }

    fn take(&mut self, text: &str) -> bool {
        let here = self.rest.get(self.at..).unwrap_or_default();
        let fits = text.chars().count() <= here.len() && text.chars().zip(here).all(|(a, b)| a == *b);
        if fits {
            self.at += text.chars().count();
        }
        fits
    }

    fn tokens(mut self) -> Result<Vec<Token>> {
        let mut tokens = Vec::new();
        let mut word = Word::default();
        while let Some(c) = self.peek() {
            if c.is_whitespace() {
                self.at += 1;
                finish(&mut word, &mut tokens);
            } else if c == '#' && !word.begun {
                break;
            } else if let Some((fd, operator)) = self.operator(&word) {
                if word.text != fd.to_string() {
                    finish(&mut word, &mut tokens);
                }
                word = Word::default();
                tokens.push(Token::Redirect { fd, operator });
            } else {
                self.character(&mut word)?;
            }
        }
        finish(&mut word, &mut tokens);
        Ok(tokens)
    }

    /// A redirection that begins here; a number right before it is its descriptor.
    fn operator(&mut self, word: &Word) -> Option<(i32, &'static str)> {
        let operator = ["&>", ">>", ">&", ">", "<"].into_iter().find(|o| self.take(o))?;
        let standard = if operator == "<" { 0 } else { 1 };
        let fd = match word.text.as_str() {
            "0" => 0,
            "1" => 1,
            "2" => 2,
            _ => standard,
        };
        Some((fd, operator))
    }

    fn character(&mut self, word: &mut Word) -> Result<()> {
        let Some(c) = self.next() else { return Ok(()) };
        match c {
            '\'' => self.single_quotes(word)?,
            '"' => self.double_quotes(word)?,
            '\\' => match self.next() {
                Some(c) => word.quoted(c),
                None => word.quoted('\\'),
            },
            '$' => self.dollar(word)?,
            '|' | ';' | '&' | '`' | '(' | ')' => return Err(needs_shell(c)),
            '~' if !word.begun && self.peek().is_none_or(|c| c == '/' || c.is_whitespace()) => {
                word.quoted_text(&(self.variable)("HOME").unwrap_or_else(|| "~".to_owned()));
            }
            _ => {
                word.begun = true;
                word.glob |= matches!(c, '*' | '?' | '[');
                word.text.push(c);
                word.pattern.push(c);
            }
        }
        Ok(())
    }

    fn single_quotes(&mut self, word: &mut Word) -> Result<()> {
        word.begun = true;
        loop {
            match self.next() {
                Some('\'') => return Ok(()),
                Some(c) => word.quoted(c),
                None => return Err(Error::user("Unmatched ' in the program's arguments.")),
            }
        }
    }

    fn double_quotes(&mut self, word: &mut Word) -> Result<()> {
        word.begun = true;
        loop {
            match self.next() {
                Some('"') => return Ok(()),
                Some('\\') => match self.peek() {
                    Some(c @ ('"' | '\\' | '$' | '`')) => {
                        self.at += 1;
                        word.quoted(c);
                    }
                    _ => word.quoted('\\'),
                },
                Some('$') => self.dollar(word)?,
                Some('`') => return Err(needs_shell('`')),
                Some(c) => word.quoted(c),
                None => return Err(Error::user("Unmatched \" in the program's arguments.")),
            }
        }
    }

    /// What follows a `$`: a variable, or nothing special.
    fn dollar(&mut self, word: &mut Word) -> Result<()> {
        if self.take("(") {
            return Err(needs_shell('$'));
        }
        let braced = self.take("{");
        let start = self.at;
        while self.peek().is_some_and(|c| c.is_ascii_alphanumeric() || c == '_') {
            self.at += 1;
        }
        let name: String = self.rest.get(start..self.at).unwrap_or_default().iter().collect();
        if braced && !self.take("}") {
            return Err(Error::user("Unmatched ${ in the program's arguments."));
        }
        if name.is_empty() {
            word.quoted('$');
        } else if let Some(value) = (self.variable)(&name) {
            word.quoted_text(&value);
        }
        Ok(())
    }
}

fn finish(word: &mut Word, tokens: &mut Vec<Token>) {
    let done = std::mem::take(word);
    if done.begun {
        tokens.push(Token::Word { text: done.text, glob: done.glob, pattern: done.pattern });
    }
}

fn needs_shell(c: char) -> Error {
    Error::user(format!(
        "\"{c}\" in the program's arguments needs a shell, and rdbg runs none: quote it, or start the shell under rdbg."
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<String> {
        let variable = |name: &str| (name == "X").then(|| "a b".to_owned());
        let arguments = parse(line, &variable, None).unwrap();
        arguments.words.iter().map(|w| w.to_string_lossy().into_owned()).collect()
    }

    #[test]
    fn words_are_as_a_shell_makes_them() {
        // Each expectation is what `sh -c 'printf "%s\n" ...'` prints, but for the variable, which a shell would split.
        assert_eq!(words(r#"a 'b c' "d\"e" f\ g '' "#), ["a", "b c", "d\"e", "f g", ""]);
        assert_eq!(words(r#"$X "${X}y" '$X' \$X $"#), ["a b", "a by", "$X", "$X", "$"]);
        assert_eq!(words("a#b #comment"), ["a#b"]);
        assert_eq!(words("/nonexistent/*"), ["/nonexistent/*"]);
        assert_eq!(words("/et[c]"), ["/etc"]);
        assert_eq!(words("'/et[c]'"), ["/et[c]"]);
    }

    #[test]
    fn redirections_leave_the_words() {
        let arguments = parse("x <in 2>err >>out y 2>&1 &>all", &|_| None, None).unwrap();
        assert_eq!(arguments.words.len(), 2);
        let file = |s: &str| CString::new(s).unwrap();
        let expected = [
            (0, RedirectTo::Read(file("in"))),
            (2, RedirectTo::Write(file("err"))),
            (1, RedirectTo::Append(file("out"))),
            (2, RedirectTo::Copy(1)),
            (1, RedirectTo::Write(file("all"))),
            (2, RedirectTo::Copy(1)),
        ];
        assert_eq!(arguments.redirections, expected.map(|(fd, to)| Redirection { fd, to }));
    }

    #[test]
    fn what_needs_a_shell_is_refused() {
        for line in ["a | b", "a; b", "a &", "`a`", "$(a)", "\"a", "'a", "${X", "a >"] {
            assert!(parse(line, &|_| None, None).is_err(), "{line}");
        }
    }
}

//! Text into tokens of Rust, one at a time.

use std::sync::Arc;

use super::super::host::Names;
use super::super::lex::{module_before_bang, shortened};
use super::literal;
use crate::base::{Error, Result, Span};
use crate::value::{ModuleRef, Type, Value, rust_type};

/// A token.
#[derive(Clone, Debug)]
pub(super) enum Token {
    /// A number or a character.
    Constant(Value),
    /// The bytes of a string; of a string of bytes if the flag is set.
    Str(Vec<u8>, bool),
    /// A name.
    Name(Arc<str>),
    /// A word that is no name.
    Keyword(&'static str),
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

/// Longer first.
const OPERATORS: [&str; 43] = [
    "..=", "<<=", ">>=", "..", "::", "->", "<<", ">>", "<=", ">=", "==", "!=", "&&", "||", "+=", "-=", "*=", "/=", "%=", "&=",
    "|=", "^=", "+", "-", "*", "/", "%", "&", "|", "^", "!", "<", ">", "=", ":", ";", ",", ".", "(", ")", "[", "]", "@",
];

const KEYWORDS: [&str; 11] = ["as", "const", "crate", "dyn", "extern", "false", "fn", "mut", "self", "super", "true"];

#[derive(Clone)]
pub(super) struct Lexer<'a> {
    text: &'a str,
    pos: usize,
    /// Open brackets: a comma outside of all may end the expression.
    open: u32,
    comma_ends: bool,
    names: &'a dyn Names,
    /// Behind a `.` digits are a member's name.
    behind_dot: bool,
}

fn is_name_start(c: char) -> bool {
    c.is_alphabetic() || c == '_'
}

fn is_name_part(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

impl<'a> Lexer<'a> {
    pub(super) fn new(text: &'a str, comma_ends: bool, names: &'a dyn Names) -> Lexer<'a> {
        Lexer { text, pos: 0, open: 0, comma_ends, names, behind_dot: false }
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.pos..).unwrap_or_default()
    }

    /// The next token.
    pub(super) fn next(&mut self) -> Result<Spanned> {
        self.pos += self.rest().len() - self.rest().trim_start().len();
        let start = self.pos;
        let token = self.token()?;
        self.behind_dot = matches!(token, Token::Op("."));
        Ok(Spanned { token, span: Span { start, end: self.pos } })
    }

    fn token(&mut self) -> Result<Token> {
        let rest = self.rest();
        let mut chars = rest.chars();
        let Some(first) = chars.next() else { return Ok(Token::End) };
        let second = chars.next();
        if is_name_part(first)
            && let Some(module) = self.module()
        {
            return Ok(Token::Module(module));
        }
        if self.behind_dot && first.is_ascii_digit() {
            return self.member_number();
        }
        if first.is_ascii_digit()
            && let Some((value, len)) = literal::number(rest)?
        {
            self.pos += len;
            return Ok(Token::Constant(value));
        }
        if let Some(token) = self.quoted(first)? {
            return Ok(token);
        }
        if first == '$' {
            let len = 1 + rest.bytes().skip(1).take_while(|c| c.is_ascii_alphanumeric() || matches!(c, b'_' | b'$')).count();
            self.pos += len;
            return Ok(Token::Dollar(rest.get(1..len).unwrap_or_default().into()));
        }
        if rest.starts_with("r#") && chars.next().is_some_and(is_name_start) {
            return Ok(Token::Name(self.word(2)));
        }
        if is_name_start(first) {
            return Ok(self.name());
        }
        // `{impl#0}`, `{closure_env#1}`: parts of paths that the compiler made up.
        if first == '{'
            && second.is_some_and(is_name_start)
            && let Some(end) = rest.find('}')
            && rest.get(1..end).is_some_and(|inside| inside.contains('#') && inside.chars().all(|c| is_name_part(c) || c == '#'))
        {
            self.pos += end + 1;
            return Ok(Token::Name(rest.get(..=end).unwrap_or_default().into()));
        }
        self.operator()
    }

    /// `libc.so.6!`
    fn module(&mut self) -> Option<ModuleRef> {
        let (module, len) = module_before_bang(self.rest(), self.names)?;
        self.pos += len;
        Some(module)
    }

    /// The `1` of `tuple.1`.
    fn member_number(&mut self) -> Result<Token> {
        let rest = self.rest();
        let len = rest.bytes().take_while(|c| c.is_ascii_digit() || *c == b'_').count();
        let digits = rest.get(..len).unwrap_or_default();
        if digits.contains('_') {
            return Err(Error::user("'_' not allowed in integers in anonymous field references"));
        }
        self.pos += len;
        Ok(Token::Name(digits.into()))
    }

    /// Takes a word that begins so many bytes from here.
    fn word(&mut self, skip: usize) -> Arc<str> {
        let rest = self.rest().get(skip..).unwrap_or_default();
        let len = rest.find(|c| !is_name_part(c)).unwrap_or(rest.len());
        self.pos += skip + len;
        rest.get(..len).unwrap_or_default().into()
    }

    fn name(&mut self) -> Token {
        let start = self.pos;
        let word = self.word(0);
        if self.ends_expression(&word) {
            self.pos = start;
            return Token::End;
        }
        if let Some(keyword) = KEYWORDS.into_iter().find(|k| *k == &*word) {
            return Token::Keyword(keyword);
        }
        // gdb's names of slots and stubs, which are no `@` operators: `puts@got.plt`.
        for suffix in ["@got.plt", "@plt", "@got", "@entry"] {
            let after = self.rest().strip_prefix(suffix);
            if after.is_some_and(|t| !t.starts_with(is_name_part)) {
                self.pos += suffix.len();
                return Token::Name(format!("{word}{suffix}").into());
            }
        }
        Token::Name(word)
    }

    /// `if`, and `thread 3`, `task 3` (also shortened): what follows an expression in `break` and `watch`.
    fn ends_expression(&self, word: &str) -> bool {
        if word == "if" {
            return true;
        }
        let after = self.rest();
        let is_number = after.starts_with([' ', '\t']) && after.trim_start().starts_with(|c: char| c.is_ascii_digit());
        is_number && ("thread".starts_with(word) || "task".starts_with(word))
    }

    /// Characters and strings, with `b`, `r` and `br` in front.
    fn quoted(&mut self, first: char) -> Result<Option<Token>> {
        let rest = self.rest();
        let (is_bytes, behind) = match rest.strip_prefix('b') {
            Some(behind) if first == 'b' => (true, behind),
            _ => (false, rest),
        };
        if let Some(inside) = behind.strip_prefix('\'') {
            let (n, len) = literal::character(inside, is_bytes)?;
            self.pos += rest.len() - inside.len() + len;
            let ty = rust_type(if is_bytes { "u8" } else { "char" }).unwrap_or_else(Type::uint);
            return Ok(Some(Token::Constant(Value::int(&ty, n.into()))));
        }
        let (hashes, inside) = match behind.strip_prefix('r') {
            Some(behind) => {
                let opening = behind.trim_start_matches('#');
                (Some(behind.len() - opening.len()), opening.strip_prefix('"'))
            }
            None => (None, behind.strip_prefix('"')),
        };
        let Some(inside) = inside else { return Ok(None) };
        let (bytes, len) = literal::string(inside, is_bytes, hashes)?;
        self.pos += rest.len() - inside.len() + len;
        Ok(Some(Token::Str(bytes, is_bytes)))
    }

    fn operator(&mut self) -> Result<Token> {
        let rest = self.rest();
        let braces = ["{", "}"].into_iter();
        let Some(op) = OPERATORS.into_iter().chain(braces).find(|op| rest.starts_with(op)) else {
            let span = Span { start: self.pos, end: self.text.len() };
            return Err(Error::Syntax { message: format!("Syntax error near '{}'", shortened(rest)), span });
        };
        match op {
            "(" | "[" | "{" => self.open = self.open.saturating_add(1),
            ")" | "]" | "}" => self.open = self.open.saturating_sub(1),
            "," if self.open == 0 && self.comma_ends => return Ok(Token::End),
            _ => {}
        }
        self.pos += op.len();
        Ok(Token::Op(op))
    }

    /// Gives back the last byte of an operator: the second `>` of `Vec<Vec<i32>>`.
    pub(super) fn back(&mut self, bytes: usize) {
        self.pos -= bytes;
    }
}

//! Tokens into a tree, by precedence climbing.

use std::sync::Arc;

use super::ast::{Binary, Expr, ExprKind, NamedCast, Unary, too_deep};
use super::host::Names;
use super::lex::{Lexer, Spanned, Token, shortened};
use super::macros::{Expanded, expanded};
use super::rust;
use super::scoped::Scoped;
use crate::base::{Error, Result, Span};
use crate::value::{Language, Type, Value};

/// How deep brackets and prefix operators may be nested.
pub(super) const MAX_NESTING: u32 = 100;

/// Parses an expression that is the whole of `text`. `names` tells modules and types by their names.
pub fn parse(text: &str, names: &dyn Names) -> Result<Expr> {
    let (expr, rest) = parse_prefix(text, names, false)?;
    if rest < text.len() {
        let span = Span { start: rest, end: text.len() };
        return Err(Error::Syntax { message: "Junk after end of expression.".to_owned(), span });
    }
    Ok(expr)
}

/// Parses the expression that `text` begins with, and where it ends: at the end of the text, at a closing bracket that
/// was not opened, at `if` or `thread N`, and with `comma_ends` at a comma outside brackets.
pub fn parse_prefix(text: &str, names: &dyn Names, comma_ends: bool) -> Result<(Expr, usize)> {
    parse_start(text, names, comma_ends).map_err(|error| match (&error, unknown_module(text)) {
        (Error::Syntax { .. } | Error::NoSymbol { .. }, Some(name)) => names.no_module(name),
        _ => error,
    })
}

/// The `libnosuch.so` of `&libnosuch.so!GOT[1]`, in a text that could not be parsed: a `!` after an operand is no operator of
/// C's, so that a module was meant that is not there.
fn unknown_module(text: &str) -> Option<&str> {
    let is_part = |c: char| c.is_alphanumeric() || "_.+-".contains(c);
    let (bang, _) = text.match_indices('!').find(|(i, _)| {
        let before = text.get(..*i).and_then(|t| t.chars().next_back());
        let after = text.get(i + 1..).and_then(|t| t.chars().next());
        before.is_some_and(is_part) && after.is_some_and(|c| c.is_alphabetic() || c == '_' || c == '\'')
    })?;
    let before = text.get(..bang)?;
    let start = before.rfind(|c: char| !is_part(c)).map_or(0, |i| i + 1);
    before.get(start..).filter(|name| name.starts_with(|c: char| c.is_alphabetic() || c == '_'))
}

fn parse_start(text: &str, names: &dyn Names, comma_ends: bool) -> Result<(Expr, usize)> {
    if names.language() == Language::Rust {
        return rust::parse_start(text, names, comma_ends);
    }
    let Some(expanded) = expanded(text, names)? else { return parse_tokens(text, names, comma_ends, None) };
    let parsed = parse_tokens(&expanded.text, names, comma_ends, Some(&expanded));
    parsed.map(|(expr, end)| (expr, expanded.start(end))).map_err(|e| expanded.error(e))
}

/// Parses a text without macros, which `expanded` leads back to what the user wrote.
fn parse_tokens(text: &str, names: &dyn Names, comma_ends: bool, expanded: Option<&Expanded>) -> Result<(Expr, usize)> {
    let mut lexer = Lexer::new(text, comma_ends, names);
    let token = lexer.next()?;
    let mut parser = Parser { text, names, expanded, lexer, token, nesting: 0 };
    let expr = parser.whole()?;
    match parser.token.token {
        Token::End => Ok((expr, parser.token.span.start)),
        _ => Err(parser.syntax_error()),
    }
}

/// Parses expressions separated by commas; none in an empty text.
pub fn parse_list(text: &str, names: &dyn Names) -> Result<Vec<Expr>> {
    let mut out = Vec::new();
    let mut rest = text;
    if rest.trim().is_empty() {
        return Ok(out);
    }
    loop {
        let (expr, end) = parse_prefix(rest, names, true)?;
        out.push(expr);
        rest = &rest[end..];
        match rest.strip_prefix(',') {
            Some(after) => rest = after,
            None if rest.trim().is_empty() => return Ok(out),
            None => {
                let start = text.len() - rest.len();
                let span = Span { start, end: text.len() };
                return Err(Error::Syntax { message: "Junk after end of expression.".to_owned(), span });
            }
        }
    }
}

pub(super) struct Parser<'a> {
    pub(super) text: &'a str,
    pub(super) names: &'a dyn Names,
    /// The way back to what the user wrote, if macros were replaced.
    expanded: Option<&'a Expanded>,
    pub(super) lexer: Lexer<'a>,
    /// The token that is next.
    pub(super) token: Spanned,
    nesting: u32,
}

/// Precedence of an operator between two operands, and whether it groups to the right.
fn precedence(op: &str) -> Option<(u8, bool)> {
    Some(match op {
        "=" | "+=" | "-=" | "*=" | "/=" | "%=" | "&=" | "|=" | "^=" | "<<=" | ">>=" => (1, true),
        "?" => (2, true),
        "||" => (3, false),
        "&&" => (4, false),
        "|" => (5, false),
        "^" => (6, false),
        "&" => (7, false),
        "==" | "!=" => (8, false),
        "<" | ">" | "<=" | ">=" => (9, false),
        "<<" | ">>" => (10, false),
        "@" => (11, false),
        "+" | "-" => (12, false),
        "*" | "/" | "%" => (13, false),
        _ => return None,
    })
}

pub(super) fn binary(op: &str) -> Option<Binary> {
    use Binary::*;
    Some(match op {
        "||" => Or,
        "&&" => And,
        "|" => BitOr,
        "^" => BitXor,
        "&" => BitAnd,
        "==" => Equal,
        "!=" => NotEqual,
        "<" => Less,
        "<=" => LessEqual,
        ">" => Greater,
        ">=" => GreaterEqual,
        "<<" => ShiftLeft,
        ">>" => ShiftRight,
        "@" => Repeat,
        "+" => Add,
        "-" => Subtract,
        "*" => Multiply,
        "/" => Divide,
        "%" => Remainder,
        _ => return None,
    })
}

impl Parser<'_> {
    pub(super) fn syntax_error(&self) -> Error {
        let span = self.token.span;
        let near = shortened(self.text.get(span.start..).unwrap_or_default());
        Error::Syntax { message: format!("A syntax error in expression, near `{near}'."), span }
    }

    pub(super) fn advance(&mut self) -> Result<Spanned> {
        let next = self.lexer.next()?;
        Ok(std::mem::replace(&mut self.token, next))
    }

    pub(super) fn is_op(&self, op: &str) -> bool {
        matches!(self.token.token, Token::Op(o) if o == op)
    }

    /// Skips the operator if it is next.
    pub(super) fn take(&mut self, op: &str) -> Result<bool> {
        let found = self.is_op(op);
        if found {
            self.advance()?;
        }
        Ok(found)
    }

    pub(super) fn expect(&mut self, op: &str) -> Result<()> {
        if self.take(op)? { Ok(()) } else { Err(self.syntax_error()) }
    }

    /// Runs `f` one level deeper; too deep is an error rather than an overflow of the stack.
    pub(super) fn nested<T>(&mut self, f: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        if self.nesting >= MAX_NESTING {
            return Err(self.too_deep());
        }
        self.nesting += 1;
        let result = f(self);
        self.nesting -= 1;
        result
    }

    pub(super) fn too_deep(&self) -> Error {
        too_deep(self.token.span)
    }

    pub(super) fn node(&self, start: usize, kind: ExprKind) -> Result<Expr> {
        let end = self.token.span.start.max(start);
        let end = start + self.text.get(start..end).map_or(0, |t| t.trim_end().len());
        let span = Span { start, end };
        Expr::new(kind, self.expanded.map_or(span, |e| e.span(span)))
    }

    /// An expression or a type.
    fn whole(&mut self) -> Result<Expr> {
        if self.at_type()? {
            let start = self.token.span.start;
            let ty = self.type_name()?;
            return self.node(start, ExprKind::Type(ty));
        }
        self.comma()
    }

    pub(super) fn comma(&mut self) -> Result<Expr> {
        let start = self.token.span.start;
        let mut left = self.expression(0)?;
        while self.take(",")? {
            let right = self.expression(0)?;
            left = self.node(start, ExprKind::Binary(Binary::Comma, Box::new(left), Box::new(right)))?;
        }
        Ok(left)
    }

    /// Operators that bind at least as tightly as `least`.
    pub(super) fn expression(&mut self, least: u8) -> Result<Expr> {
        let start = self.token.span.start;
        let mut left = self.unary()?;
        while let Token::Op(op) = self.token.token {
            let Some((level, to_right)) = precedence(op).filter(|p| p.0 >= least) else { break };
            self.advance()?;
            let next = if to_right { level } else { level + 1 };
            left = if op == "?" { self.conditional(start, left, next)? } else { self.operation(start, left, op, next)? };
        }
        Ok(left)
    }

    /// Behind the `?` of `a ? b : c`.
    fn conditional(&mut self, start: usize, left: Expr, next: u8) -> Result<Expr> {
        let then = self.nested(|p| p.expression(0))?;
        self.expect(":")?;
        let otherwise = self.nested(|p| p.expression(next))?;
        self.node(start, ExprKind::Conditional(Box::new([left, then, otherwise])))
    }

    /// Behind an operator: its right operand.
    fn operation(&mut self, start: usize, left: Expr, op: &str, next: u8) -> Result<Expr> {
        let right = Box::new(self.nested(|p| p.expression(next))?);
        let kind = match (op, binary(op)) {
            (_, Some(op)) => ExprKind::Binary(op, Box::new(left), right),
            ("=", _) => ExprKind::Assign(None, Box::new(left), right),
            (op, _) => ExprKind::Assign(binary(op.trim_end_matches('=')), Box::new(left), right),
        };
        self.node(start, kind)
    }

    pub(super) fn unary(&mut self) -> Result<Expr> {
        let start = self.token.span.start;
        let op = match &self.token.token {
            Token::Op("+") => Unary::Plus,
            Token::Op("-") => Unary::Minus,
            Token::Op("!") => Unary::Not,
            Token::Op("~") => Unary::Complement,
            Token::Op("*") => Unary::Deref,
            Token::Op("&") => Unary::AddressOf,
            Token::Op("++") => Unary::PreIncrement,
            Token::Op("--") => Unary::PreDecrement,
            // gdb reads `&&x` as the address of a label; here it is `& &x`, which is an error of its own.
            Token::Op("{") => return self.braces(start),
            Token::Op("(") => return self.parenthesis(start),
            Token::Name { name, quoted: false } => match &**name {
                "sizeof" => return self.size_of(start, Unary::SizeOf),
                "offsetof" | "__builtin_offsetof" if self.text_ahead().trim_start().starts_with('(') => {
                    return self.offset_of(start);
                }
                "alignof" | "_Alignof" => return self.size_of(start, Unary::AlignOf),
                "static_cast" => return self.named_cast(start, NamedCast::Static),
                "dynamic_cast" => return self.named_cast(start, NamedCast::Dynamic),
                "reinterpret_cast" => return self.named_cast(start, NamedCast::Reinterpret),
                "const_cast" => return self.named_cast(start, NamedCast::Const),
                "typeid" => return self.type_id(start),
                _ => match self.at_type_of() {
                    Some(how) => return self.type_of(start, how),
                    None => return self.postfix(),
                },
            },
            _ => return self.postfix(),
        };
        self.advance()?;
        let operand = self.nested(Self::unary)?;
        self.node(start, ExprKind::Unary(op, Box::new(operand)))
    }

    /// A name with `::` in it that is next, and where it ends in the text.
    pub(super) fn scoped_name(&self) -> Option<(Arc<str>, usize)> {
        if !matches!(self.token.token, Token::Name { quoted: false, .. } | Token::Op("::" | "~")) {
            return None;
        }
        let start = self.token.span.start;
        let text = self.text.get(start..)?;
        let ends = Scoped::of(text).ends;
        let end = *ends.last()?;
        let follows = text.get(end..)?.trim_start();
        let is_template = text.get(..end)?.ends_with('>');
        // `a < b > c` compares; behind the name of a template nothing can stand that begins an operand.
        let end = match is_template && !(follows.is_empty() || follows.starts_with(['(', ')', ',', ';'])) {
            true => *ends.get(ends.len().checked_sub(2)?)?,
            false => end,
        };
        let name = text.get(..end)?;
        // `ns::f(int)` and `A::operator+(int)` are names too, if the program has such functions.
        if name.contains("::")
            && (follows.starts_with('(') || name.ends_with("::operator"))
            && let Some(len) = self.names.match_qualified(text).filter(|len| *len > end)
            // `ns::f()` is a call.
            && !text.get(..len).is_some_and(|name| name.ends_with("()") && !name.ends_with("operator()"))
        {
            return Some((text.get(..len)?.trim_start_matches("::").into(), start + len));
        }
        (name.contains("::") || name.ends_with('>')).then_some(())?;
        (start + end >= self.token.span.end).then_some((name.trim_start_matches("::").into(), start + end))
    }

    /// `(type) a` or `(a)`
    fn parenthesis(&mut self, start: usize) -> Result<Expr> {
        self.advance()?;
        if let Some(how) = self.at_type_of() {
            return self.cast_like(start, how);
        }
        if self.at_type()? {
            let ty = self.nested(Self::type_name)?;
            self.expect(")")?;
            let operand = self.nested(Self::unary)?;
            return self.node(start, ExprKind::Cast(ty, Box::new(operand), false));
        }
        let inner = self.nested(Self::comma)?;
        self.expect(")")?;
        self.suffixes(start, inner)
    }

    /// `{type} a` or `{a, b, c}`
    fn braces(&mut self, start: usize) -> Result<Expr> {
        self.advance()?;
        if self.at_type()? {
            let ty = self.nested(Self::type_name)?;
            self.expect("}")?;
            let operand = self.nested(Self::unary)?;
            return self.node(start, ExprKind::Cast(ty, Box::new(operand), true));
        }
        let mut elements = vec![self.nested(|p| p.expression(0))?];
        while self.take(",")? {
            elements.push(self.nested(|p| p.expression(0))?);
        }
        self.expect("}")?;
        let array = self.node(start, ExprKind::Array(elements))?;
        self.suffixes(start, array)
    }

    fn postfix(&mut self) -> Result<Expr> {
        let start = self.token.span.start;
        let primary = self.primary()?;
        self.suffixes(start, primary)
    }

    /// What may follow an operand. Each sort has a function of its own: stacks are not deep, and brackets are.
    pub(super) fn suffixes(&mut self, start: usize, mut left: Expr) -> Result<Expr> {
        loop {
            let Token::Op(op) = self.token.token else { return Ok(left) };
            left = match op {
                "[" => self.index_suffix(start, left)?,
                ".*" | "->*" => self.member_pointer_suffix(start, left)?,
                "." | "->" => self.member_suffix(start, left, op == "->")?,
                "(" => self.call_suffix(start, left)?,
                "++" | "--" => {
                    self.advance()?;
                    let op = if op == "++" { Unary::PostIncrement } else { Unary::PostDecrement };
                    self.node(start, ExprKind::Unary(op, Box::new(left)))?
                }
                _ => return Ok(left),
            };
        }
    }

    fn index_suffix(&mut self, start: usize, left: Expr) -> Result<Expr> {
        self.advance()?;
        let index = self.nested(Self::comma)?;
        self.expect("]")?;
        self.node(start, ExprKind::Index(Box::new(left), Box::new(index)))
    }

    fn member_pointer_suffix(&mut self, start: usize, left: Expr) -> Result<Expr> {
        self.advance()?;
        let pointer = self.nested(Self::unary)?;
        self.node(start, ExprKind::MemberPointer(Box::new(left), Box::new(pointer)))
    }

    fn primary(&mut self) -> Result<Expr> {
        let start = self.token.span.start;
        let kind = match self.token.token.clone() {
            Token::Constant(value) => {
                self.advance()?;
                ExprKind::Constant(value)
            }
            Token::Str(bytes, ty) => {
                self.advance()?;
                ExprKind::Constant(self.string(bytes, ty)?)
            }
            Token::Dollar(name) => {
                self.advance()?;
                dollar(name)
            }
            Token::Module(module) => {
                self.advance()?;
                match self.token.token.clone() {
                    Token::Name { name, .. } => {
                        self.advance()?;
                        ExprKind::Name(name, Some(module))
                    }
                    _ => return Err(self.syntax_error()),
                }
            }
            Token::Name { quoted: false, .. } | Token::Op("::") if self.at_type()? => return self.construction(start),
            Token::Name { name, quoted: false } if self.names.language() != Language::C && matches!(&*name, "true" | "false") => {
                self.advance()?;
                ExprKind::Constant(Value::int(&Type::bool(), (&*name == "true").into()))
            }
            Token::Name { quoted: false, .. } | Token::Op("::") if self.scoped_name().is_some() => {
                let is_global = matches!(self.token.token, Token::Op("::"));
                let Some((name, end)) = self.scoped_name() else { return Err(self.syntax_error()) };
                // `::name`: not what a scope around has by that name.
                let name = if is_global && !name.contains("::") { format!("::{name}").into() } else { name };
                let module = self.names.match_module(&format!("{name}!")).is_some();
                if module {
                    return Err(self.syntax_error());
                }
                self.jump(end)?;
                ExprKind::Name(name, None)
            }
            Token::Name { name, quoted } => {
                self.advance()?;
                let name = if quoted { name } else { self.conversion_operator(name)? };
                self.qualified(name, quoted)?
            }
            _ => return Err(self.syntax_error()),
        };
        self.node(start, kind)
    }

    /// A name, with what `::` and (for quoted modules) `!` add to it.
    pub(super) fn qualified(&mut self, name: Arc<str>, quoted: bool) -> Result<ExprKind> {
        if self.is_op("::") || (quoted && self.is_op("!")) {
            let with_bang = format!("{name}!");
            let module = self.names.match_module(&with_bang).filter(|(_, len)| *len == name.len());
            if let Some((module, _)) = module {
                self.advance()?;
                if let Token::Name { name, .. } = self.token.token.clone() {
                    self.advance()?;
                    return Ok(ExprKind::Name(name, Some(module)));
                }
                return Err(self.syntax_error());
            }
            if self.is_op("::") {
                let mut full = if quoted { format!("'{name}'") } else { name.to_string() };
                while self.is_op("::") {
                    self.advance()?;
                    let Token::Name { name, .. } = self.token.token.clone() else { return Err(self.syntax_error()) };
                    self.advance()?;
                    full = format!("{full}::{name}");
                }
                return Ok(ExprKind::Name(full.into(), None));
            }
        }
        // A whole `module!name` in quotes.
        if quoted
            && let Some((module, len)) = self.names.match_module(&name)
            && let Some(symbol) = name.get(len + 1..).filter(|s| !s.is_empty())
        {
            return Ok(ExprKind::Name(symbol.into(), Some(module)));
        }
        Ok(ExprKind::Name(name, None))
    }

    /// Adjacent strings are one.
    fn string(&mut self, mut bytes: Vec<u8>, ty: Arc<Type>) -> Result<Value> {
        while let Token::Str(more, other) = self.token.token.clone() {
            if other.size != ty.size {
                return Err(Error::user("Undefined string concatenation."));
            }
            bytes.extend(more);
            self.advance()?;
        }
        let width = ty.size;
        bytes.extend(std::iter::repeat_n(0, width as usize));
        Ok(Value::computed(&Type::array(&ty, bytes.len() as u64 / width), bytes))
    }
}

/// `$`, `$$`, `$N`, `$$N` or `$name`, without its first `$`.
pub(super) fn dollar(name: Arc<str>) -> ExprKind {
    let number = |s: &str| s.bytes().all(|c| c.is_ascii_digit()).then(|| s.parse().unwrap_or(u64::MAX));
    match &*name {
        "" => ExprKind::HistoryBack(0),
        "$" => ExprKind::HistoryBack(1),
        n => match (number(n), n.strip_prefix('$').and_then(number)) {
            // gdb: `$0` is `$`.
            (Some(0), _) => ExprKind::HistoryBack(0),
            (Some(n), _) => ExprKind::History(n),
            (_, Some(n)) => ExprKind::HistoryBack(n),
            _ => ExprKind::Dollar(name),
        },
    }
}

//! Tokens into a tree, by precedence climbing: the grammar of Rust's expressions, with gdb's `$name` and `@`.

use std::sync::Arc;

use super::super::ast::{Expr, ExprKind, Unary, too_deep};
use super::super::host::Names;
use super::super::lex::shortened;
use super::super::parse::{MAX_NESTING, binary, dollar};
use super::lex::{Lexer, Spanned, Token};
use super::values::{string, unit, unit_structure};
use crate::base::{Error, Result, Span};
use crate::value::{Type, TypeKind, Value};

/// Parses the expression that `text` begins with, and where it ends.
pub(in crate::expr) fn parse_start(text: &str, names: &dyn Names, comma_ends: bool) -> Result<(Expr, usize)> {
    // `&str`, `*const i32` and `(i32, u8)` are types, which `whatis` and `ptype` take too.
    let may_be_type = text.trim_start().starts_with(['&', '*', '[', '(']) || text.trim_start().starts_with("fn");
    if may_be_type && let Ok(found) = Parser::new(text, names, comma_ends).and_then(|mut p| p.whole_type()) {
        return Ok(found);
    }
    let mut parser = Parser::new(text, names, comma_ends)?;
    let expr = parser.whole()?;
    Ok((expr, parser.token.span.start))
}

pub(super) struct Parser<'a> {
    pub(super) text: &'a str,
    pub(super) names: &'a dyn Names,
    lexer: Lexer<'a>,
    /// The token that is next.
    pub(super) token: Spanned,
    nesting: u32,
}

/// How tightly an operator between two operands binds.
fn precedence(op: &str) -> Option<u8> {
    Some(match op {
        "=" | "+=" | "-=" | "*=" | "/=" | "%=" | "&=" | "|=" | "^=" | "<<=" | ">>=" => 1,
        "||" => 2,
        "&&" => 3,
        "==" | "!=" | "<" | ">" | "<=" | ">=" => 4,
        "|" => 5,
        "^" => 6,
        "&" => 7,
        "<<" | ">>" => 8,
        "+" | "-" => 9,
        "@" => 10,
        "*" | "/" | "%" => 11,
        _ => return None,
    })
}

/// `as` binds more tightly than all of them.
const AS: u8 = 12;

impl<'a> Parser<'a> {
    fn new(text: &'a str, names: &'a dyn Names, comma_ends: bool) -> Result<Parser<'a>> {
        let mut lexer = Lexer::new(text, comma_ends, names);
        let token = lexer.next()?;
        Ok(Parser { text, names, lexer, token, nesting: 0 })
    }

    /// An expression, up to where one may end.
    fn whole(&mut self) -> Result<Expr> {
        let expr = self.expression()?;
        if !matches!(self.token.token, Token::End) {
            return Err(self.error(format!("Syntax error near '{}'", shortened(self.ahead()))));
        }
        Ok(expr)
    }

    /// A type, up to where an expression may end.
    fn whole_type(&mut self) -> Result<(Expr, usize)> {
        let ty = self.ty()?;
        if !matches!(self.token.token, Token::End) {
            return Err(self.unexpected());
        }
        Ok((self.node(0, ExprKind::Type(ty))?, self.token.span.start))
    }

    /// The text from the next token on.
    fn ahead(&self) -> &'a str {
        self.text.get(self.token.span.start..).unwrap_or_default()
    }

    pub(super) fn error(&self, message: impl Into<String>) -> Error {
        Error::Syntax { message: message.into(), span: self.token.span }
    }

    pub(super) fn unexpected(&self) -> Error {
        self.error("unexpected token")
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
        if self.take(op)? { Ok(()) } else { Err(self.error(format!("'{op}' expected"))) }
    }

    pub(super) fn is_keyword(&self, word: &str) -> bool {
        matches!(self.token.token, Token::Keyword(k) if k == word)
    }

    /// Skips the keyword if it is next.
    pub(super) fn take_keyword(&mut self, word: &str) -> Result<bool> {
        let found = self.is_keyword(word);
        if found {
            self.advance()?;
        }
        Ok(found)
    }

    /// The `>` behind generic arguments, which may be the first half of `>>`.
    pub(super) fn close_angle(&mut self) -> Result<()> {
        match self.token.token {
            Token::Op(op @ (">>" | ">=" | ">>=")) => {
                self.lexer.back(op.len() - 1);
                self.advance().map(drop)
            }
            _ => self.expect(">"),
        }
    }

    /// Runs `f` one level deeper; too deep is an error rather than an overflow of the stack.
    pub(super) fn nested<T>(&mut self, f: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        if self.nesting >= MAX_NESTING {
            return Err(too_deep(self.token.span));
        }
        self.nesting += 1;
        let result = f(self);
        self.nesting -= 1;
        result
    }

    /// What `f` finds, or nothing if it fails: then the next token is what it was.
    fn attempt<T>(&mut self, f: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        let before = (self.lexer.clone(), self.token.clone(), self.nesting);
        f(self).inspect_err(|_| (self.lexer, self.token, self.nesting) = before)
    }

    pub(super) fn node(&self, start: usize, kind: ExprKind) -> Result<Expr> {
        let end = self.token.span.start.max(start);
        let end = start + self.text.get(start..end).map_or(0, |t| t.trim_end().len());
        Expr::new(kind, Span { start, end })
    }

    /// An expression: a range, or what may stand in one.
    pub(super) fn expression(&mut self) -> Result<Expr> {
        let start = self.token.span.start;
        let from = if self.is_op("..") || self.is_op("..=") { None } else { Some(self.operation(1)?) };
        let inclusive = self.is_op("..=");
        if let Some(from) = from {
            if !inclusive && !self.is_op("..") {
                return Ok(from);
            }
            return self.range(start, Some(Box::new(from)), inclusive);
        }
        self.range(start, None, inclusive)
    }

    /// From the dots of a range on.
    fn range(&mut self, start: usize, from: Option<Box<Expr>>, inclusive: bool) -> Result<Expr> {
        self.advance()?;
        let ends = matches!(self.token.token, Token::End | Token::Op(")" | "]" | "}" | "," | ";"));
        if ends && inclusive {
            return Err(self.unexpected());
        }
        let to = if ends { None } else { Some(Box::new(self.operation(1)?)) };
        self.node(start, ExprKind::Range(from, to, inclusive))
    }

    /// Operators that bind at least as tightly as `least`.
    fn operation(&mut self, least: u8) -> Result<Expr> {
        let start = self.token.span.start;
        let mut left = self.unary()?;
        loop {
            if self.is_keyword("as") && least <= AS {
                self.advance()?;
                let ty = self.nested(Self::ty)?;
                left = self.node(start, ExprKind::Cast(ty, Box::new(left), false))?;
                continue;
            }
            let Token::Op(op) = self.token.token else { break };
            let Some(level) = precedence(op).filter(|level| *level >= least) else { break };
            self.advance()?;
            // Assignments group to the right, all others to the left.
            let right = Box::new(self.nested(|p| p.operation(if level == 1 { 1 } else { level + 1 }))?);
            let kind = match (op, binary(op)) {
                (_, Some(op)) => ExprKind::Binary(op, Box::new(left), right),
                ("=", _) => ExprKind::Assign(None, Box::new(left), right),
                (op, _) => ExprKind::Assign(binary(op.trim_end_matches('=')), Box::new(left), right),
            };
            left = self.node(start, kind)?;
        }
        Ok(left)
    }

    fn unary(&mut self) -> Result<Expr> {
        let start = self.token.span.start;
        let op = match self.token.token {
            Token::Op("+") => Unary::Plus,
            Token::Op("-") => Unary::Minus,
            Token::Op("!") => Unary::Not,
            Token::Op("*") => Unary::Deref,
            Token::Op("&") => Unary::AddressOf,
            _ => {
                let operand = self.operand()?;
                return self.suffixes(start, operand);
            }
        };
        self.advance()?;
        if op == Unary::AddressOf {
            self.take_keyword("mut")?;
        }
        let operand = self.nested(Self::unary)?;
        self.node(start, ExprKind::Unary(op, Box::new(operand)))
    }

    /// What may follow an operand.
    fn suffixes(&mut self, start: usize, mut left: Expr) -> Result<Expr> {
        loop {
            let Token::Op(op) = self.token.token else { return Ok(left) };
            left = match op {
                "[" => {
                    self.advance()?;
                    let index = self.nested(Self::expression)?;
                    self.expect("]")?;
                    self.node(start, ExprKind::Index(Box::new(left), Box::new(index)))?
                }
                "." => self.member(start, left)?,
                "(" => {
                    let arguments = self.arguments()?;
                    let written = self.text.get(left.span.start..left.span.end).unwrap_or_default();
                    let kind = match left.kind {
                        ExprKind::Type(ty) => tuple_structure(ty, written, arguments)?,
                        _ => ExprKind::Call(Box::new(left), arguments),
                    };
                    self.node(start, kind)?
                }
                _ => return Ok(left),
            };
        }
    }

    fn member(&mut self, start: usize, left: Expr) -> Result<Expr> {
        self.advance()?;
        let Token::Name(name) = self.token.token.clone() else { return Err(self.error("field name expected")) };
        self.advance()?;
        let is_method = self.is_op("(") && !name.starts_with(|c: char| c.is_ascii_digit());
        let kind = match is_method {
            true => ExprKind::MethodCall(Box::new(left), name, self.arguments()?),
            false => ExprKind::Member(Box::new(left), name, false),
        };
        self.node(start, kind)
    }

    /// `(a, b)`, the arguments of a call.
    fn arguments(&mut self) -> Result<Vec<Expr>> {
        self.advance()?;
        let mut arguments = Vec::new();
        while !self.is_op(")") {
            arguments.push(self.nested(Self::expression)?);
            if !self.take(",")? && !self.is_op(")") {
                return Err(self.error("',' or ')' expected"));
            }
        }
        self.advance()?;
        Ok(arguments)
    }

    fn operand(&mut self) -> Result<Expr> {
        let start = self.token.span.start;
        let kind = match self.token.token.clone() {
            Token::Constant(value) => ExprKind::Constant(value),
            Token::Keyword(word @ ("true" | "false")) => ExprKind::Constant(Value::int(&Type::bool(), (word == "true").into())),
            Token::Dollar(name) => dollar(name),
            Token::Str(bytes, is_bytes) => ExprKind::Constant(string(bytes, is_bytes)),
            Token::Module(module) => {
                self.advance()?;
                let Token::Name(name) = self.token.token.clone() else { return Err(self.error("identifier expected")) };
                ExprKind::Name(name, Some(module))
            }
            Token::Op("(") => return self.parenthesis(start),
            Token::Op("[") => return self.array(start),
            Token::Name(name) if &*name == "sizeof" => return self.size_of(start),
            Token::Name(_) | Token::Op("::") | Token::Keyword("self" | "super" | "crate" | "extern") => return self.path(start),
            _ => return Err(self.unexpected()),
        };
        self.advance()?;
        self.node(start, kind)
    }

    /// `()`, `(a)`; tuples are not expressions of gdb's.
    fn parenthesis(&mut self, start: usize) -> Result<Expr> {
        self.advance()?;
        if self.take(")")? {
            return self.node(start, ExprKind::Constant(unit()));
        }
        let inner = self.nested(Self::expression)?;
        let mut is_tuple = false;
        while self.take(",")? {
            is_tuple = true;
            if self.is_op(")") {
                break;
            }
            self.nested(Self::expression)?;
        }
        if !self.take(")")? {
            return Err(self.error("',' or ')' expected"));
        }
        if is_tuple {
            return Err(Error::user("Tuple expressions not supported yet"));
        }
        Ok(Expr { span: Span { start, ..inner.span }, ..inner })
    }

    /// `[a, b]` or `[a; 3]`
    fn array(&mut self, start: usize) -> Result<Expr> {
        self.advance()?;
        self.take_keyword("mut")?;
        let first = self.nested(Self::expression)?;
        // `[i32; 4]` is a type.
        if matches!(&first.kind, ExprKind::Type(ty) if unit_structure(ty).is_none()) {
            return Err(Error::user("Attempt to use a type name as an expression"));
        }
        if self.take(";")? {
            let count = self.nested(Self::expression)?;
            self.expect("]")?;
            return self.node(start, ExprKind::Filled(Box::new(first), Box::new(count)));
        }
        if !self.is_op(",") && !self.is_op("]") {
            return Err(self.error("',', ';', or ']' expected"));
        }
        let mut elements = vec![first];
        while self.take(",")? {
            if self.is_op("]") {
                break;
            }
            elements.push(self.nested(Self::expression)?);
        }
        if !self.take("]")? {
            return Err(self.error("',' or ']' expected"));
        }
        self.node(start, ExprKind::Array(elements))
    }

    /// `sizeof(a)`, `sizeof(T)`
    fn size_of(&mut self, start: usize) -> Result<Expr> {
        self.advance()?;
        self.expect("(")?;
        let open = self.token.span.start;
        let ty = self.attempt(|p| {
            let ty = p.nested(Self::ty)?;
            p.expect(")").map(|()| ty)
        });
        let operand = match ty {
            Ok(ty) => self.node(open, ExprKind::Type(ty))?,
            Err(_) => {
                let value = self.nested(Self::expression)?;
                self.expect(")")?;
                value
            }
        };
        self.node(start, ExprKind::Unary(Unary::SizeOf, Box::new(operand)))
    }

    /// A name; a type's name may be followed by what makes a value of it.
    fn path(&mut self, start: usize) -> Result<Expr> {
        let (name, is_absolute) = self.path_name(true)?;
        let wanted: Arc<str> = if is_absolute && name.contains("::") { format!("::{name}").into() } else { name.as_str().into() };
        let is_structure = self.is_op("{");
        if let Some(ty) = self.type_named(&wanted)? {
            return if is_structure { self.structure(start, ty) } else { self.node(start, ExprKind::Type(ty)) };
        }
        if is_structure {
            return Err(Error::user(format!("Could not find type '{name}'")));
        }
        self.node(start, ExprKind::Name(wanted, None))
    }

    /// `{a: 1, b, ..rest}` behind the name of a type.
    fn structure(&mut self, start: usize, ty: Arc<Type>) -> Result<Expr> {
        let is_structure = match &ty.stripped().kind {
            TypeKind::Struct { fields, .. } => {
                let layout = fields.layout()?;
                let is_numbered = |name: &str| name.strip_prefix("__").unwrap_or(name).starts_with(|c: char| c.is_ascii_digit());
                layout.variants.is_none() && !layout.fields.first().is_some_and(|f| is_numbered(&f.name))
            }
            _ => false,
        };
        if !is_structure {
            return Err(Error::user("Struct expression applied to non-struct type"));
        }
        self.advance()?;
        let (mut members, mut rest) = (Vec::new(), None);
        while !self.is_op("}") {
            if self.take("..")? {
                rest = Some(Box::new(self.nested(Self::expression)?));
                if !self.is_op("}") {
                    return Err(self.error("'}' expected"));
                }
                break;
            }
            let at = self.token.span.start;
            let Token::Name(name) = self.token.token.clone() else {
                return Err(self.error("'}', '..', or identifier expected"));
            };
            self.advance()?;
            let value = match self.take(":")? {
                true => self.nested(Self::expression)?,
                false => self.node(at, ExprKind::Name(name.clone(), None))?,
            };
            members.push((name, value));
            self.take(",")?;
        }
        self.advance()?;
        self.node(start, ExprKind::Struct(ty, members, rest))
    }
}

/// `Type(1, 2)`
fn tuple_structure(ty: Arc<Type>, written: &str, arguments: Vec<Expr>) -> Result<ExprKind> {
    let is_tuple = match &ty.stripped().kind {
        TypeKind::Struct { fields, .. } => fields.get()?.first().is_some_and(|f| &*f.name == "__0" || &*f.name == "0"),
        _ => false,
    };
    if !is_tuple {
        return Err(Error::user(format!("Type {written} is not a tuple struct")));
    }
    let members = arguments.into_iter().enumerate().map(|(i, e)| (i.to_string().into(), e)).collect();
    Ok(ExprKind::Struct(ty, members, None))
}

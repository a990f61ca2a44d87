//! What Rust writes differently: its literals, its types, `as`, ranges, slices.

use std::sync::Arc;

use super::ast::{Expr, ExprKind};
use super::eval::Evaluator;
use super::host::Host;
use super::lex::Token;
use super::parse::Parser;
use crate::base::{Error, Result, VirtAddr};
use crate::value::{Field, Language, Printer, Real, Type, TypeKind, Value, elements_of, int_to_bytes, rust_type};

/// A number of Rust: digits with underscores and a type behind them; `None` if it is none.
pub(super) fn number(text: &str) -> Option<Value> {
    let suffixes = ["i8", "i16", "i32", "i64", "i128", "isize", "u8", "u16", "u32", "u64", "u128", "usize", "f32", "f64"];
    let hex = text.starts_with("0x");
    let suffix = suffixes.into_iter().find(|s| text.len() > s.len() && text.ends_with(s) && !(hex && s.starts_with('f')));
    let digits = suffix.map_or(text, |s| text.strip_suffix(s).unwrap_or(text)).replace('_', "");
    let is_float = suffix.is_some_and(|s| s.starts_with('f')) || (!hex && digits.contains(['.', 'e', 'E']));
    let ty = rust_type(suffix.unwrap_or(if is_float { "f64" } else { "i32" }))?;
    if is_float {
        let valid = digits.chars().all(|c| c.is_ascii_digit() || ".eE+-".contains(c));
        return valid
            .then(|| Value::computed(&ty, Real::parse(&digits).encode(ty.float().unwrap_or(crate::value::FloatFormat::Double))));
    }
    let (radix, bare) = match digits.as_bytes() {
        [b'0', b'x', ..] => (16, digits.get(2..)?),
        [b'0', b'o', ..] => (8, digits.get(2..)?),
        [b'0', b'b', ..] => (2, digits.get(2..)?),
        _ => (10, &*digits),
    };
    let n = i128::from_str_radix(bare, radix).ok()?;
    // What does not fit into an i32 is what it fits into.
    let ty = if suffix.is_none() && i32::try_from(n).is_err() { rust_type("i64")? } else { ty };
    Some(Value::int(&ty, n))
}

impl Parser<'_> {
    pub(super) fn is_rust(&self) -> bool {
        self.names.language() == Language::Rust
    }

    /// A type in Rust's notation.
    pub(super) fn rust_type_name(&mut self) -> Result<Arc<Type>> {
        if self.take("&")? {
            self.take_word("mut")?;
            let target = self.nested(Self::rust_type_name)?;
            return Ok(Type::pointer(&target));
        }
        if self.take("*")? {
            if !self.take_word("const")? && !self.take_word("mut")? {
                return Err(self.syntax_error());
            }
            let target = self.nested(Self::rust_type_name)?;
            return Ok(Type::pointer(&target));
        }
        if self.take("[")? {
            let element = self.nested(Self::rust_type_name)?;
            self.expect(";")?;
            let Token::Constant(count) = self.token.token.clone() else { return Err(self.syntax_error()) };
            self.advance()?;
            self.expect("]")?;
            let count = count.to_int(&crate::base::SliceMemory::default())?;
            return Ok(Type::array(&element, u64::try_from(count).unwrap_or(0)));
        }
        let Some((ty, end)) = self.named_type("")? else { return Err(self.syntax_error()) };
        self.jump(end)?;
        Ok(ty)
    }

    fn take_word(&mut self, word: &str) -> Result<bool> {
        let found = matches!(&self.token.token, Token::Name { name, quoted: false } if &**name == word);
        if found {
            self.advance()?;
        }
        Ok(found)
    }

    /// `x as T as U`
    pub(super) fn rust_casts(&mut self, start: usize, mut left: Expr) -> Result<Expr> {
        while self.is_rust() && self.take_word("as")? {
            let ty = self.nested(Self::rust_type_name)?;
            left = self.node(start, ExprKind::Cast(ty, Box::new(left), false))?;
        }
        Ok(left)
    }

    /// Behind a `&`: `mut` says nothing to a debugger.
    pub(super) fn skip_mut(&mut self) -> Result<()> {
        if self.is_rust() {
            self.take_word("mut")?;
        }
        Ok(())
    }

    /// `[a, b]` or `[a; 3]`
    pub(super) fn rust_array(&mut self, start: usize) -> Result<Expr> {
        self.expect("[")?;
        let first = self.nested(|p| p.expression(0))?;
        if self.take(";")? {
            let Token::Constant(count) = self.token.token.clone() else { return Err(self.syntax_error()) };
            self.advance()?;
            self.expect("]")?;
            let count = count.to_int(&crate::base::SliceMemory::default())?;
            let count = usize::try_from(count).ok().filter(|n| (1..=1 << 16).contains(n));
            let count = count.ok_or_else(|| Error::user("Array length is out of range."))?;
            return self.node(start, ExprKind::Array(vec![first; count]));
        }
        let mut elements = vec![first];
        while self.take(",")? {
            elements.push(self.nested(|p| p.expression(0))?);
        }
        self.expect("]")?;
        let array = self.node(start, ExprKind::Array(elements))?;
        self.suffixes(start, array)
    }

    /// What stands in the brackets of an index: an expression or a range, up to the `]`.
    pub(super) fn rust_index(&mut self, start: usize) -> Result<Expr> {
        let from = if self.is_op("..") || self.is_op("..=") { None } else { Some(Box::new(self.nested(|p| p.expression(0))?)) };
        let inclusive = self.is_op("..=");
        if !inclusive && !self.is_op("..") {
            self.expect("]")?;
            return from.map(|e| *e).ok_or_else(|| self.syntax_error());
        }
        self.advance()?;
        let to = if self.is_op("]") { None } else { Some(Box::new(self.nested(|p| p.expression(0))?)) };
        let range = self.node(start, ExprKind::Range(from, to, inclusive))?;
        self.expect("]")?;
        Ok(range)
    }
}

impl Evaluator<'_> {
    /// The elements of a slice or vector of Rust: their type, the address of the first one, how many.
    fn rust_elements(&self, value: &Value) -> Option<(Arc<Type>, u64, u64)> {
        let options = self.host.options();
        let host: &dyn Host = self.host;
        elements_of(&Printer { memory: host.memory(), symbols: host, options: &options }, value)
    }

    /// An element of a slice or vector; `None` for anything else.
    pub(super) fn rust_element(&mut self, of: &Value, index: &Value) -> Result<Option<Value>> {
        let Some((element, first, len)) = self.rust_elements(of) else { return Ok(None) };
        let i = index.to_int(self.host.memory())?;
        let inside = u64::try_from(i).ok().filter(|i| *i < len);
        let i = inside.ok_or_else(|| Error::user(format!("Index {i} is out of bounds: there are {len}.")))?;
        Ok(Some(Value::at(&element, VirtAddr(first.wrapping_add(i.wrapping_mul(element.size))))))
    }

    /// `v[1..3]`: a slice.
    pub(super) fn rust_slice(&mut self, of: &Value, range: (Option<&Expr>, Option<&Expr>, bool)) -> Result<Value> {
        let elements = match (&of.ty.stripped().kind, of.address()) {
            (TypeKind::Array { element, count: Some(count), .. }, Some(at)) => Some((element.clone(), at.0, *count)),
            _ => self.rust_elements(of),
        };
        let Some((element, first, len)) = elements else { return Err(Error::user("Cannot take slice of non-array type")) };
        let mut bound = |e: Option<&Expr>, otherwise: u64| match e {
            Some(e) => self.operand(e)?.to_int(self.host.memory()),
            None => Ok(otherwise.into()),
        };
        let from = bound(range.0, 0)?;
        let to = bound(range.1, len)? + i128::from(range.2 && range.1.is_some());
        let (Ok(from), Ok(to)) = (u64::try_from(from), u64::try_from(to)) else {
            return Err(Error::user("Index less than zero"));
        };
        if from > to || to > len {
            return Err(Error::user(if from > to {
                "slice index starts after its end"
            } else {
                "High bound greater than upper bound"
            }));
        }
        let usize_type = rust_type("usize").unwrap_or_else(Type::ulong);
        let fields = vec![Field::new("data_ptr", &Type::pointer(&element), 0), Field::new("length", &usize_type, 8)];
        let ty = Type::rust_structure(&format!("&[{element}]"), 16, fields);
        let mut bytes = int_to_bytes(first.wrapping_add(from.wrapping_mul(element.size)).into(), 8);
        bytes.extend(int_to_bytes((to - from).into(), 8));
        Ok(Value::computed(&ty, bytes))
    }
}

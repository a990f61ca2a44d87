//! What C++ adds: its casts, `typeid` and `typeof`, members, arguments that may be types.

use std::sync::Arc;

use super::ast::{Expr, ExprKind, NamedCast, TypeOf};
use super::lex::{Spanned, Token};
use super::parse::Parser;
use crate::base::Result;
use crate::value::{Language, Type, TypeKind};

impl Parser<'_> {
    /// `static_cast<type>(a)`
    pub(super) fn named_cast(&mut self, start: usize, kind: NamedCast) -> Result<Expr> {
        self.advance()?;
        self.expect("<")?;
        let like = match self.at_type_of() {
            Some(how) => Ok(self.nested(|p| p.type_of(start, how))?),
            None => Err(self.nested(Self::type_name)?),
        };
        // The `>` of a template's arguments was taken with its name.
        self.expect(">")?;
        self.expect("(")?;
        let operand = Box::new(self.nested(Self::comma)?);
        self.expect(")")?;
        let cast = match like {
            Ok(like) => ExprKind::CastLike(Some(kind), Box::new(like), operand),
            Err(ty) => ExprKind::NamedCast(kind, ty, operand),
        };
        let cast = self.node(start, cast)?;
        self.suffixes(start, cast)
    }

    /// `typeid (a)`, `typeid (type)`
    pub(super) fn type_id(&mut self, start: usize) -> Result<Expr> {
        self.advance()?;
        let operand = self.in_parentheses()?;
        let found = self.node(start, ExprKind::TypeId(Box::new(operand)))?;
        self.suffixes(start, found)
    }

    /// Behind a keyword: an expression or a type, in parentheses.
    fn in_parentheses(&mut self) -> Result<Expr> {
        self.expect("(")?;
        let start = self.token.span.start;
        let operand = if self.at_type()? {
            let ty = self.nested(Self::type_name)?;
            self.node(start, ExprKind::Type(ty))?
        } else {
            self.nested(Self::comma)?
        };
        self.expect(")")?;
        Ok(operand)
    }

    /// Whether `typeof`, `decltype` or one of their like and a parenthesis are next.
    pub(super) fn at_type_of(&self) -> Option<TypeOf> {
        let follows = self.text.get(self.token.span.end..).is_some_and(|rest| rest.trim_start().starts_with('('));
        let how = match &*self.word().filter(|_| follows)? {
            "typeof" | "__typeof" | "__typeof__" => TypeOf::Value,
            "decltype" | "__decltype" => TypeOf::Declared,
            _ => return None,
        };
        Some(how)
    }

    /// `typeof (a)`
    pub(super) fn type_of(&mut self, start: usize, how: TypeOf) -> Result<Expr> {
        self.advance()?;
        let operand = self.in_parentheses()?;
        self.node(start, ExprKind::TypeOf(Box::new(operand), how))
    }

    /// Behind the `(` of `(typeof (a)) b`.
    pub(super) fn cast_like(&mut self, start: usize, how: TypeOf) -> Result<Expr> {
        let like = self.nested(|p| p.type_of(start, how))?;
        self.expect(")")?;
        let operand = self.nested(Self::unary)?;
        self.node(start, ExprKind::CastLike(None, Box::new(like), Box::new(operand)))
    }

    pub(super) fn member_suffix(&mut self, start: usize, left: Expr, arrow: bool) -> Result<Expr> {
        self.advance()?;
        if let Some((name, end)) = self.scoped_name() {
            // Parameters behind it are arguments here.
            let open = name.find('(').filter(|at| *at > 0 && !name.ends_with("operator()"));
            let (name, end) = match open {
                Some(at) => (name.get(..at).unwrap_or_default().trim_end().into(), end - (name.len() - at)),
                None => (name, end),
            };
            self.jump(end)?;
            return self.node(start, ExprKind::Member(Box::new(left), name, arrow));
        }
        // A destructor.
        let tilde = self.take("~")?;
        match self.advance()? {
            Spanned { token: Token::Name { name, .. }, .. } => {
                let name = if tilde { format!("~{name}").into() } else { self.conversion_operator(name)? };
                self.node(start, ExprKind::Member(Box::new(left), name, arrow))
            }
            wrong => {
                self.token = wrong;
                Err(self.syntax_error())
            }
        }
    }

    /// `operator int`, whose first word was taken.
    pub(super) fn conversion_operator(&mut self, name: Arc<str>) -> Result<Arc<str>> {
        if &*name != "operator" || self.names.language() != Language::Cpp || !self.at_type()? {
            return Ok(name);
        }
        let ty = self.nested(Self::conversion_type)?;
        Ok(format!("operator {ty}").into())
    }

    /// The arguments of a call; of types where it tells functions of one name apart.
    pub(super) fn call_suffix(&mut self, start: usize, left: Expr) -> Result<Expr> {
        self.advance()?;
        if matches!(left.kind, ExprKind::Name(_, None) | ExprKind::Member(..))
            && self.names.language() == Language::Cpp
            && self.at_type()?
        {
            let before = (self.lexer.clone(), self.token.clone());
            if let Ok(parameters) = self.nested(Self::parameter_types)
                && !self.begins_operand()
            {
                return self.node(start, ExprKind::Overload(Box::new(left), parameters));
            }
            (self.lexer, self.token) = before;
        }
        let mut arguments = Vec::new();
        if !self.is_op(")") {
            arguments.push(self.nested(|p| p.expression(0))?);
            while self.take(",")? {
                arguments.push(self.nested(|p| p.expression(0))?);
            }
        }
        self.expect(")")?;
        self.node(start, ExprKind::Call(Box::new(left), arguments))
    }

    /// Whether what follows a parenthesis was cast by it: `f((int) a)` is no list of types.
    fn begins_operand(&self) -> bool {
        matches!(self.token.token, Token::Constant(_) | Token::Name { .. } | Token::Dollar(_) | Token::Str(..))
    }

    /// `int(5)`: a cast in the manner of a call. Constructors are not called: gdb takes `Class(1)` for a wrong type.
    pub(super) fn construction(&mut self, start: usize) -> Result<Expr> {
        let error = self.syntax_error();
        let first = self.word();
        let ty = self.nested(Self::specifiers)?;
        if let Some(name) = first.filter(|_| self.is_op("::")) {
            let kind = self.qualified(name, false)?;
            return self.node(start, kind);
        }
        if !self.take("(")? {
            return Err(error);
        }
        if matches!(ty.stripped().kind, TypeKind::Struct { .. }) && self.names.language() == Language::Cpp {
            return Err(self.syntax_error());
        }
        let operand = self.nested(Self::comma)?;
        self.expect(")")?;
        let cast = self.node(start, ExprKind::Cast(ty, Box::new(operand), false))?;
        self.suffixes(start, cast)
    }

    /// The type of `operator int *`: no parameters belong to it.
    fn conversion_type(&mut self) -> Result<Arc<Type>> {
        let mut ty = self.specifiers()?;
        loop {
            ty = match &self.token.token {
                Token::Op("*") => Type::pointer(&ty),
                Token::Op("&") => Type::reference(&ty, false),
                _ => return Ok(ty),
            };
            self.advance()?;
        }
    }
}

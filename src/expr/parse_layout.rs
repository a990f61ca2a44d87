//! What a program's layout is asked for: `sizeof`, `alignof`, `offsetof`.

use super::ast::{Expr, ExprKind, Unary};
use super::parse::Parser;
use crate::base::Result;
use crate::value::{Type, Value};

impl Parser<'_> {
    /// `sizeof a`, `sizeof (type)`, and `alignof` likewise.
    pub(super) fn size_of(&mut self, start: usize, op: Unary) -> Result<Expr> {
        self.advance()?;
        if self.is_op("(") {
            let open = self.advance()?;
            if self.at_type()? {
                let ty = self.nested(Self::type_name)?;
                self.expect(")")?;
                let operand = self.node(open.span.start, ExprKind::Type(ty))?;
                return self.node(start, ExprKind::Unary(op, Box::new(operand)));
            }
            let inner = self.nested(Self::comma)?;
            self.expect(")")?;
            let operand = self.suffixes(open.span.start, inner)?;
            return self.node(start, ExprKind::Unary(op, Box::new(operand)));
        }
        let operand = self.nested(Self::unary)?;
        self.node(start, ExprKind::Unary(op, Box::new(operand)))
    }

    /// `offsetof (type, member.member[1])` (C11 §7.19), which is `(unsigned long) &((type *) 0)->member.member[1]`.
    pub(super) fn offset_of(&mut self, start: usize) -> Result<Expr> {
        self.advance()?;
        self.expect("(")?;
        if !self.at_type()? {
            return Err(self.syntax_error());
        }
        let ty = self.nested(Self::type_name)?;
        let nowhere = self.node(start, ExprKind::Constant(Value::pointer(&ty, crate::base::VirtAddr(0))))?;
        let object = self.node(start, ExprKind::Unary(Unary::Deref, Box::new(nowhere)))?;
        if !self.is_op(",") {
            return Err(self.syntax_error());
        }
        let member = self.nested(|p| {
            let member = p.member_suffix(start, object, false)?;
            p.suffixes(start, member)
        })?;
        self.expect(")")?;
        let address = self.node(start, ExprKind::Unary(Unary::AddressOf, Box::new(member)))?;
        let size = crate::value::base_type("unsigned long").unwrap_or_else(Type::int);
        let offset = self.node(start, ExprKind::Cast(size, Box::new(address), false))?;
        self.suffixes(start, offset)
    }
}

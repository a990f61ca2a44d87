//! What a parsed expression is.

use std::sync::Arc;

use crate::base::{Error, Result, Span};
use crate::value::{ModuleRef, Type, Value};

/// A parsed expression: it may be kept and evaluated many times.
#[derive(Clone, Debug)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Where it stands in the text, in bytes.
    pub span: Span,
    /// How many nodes lie on the longest way down, itself included: dropping it takes as many steps of recursion.
    pub(super) height: u32,
    /// How deep its evaluation nests: a chain of operators, whose left sides are walked in a loop, counts once.
    pub(super) depth: u32,
}

/// How many nodes may lie on the longest way down a tree: dropping it recurses that far.
const MAX_HEIGHT: u32 = 2000;

/// How deep an evaluation may nest.
const MAX_DEPTH: u32 = 200;

/// The error for what is nested deeper than a stack is.
pub(super) fn too_deep(span: Span) -> Error {
    Error::Syntax { message: "The expression is nested too deeply.".to_owned(), span }
}

impl Expr {
    /// An expression of its parts; too many of them in one another are an error.
    pub(super) fn new(kind: ExprKind, span: Span) -> Result<Expr> {
        let (mut height, mut depth) = (1, 1);
        let mut contains = |e: &Expr, chained: bool| {
            height = height.max(e.height + 1);
            depth = depth.max(e.depth + u32::from(!chained));
        };
        match &kind {
            ExprKind::Unary(_, a) | ExprKind::Member(a, ..) | ExprKind::Cast(_, a, _) => contains(a, false),
            ExprKind::NamedCast(_, _, a) => contains(a, false),
            ExprKind::Overload(a, _) | ExprKind::TypeOf(a, _) | ExprKind::TypeId(a) => contains(a, false),
            ExprKind::CastLike(_, a, b) => [a, b].into_iter().for_each(|e| contains(e, false)),
            ExprKind::Binary(_, a, b) => {
                contains(a, matches!(a.kind, ExprKind::Binary(..)));
                contains(b, false);
            }
            ExprKind::Assign(_, a, b) | ExprKind::Index(a, b) | ExprKind::MemberPointer(a, b) | ExprKind::Filled(a, b) => {
                contains(a, false);
                contains(b, false);
            }
            ExprKind::Conditional(parts) => parts.iter().for_each(|e| contains(e, false)),
            ExprKind::Call(f, arguments) | ExprKind::MethodCall(f, _, arguments) => {
                std::iter::once(&**f).chain(arguments).for_each(|e| contains(e, false))
            }
            ExprKind::Range(from, to, _) => from.iter().chain(to).for_each(|e| contains(e, false)),
            ExprKind::Array(elements) => elements.iter().for_each(|e| contains(e, false)),
            ExprKind::Struct(_, members, base) => {
                members.iter().map(|(_, e)| e).chain(base.as_deref()).for_each(|e| contains(e, false))
            }
            _ => {}
        }
        if height > MAX_HEIGHT || depth > MAX_DEPTH {
            return Err(too_deep(span));
        }
        Ok(Expr { kind, span, height, depth })
    }

    /// The parts that may lie in memory and that its value depends on: names, members, elements, what pointers lead to. Of `a.b` it
    /// is the member, not the whole structure; of `p->b` it is `p` too.
    pub fn places(&self) -> Vec<&Expr> {
        let mut found = Vec::new();
        let mut left = vec![self];
        while let Some(expr) = left.pop() {
            match &expr.kind {
                ExprKind::Name(..) => found.push(expr),
                ExprKind::Member(of, _, arrow) => {
                    found.push(expr);
                    // What it is a part of is no place of its own, but how it is found is.
                    let mut whole = &**of;
                    let mut is_pointer = *arrow;
                    while let (ExprKind::Member(of, _, arrow), false) = (&whole.kind, is_pointer) {
                        (whole, is_pointer) = (of, *arrow);
                    }
                    match &whole.kind {
                        ExprKind::Name(..) if !is_pointer => {}
                        ExprKind::Unary(Unary::Deref, pointer) if !is_pointer => left.push(pointer),
                        ExprKind::Index(array, index) if !is_pointer => left.extend([&**array, &**index]),
                        _ => left.push(whole),
                    }
                }
                ExprKind::Index(a, b) => {
                    found.push(expr);
                    left.extend([&**a, &**b]);
                }
                ExprKind::Unary(Unary::Deref, a) => {
                    found.push(expr);
                    left.push(a);
                }
                ExprKind::Unary(Unary::AddressOf | Unary::SizeOf | Unary::AlignOf, _) => {}
                ExprKind::Cast(_, a, through) => {
                    if *through {
                        found.push(expr);
                    }
                    left.push(a);
                }
                ExprKind::Unary(_, a) | ExprKind::CastLike(_, _, a) => left.push(a),
                ExprKind::Binary(_, a, b) | ExprKind::Assign(_, a, b) | ExprKind::Filled(a, b) => left.extend([&**a, &**b]),
                ExprKind::Conditional(parts) => left.extend(parts.iter()),
                ExprKind::Array(parts) => left.extend(parts.iter()),
                ExprKind::Call(_, arguments) => left.extend(arguments.iter()),
                ExprKind::MethodCall(of, _, arguments) => left.extend(std::iter::once(&**of).chain(arguments)),
                ExprKind::Struct(_, members, base) => left.extend(members.iter().map(|(_, e)| e).chain(base.as_deref())),
                _ => {}
            }
        }
        found
    }

    /// The names of the program that it uses, each with the module before its `!`, in their order.
    pub fn names(&self) -> Vec<(Arc<str>, Option<ModuleRef>)> {
        let name = |e: &Expr| if let ExprKind::Name(name, module) = &e.kind { Some((name.clone(), *module)) } else { None };
        self.all().into_iter().filter_map(name).collect()
    }

    /// Whether it uses a `$name`.
    pub fn uses_dollar(&self) -> bool {
        self.all().iter().any(|e| matches!(e.kind, ExprKind::Dollar(_)))
    }

    /// The expression and all within it, in the order in which they are written.
    fn all(&self) -> Vec<&Expr> {
        let mut all = Vec::new();
        let mut left = vec![self];
        while let Some(expr) = left.pop() {
            all.push(expr);
            left.extend(expr.operands().into_iter().rev());
        }
        all
    }

    /// The expressions that it is directly made of.
    fn operands(&self) -> Vec<&Expr> {
        match &self.kind {
            ExprKind::Name(..)
            | ExprKind::Constant(_)
            | ExprKind::Dollar(_)
            | ExprKind::HistoryBack(_)
            | ExprKind::History(_)
            | ExprKind::Type(_) => Vec::new(),
            ExprKind::Unary(_, a) | ExprKind::Member(a, ..) | ExprKind::Cast(_, a, _) | ExprKind::NamedCast(_, _, a) => vec![a],
            ExprKind::Binary(_, a, b)
            | ExprKind::Assign(_, a, b)
            | ExprKind::Index(a, b)
            | ExprKind::Filled(a, b)
            | ExprKind::CastLike(_, a, b)
            | ExprKind::MemberPointer(a, b) => vec![a, b],
            ExprKind::Overload(a, _) | ExprKind::TypeOf(a, _) | ExprKind::TypeId(a) => vec![a],
            ExprKind::MethodCall(of, _, arguments) => std::iter::once(&**of).chain(arguments.iter()).collect(),
            ExprKind::Struct(_, members, base) => members.iter().map(|(_, e)| e).chain(base.as_deref()).collect(),
            ExprKind::Range(from, to, _) => from.iter().chain(to).map(|e| &**e).collect(),
            ExprKind::Conditional(parts) => parts.iter().collect(),
            ExprKind::Array(parts) => parts.iter().collect(),
            ExprKind::Call(function, arguments) => std::iter::once(&**function).chain(arguments.iter()).collect(),
        }
    }
}

/// An expression and its parts.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum ExprKind {
    /// A number, a character or a string.
    Constant(Value),
    /// `name`, `module!name`
    Name(Arc<str>, Option<ModuleRef>),
    /// `$name`: a register, a convenience variable or one of the debugger's own.
    Dollar(Arc<str>),
    /// `$`, `$$`, `$$N`: so many values back in the history.
    HistoryBack(u64),
    /// `$N`
    History(u64),
    /// A type, where one may stand alone: `sizeof (int)`, `whatis int`.
    Type(Arc<Type>),
    /// An operator before its operand (or `++` and `--` after it).
    Unary(Unary, Box<Expr>),
    /// An operator between two operands.
    Binary(Binary, Box<Expr>, Box<Expr>),
    /// `a = b`, or `a += b` with its operator.
    Assign(Option<Binary>, Box<Expr>, Box<Expr>),
    /// `a ? b : c`
    Conditional(Box<[Expr; 3]>),
    /// `a[b]`
    Index(Box<Expr>, Box<Expr>),
    /// `a.name`, or `a->name` if the flag is set.
    Member(Box<Expr>, Arc<str>, bool),
    /// `(type) a`; `{type} a` if the flag is set: what lies at address `a`.
    Cast(Arc<Type>, Box<Expr>, bool),
    /// `a.*b`, `a->*b`
    MemberPointer(Box<Expr>, Box<Expr>),
    /// `static_cast<type>(a)` and its like.
    NamedCast(NamedCast, Arc<Type>, Box<Expr>),
    /// `a..b`; `a..=b` if the flag is set.
    Range(Option<Box<Expr>>, Option<Box<Expr>>, bool),
    /// `{a, b, c}`
    Array(Vec<Expr>),
    /// Rust's `[a; n]`
    Filled(Box<Expr>, Box<Expr>),
    /// `f(a, b)`
    Call(Box<Expr>, Vec<Expr>),
    /// `f(int, char)`: the function of this name with these parameters.
    Overload(Box<Expr>, Vec<Arc<Type>>),
    /// `typeof (a)`, `decltype (a)`: a type.
    TypeOf(Box<Expr>, TypeOf),
    /// A cast to the type that the first expression is; `static_cast<>` and its like where it is one of them.
    CastLike(Option<NamedCast>, Box<Expr>, Box<Expr>),
    /// `typeid (a)`
    TypeId(Box<Expr>),
    /// Rust's `a.name(b)`, whose `(a.name)(b)` is something else.
    MethodCall(Box<Expr>, Arc<str>, Vec<Expr>),
    /// Rust's `Type { a: 1, b: 2, ..rest }` and `Type(1, 2)`, whose members are `0` and `1`.
    Struct(Arc<Type>, Vec<(Arc<str>, Expr)>, Option<Box<Expr>>),
}

/// What gives the type of an expression.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TypeOf {
    /// `typeof`: the type of the value.
    Value,
    /// `decltype`: the declared type of a name or member; of other expressions that have an address a reference.
    Declared,
}

/// C++'s casts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub enum NamedCast {
    Static,
    Dynamic,
    Reinterpret,
    Const,
}

/// Operators with one operand.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub enum Unary {
    Plus,
    Minus,
    Not,
    Complement,
    Deref,
    AddressOf,
    PreIncrement,
    PreDecrement,
    PostIncrement,
    PostDecrement,
    SizeOf,
    AlignOf,
}

/// Operators with two operands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub enum Binary {
    Comma,
    Or,
    And,
    BitOr,
    BitXor,
    BitAnd,
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    ShiftLeft,
    ShiftRight,
    /// `a @ n`: an array of `n` from `a` on.
    Repeat,
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
}

impl Binary {
    /// Its sign, as it is written.
    pub(super) fn sign(self) -> &'static str {
        match self {
            Binary::Equal => "==",
            Binary::NotEqual => "!=",
            Binary::Less => "<",
            Binary::LessEqual => "<=",
            Binary::Greater => ">",
            Binary::GreaterEqual => ">=",
            Binary::BitOr => "|",
            Binary::BitXor => "^",
            Binary::BitAnd => "&",
            Binary::ShiftLeft => "<<",
            Binary::ShiftRight => ">>",
            Binary::Add => "+",
            Binary::Subtract => "-",
            Binary::Multiply => "*",
            Binary::Divide => "/",
            Binary::Remainder => "%",
            Binary::Comma => ",",
            Binary::Or => "||",
            Binary::And => "&&",
            Binary::Repeat => "@",
        }
    }
}

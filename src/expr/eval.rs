//! Trees into values.

use std::sync::Arc;

use super::ast::{Binary, Expr, ExprKind, Unary};
use super::casts::eval_type_of;
use super::evaluator::Evaluator;
use super::host::Host;
use super::members::{self, Member};
use super::operators::{
    address_of_value, binary, cast, complemented, is_comparison, is_true, needs_memory, negated, promoted_type,
    structure_operator,
};
use super::rust::{self, range_of, unit_structure};
use super::user_operators::is_user_defined;
use super::variables::Variables;
use crate::base::{Error, Result, VirtAddr};
use crate::value::{Absence, ArrayKind, Language, NoDebug, Place, Type, TypeKind, Value, alignment, pointed_to};

/// The value of an expression. Memory, registers and variables change where it assigns or calls.
pub fn eval(expr: &Expr, host: &mut dyn Host) -> Result<Value> {
    Evaluator { host, dry: false }.value(expr)
}

/// A value that has the type of the expression, as `whatis` and `sizeof` want it: nothing is assigned or called, and what
/// cannot be read does not matter.
pub fn eval_type(expr: &Expr, host: &mut dyn Host) -> Result<Value> {
    let mut evaluator = Evaluator { host, dry: true };
    match &expr.kind {
        ExprKind::Type(ty) => Ok(Value::at(ty, VirtAddr(0))),
        ExprKind::Name(..) => evaluator.named(expr),
        ExprKind::TypeOf(..) => Ok(Value::at(&eval_type_of(&mut evaluator, expr)?, VirtAddr(0))),
        _ => evaluator.value(expr),
    }
}

/// The address that an expression stands for in `x` and `break *`: of a function, of an array's first element, or the
/// number that a pointer or an integer is.
pub fn eval_address(expr: &Expr, host: &mut dyn Host) -> Result<VirtAddr> {
    let value = eval(expr, host)?;
    address_of_value(&value, host)
}

/// Whether a condition holds. `void` does not.
pub fn eval_condition(expr: &Expr, host: &mut dyn Host) -> Result<bool> {
    let value = eval(expr, host)?;
    is_true(&value, host.memory())
}

impl Evaluator<'_> {
    /// The value of an expression; of a reference what it refers to.
    pub(super) fn operand(&mut self, expr: &Expr) -> Result<Value> {
        let value = self.value(expr)?;
        self.referenced(value)
    }

    /// What a value refers to if it is a reference.
    pub(super) fn referenced(&self, value: Value) -> Result<Value> {
        match value.ty.stripped().kind {
            TypeKind::Reference(..) => self.dereferenced(&value),
            _ => Ok(value),
        }
    }

    pub(super) fn is_rust(&self) -> bool {
        self.host.language() == Language::Rust
    }

    /// A truth value of the language.
    fn truth_value(&self, truth: bool) -> Value {
        match self.host.language() {
            Language::C => Value::int(&Type::int(), truth.into()),
            _ => Value::int(&Type::bool(), truth.into()),
        }
    }

    /// The type that something in the program has, its definition found in other modules too.
    fn complete(&self, ty: &Arc<Type>) -> Arc<Type> {
        let ty = ty.completed();
        if !ty.is_declaration() {
            return ty;
        }
        let TypeKind::Struct { union, .. } = ty.stripped().kind else { return ty };
        let name = format!("{} {}", if union { "union" } else { "struct" }, ty.stripped().name);
        self.host.find_type(&name).ok().flatten().unwrap_or(ty)
    }

    pub(super) fn value(&mut self, expr: &Expr) -> Result<Value> {
        match &expr.kind {
            // Where only the type matters, a string is what it is in the program.
            ExprKind::Constant(value) if self.dry && self.is_rust() => Ok(self.as_str(value)),
            ExprKind::Constant(value) => Ok(value.clone()),
            ExprKind::Name(name, _) => {
                let value = self.named(expr)?;
                match value.ty.stripped().kind {
                    TypeKind::NoDebug(NoDebug::Data | NoDebug::Tls) => Err(unknown_type(name)),
                    _ => Ok(value),
                }
            }
            ExprKind::Dollar(name) => self.dollar(name),
            ExprKind::History(n) => self.host.history().get(*n),
            ExprKind::HistoryBack(n) => self.host.history().back(*n),
            ExprKind::Type(ty) => unit_structure(ty).ok_or_else(|| Error::user("Attempt to use a type name as an expression")),
            ExprKind::Unary(op, operand) => self.unary(*op, operand),
            ExprKind::Binary(op, left, right) => self.binary(*op, left, right),
            ExprKind::Assign(op, left, right) => self.assign(*op, left, right),
            ExprKind::Conditional(parts) => {
                let [condition, then, otherwise] = &**parts;
                let condition = self.operand(condition)?;
                let taken = if self.truth(&condition)? { then } else { otherwise };
                self.value(taken)
            }
            ExprKind::Index(left, index) => self.index(left, index),
            ExprKind::Member(of, name, arrow) => self.member(of, name, *arrow),
            ExprKind::MemberPointer(of, pointer) => {
                let object = self.object(of, false)?;
                let pointer = self.operand(pointer)?;
                self.through_member_pointer(&object, &pointer)
            }
            ExprKind::NamedCast(kind, ty, operand) => self.named_cast(*kind, ty, operand),
            ExprKind::Cast(ty, operand, false) => self.cast(ty, operand),
            ExprKind::Cast(ty, operand, true) => {
                let operand = self.operand(operand)?;
                Ok(Value::at(ty, address_of_value(&operand, self.host)?))
            }
            ExprKind::Range(from, to, inclusive) => self.rust_range(from.as_deref(), to.as_deref(), *inclusive),
            ExprKind::Array(elements) => self.array(elements),
            ExprKind::Filled(with, count) => self.filled(with, count),
            ExprKind::MethodCall(of, name, arguments) => self.method_call(of, name, arguments),
            ExprKind::Struct(ty, members, rest) => self.rust_structure(ty, members, rest.as_deref()),
            ExprKind::Call(function, arguments) => self.call(function, arguments, None),
            ExprKind::Overload(function, types) => self.overload_of(function, types).map(|(value, _)| value),
            ExprKind::TypeOf(..) => Err(Error::user("Attempt to use a type as an expression")),
            ExprKind::CastLike(kind, like, operand) => {
                let ty = eval_type_of(self, like)?;
                match kind {
                    Some(kind) => self.named_cast(*kind, &ty, operand),
                    None => self.cast(&ty, operand),
                }
            }
            ExprKind::TypeId(operand) => self.type_id(operand),
        }
    }

    /// A symbol, whether its type is known or not.
    fn named(&mut self, expr: &Expr) -> Result<Value> {
        let ExprKind::Name(name, module) = &expr.kind else { return Err(Error::user("Not a name.")) };
        let found = match self.host.lookup(name, *module) {
            Err(e) if self.dry && module.is_none() => Some(self.host.unplaced(name).ok_or(e)?),
            found => found?,
        };
        match found {
            Some(value) => Ok(value),
            None if module.is_some() => Err(Error::user(format!("No symbol \"{name}\" in specified context."))),
            None => match self.class_member(name)? {
                Some(value) => Ok(value),
                None => Err(self.host.no_symbol(name)),
            },
        }
    }

    /// The operand of `&` or of a cast, where a symbol without a type is welcome.
    pub(super) fn place(&mut self, expr: &Expr) -> Result<Value> {
        let value = match &expr.kind {
            ExprKind::Name(..) => self.named(expr)?,
            _ => self.operand(expr)?,
        };
        let value = match value.ty.stripped().kind {
            TypeKind::Reference(..) => self.dereferenced(&value)?,
            _ => value,
        };
        match value.ty.stripped().kind {
            // What the symbol has is an offset in each thread's block, and no address.
            TypeKind::NoDebug(NoDebug::Tls) if !self.dry => Err(Error::user("Cannot find thread-local variables on this target")),
            _ => Ok(value),
        }
    }

    fn dollar(&mut self, name: &str) -> Result<Value> {
        match self.host.register(name) {
            Ok(Some(value)) => return Ok(value),
            Ok(None) => {}
            Err(e) => {
                let ty = if self.dry { self.host.register_type(name) } else { None };
                return ty.map(|ty| Value::at(&ty, VirtAddr(0))).ok_or(e);
            }
        }
        if let Some(value) = self.host.computed(name)? {
            return Ok(value);
        }
        let value = self.host.variables().get(name).cloned().unwrap_or_else(|| Variables::unset(name));
        Ok(if value.ty.is_void() && self.is_rust() { value.retyped(&rust::unit().ty) } else { value })
    }

    pub(super) fn truth(&self, value: &Value) -> Result<bool> {
        if self.dry && !value.ty.is_void() {
            return Ok(is_true(value, self.host.memory()).unwrap_or(true));
        }
        is_true(value, self.host.memory())
    }

    fn unary(&mut self, op: Unary, operand: &Expr) -> Result<Value> {
        match op {
            Unary::AddressOf => {
                // `&v[1..3]` is the slice itself.
                if let ExprKind::Index(of, index) = &operand.kind
                    && let Some(range) = range_of(index)
                {
                    return self.rust_slice(of, range);
                }
                if let ExprKind::Overload(function, types) = &operand.kind {
                    return self.overload_pointer(function, types);
                }
                if let ExprKind::Name(name, None) = &operand.kind
                    && let Some(pointer) = self.member_pointer(name)?
                {
                    return Ok(pointer);
                }
                let value = self.place(operand)?;
                let is_string = value.ty.element().is_some() && matches!(value.place, Place::Nowhere | Place::Variable { .. });
                let value = if is_string { self.in_memory(&value)? } else { value };
                match value.address() {
                    Some(addr) => Ok(Value::pointer(&value.ty, addr)),
                    None if is_string => Err(needs_memory()),
                    None => match (&operand.kind, &value.place) {
                        (ExprKind::Name(name, _), Place::Register { name: register, .. }) => {
                            let what = format!("Address requested for identifier \"{name}\" which is in register ${register}");
                            Err(Error::user(what))
                        }
                        (ExprKind::Name(name, _), _) => {
                            Err(Error::user(format!("Can't take address of \"{name}\" which isn't an lvalue.")))
                        }
                        _ => Err(Error::user("Attempt to take address of value not located in memory.")),
                    },
                }
            }
            Unary::Deref => {
                let value = self.operand(operand)?;
                if is_user_defined(&value) {
                    if let Some(found) = self.known(|printer| pointed_to(printer, &value)) {
                        return found;
                    }
                    return self.unary_operator("*", value, false);
                }
                let value = self.in_memory(&value)?;
                self.dereferenced(&value)
            }
            Unary::SizeOf | Unary::AlignOf => {
                let of = match &operand.kind {
                    ExprKind::Type(ty) => ty.clone(),
                    ExprKind::TypeOf(..) => eval_type_of(self, operand)?,
                    _ => Evaluator { host: self.host, dry: true }.operand(operand)?.ty,
                };
                let of = match &of.stripped().kind {
                    TypeKind::Reference(target, _) => target.clone(),
                    _ => of,
                };
                let of = self.complete(&of);
                let n = if op == Unary::SizeOf { of.stripped().size } else { alignment(&of)? };
                // gdb's type for sizes is int.
                Ok(Value::int(&Type::int(), n.into()))
            }
            Unary::PreIncrement | Unary::PreDecrement | Unary::PostIncrement | Unary::PostDecrement => {
                let step = if matches!(op, Unary::PreIncrement | Unary::PostIncrement) { Binary::Add } else { Binary::Subtract };
                let old = self.operand(operand)?;
                if is_user_defined(&old) {
                    let sign = if step == Binary::Add { "++" } else { "--" };
                    return self.unary_operator(sign, old, matches!(op, Unary::PostIncrement | Unary::PostDecrement));
                }
                let old = if self.dry { old } else { self.fetched(&old)? };
                let new = self.computed(step, &old, &Value::int(&Type::int(), 1))?;
                let stored = self.store(operand, &old, &new)?;
                let post = matches!(op, Unary::PostIncrement | Unary::PostDecrement);
                Ok(if post { old.placed(Place::Nowhere) } else { stored })
            }
            Unary::Plus | Unary::Minus | Unary::Not | Unary::Complement => {
                let value = self.operand(operand)?;
                let sign = match op {
                    Unary::Plus => "+",
                    Unary::Minus => "-",
                    Unary::Not => "!",
                    _ => "~",
                };
                if is_user_defined(&value) {
                    return self.unary_operator(sign, value, false);
                }
                let value = self.readable(value);
                structure_operator(&value, sign)?;
                match op {
                    Unary::Minus => negated(&value, self.host.memory()).map(|v| self.in_language(v)),
                    Unary::Complement => complemented(&value, self.host.memory()),
                    Unary::Not if self.is_rust() && matches!(value.ty.stripped().kind, TypeKind::Int { .. }) => {
                        let ty = value.ty.clone();
                        cast(&ty, &complemented(&value, self.host.memory())?, self.host.memory())
                    }
                    Unary::Not => Ok(self.truth_value(!self.truth(&value)?)),
                    _ if value.ty.is_arithmetic() => cast(&promoted_type(&value.ty), &value, self.host.memory()),
                    _ => Err(Error::user("Argument to positive operation not a number.")),
                }
            }
        }
    }

    /// An array that is to have an address, and lives in no memory, is put into the program's (`"abc" + 1`).
    pub(super) fn in_memory(&mut self, value: &Value) -> Result<Value> {
        let is_array = matches!(value.ty.stripped().kind, TypeKind::Array { vector: false, kind: ArrayKind::Plain, .. });
        if !is_array || value.address().is_some() || self.dry {
            return Ok(value.clone());
        }
        let bytes = value.bytes(self.host.memory(), self.host.options().max_value_size)?;
        let addr = self.host.allocate(&bytes)?;
        Ok(Value::at(&value.ty, addr))
    }

    /// Where only the type matters, a value that cannot be read is taken for zero.
    pub(super) fn readable(&self, value: Value) -> Value {
        if self.dry && value.ty.size <= 16 && value.bytes(self.host.memory(), None).is_err() {
            let size = value.ty.size as usize;
            return Value::computed(&value.ty, vec![0; size]);
        }
        value
    }

    pub(super) fn fetched(&self, value: &Value) -> Result<Value> {
        value.fetched(self.host.memory(), self.host.options().max_value_size)
    }

    pub(super) fn dereferenced(&self, value: &Value) -> Result<Value> {
        let ty = value.ty.stripped();
        if let Some(found) = self.rust_pointee(value) {
            return Ok(found);
        }
        match &ty.kind {
            TypeKind::Pointer(target) | TypeKind::Reference(target, _) => {
                if target.is_void() {
                    return Err(Error::user("Attempt to dereference a generic pointer."));
                }
                let target = &self.complete(target);
                if let Some(referent) = value.referent() {
                    return Ok(referent.clone());
                }
                if value.pointee().is_some() {
                    return Ok(value.through(target, 0).unwrap_or_else(|| Value::absent(target, Absence::OptimizedOut)));
                }
                match value.to_int(self.host.memory()) {
                    Ok(addr) => Ok(Value::at(target, VirtAddr(addr as u64))),
                    Err(_) if self.dry => Ok(Value::at(target, VirtAddr(0))),
                    Err(e) => Err(e),
                }
            }
            TypeKind::Array { element, kind, vector: false, .. } => {
                if value.address().is_none() {
                    return Err(needs_memory());
                }
                // The base of a GOT is its word 0, wherever its first word lies.
                let first = if kind.is_table() { value.element(0) } else { None };
                Ok(first.unwrap_or_else(|| value.clone().retyped(element).refreshed()))
            }
            TypeKind::Int { .. } | TypeKind::Char { .. } | TypeKind::Bool | TypeKind::Enum { .. } if !self.is_rust() => {
                Ok(Value::at(&Type::long(), VirtAddr(value.to_int(self.host.memory())? as u64)))
            }
            _ if ty.is_function() => Ok(value.clone()),
            TypeKind::Struct { .. } if ty.language != Language::Rust => {
                Err(Error::user("Structure has no component named operator*."))
            }
            TypeKind::MemberPointer { .. } => Err(Error::user("Attempt to dereference pointer to member without an object")),
            _ => Err(Error::user("Attempt to take contents of a non-pointer value.")),
        }
    }

    /// A chain of operators: `1 + 2 + 3` leans to the left and is walked in a loop, however long it is.
    fn binary(&mut self, op: Binary, left: &Expr, right: &Expr) -> Result<Value> {
        let mut chain = vec![(op, right)];
        let mut first = left;
        while let ExprKind::Binary(op, left, right) = &first.kind {
            chain.push((*op, right));
            first = left;
        }
        let mut value = self.operand(first)?;
        while let Some((op, right)) = chain.pop() {
            value = self.operator(op, value, right)?;
        }
        Ok(value)
    }

    fn operator(&mut self, op: Binary, a: Value, right: &Expr) -> Result<Value> {
        let a = self.referenced(a)?;
        match op {
            Binary::And | Binary::Or if is_user_defined(&a) => {
                let b = self.operand(right)?;
                self.operator_call(op.sign(), &[a, b])
            }
            Binary::Comma => self.value(right),
            Binary::And | Binary::Or => {
                structure_operator(&a, if op == Binary::And { "&&" } else { "||" })?;
                let short = self.truth(&a)? == (op == Binary::Or);
                let result = if short {
                    op == Binary::Or
                } else {
                    let b = self.operand(right)?;
                    self.truth(&b)?
                };
                Ok(self.truth_value(result))
            }
            Binary::Repeat => {
                let count = self.operand(right)?;
                self.repeated(&a, &count)
            }
            _ => {
                let b = self.operand(right)?;
                let (a, b) = (self.readable(a), self.readable(b));
                self.computed(op, &a, &b)
            }
        }
    }

    /// An arithmetic operator on two values, its warnings given.
    pub(super) fn computed(&mut self, op: Binary, a: &Value, b: &Value) -> Result<Value> {
        if is_user_defined(a) || is_user_defined(b) {
            return self.operator_call(op.sign(), &[a.clone(), b.clone()]);
        }
        if let Some(equal) = self.same_text(op, a, b) {
            return Ok(self.truth_value(equal));
        }
        let (a, b) = (&self.in_memory(a)?, &self.in_memory(b)?);
        let mut warning = None;
        let result = binary(op, a, b, self.host.memory(), &mut warning);
        if let Some(text) = warning.filter(|_| !self.dry) {
            self.host.warn(text);
        }
        match result {
            // `sizeof (1 / 0)` has a type.
            Err(_) if self.dry && op == Binary::Divide && a.ty.is_integral() && b.ty.is_integral() => Ok(a.clone()),
            Ok(truth) if is_comparison(op) => Ok(self.truth_value(truth.to_int(self.host.memory())? != 0)),
            other => other.map(|value| self.in_language(value)),
        }
    }

    /// A number that was computed by C's rules, as gdb does it in all languages, by its name in the language.
    fn in_language(&self, value: Value) -> Value {
        let ty = value.ty.stripped();
        match rust::type_like(ty).filter(|_| self.is_rust() && ty.language != Language::Rust) {
            Some(ty) => value.retyped(&ty),
            None => value,
        }
    }

    /// A structure, or what a pointer to one leads to: gdb takes `.` and `->` for one another.
    pub(super) fn object(&mut self, of: &Expr, arrow: bool) -> Result<Value> {
        let mut value = self.operand(of)?;
        if arrow && is_user_defined(&value) {
            value = self.arrow(value)?;
        }
        match value.ty.target().map(|t| &t.stripped().kind) {
            Some(TypeKind::Struct { .. }) => self.dereferenced(&value),
            _ => Ok(value),
        }
    }

    fn member(&mut self, of: &Expr, name: &str, arrow: bool) -> Result<Value> {
        let mut value = self.object(of, arrow)?;
        if self.is_rust() {
            return rust::member(&value, name, self.host);
        }
        let TypeKind::Struct { fields, .. } = &value.ty.stripped().kind else {
            let what = if arrow { "structure pointer" } else { "structure" };
            return Err(Error::user(format!("Attempt to extract a component of a value that is not a {what}.")));
        };
        let has_methods = !fields.layout()?.methods.is_empty();
        let mut found = members::find(&value, name, self.host)?;
        if found.is_none()
            && self.host.options().object
            && let Some((whole, _)) = self.host.seen_as_it_is(&value)
        {
            value = whole;
            found = members::find(&value, name, self.host)?;
        }
        match found {
            Some(Member::Data(member)) => Ok(member),
            Some(Member::Methods(methods, part)) => match &methods[..] {
                [method] => members::method_value(method, &part.ty, self.host),
                _ => Err(Error::user(format!("cannot resolve overloaded method `{name}': no arguments supplied"))),
            },
            None if has_methods => Err(Error::user(format!("There is no member or method named {name}."))),
            None => Err(Error::user(format!("There is no member named {name}."))),
        }
    }
}

fn unknown_type(name: &str) -> Error {
    Error::user(format!("'{name}' has unknown type; cast it to its declared type"))
}

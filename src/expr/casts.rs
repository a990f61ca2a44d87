//! Casts, C's and C++'s, and the types that expressions have.

use std::sync::Arc;

use super::ast::{Expr, ExprKind, NamedCast, TypeOf};
use super::evaluator::Evaluator;
use super::host::Host;
use super::members::{self, fields_of};
use super::operators::cast;
use crate::base::{Error, Result};
use crate::value::{Field, NoDebug, Place, Type, TypeKind, Value};

/// The type that `typeof (a)` stands for.
pub(super) fn eval_type_of(evaluator: &mut Evaluator<'_>, expr: &Expr) -> Result<Arc<Type>> {
    let (operand, how) = match &expr.kind {
        ExprKind::Type(ty) => return Ok(ty.clone()),
        ExprKind::TypeOf(operand, how) => (operand, *how),
        _ => return Err(Error::user("Not a type.")),
    };
    if let ExprKind::Type(ty) = &operand.kind {
        return Ok(ty.clone());
    }
    let value = Evaluator { host: evaluator.host, dry: true }.value(operand)?;
    // A name or a member has the type of its declaration, anything else that has an address is referred to.
    let is_declared = matches!(operand.kind, ExprKind::Name(..) | ExprKind::Member(..));
    let is_reference = matches!(value.ty.stripped().kind, TypeKind::Reference(..));
    Ok(match how {
        TypeOf::Declared if !is_declared && !is_reference && value.address().is_some() => Type::reference(&value.ty, false),
        _ => value.ty,
    })
}

/// What a pointer or a reference leads to, if that is a class.
fn class_behind(ty: &Arc<Type>) -> Option<Arc<Type>> {
    ty.target().map(Type::completed).filter(|t| fields_of(t).is_some())
}

impl Evaluator<'_> {
    pub(super) fn named_cast(&mut self, kind: NamedCast, ty: &Arc<Type>, operand: &Expr) -> Result<Value> {
        match kind {
            NamedCast::Static | NamedCast::Const => self.cast(ty, operand),
            NamedCast::Reinterpret => {
                let value = self.operand(operand)?;
                self.reinterpret_cast(ty, value)
            }
            NamedCast::Dynamic => {
                let is_reference = matches!(ty.stripped().kind, TypeKind::Reference(..));
                let value = self.operand(operand)?;
                self.dynamic_cast(ty, value, is_reference)
            }
        }
    }

    /// The same bits as another type (C++17 \[expr.reinterpret.cast\]).
    fn reinterpret_cast(&mut self, ty: &Arc<Type>, value: Value) -> Result<Value> {
        let to = ty.stripped();
        if let TypeKind::Reference(..) = to.kind {
            let at = value.address().ok_or_else(|| Error::user("Attempt to take address of value not located in memory."))?;
            return Ok(Value::int(ty, at.0.into()));
        }
        let is_word = |ty: &Arc<Type>| ty.is_integral() || ty.is_pointer() || matches!(ty.kind, TypeKind::MemberPointer { .. });
        let value = match value.ty.stripped().kind {
            TypeKind::Array { .. } | TypeKind::Function(_) => super::operators::decayed(&self.in_memory(&value)?)?,
            _ => value,
        };
        let from = value.ty.stripped();
        let possible = is_word(to) && is_word(from) && (to.is_pointer() || from.is_pointer() || to.size == from.size);
        if !possible {
            return Err(Error::user("Invalid reinterpret_cast"));
        }
        cast(ty, &value, self.host.memory())
    }

    /// `dynamic_cast`: the object is asked what it really is (C++17 \[expr.dynamic.cast\]), with gdb's sentences.
    fn dynamic_cast(&mut self, ty: &Arc<Type>, value: Value, is_reference: bool) -> Result<Value> {
        if !ty.is_pointer() && !is_reference {
            return Err(Error::user("Argument to dynamic_cast must be a pointer or reference type"));
        }
        let target = ty.target().filter(|t| fields_of(t).is_some() || (t.is_void() && !is_reference));
        let target = target.ok_or_else(|| Error::user("Argument to dynamic_cast must be pointer to class or `void *'"))?;
        let pointer = match is_reference {
            true if fields_of(&value.ty).is_none() => {
                return Err(Error::user("Argument to dynamic_cast does not have class type"));
            }
            true => self.pointer_to(&value)?,
            false if !value.ty.is_pointer() => {
                return Err(Error::user("Argument to dynamic_cast does not have pointer type"));
            }
            false => value,
        };
        if class_behind(&pointer.ty).is_none() {
            return Err(Error::user("Argument to dynamic_cast does not have pointer to class type"));
        }
        if self.dry {
            return Ok(Value::int(ty, 0));
        }
        if pointer.to_int(self.host.memory())? == 0 {
            return Ok(Value::int(ty, 0));
        }
        let found = self.dynamic_target(target, &pointer)?;
        match found {
            Some(at) => Ok(Value::int(ty, at)),
            None if is_reference => Err(Error::user("dynamic_cast failed")),
            None => Ok(Value::int(ty, 0)),
        }
    }

    /// Where the part of class `target` lies in the object that a pointer leads into.
    fn dynamic_target(&mut self, target: &Arc<Type>, pointer: &Value) -> Result<Option<i128>> {
        let memory = self.host.memory();
        // Up the hierarchy nothing has to be asked.
        if !target.is_void() {
            let wanted = Type::pointer(target);
            let same = class_behind(&pointer.ty).is_some_and(|c| c.stripped().name == target.stripped().name);
            if same {
                return pointer.to_int(memory).map(Some);
            }
            if members::is_base(target, pointer.ty.target().unwrap_or(target))?
                && let Some(up) = members::class_cast(&wanted, pointer, self.host)?
            {
                return up.to_int(memory).map(Some);
            }
        }
        let whole = self.host.seen_as_it_is(pointer).map(|(whole, _)| whole);
        let whole = whole.ok_or_else(|| Error::user("Couldn't determine value's most derived type for dynamic_cast"))?;
        let is_whole = whole.ty.target().is_some_and(|t| t.stripped().name == target.stripped().name);
        if target.is_void() || is_whole {
            return whole.to_int(memory).map(Some);
        }
        if !members::is_base(target, whole.ty.target().unwrap_or(target))? {
            return Ok(None);
        }
        let found = members::class_cast(&Type::pointer(target), &whole, self.host)?;
        found.map(|found| found.to_int(memory)).transpose()
    }

    /// A value as one of another type: between classes and their bases, to references, else as C converts.
    fn cast_value(&mut self, ty: &Arc<Type>, value: Value) -> Result<Value> {
        if let TypeKind::Reference(target, _) = &ty.stripped().kind {
            let object = members::class_cast(target, &value, self.host)?.unwrap_or(value);
            let addr = object.address().ok_or_else(|| Error::user("Attempt to take address of value not located in memory."))?;
            return Ok(Value::int(ty, addr.0.into()));
        }
        if let Some(found) = members::class_cast(ty, &value, self.host)? {
            return Ok(found);
        }
        cast(ty, &value, self.host.memory())
    }

    pub(super) fn cast(&mut self, ty: &Arc<Type>, operand: &Expr) -> Result<Value> {
        if let ExprKind::Call(function, arguments) = &operand.kind {
            let result = self.call(function, arguments, Some(ty))?;
            let result = self.referenced(result)?;
            let result = self.readable(result);
            return self.cast_value(ty, result);
        }
        let value = self.place(operand)?;
        if let TypeKind::NoDebug(NoDebug::Data | NoDebug::Tls) = value.ty.stripped().kind {
            // A symbol without a type is what the cast says that it is, but nothing to assign to.
            let value = value.retyped(ty);
            return if self.dry { Ok(value) } else { Ok(self.fetched(&value)?.placed(Place::Nowhere)) };
        }
        let value = self.readable(value);
        let value = if ty.is_aggregate() || ty.is_void() { value } else { self.in_memory(&value)? };
        self.cast_value(ty, value)
    }

    /// `typeid (a)`: the type_info object of a type; of an object behind a reference or a pointer, of the class that it really is.
    pub(super) fn type_id(&mut self, operand: &Expr) -> Result<Value> {
        let ty = match &operand.kind {
            ExprKind::Type(ty) => ty.clone(),
            _ => {
                let value = self.operand(operand)?;
                let real = self.host.seen_as_it_is(&value).filter(|(_, is_object)| *is_object);
                real.map_or(value.ty, |(whole, _)| whole.ty)
            }
        };
        let ty = match &ty.kind {
            TypeKind::Reference(target, _) => target.clone(),
            _ => ty,
        };
        let name = ty.stripped().to_string().replace(" *", "*").replace(" &", "&");
        let mut symbol = None;
        // The library has those of the types that the language has itself: they are found by their symbols' names.
        for wanted in mangled(ty.stripped(), 0).map(|m| format!("_ZTI{m}")).into_iter().chain([format!("typeinfo for {name}")]) {
            symbol = symbol.or(self.host.lookup(&wanted, None)?.and_then(|v| v.address()));
        }
        let at = symbol.ok_or_else(|| Error::user(format!("could not find typeinfo symbol for '{name}'")))?;
        Ok(Value::at(&type_info(self.host), at))
    }
}

/// The mangled name of a type of the language itself (Itanium C++ ABI §5.1.5), and of pointers to such.
fn mangled(ty: &Arc<Type>, depth: u32) -> Option<String> {
    if let TypeKind::Pointer(target) = &ty.kind {
        let constant = matches!(&target.kind, TypeKind::Qualified { qualifiers, .. } if qualifiers.constant);
        let inner = if depth < 4 { mangled(target.stripped(), depth + 1)? } else { return None };
        return Some(format!("P{}{inner}", if constant { "K" } else { "" }));
    }
    let code = match &*ty.name {
        "void" => "v",
        "wchar_t" => "w",
        "bool" => "b",
        "char" => "c",
        "signed char" => "a",
        "unsigned char" => "h",
        "short" => "s",
        "unsigned short" => "t",
        "int" => "i",
        "unsigned int" => "j",
        "long" => "l",
        "unsigned long" => "m",
        "long long" => "x",
        "unsigned long long" => "y",
        "__int128" => "n",
        "unsigned __int128" => "o",
        "float" => "f",
        "double" => "d",
        "long double" => "e",
        "char8_t" => "Du",
        "char16_t" => "Ds",
        "char32_t" => "Di",
        _ => return None,
    };
    Some(code.to_owned())
}

/// `std::type_info`, or what it looks like where the program says nothing of it (Itanium C++ ABI §2.9.3).
fn type_info(host: &dyn Host) -> Arc<Type> {
    if let Ok(Some(ty)) = host.find_type("std::type_info")
        && !ty.completed().is_declaration()
    {
        return ty.completed();
    }
    let name = Type::pointer(&Type::qualified(&Type::char(), true, false));
    let fields = vec![Field::new("_vptr.type_info", &Type::pointer(&Type::void()), 0), Field::new("__name", &name, 8)];
    Type::structure("gdb_gnu_v3_type_info", 16, false, fields)
}

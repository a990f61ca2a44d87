//! Pointers to members and methods (Itanium C++ ABI §2.3): made by `&Class::member`, followed by `.*` and `->*`.

use std::sync::Arc;

use super::ast::{Expr, ExprKind};
use super::evaluator::Evaluator;
use super::members::{self, Member, fields_of, method_value};
use super::methods::{method_type, this_for};
use super::overload;
use super::user_operators::is_user_defined;
use crate::base::{Error, Result, VirtAddr};
use crate::value::{Field, FieldKind, FunctionType, Method, Type, TypeKind, Value, int_from_bytes, int_to_bytes};

/// How deep bases are searched.
const MAX_DEPTH: u32 = 50;

/// The class that declares a name, its methods of that name, and its member.
type Declared = (Arc<Type>, Vec<Method>, Option<Field>);

/// A method, and the class that declares it.
pub(super) type MethodOf = (Method, Arc<Type>);

/// A member of a class or of one of its bases: the class that declares it, and where that lies in the whole.
fn declared(class: &Arc<Type>, name: &str, depth: u32) -> Result<Option<Declared>> {
    let Some(fields) = fields_of(class) else { return Ok(None) };
    let layout = fields.layout()?;
    let field = layout.fields.iter().find(|f| !f.is_base() && &*f.name == name).cloned();
    let methods: Vec<Method> = layout.methods.iter().filter(|m| &*m.name == name).cloned().collect();
    if field.is_some() || !methods.is_empty() {
        return Ok(Some((class.stripped().clone(), methods, field)));
    }
    for part in layout.fields.iter().filter(|f| (f.is_base() || f.name.is_empty()) && !f.is_static() && depth < MAX_DEPTH) {
        let inner = declared(&part.ty.completed(), name, depth + 1)?;
        match (inner, part.is_base()) {
            // A member of a union without a name is one of the class around it.
            (Some((_, methods, Some(field))), false) if field.kind == FieldKind::Data => {
                let offset = part.offset + field.offset;
                return Ok(Some((class.stripped().clone(), methods, Some(Field { offset, ..field }))));
            }
            (Some(found), _) => return Ok(Some(found)),
            (None, _) => {}
        }
    }
    Ok(None)
}

impl Evaluator<'_> {
    /// The class of `Class::member`, and the member's name.
    pub(super) fn class_scope<'n>(&self, name: &'n str) -> Result<Option<(Arc<Type>, &'n str)>> {
        let Some((scope, own)) = super::calls::split_scope(name) else { return Ok(None) };
        let class = self.host.find_type(scope.trim_start_matches("::"))?.map(|c| c.completed());
        Ok(class.filter(|c| fields_of(c).is_some()).map(|class| (class, own)))
    }

    /// `&Class::member`: a pointer to a member or to a method; `None` where the name is not that of one of a class that only
    /// objects have.
    pub(super) fn member_pointer(&mut self, name: &str) -> Result<Option<Value>> {
        let Some((class, own)) = self.class_scope(name)? else { return Ok(None) };
        let Some((class, methods, field)) = declared(&class, own, 0)? else { return Ok(None) };
        if let Some(field) = field {
            let ty = Type::member_pointer(&class, &field.ty);
            return Ok((!field.is_static()).then(|| Value::int(&ty, field.offset.into())));
        }
        match &methods[..] {
            [method] if method.is_static => Ok(None),
            [method] => self.method_pointer(method, &class).map(Some),
            _ => Err(Error::user(format!("non-unique member `{own}' requires type instantiation"))),
        }
    }

    /// A pointer to a method.
    pub(super) fn method_pointer(&self, method: &Method, class: &Arc<Type>) -> Result<Value> {
        let first = match method.vtable_index.filter(|_| method.is_virtual) {
            Some(index) => i128::from(index) * 8 + 1,
            None => method_value(method, class, self.host)?.address().map_or(0, |a| a.0.into()),
        };
        let ty = Type::member_pointer(class, &method.ty);
        Ok(Value::computed(&ty, int_to_bytes(first, 16)))
    }

    /// What `Class::member` means without an object: a function, or one of gdb's errors. `None` for what has an address of its own.
    pub(super) fn class_member(&mut self, name: &str) -> Result<Option<Value>> {
        let Some((class, own)) = self.class_scope(name)? else { return Ok(None) };
        if let Some(this) = self.this()?
            && let Ok(Some(Member::Data(value))) = members::find(&this, name, self.host)
        {
            return Ok(Some(value));
        }
        let Some((class, methods, field)) = declared(&class, own, 0)? else { return Ok(None) };
        match (field, &methods[..]) {
            (Some(field), _) if field.is_static() => match members::find(&Value::at(&class, VirtAddr(0)), own, self.host)? {
                Some(Member::Data(value)) => Ok(Some(value)),
                _ => Ok(None),
            },
            (Some(_), _) => Err(Error::user(format!("Cannot reference non-static field \"{own}\""))),
            (None, [method]) if method.is_virtual => {
                Err(Error::user(format!("Cannot reference virtual member function \"{own}\"")))
            }
            (None, [method]) => method_value(method, &class, self.host).map(Some),
            (None, _) => Err(Error::user(format!("non-unique member `{own}' requires type instantiation"))),
        }
    }

    /// `object.*pointer`
    pub(super) fn through_member_pointer(&mut self, object: &Value, pointer: &Value) -> Result<Value> {
        let TypeKind::MemberPointer { class, target } = &pointer.ty.stripped().kind else {
            return Err(Error::user("non-pointer-to-member value used in pointer-to-member construct"));
        };
        if let Some((code, _)) = self.through_method_pointer(object, pointer)? {
            return Ok(code);
        }
        let bytes = pointer.bytes(self.host.memory(), None)?;
        let offset =
            u64::try_from(int_from_bytes(&bytes, true)).map_err(|_| Error::user("Attempt to use a null pointer to a member."))?;
        Ok(self.part_of_class(object, class)?.part(target, offset))
    }

    /// The function to which a pointer to a method leads for an object, and `this`; `None` for pointers to data.
    pub(super) fn through_method_pointer(&mut self, object: &Value, pointer: &Value) -> Result<Option<(Value, Value)>> {
        let TypeKind::MemberPointer { class, target } = &pointer.ty.stripped().kind else { return Ok(None) };
        if !matches!(target.stripped().kind, TypeKind::Function(_)) {
            return Ok(None);
        }
        let object = self.part_of_class(object, class)?;
        let this = self.pointer_to(&object)?;
        if self.dry {
            return Ok(Some((Value::at(target, VirtAddr(0)), this)));
        }
        let bytes = pointer.bytes(self.host.memory(), None)?;
        let half = |range: std::ops::Range<usize>| int_from_bytes(bytes.get(range).unwrap_or_default(), true) as i64;
        let (first, adjustment) = (half(0..8), half(8..16));
        if first == 0 {
            return Err(Error::user("Attempt to use a null pointer to a method."));
        }
        let at = VirtAddr(this.to_int(self.host.memory())? as u64).0.wrapping_add_signed(adjustment);
        let code = match first & 1 {
            0 => VirtAddr(first as u64),
            // One more than the offset of a slot in the vtable.
            _ => {
                let table = self.word(VirtAddr(at))?;
                self.word(VirtAddr(table.0.wrapping_add_signed(first - 1)))?
            }
        };
        let this = Value::int(&this.ty, at.into());
        Ok(Some((Value::at(target, code), this_for(target, this))))
    }

    /// The part of an object that is of the class of a pointer to members.
    fn part_of_class(&self, object: &Value, class: &Arc<Type>) -> Result<Value> {
        if !is_user_defined(object) || object.ty.stripped().name == class.stripped().name {
            return Ok(object.clone());
        }
        let name = &class.stripped().name;
        Ok(members::subobject(object, name, self.host, 0)?.unwrap_or_else(|| object.clone()))
    }

    /// `f(int, char)`: the function of a name that has exactly these parameters; of a method what it is, too, and its class.
    pub(super) fn overload_of(&mut self, function: &Expr, types: &[Arc<Type>]) -> Result<(Value, Option<MethodOf>)> {
        let has_types = |f: &FunctionType, skip: usize| {
            f.params.len() == types.len() + skip && f.params.iter().skip(skip).zip(types).all(|(p, t)| overload::is_same(p, t))
        };
        let (class, name) = match &function.kind {
            ExprKind::Member(of, name, arrow) => (self.object(of, *arrow)?.ty, &**name),
            ExprKind::Name(name, _) => match self.class_scope(name)? {
                Some((class, own)) => (class, own),
                None => {
                    let functions = self.host.functions(name, &[])?;
                    if functions.is_empty() {
                        return Err(self.host.no_symbol(name));
                    }
                    let is_it = |f: &&Value| matches!(&f.ty.stripped().kind, TypeKind::Function(f) if has_types(f, 0));
                    let error = || Error::user(format!("Cannot resolve function {name} to any overloaded instance"));
                    return Ok((functions.iter().find(is_it).cloned().ok_or_else(error)?, None));
                }
            },
            _ => return Err(Error::user("Not a function's name.")),
        };
        let Some((class, methods, _)) = declared(&class, name, 0)? else {
            return Err(Error::user(format!("There is no field named {name}")));
        };
        let is_it = |m: &&Method| method_type(m).is_some_and(|f| has_types(f, usize::from(!m.is_static)));
        let found = methods.iter().find(is_it);
        let method = found.ok_or_else(|| Error::user("no member function matches that type instantiation"))?;
        Ok((method_value(method, &class, self.host)?, Some((method.clone(), class))))
    }

    /// `&Class::f(int)`: gdb makes a pointer to the function of it.
    pub(super) fn overload_pointer(&mut self, function: &Expr, types: &[Arc<Type>]) -> Result<Value> {
        let (value, _) = self.overload_of(function, types)?;
        super::operators::decayed(&value)
    }
}

//! Members and methods of structures by their names, in bases too; casts between a class and its bases.

use std::sync::Arc;

use super::ambiguity;
pub(super) use super::ambiguity::fields_of;
use super::host::Host;
use super::overload;
use crate::base::{Error, Result, VirtAddr};
use crate::value::{
    Absence, Field, FieldKind, Fields, Language, Method, Type, TypeKind, Value, base_of, int_to_bytes, static_member, variant_of,
};

/// How deep bases and members without a name are searched.
const MAX_DEPTH: u32 = 50;

/// What a name means in a structure.
pub(super) enum Member {
    /// A member.
    Data(Value),
    /// The methods of this name, and the part of the object whose class declares them.
    Methods(Vec<Method>, Value),
}

/// A part of a structure that is searched like itself: a base, or a member without a name.
fn is_transparent(field: &Field) -> bool {
    field.is_base() || (field.name.is_empty() && !field.is_static())
}

/// Whether a structure has a member or method of this name.
fn has(ty: &Arc<Type>, name: &str, depth: u32) -> Result<bool> {
    let Some(fields) = fields_of(ty) else { return Ok(false) };
    let layout = fields.layout()?;
    let own = layout.fields.iter().any(|f| !f.is_base() && &*f.name == name);
    if own || layout.methods.iter().any(|m| &*m.name == name) {
        return Ok(true);
    }
    for part in layout.fields.iter().filter(|f| is_transparent(f) && depth < MAX_DEPTH) {
        if has(&part.ty, name, depth + 1)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// A base, or a member without a name, of an object; a virtual base of one that cannot be read is anywhere.
pub(super) fn part(value: &Value, field: &Field, host: &dyn Host) -> Value {
    base_of(host.memory(), value, field).unwrap_or_else(|_| Value::at(&field.ty, VirtAddr(0)))
}

/// What a name means in a structure; `Class::name` means that class's or base's.
pub(super) fn find(value: &Value, name: &str, host: &dyn Host) -> Result<Option<Member>> {
    if let Some((scope, own)) = name.rsplit_once("::") {
        let scope = scope.trim_start_matches("::");
        ambiguity::one_base(&value.ty, scope)?;
        return match subobject(value, scope, host, 0)? {
            Some(part) => find_in(&part, own, host, 0),
            None => Err(Error::user(format!("base class '{scope}' is ambiguous or not a base of type '{}'", value.ty))),
        };
    }
    let mut object = value.clone();
    for class in ambiguity::way_to_member(&value.ty, name)?.iter().skip(1) {
        let Some(bases) = fields_of(&object.ty).map(Fields::get).transpose()? else { break };
        let is_it = |f: &&Field| f.is_base() && f.ty.stripped().name == class.stripped().name;
        match bases.iter().find(is_it) {
            Some(base) => object = part(&object, base, host),
            None => break,
        }
    }
    find_in(&object, name, host, 0)
}

fn find_in(value: &Value, name: &str, host: &dyn Host, depth: u32) -> Result<Option<Member>> {
    let Some(fields) = fields_of(&value.ty) else { return Ok(None) };
    let layout = fields.layout()?;
    // Rust's tuples have numbers for names; of an enumeration the members are those of the shape that it has.
    let numbered = format!("__{name}");
    if let Some((_, payload)) = variant_of(host.memory(), value)? {
        return if depth < MAX_DEPTH { find_in(&payload, name, host, depth + 1) } else { Ok(None) };
    }
    let tuple = |f: &&Field| value.ty.language == Language::Rust && *f.name == *numbered;
    if let Some(field) = layout.fields.iter().find(tuple) {
        return Ok(Some(Member::Data(value.member(field))));
    }
    if let Some(field) = layout.fields.iter().find(|f| !f.is_base() && &*f.name == name) {
        return Ok(Some(Member::Data(match &field.kind {
            FieldKind::Static(full, _) => {
                static_member(host, full, field).unwrap_or_else(|| Value::absent(&field.ty, Absence::OptimizedOut))
            }
            _ => value.member(field),
        })));
    }
    let methods: Vec<Method> = layout.methods.iter().filter(|m| &*m.name == name).cloned().collect();
    if !methods.is_empty() {
        return Ok(Some(Member::Methods(methods, value.clone())));
    }
    for field in layout.fields.iter().filter(|f| is_transparent(f) && depth < MAX_DEPTH) {
        if has(&field.ty, name, depth + 1)?
            && let Some(found) = find_in(&part(value, field, host), name, host, depth + 1)?
        {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

/// The object itself, or its base, of the class of this name.
pub(super) fn subobject(value: &Value, class: &str, host: &dyn Host, depth: u32) -> Result<Option<Value>> {
    let ty = value.ty.stripped();
    let bare = |name: &str| name == class || name.rsplit("::").next() == Some(class);
    if bare(&ty.name) {
        return Ok(Some(value.clone()));
    }
    let Some(fields) = fields_of(ty) else { return Ok(None) };
    for base in fields.get()?.iter().filter(|f| f.is_base() && depth < MAX_DEPTH) {
        if has_base(&base.ty, &bare, depth + 1)?
            && let Some(found) = subobject(&part(value, base, host), class, host, depth + 1)?
        {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

/// Whether a class is, or has as a base, one whose name is wanted.
fn has_base(ty: &Arc<Type>, wanted: &dyn Fn(&str) -> bool, depth: u32) -> Result<bool> {
    if wanted(&ty.stripped().name) {
        return Ok(true);
    }
    let Some(fields) = fields_of(ty) else { return Ok(false) };
    for base in fields.get()?.iter().filter(|f| f.is_base() && depth < MAX_DEPTH) {
        if has_base(&base.ty, wanted, depth + 1)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The function that a method of a class is, as a value of the method's type.
pub(super) fn method_value(method: &Method, class: &Arc<Type>, host: &dyn Host) -> Result<Value> {
    if let Some(symbol) = method.linkage_name.as_deref()
        && let Some(found) = host.lookup(symbol, None)?.filter(|v| v.ty.is_function())
    {
        return Ok(found.retyped(&method.ty));
    }
    // *Folklore*: clang 14 leaves the linkage name out of the declarations of some methods: they are known by their types.
    let named = host.functions(&format!("{}::{}", class.stripped().name, method.name), &[])?;
    let found = named.into_iter().find(|f| overload::is_same(&f.ty, &method.ty));
    found.map(|f| f.retyped(&method.ty)).ok_or_else(|| Error::user(format!("Cannot take address of method {}.", method.name)))
}

/// A member of what a pointer to a structure leads to, as names in methods mean members of `*this`.
pub fn member_named(pointer: &Value, name: &str, host: &dyn Host) -> Result<Option<Value>> {
    let Some(target) = pointer.ty.target().map(Type::completed) else { return Ok(None) };
    if !has(&target, name, 0)? {
        return Ok(None);
    }
    let object = match pointer.pointee() {
        Some(_) => pointer.through(&target, 0).unwrap_or_else(|| Value::absent(&target, Absence::OptimizedOut)),
        None => Value::at(&target, VirtAddr(pointer.to_int(host.memory())? as u64)),
    };
    match find(&object, name, host)? {
        Some(Member::Data(value)) => Ok(Some(value)),
        Some(Member::Methods(methods, part)) => match &methods[..] {
            [method] => method_value(method, &part.ty, host).map(Some),
            _ => Ok(None),
        },
        None => Ok(None),
    }
}

/// Whether a class is another one or a base of it.
pub(super) fn is_base(base: &Arc<Type>, class: &Arc<Type>) -> Result<bool> {
    let name = base.stripped().name.clone();
    has_base(&class.completed(), &|n| n == &*name, 0)
}

/// A pointer, reference or object of one class as one of another class of the same family; `None` where the classes are none
/// or have nothing to do with one another.
pub(super) fn class_cast(ty: &Arc<Type>, value: &Value, host: &dyn Host) -> Result<Option<Value>> {
    let class = |ty: &Arc<Type>| match &ty.stripped().kind {
        TypeKind::Pointer(t) | TypeKind::Reference(t, _) => Some(t.completed()),
        TypeKind::Struct { .. } => Some(ty.clone()),
        _ => None,
    };
    let (Some(to), Some(from)) = (class(ty), class(&value.ty)) else { return Ok(None) };
    let same_shape = ty.is_pointer() == value.ty.is_pointer();
    if !same_shape || fields_of(&to).is_none() || fields_of(&from).is_none() || to.stripped().name == from.stripped().name {
        return Ok(None);
    }
    let object = if value.ty.is_pointer() {
        let addr = value.to_int(host.memory())?;
        if addr == 0 {
            return Ok(None);
        }
        Value::at(&from, VirtAddr(addr as u64))
    } else {
        value.clone().retyped(&from)
    };
    let name = to.stripped().name.clone();
    let found = if has_base(&from, &|n| n == &*name, 0)? {
        ambiguity::one_base(&from, &name)?;
        subobject(&object, &name, host, 0)?
    } else if let (Some(offset), Some(addr)) = (offset_of(&to, &from.stripped().name, 0)?, object.address()) {
        Some(Value::at(&to, VirtAddr(addr.0.wrapping_sub(offset))))
    } else if has_base(&to, &|n| n == &*from.stripped().name, 0)? {
        // Down from a virtual base: only the object itself knows how far.
        match host.seen_as_it_is(&object) {
            Some((whole, _)) => subobject(&whole, &name, host, 0)?,
            None => None,
        }
    } else {
        None
    };
    Ok(found.map(|object| match object.address() {
        Some(addr) if ty.is_pointer() => Value::computed(ty, int_to_bytes(addr.0.into(), 8)),
        _ => object.retyped(&to),
    }))
}

/// Where a base that is not virtual lies in a class, in bytes.
fn offset_of(class: &Arc<Type>, base: &str, depth: u32) -> Result<Option<u64>> {
    let Some(fields) = fields_of(class) else { return Ok(None) };
    for field in fields.get()?.iter().filter(|f| f.kind == FieldKind::Base && depth < MAX_DEPTH) {
        if *field.ty.stripped().name == *base {
            return Ok(Some(field.offset));
        }
        if let Some(inner) = offset_of(&field.ty, base, depth + 1)? {
            return Ok(Some(field.offset + inner));
        }
    }
    Ok(None)
}

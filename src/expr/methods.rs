//! Methods as they are called: `this`, virtual ones through the vtable.

use std::sync::Arc;

use super::evaluator::Evaluator;
use super::host::Host;
use super::members::{self, fields_of, method_value};
use super::overload;
use crate::base::{Error, Result, VirtAddr};
use crate::value::{FunctionType, Method, Place, Type, TypeKind, Value, int_from_bytes};

/// How deep bases are searched.
const MAX_DEPTH: u32 = 50;

/// The type of a method.
pub(super) fn method_type(method: &Method) -> Option<&FunctionType> {
    match &method.ty.kind {
        TypeKind::Function(f) => Some(f),
        _ => None,
    }
}

/// A virtual method where it was first declared: the base that did so, as a part of the object, and the declaration. Its slot is
/// in the vtable to which that part's own first word points, whatever overrides it (Itanium C++ ABI §2.5.2).
fn introduced(object: &Value, method: &Method, host: &dyn Host, depth: u32) -> Result<Option<(Value, Method)>> {
    let Some(fields) = fields_of(&object.ty) else { return Ok(None) };
    let layout = fields.layout()?;
    for base in layout.fields.iter().filter(|f| f.is_base() && depth < MAX_DEPTH) {
        let part = members::part(object, base, host);
        let part = part.clone().retyped(&part.ty.completed());
        if let Some(found) = introduced(&part, method, host, depth + 1)? {
            return Ok(Some(found));
        }
    }
    let own = layout.methods.iter().find(|m| m.is_virtual && m.vtable_index.is_some() && overrides(method, m));
    Ok(own.map(|m| (object.clone(), m.clone())))
}

/// Whether a method overrides another one: the same name, parameters and `const`.
fn overrides(method: &Method, other: &Method) -> bool {
    let (Some(a), Some(b)) = (method_type(method), method_type(other)) else { return false };
    let constant = |f: &FunctionType| f.params.first().and_then(|this| this.target()).map(is_const);
    method.name == other.name
        && a.params.len() == b.params.len()
        && constant(a) == constant(b)
        && a.params.iter().zip(&*b.params).skip(1).all(|(x, y)| overload::is_same(x, y))
}

fn is_const(ty: &Arc<Type>) -> bool {
    matches!(&ty.kind, TypeKind::Qualified { qualifiers, .. } if qualifiers.constant)
}

/// `this` as the method's own parameter: whatever its class, the address is the one to be passed.
pub(super) fn this_for(method: &Arc<Type>, this: Value) -> Value {
    match &method.stripped().kind {
        TypeKind::Function(f) => match f.params.first() {
            Some(parameter) if parameter.is_pointer() => this.retyped(parameter),
            _ => this,
        },
        _ => this,
    }
}

impl Evaluator<'_> {
    /// A pointer to an object. One that is a result and lives nowhere is put into the program's memory.
    pub(super) fn pointer_to(&mut self, object: &Value) -> Result<Value> {
        let addr = match (&object.place, object.address()) {
            (_, Some(addr)) => addr,
            _ if self.dry => VirtAddr(0),
            (Place::Nowhere | Place::Variable { .. }, _) => {
                let bytes = object.bytes(self.host.memory(), self.host.options().max_value_size)?;
                self.host.allocate(&bytes)?
            }
            _ => return Err(Error::user("Attempt to take address of value not located in memory.")),
        };
        Ok(Value::pointer(&object.ty, addr))
    }

    /// What a call of a method of an object jumps to, and its `this`. A virtual one is taken from the vtable, unless the call
    /// names its class.
    pub(super) fn bound_method(&mut self, method: &Method, object: &Value, qualified: bool) -> Result<(Value, Value)> {
        if method.is_virtual
            && !qualified
            && !self.dry
            && let Some((part, declared)) = introduced(object, method, self.host, 0)?
            && let (Some(index), Some(at)) = (declared.vtable_index, part.address())
        {
            let table = self.word(at)?;
            let slot = table.0.wrapping_add(index.saturating_mul(8));
            let code = self.word(VirtAddr(slot))?;
            let same = match (method_type(method), method_type(&declared)) {
                (Some(a), Some(b)) => overload::is_same(&a.result, &b.result),
                _ => true,
            };
            // What the slot leads to returns what the first declaration says.
            let ty = if same { &method.ty } else { &declared.ty };
            let this = self.pointer_to(&part)?;
            return Ok((Value::at(ty, code), this_for(ty, this)));
        }
        let this = self.pointer_to(object)?;
        let code = match method_value(method, &object.ty, self.host) {
            Err(_) if self.dry => Value::at(&method.ty, VirtAddr(0)),
            Err(_) => return Err(Error::user("Cannot evaluate function -- may be inlined")),
            Ok(code) => code,
        };
        Ok((code, this_for(&method.ty, this)))
    }

    pub(super) fn word(&self, at: VirtAddr) -> Result<VirtAddr> {
        let mut word = [0; 8];
        self.host.memory().read(at, &mut word)?;
        Ok(VirtAddr(int_from_bytes(&word, false) as u64))
    }

    /// The object of the method in whose frame the user stands.
    pub(super) fn this(&mut self) -> Result<Option<Value>> {
        let Some(this) = self.host.lookup("this", None)?.filter(|v| v.ty.is_pointer()) else { return Ok(None) };
        Ok(self.dereferenced(&this).ok().filter(|object| fields_of(&object.ty).is_some()))
    }
}

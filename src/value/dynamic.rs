//! What of an object only the running program knows: where its virtual bases are, and which class it really is of.

use std::sync::Arc;

use super::number::{int_from_bytes, int_to_bytes};
use super::options::Symbols;
use super::place::Value;
use super::printer::Printer;
use super::types::{Field, FieldKind, Type, TypeKind};
use crate::base::{Error, LoadBias, Memory, Result, VirtAddr};
use crate::dwarf::{Constant, ExpressionHost, evaluate};

/// An object as the expressions of virtual bases see it.
struct Object<'m>(&'m dyn Memory);

impl ExpressionHost for Object<'_> {
    fn register(&self, _: u16) -> Option<u64> {
        None
    }

    fn memory(&self) -> &dyn Memory {
        self.0
    }

    fn load_bias(&self) -> LoadBias {
        LoadBias::default()
    }
}

/// A base of an object.
pub fn base_of(memory: &dyn Memory, value: &Value, base: &Field) -> Result<Value> {
    let FieldKind::VirtualBase(expression) = &base.kind else { return Ok(value.member(base)) };
    let addr = value.address().ok_or_else(|| Error::user("base class of an object that is not in memory"))?;
    let at = VirtAddr(evaluate(expression, Some(addr.0), &Object(memory))?);
    Value::at(&base.ty, at).fetched(memory, None)
}

/// A static member: where it is defined, else the constant that its declaration has.
pub fn static_member(symbols: &dyn Symbols, name: &str, field: &Field) -> Option<Value> {
    if let Some(found) = symbols.variable(name) {
        let typed = if found.ty.is_void() || matches!(found.ty.kind, TypeKind::NoDebug(_)) { &field.ty } else { &found.ty };
        return Some(found.clone().retyped(typed));
    }
    match &field.kind {
        FieldKind::Static(_, Some(constant)) => Some(constant_value(&field.ty, constant)),
        _ => None,
    }
}

/// A constant of the debug information as a value.
pub fn constant_value(ty: &Arc<Type>, constant: &Constant) -> Value {
    let mut bytes = match constant {
        Constant::Int(n) => int_to_bytes(*n, ty.size),
        Constant::Bytes(bytes) => bytes.to_vec(),
        Constant::Text(text) => text.as_bytes().to_vec(),
    };
    bytes.resize(ty.size.min(1 << 20) as usize, 0);
    Value::computed(ty, bytes)
}

/// How deep bases are searched.
const MAX_BASES: u32 = 50;

/// Where in an object of a class its first pointer to a vtable lies, in bytes.
fn vptr_offset(class: &Arc<Type>, depth: u32) -> Option<u64> {
    let TypeKind::Struct { fields, .. } = &class.stripped().kind else { return None };
    let fields = fields.get().ok()?;
    if let Some(own) = fields.iter().find(|f| f.name.starts_with("_vptr") && !f.is_static()) {
        return Some(own.offset);
    }
    let bases = fields.iter().filter(|f| f.kind == FieldKind::Base && depth < MAX_BASES);
    bases.filter_map(|b| Some(b.offset + vptr_offset(&b.ty, depth + 1)?)).next()
}

/// The class that the object at an address really is of, and where it begins (Itanium C++ ABI §2.5.2).
fn whole_object(printer: &Printer<'_>, class: &Arc<Type>, addr: VirtAddr) -> Option<(Arc<Type>, VirtAddr)> {
    let offset = vptr_offset(class, 0)?;
    let word = |at: VirtAddr| {
        let mut word = [0; 8];
        printer.memory.read(at, &mut word).ok()?;
        Some(i64::from_le_bytes(word))
    };
    let table = VirtAddr(word(addr + offset)? as u64);
    let symbol = printer.symbols.value_symbol(table)?;
    let name = symbol.strip_prefix("vtable for ")?;
    let (name, _) = name.rsplit_once('+').unwrap_or((name, ""));
    let to_top = word(VirtAddr(table.0.wrapping_sub(16)))?;
    let ty = printer.symbols.type_named(name)?;
    Some((ty.completed(), VirtAddr((addr + offset).0.wrapping_add_signed(to_top))))
}

/// A class, pointer or reference as one of the class that the object is really of; `None` where that is nothing new. The flag
/// says that the object itself was given.
pub fn seen_as_it_is(printer: &Printer<'_>, value: &Value) -> Option<(Value, bool)> {
    let ty = value.ty.stripped();
    match &ty.kind {
        TypeKind::Struct { .. } => {
            let (whole, at) = whole_object(printer, ty, value.address()?)?;
            Some((Value::at(&whole, at), true))
        }
        TypeKind::Pointer(target) | TypeKind::Reference(target, _) => {
            let bytes = value.bytes(printer.memory, None).ok()?;
            let addr = VirtAddr(int_from_bytes(&bytes, false) as u64);
            let (whole, at) = whole_object(printer, target, addr)?;
            let whole = match &target.kind {
                TypeKind::Qualified { qualifiers, .. } => Type::with_qualifiers(&whole, *qualifiers),
                _ => whole,
            };
            let ty = match &ty.kind {
                TypeKind::Reference(_, rvalue) => Type::reference(&whole, *rvalue),
                _ => Type::pointer(&whole),
            };
            Some((Value::int(&ty, at.0.into()), false))
        }
        _ => None,
    }
}

//! Types as calls see them.

use std::sync::Arc;

use super::rust_layout::rust_layout;
use crate::arch::abi::{Layout, Scalar, ScalarKind};
use crate::base::{Error, Result};
use crate::value::{FieldKind, FloatFormat, Language, Method, Type, TypeKind};

/// Structures within each other: damaged debug information may hold more.
const MAX_DEPTH: u32 = 64;
/// What is larger goes by memory, whatever is in it (psABI §3.2.3).
const MAX_IN_REGISTERS: u64 = 64;

/// What a calling convention needs to know of a type.
pub fn layout_in(convention: Convention, ty: &Arc<Type>) -> Result<Layout> {
    match convention {
        Convention::C => layout(ty),
        Convention::Rust => rust_layout(ty),
    }
}

/// Who says where arguments and results lie.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Convention {
    /// The psABI.
    C,
    /// rustc, for functions that are not `extern "C"`.
    Rust,
}

/// What the calling convention of C needs to know of a type. Functions and types that are not known cannot be passed.
fn layout(ty: &Arc<Type>) -> Result<Layout> {
    let mut out = Layout { size: ty.size, align: align(ty, 0)?, ..Layout::default() };
    if ty.is_void() {
        return Ok(Layout::default());
    }
    if let TypeKind::Complex(part) = &ty.stripped().kind {
        out.complex_x87 = matches!(part.stripped().kind, TypeKind::Float(FloatFormat::X87));
    }
    out.by_address = is_by_address(ty, 0)?;
    if ty.size <= MAX_IN_REGISTERS && !out.by_address {
        flatten(ty, 0, &mut out.scalars, 0)?;
    }
    Ok(out)
}

/// Whether objects of a class are passed and returned by address (Itanium C++ ABI §3.1.2.3, C++17 \[class.temporary\]): it has a
/// destructor, copy or move constructor that does something, by its own declaration or by what it consists of.
fn is_by_address(ty: &Arc<Type>, depth: u32) -> Result<bool> {
    let ty = ty.stripped();
    let TypeKind::Struct { fields, .. } = &ty.kind else {
        return match &ty.kind {
            TypeKind::Array { element, .. } if depth <= MAX_DEPTH => is_by_address(element, depth + 1),
            _ => Ok(false),
        };
    };
    if ty.language != Language::Cpp || depth > MAX_DEPTH {
        return Ok(false);
    }
    let layout = fields.layout()?;
    let own = ty.name.split('<').next().unwrap_or(&ty.name).rsplit("::").next().unwrap_or_default().to_owned();
    if layout.methods.iter().any(|m| m.is_virtual || does_something(m, &own)) {
        return Ok(true);
    }
    for part in layout.fields.iter().filter(|f| !f.is_static()) {
        if matches!(part.kind, FieldKind::VirtualBase(_)) || is_by_address(&part.ty, depth + 1)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether a method is a destructor, copy or move constructor of the class of this name that its author wrote.
fn does_something(method: &Method, class: &str) -> bool {
    if method.is_artificial || method.is_defaulted {
        return false;
    }
    let TypeKind::Function(f) = &method.ty.kind else { return false };
    let copies = || match (&f.params[..], &*method.name == class) {
        ([_, from], true) => match &from.stripped().kind {
            TypeKind::Reference(of, _) => {
                let of = of.stripped();
                matches!(of.kind, TypeKind::Struct { .. }) && of.name.split('<').next().is_some_and(|n| n.ends_with(class))
            }
            _ => false,
        },
        _ => false,
    };
    method.name.starts_with('~') || copies()
}

/// The kind of a type that is one scalar.
fn scalar_kind(ty: &Arc<Type>) -> Option<ScalarKind> {
    use TypeKind::*;
    match &ty.stripped().kind {
        Bool | Char { .. } | Int { .. } | Enum { .. } | Flags(_) | Pointer(_) | Reference(..) => Some(ScalarKind::Integer),
        Float(FloatFormat::X87) => Some(ScalarKind::X87),
        Float(_) | Array { vector: true, .. } => Some(ScalarKind::Sse),
        _ => None,
    }
}

fn flatten(ty: &Arc<Type>, offset: u64, out: &mut Vec<Scalar>, depth: u32) -> Result<()> {
    if depth > MAX_DEPTH {
        return Err(not_passed(ty));
    }
    if let Some(kind) = scalar_kind(ty) {
        let size = ty.stripped().size;
        let unaligned = !offset.is_multiple_of(align(ty, depth)?);
        out.push(Scalar { offset, size, kind, unaligned });
        return Ok(());
    }
    match &ty.stripped().kind {
        TypeKind::Void => Ok(()),
        TypeKind::Array { element, count, .. } if element.size > 0 => {
            let count = count.unwrap_or(0).min(MAX_IN_REGISTERS);
            (0..count).try_for_each(|i| flatten(element, offset.saturating_add(i * element.size), out, depth + 1))
        }
        TypeKind::Array { .. } => Ok(()),
        TypeKind::Complex(part) => {
            [0, part.size].into_iter().try_for_each(|at| flatten(part, offset.saturating_add(at), out, depth + 1))
        }
        TypeKind::Struct { fields, .. } => fields.get()?.iter().try_for_each(|field| {
            let at = offset.saturating_add(field.offset);
            match field.bits {
                None => flatten(&field.ty, at, out, depth + 1),
                // A bit-field without a name is padding.
                Some(_) if field.name.is_empty() => Ok(()),
                Some(bits) => {
                    let first = at.saturating_add(u64::from(bits.start / 8));
                    let end = at.saturating_add(u64::from(bits.start + bits.len).div_ceil(8));
                    out.push(Scalar { offset: first, size: end - first, kind: ScalarKind::Integer, unaligned: false });
                    Ok(())
                }
            }
        }),
        _ => Err(not_passed(ty)),
    }
}

/// The alignment in bytes (psABI §3.1.2): of vectors their size.
fn align(ty: &Arc<Type>, depth: u32) -> Result<u64> {
    if depth > MAX_DEPTH {
        return Err(not_passed(ty));
    }
    if scalar_kind(ty).is_some() {
        return Ok(ty.stripped().size.clamp(1, MAX_IN_REGISTERS).next_power_of_two());
    }
    match &ty.stripped().kind {
        TypeKind::Array { element: part, .. } | TypeKind::Complex(part) => align(part, depth + 1),
        TypeKind::Struct { fields, .. } => {
            // A packed structure's members say more than it holds to; it only makes the stack's place better aligned.
            fields.get()?.iter().try_fold(1, |most: u64, f| Ok(most.max(align(&f.ty, depth + 1)?)))
        }
        _ => Ok(1),
    }
}

fn not_passed(ty: &Arc<Type>) -> Error {
    Error::user(format!("A value of type \"{ty}\" cannot be passed to a function or returned from one."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arch::abi::{Class, classify};
    use crate::value::{Bits, Field, base_type};

    fn field(name: &str, ty: &Arc<Type>, offset: u64, bits: Option<Bits>) -> Field {
        Field { bits, ..Field::new(name, ty, offset) }
    }

    fn classes(ty: &Arc<Type>) -> Vec<Class> {
        classify(&layout(ty).unwrap())
    }

    #[test]
    fn structures_are_flattened() {
        let (int, float) = (Type::int(), base_type("float").unwrap());
        let inner = Type::structure("in", 8, false, vec![field("f", &float, 0, None), field("g", &float, 4, None)]);
        let outer = Type::structure("out", 12, false, vec![field("in", &inner, 0, None), field("i", &int, 8, None)]);
        assert_eq!(classes(&outer), [Class::Sse, Class::Integer]);
        assert_eq!(classes(&Type::typedef("t", &outer)), [Class::Sse, Class::Integer]);
        let array = Type::structure("a", 16, false, vec![field("f", &Type::array(&float, 4), 0, None)]);
        assert_eq!(classes(&array), [Class::Sse, Class::Sse]);
        let packed =
            Type::structure("p", 5, false, vec![field("c", &base_type("char").unwrap(), 0, None), field("i", &int, 1, None)]);
        assert_eq!(classes(&packed), [Class::Memory]);
        let wide = Type::vector("", &base_type("double").unwrap(), 4);
        let placed = layout(&wide).unwrap();
        assert_eq!((placed.align, classify(&placed).len()), (32, 4));
        assert_eq!(classes(&Type::void()), []);
        assert!(layout(&Type::function(&int, vec![], false)).is_err());
    }

    #[test]
    fn bit_fields_spoil_only_their_own_eightbyte() {
        let (int, double) = (Type::int(), base_type("double").unwrap());
        let bits = |start, len| Some(Bits { start, len });
        let fields = vec![field("d", &double, 0, None), field("b", &int, 8, bits(3, 7)), field("", &int, 8, bits(10, 6))];
        assert_eq!(classes(&Type::structure("b", 16, false, fields)), [Class::Sse, Class::Integer]);
    }
}

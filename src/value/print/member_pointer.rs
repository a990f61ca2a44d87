//! Pointers to members and methods (Itanium C++ ABI §2.3).

use std::fmt::Write;
use std::sync::Arc;

use super::{Printer, Walk};
use crate::base::{Result, VirtAddr};
use crate::value::number::int_from_bytes;
use crate::value::place::Value;
use crate::value::types::{Field, Type, TypeKind};

impl Printer<'_> {
    pub(super) fn member_pointer(&self, value: &Value, class: &Arc<Type>, target: &Arc<Type>, walk: &mut Walk) -> Result<()> {
        let bytes = value.bytes(self.memory, None)?;
        let first = int_from_bytes(bytes.get(..8).unwrap_or(&bytes), true);
        if let TypeKind::Function(_) = target.stripped().kind {
            let adjustment = int_from_bytes(bytes.get(8..).unwrap_or_default(), true);
            self.method_pointer(&value.ty, class, first as u64, adjustment, walk);
            return Ok(());
        }
        match (first, member_at(class, u64::try_from(first).ok(), 0)?) {
            (-1, _) => walk.out.push_str("NULL"),
            (_, Some((class, name))) => _ = write!(walk.out, "&{class}::{name}"),
            (n, None) => _ = write!(walk.out, "{n}"),
        }
        Ok(())
    }

    /// An odd first word is one more than the offset of a slot of the vtable; another one is the address of the method.
    fn method_pointer(&self, ty: &Arc<Type>, class: &Arc<Type>, first: u64, adjustment: i128, walk: &mut Walk) {
        if first == 0 {
            walk.out.push_str("NULL");
            return;
        }
        if first & 1 != 0 {
            walk.out.push_str("&virtual ");
            match virtual_method(class, first / 8, 0) {
                Some(name) => walk.out.push_str(&name),
                None => _ = write!(walk.out, "{first}"),
            }
        } else {
            if walk.natural() {
                _ = write!(walk.out, "({ty}) ");
            }
            self.address(VirtAddr(first), &mut walk.out);
        }
        if adjustment != 0 {
            _ = write!(walk.out, ", this adjustment {adjustment}");
        }
    }
}

/// The class and the name of the member at an offset, looked for in bases too.
fn member_at(class: &Arc<Type>, offset: Option<u64>, depth: u32) -> Result<Option<(Arc<str>, Arc<str>)>> {
    let (TypeKind::Struct { fields, .. }, Some(offset)) = (&class.stripped().kind, offset) else { return Ok(None) };
    let fields = fields.get()?;
    let here = |f: &&Field| !f.is_base() && !f.is_static() && f.offset == offset && f.bits.is_none();
    if let Some(field) = fields.iter().find(here) {
        return Ok(Some((class.name.clone(), field.name.clone())));
    }
    for base in fields.iter().filter(|f| f.is_base() && depth < 50) {
        if (base.offset..base.offset.saturating_add(base.ty.size)).contains(&offset)
            && let Some(found) = member_at(&base.ty, Some(offset - base.offset), depth + 1)?
        {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

/// The name, with its parameters, of the method in a slot of the vtable.
fn virtual_method(class: &Arc<Type>, slot: u64, depth: u32) -> Option<String> {
    let TypeKind::Struct { fields, .. } = &class.stripped().kind else { return None };
    let layout = fields.layout().ok()?;
    if let Some(method) = layout.methods.iter().find(|m| m.is_virtual && m.vtable_index == Some(slot)) {
        let TypeKind::Function(f) = &method.ty.kind else { return None };
        let params: Vec<String> = f.params.iter().skip(1).map(|p| p.to_string()).collect();
        let class = class.stripped();
        return Some(format!("{}::{}({})", class.name, method.name, params.join(", ")));
    }
    let bases = layout.fields.iter().filter(|f| f.is_base() && depth < 50);
    bases.filter_map(|b| virtual_method(&b.ty, slot, depth + 1)).next()
}

//! Structures, tuples and enumerations as gdb shows those of Rust.

use std::fmt::Write;

use super::{Depth, Printer, Walk};
use crate::base::{Result, VirtAddr};
use crate::value::place::Value;
use crate::value::rust_names::is_tuple;
use crate::value::types::{Field, Type, TypeKind};
use crate::value::variant_of;

impl Printer<'_> {
    pub(super) fn rust_structure(&self, value: &Value, depth: Depth, walk: &mut Walk) -> Result<()> {
        let ty = value.ty.stripped();
        let TypeKind::Struct { union, fields, .. } = &ty.kind else { return Ok(()) };
        if self.too_deep(depth) || (*union && depth.indent > 0 && !self.options.union) {
            walk.out.push_str("{...}");
            return Ok(());
        }
        let layout = fields.layout()?;
        if layout.variants.is_some() {
            return self.rust_enumeration(value, depth, walk);
        }
        if let (Some(data), Some(length)) = (named(&layout.fields, "data_ptr"), named(&layout.fields, "length")) {
            return self.slice(value, data, length, depth, walk);
        }
        let tuple = is_tuple(&layout.fields);
        let plain_tuple = ty.name.starts_with('(');
        if !plain_tuple {
            walk.out.push_str(&ty.name);
            if layout.fields.is_empty() {
                return Ok(());
            }
            walk.out.push(' ');
        }
        let (open, close) = if tuple || plain_tuple { ('(', ')') } else { ('{', '}') };
        walk.out.push(open);
        for (i, field) in layout.fields.iter().filter(|f| !f.is_static()).enumerate() {
            if i > 0 {
                walk.out.push(',');
            }
            match (self.options.pretty, i) {
                (true, _) => walk.line(depth.inside()),
                (false, 0) => {}
                (false, _) => walk.out.push(' '),
            }
            if !tuple && !plain_tuple {
                _ = write!(walk.out, "{}: ", field.name);
            }
            let member = value.member(field);
            self.show_inside(&member, depth.inside(), walk);
            if &*field.name == "vtable" && !self.options.raw {
                self.vtable_name(&member, walk);
            }
        }
        if self.options.pretty && !layout.fields.is_empty() {
            walk.line(depth);
        }
        walk.out.push(close);
        Ok(())
    }

    /// Which type a trait object is of: ` <<m::Circle as m::Shape>::{vtable}>` behind the address.
    fn vtable_name(&self, pointer: &Value, walk: &mut Walk) {
        let at = pointer.number(self.memory).ok().flatten().map(|n| VirtAddr(n.to_int() as u64));
        if let Some((name, _)) = at.and_then(|at| self.symbols.vtable(at)) {
            _ = write!(walk.out, " <{name}>");
        }
    }

    /// `core::option::Option<i32>::Some(5)`
    fn rust_enumeration(&self, value: &Value, depth: Depth, walk: &mut Walk) -> Result<()> {
        let Some((_, payload)) = variant_of(self.memory, value)? else {
            _ = write!(walk.out, "{}{{<No data fields>}}", value.ty.stripped().name);
            return Ok(());
        };
        let ty = payload.ty.stripped();
        walk.out.push_str(&ty.name);
        let TypeKind::Struct { fields, .. } = &ty.kind else { return Ok(()) };
        let fields = fields.get()?;
        if fields.is_empty() {
            return Ok(());
        }
        let tuple = is_tuple(&fields);
        walk.out.push(if tuple { '(' } else { '{' });
        for (i, field) in fields.iter().enumerate() {
            if i > 0 {
                walk.out.push_str(", ");
            }
            if !tuple {
                _ = write!(walk.out, "{}: ", field.name);
            }
            self.show_inside(&payload.member(field), depth.inside(), walk);
        }
        walk.out.push(if tuple { ')' } else { '}' });
        Ok(())
    }

    /// `"text"` for a `&str`, else `&[i32] [1, 2]`.
    fn slice(&self, value: &Value, data: &Field, length: &Field, depth: Depth, walk: &mut Walk) -> Result<()> {
        let ty = value.ty.stripped();
        let pointer = value.member(data);
        let (addr, len) = (VirtAddr(self.integer(&pointer)? as u64), self.integer(&value.member(length))?);
        let len = u64::try_from(len).unwrap_or(0);
        if matches!(&*ty.name, "&str" | "&mut str") {
            walk.out.push_str(&match len {
                0 => "\"\"".to_owned(),
                len => self.text_at(addr, len, &Type::uint8()),
            });
            return Ok(());
        }
        _ = write!(walk.out, "{} ", ty.name);
        let Some(element) = pointer.ty.target() else { return Ok(()) };
        let element = element.completed();
        if element.is_declaration() || element.size == 0 && len > 0 {
            _ = write!(walk.out, "{addr}");
            return Ok(());
        }
        // No more is read than is shown, and one element beyond: whether there are more must be seen.
        let most = self.options.elements.map_or(1 << 20, |n| u64::from(n) + 1);
        let array = Value::at(&Type::array(&element, len.min(most)), addr).fetched(self.memory, self.options.max_value_size)?;
        self.array(&array, depth, walk)
    }
}

fn named<'f>(fields: &'f [Field], name: &str) -> Option<&'f Field> {
    fields.iter().find(|f| &*f.name == name)
}

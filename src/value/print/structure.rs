//! Structures, unions and classes as gdb shows those of C and C++.

use std::fmt::Write;
use std::sync::Arc;

use super::{Depth, Printer, Walk};
use crate::base::Result;
use crate::value::dynamic;
use crate::value::place::{Place, Value};
use crate::value::types::{Field, FieldKind, TypeKind};

impl Printer<'_> {
    pub(super) fn structure(&self, value: &Value, depth: Depth, walk: &mut Walk) -> Result<()> {
        let TypeKind::Struct { union, .. } = &value.ty.stripped().kind else { return Ok(()) };
        if self.too_deep(depth) || (*union && depth.indent > 0 && !self.options.union) {
            walk.out.push_str("{...}");
            return Ok(());
        }
        // Another object: its virtual bases and static members are its own.
        let outer = std::mem::take(&mut walk.virtual_bases);
        let seen = walk.statics.len();
        let result = self.members(value, depth, walk);
        walk.virtual_bases = outer;
        walk.statics.truncate(seen);
        result
    }

    /// `{<Base> = {...}, member = 1}`
    fn members(&self, value: &Value, depth: Depth, walk: &mut Walk) -> Result<()> {
        let ty = value.ty.stripped();
        let TypeKind::Struct { fields, .. } = &ty.kind else { return Ok(()) };
        let fields = fields.get()?;
        walk.out.push('{');
        let mut has_bases = false;
        for base in fields.iter().filter(|f| f.is_base()) {
            has_bases = true;
            self.base(value, base, depth, walk);
        }
        let shown = |f: &&Field| !f.is_base() && (self.options.static_members || !f.is_static());
        if !fields.iter().any(|f| !f.is_base()) {
            walk.out.push_str("<No data fields>}");
            return Ok(());
        }
        if has_bases && self.options.pretty {
            walk.line(depth.inside());
            _ = write!(walk.out, "members of {}:", ty.name);
        }
        for (i, field) in fields.iter().filter(shown).enumerate() {
            if i > 0 {
                walk.out.push(',');
                if !self.options.pretty {
                    walk.out.push(' ');
                }
            }
            if self.options.pretty {
                walk.line(depth.inside());
            }
            self.field(value, field, depth, walk);
        }
        if self.options.pretty {
            walk.line(depth);
        }
        walk.out.push('}');
        Ok(())
    }

    fn base(&self, value: &Value, base: &Field, depth: Depth, walk: &mut Walk) {
        if let FieldKind::VirtualBase(_) = base.kind {
            // Each object has a virtual base once, by however many ways.
            if walk.virtual_bases.contains(&base.name) {
                return;
            }
            walk.virtual_bases.push(base.name.clone());
        }
        if self.options.pretty {
            walk.line(depth.inside());
        }
        _ = write!(walk.out, "<{}> = ", base.name);
        let depth = depth.inside();
        match dynamic::base_of(self.memory, value, base) {
            Ok(_) if self.too_deep(depth) => walk.out.push_str("{...}"),
            Ok(part) => {
                if let Err(error) = self.members(&part, depth, walk) {
                    _ = write!(walk.out, "<error: {error}>");
                }
            }
            Err(_) => walk.out.push_str("<invalid address>"),
        }
        walk.out.push_str(", ");
    }

    fn field(&self, value: &Value, field: &Field, depth: Depth, walk: &mut Walk) {
        if field.is_static() {
            walk.out.push_str("static ");
        }
        if !field.name.is_empty() {
            _ = write!(walk.out, "{} = ", field.name);
        }
        let inside = if field.name.is_empty() { depth.indented() } else { depth.inside() };
        if let FieldKind::Static(name, _) = &field.kind {
            return self.static_member(name, field, inside, walk);
        }
        let part = value.member(field);
        if field.is_artificial && field.name.starts_with("_vptr") && part.ty.is_pointer() {
            // Whatever the format, gdb shows where it leads.
            let letter = walk.letter.take();
            self.show_inside(&part, inside, walk);
            walk.letter = letter;
            return;
        }
        self.show_inside(&part, inside, walk);
    }

    fn static_member(&self, name: &Arc<str>, field: &Field, depth: Depth, walk: &mut Walk) {
        let Some(value) = dynamic::static_member(self.symbols, name, field) else {
            walk.out.push_str("<optimized out>");
            return;
        };
        let is_structure = matches!(value.ty.stripped().kind, TypeKind::Struct { .. });
        if let (true, Place::Memory(addr)) = (is_structure, &value.place) {
            if walk.statics.contains(addr) {
                walk.out.push_str("<same as static member of an already seen type>");
                return;
            }
            walk.statics.push(*addr);
        }
        match value.fetched(self.memory, self.options.max_value_size) {
            Ok(value) if is_structure && !self.too_deep(depth) => {
                let outer = std::mem::take(&mut walk.virtual_bases);
                if let Err(error) = self.members(&value, depth, walk) {
                    _ = write!(walk.out, "<error: {error}>");
                }
                walk.virtual_bases = outer;
            }
            Ok(value) => self.show_inside(&value, depth, walk),
            Err(error) => _ = write!(walk.out, "<error: {error}>"),
        }
    }
}

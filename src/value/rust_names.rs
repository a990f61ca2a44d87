//! Types as Rust writes them, in gdb's manner.

use std::fmt::Write;
use std::sync::Arc;

use super::offsets::{Holes, MARGIN};
use super::short_names::{base_of, short_name};
use super::types::{Field, Type, TypeKind};
use crate::base::Result;

/// How deep types are written.
const MAX_DEPTH: u32 = 100;

/// The name of a type, as `whatis` writes it.
pub(super) fn name(ty: &Type, depth: u32) -> String {
    if depth > MAX_DEPTH {
        return "...".to_owned();
    }
    let inner = |t: &Type| name(t, depth + 1);
    if !ty.name.is_empty() {
        return ty.name.to_string();
    }
    match &ty.kind {
        TypeKind::Pointer(target) => format!("*mut {}", inner(target)),
        TypeKind::Reference(target, _) => format!("&{}", inner(target)),
        TypeKind::Array { element, count, .. } => match count {
            Some(n) => format!("[{}; {n}]", inner(element)),
            None => format!("[{}]", inner(element)),
        },
        TypeKind::Qualified { target, .. } => inner(target),
        TypeKind::Function(f) => {
            let params: Vec<String> = f.params.iter().map(|p| inner(p)).collect();
            // A function that returns nothing has no result at all; `-> ()` is written in a type.
            let is_nothing = f.result.is_void() && f.result.name.is_empty() || &*f.result.name == "void";
            let result = if is_nothing { String::new() } else { format!(" -> {}", inner(&f.result)) };
            format!("fn ({}){result}", params.join(", "))
        }
        TypeKind::Void => "()".to_owned(),
        _ => short_name(base_of(ty, 0)),
    }
}

/// Whether the members of a structure have numbers for names: a tuple, or a structure like one.
pub fn is_tuple(fields: &[Field]) -> bool {
    !fields.is_empty() && fields.iter().enumerate().all(|(i, f)| *f.name == *format!("__{i}") || *f.name == *i.to_string())
}

/// A type with its members, as `ptype` writes it.
pub(super) fn expanded(ty: &Arc<Type>, offsets: Option<Holes>) -> Result<String> {
    let mut writer = Writer { holes: offsets, text: String::new() };
    writer.long(ty)?;
    Ok(writer.text)
}

struct Writer {
    /// Where members end, if offsets are to be shown.
    holes: Option<Holes>,
    text: String,
}

impl Writer {
    fn long(&mut self, ty: &Type) -> Result<()> {
        match &ty.kind {
            TypeKind::Struct { .. } if ty.name.starts_with('(') => self.text.push_str(&name(ty, 0)),
            TypeKind::Struct { union, fields, .. } => {
                let layout = fields.layout()?;
                if let Some(variants) = &layout.variants {
                    _ = writeln!(self.text, "enum {} {{", ty.name);
                    for variant in &variants.choices {
                        self.variant(&variant.field)?;
                    }
                    self.end(ty.size, '}');
                    return Ok(());
                }
                let word = if *union { "union" } else { "struct" };
                _ = write!(self.text, "{word} {}", ty.name);
                if layout.fields.is_empty() {
                    return Ok(());
                }
                let tuple = is_tuple(&layout.fields);
                self.text.push_str(if tuple { " (\n" } else { " {\n" });
                let mut fields: Vec<&Field> = layout.fields.iter().filter(|f| !f.is_static()).collect();
                if self.holes.is_some() {
                    // As they lie in memory, which Rust may order as it likes.
                    fields.sort_by_key(|f| f.offset);
                }
                for field in fields {
                    self.member(field, *union, tuple);
                }
                self.end(ty.size, if tuple { ')' } else { '}' });
            }
            TypeKind::Enum { enumerators, .. } => {
                _ = writeln!(self.text, "enum {} {{", ty.name);
                for e in enumerators.iter() {
                    _ = writeln!(self.text, "  {},", e.name.rsplit("::").next().unwrap_or(&e.name));
                }
                self.text.push('}');
            }
            _ => self.text.push_str(&name(ty, 0)),
        }
        Ok(())
    }

    fn member(&mut self, field: &Field, in_union: bool, tuple: bool) {
        match &mut self.holes {
            Some(holes) => {
                holes.member(field, in_union, &mut self.text);
                self.text.push_str("    ");
            }
            None => self.text.push_str("  "),
        }
        if !tuple {
            _ = write!(self.text, "{}: ", field.name);
        }
        _ = writeln!(self.text, "{},", name(&field.ty, 0));
    }

    fn end(&mut self, size: u64, close: char) {
        if let Some(holes) = &mut self.holes {
            holes.finish(size, 0, &mut self.text);
            _ = write!(self.text, "{MARGIN}  ");
        }
        self.text.push(close);
    }

    /// `Tup(i32, u8),` or `Struct{x: i64},`
    fn variant(&mut self, variant: &Field) -> Result<()> {
        let TypeKind::Struct { fields, .. } = &variant.ty.stripped().kind else { return Ok(()) };
        let fields = fields.get()?;
        match &mut self.holes {
            Some(holes) => {
                holes.member(variant, false, &mut self.text);
                holes.restart();
                self.text.push_str("    ");
            }
            None => self.text.push_str("  "),
        }
        self.text.push_str(&variant.name);
        if !fields.is_empty() {
            let tuple = is_tuple(&fields);
            let parts: Vec<String> =
                fields.iter().map(|f| if tuple { name(&f.ty, 0) } else { format!("{}: {}", f.name, name(&f.ty, 0)) }).collect();
            let (open, close) = if tuple { ('(', ')') } else { ('{', '}') };
            _ = write!(self.text, "{open}{}{close}", parts.join(", "));
        }
        self.text.push_str(",\n");
        Ok(())
    }
}

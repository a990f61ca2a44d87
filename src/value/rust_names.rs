//! Types as Rust writes them, in gdb's manner.

use std::fmt::Write;
use std::sync::Arc;

use super::layout::Field;
use super::names::{base_of, short_name};
use super::types::{Type, TypeKind};
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
            let result = if f.result.is_void() { String::new() } else { format!(" -> {}", inner(&f.result)) };
            format!("fn ({}){result}", params.join(", "))
        }
        TypeKind::Void => "()".to_owned(),
        _ => short_name(base_of(ty, 0)),
    }
}

/// Whether the members of a structure have numbers for names: a tuple, or a structure like one.
pub(super) fn is_tuple(fields: &[Field]) -> bool {
    !fields.is_empty() && fields.iter().enumerate().all(|(i, f)| *f.name == *format!("__{i}") || *f.name == *i.to_string())
}

/// A type with its members, as `ptype` writes it.
pub(super) fn expanded(ty: &Arc<Type>, _offsets: bool) -> Result<String> {
    long(ty, 0, 0)
}

fn long(ty: &Type, indent: usize, depth: u32) -> Result<String> {
    let TypeKind::Struct { union, fields, .. } = &ty.kind else {
        return Ok(match &ty.kind {
            TypeKind::Enum { enumerators, .. } => {
                let mut text = format!("enum {} {{\n", ty.name);
                for e in enumerators.iter() {
                    _ = writeln!(text, "{:indent$}    {},", "", e.name);
                }
                format!("{text}{:indent$}}}", "")
            }
            _ => name(ty, depth),
        });
    };
    let layout = fields.layout()?;
    if let Some(variants) = &layout.variants {
        let mut text = format!("enum {} {{\n", ty.name);
        for variant in &variants.choices {
            let TypeKind::Struct { fields, .. } = &variant.field.ty.kind else { continue };
            let fields = fields.get()?;
            _ = write!(text, "{:indent$}    {}", "", variant.field.name);
            text.push_str(&members(&fields, indent + 4, depth)?);
            text.push_str(",\n");
        }
        return Ok(format!("{text}{:indent$}}}", ""));
    }
    let members = members(&layout.fields, indent, depth)?;
    let is_plain_tuple = ty.name.starts_with('(');
    if is_plain_tuple {
        return Ok(members.trim_start().to_owned());
    }
    let word = if *union { "union" } else { "struct" };
    Ok(format!("{word} {}{}", ty.name, members))
}

/// ` {\n    a: T,\n}`, or `(T, U)` for a tuple.
fn members(fields: &[Field], indent: usize, depth: u32) -> Result<String> {
    if fields.is_empty() {
        return Ok(String::new());
    }
    let tuple = is_tuple(fields);
    let (open, close) = if tuple { ("(", ")") } else { (" {\n", "}") };
    let mut text = open.to_owned();
    for (i, field) in fields.iter().enumerate() {
        match tuple {
            true => _ = write!(text, "{}{}", if i > 0 { ", " } else { "" }, name(&field.ty, depth + 1)),
            false => _ = writeln!(text, "{:indent$}    {}: {},", "", field.name, name(&field.ty, depth + 1)),
        }
    }
    match tuple {
        true => text.push_str(close),
        false => _ = write!(text, "{:indent$}{close}", ""),
    }
    Ok(text)
}

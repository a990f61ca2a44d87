//! Types as calls by Rust's own convention see them.
//!
//! The convention is rustc's and written down nowhere (`rustc_abi::BackendRepr` and `adjust_for_rust_abi` in rustc_target): a type
//! that is one scalar or a pair of them goes in a register for each, whatever its size in memory; anything else of up to 8 bytes as an
//! integer of its size; the rest by address. Scalars of more than 16 bytes are returned by address too.

use std::sync::Arc;

use crate::arch::abi::{Layout, Scalar, ScalarKind};
use crate::base::Result;
use crate::value::{Field, Type, TypeKind, Variants};

/// Structures within each other: damaged debug information may hold more.
const MAX_DEPTH: u32 = 64;

/// How a type is held where it is not in memory.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Form {
    Nothing,
    One(Scalar),
    Two(Scalar, Scalar),
    Memory,
}

/// What Rust's calling convention needs to know of a type.
pub fn rust_layout(ty: &Arc<Type>) -> Result<Layout> {
    let size = if ty.is_void() { 0 } else { ty.stripped().size };
    let parts = match form(ty, 0, 0)? {
        Form::Nothing => Some(Vec::new()),
        Form::One(scalar) => Some(vec![scalar]),
        Form::Two(a, b) => Some(vec![a, b]),
        Form::Memory if size <= 8 => Some(vec![Scalar { offset: 0, size, kind: ScalarKind::Integer, unaligned: false }]),
        Form::Memory => None,
    };
    // What does not fit into registers is pushed, word by word.
    let align = if parts.is_some() { 8 } else { 16 };
    Ok(Layout { size, align, by_address: parts.is_none(), parts, ..Layout::default() })
}

fn form(ty: &Arc<Type>, offset: u64, depth: u32) -> Result<Form> {
    use TypeKind::*;
    let bare = ty.stripped();
    if bare.size == 0 || ty.is_void() {
        return Ok(Form::Nothing);
    }
    if depth > MAX_DEPTH {
        return Ok(Form::Memory);
    }
    let scalar = |kind| Ok(Form::One(Scalar { offset, size: bare.size, kind, unaligned: false }));
    match &bare.kind {
        Bool | Char { .. } | Int { .. } | Enum { .. } | Pointer(_) => scalar(ScalarKind::Integer),
        Float(_) => scalar(ScalarKind::Sse),
        Struct { union, fields, .. } => {
            let layout = fields.layout()?;
            match &layout.variants {
                Some(variants) => enumeration(variants, bare.size, offset, depth),
                None => structure(&layout.fields, *union, bare.size, offset, depth),
            }
        }
        _ => Ok(Form::Memory),
    }
}

/// Moves a form that is all of a structure to where the structure begins; what is but a part of it is memory.
fn structure(fields: &[Field], union: bool, size: u64, offset: u64, depth: u32) -> Result<Form> {
    let mut forms = Vec::new();
    for field in fields.iter().filter(|f| !f.is_static()) {
        let at = offset.saturating_add(field.offset);
        match form(&field.ty, at, depth + 1)? {
            Form::Nothing => {}
            found => forms.push((found, at, field.ty.stripped().size)),
        }
    }
    forms.sort_by_key(|(_, at, _)| *at);
    Ok(match forms[..] {
        [] => Form::Memory,
        [(found, at, own)] if at == offset && own == size => found,
        [(first, ..), ..] if union && forms.iter().all(|(found, _, own)| *found == first && *own == size) => first,
        [(Form::One(a), ..), (Form::One(b), ..)] if !union && is_pair(a, b, size, offset) => Form::Two(a, b),
        _ => Form::Memory,
    })
}

/// Whether two scalars lie as a pair does: the second one as soon as it is aligned, and nothing behind it but padding.
fn is_pair(a: Scalar, b: Scalar, size: u64, offset: u64) -> bool {
    let align = |s: Scalar| s.size.clamp(1, 16).next_power_of_two();
    let second = a.size.next_multiple_of(align(b));
    a.offset == offset && b.offset == offset + second && size == (second + b.size).next_multiple_of(align(a).max(align(b)))
}

/// An enumeration with data: with a tag beside its values, or with one that takes what those leave free.
fn enumeration(variants: &Variants, size: u64, offset: u64, depth: u32) -> Result<Form> {
    let mut filled = Vec::new();
    for choice in &variants.choices {
        let TypeKind::Struct { fields, .. } = &choice.field.ty.stripped().kind else { return Ok(Form::Memory) };
        let at = offset.saturating_add(choice.field.offset);
        let fields: Vec<Field> = fields.get()?.iter().filter(|f| f.ty.stripped().size > 0).cloned().collect();
        if !fields.is_empty() {
            filled.push((fields, at));
        }
    }
    let Some(tag) = &variants.discriminant else {
        return match &filled[..] {
            [] => Ok(if size == 0 { Form::Nothing } else { Form::Memory }),
            [(fields, at)] => structure(fields, false, size, *at, depth + 1),
            _ => Ok(Form::Memory),
        };
    };
    let tag = Scalar { offset: offset + tag.offset, size: tag.ty.stripped().size, kind: ScalarKind::Integer, unaligned: false };
    let covers_tag = |(fields, at): &&(Vec<Field>, u64)| {
        fields.iter().any(|f| {
            let start = at + f.offset;
            (start..start.saturating_add(f.ty.stripped().size)).contains(&tag.offset)
        })
    };
    match (filled.iter().find(covers_tag), &filled[..]) {
        (_, []) if tag.size == size => Ok(Form::One(tag)),
        // The one variant with values has the tag in one of them.
        (Some(_), [(fields, at)]) => structure(fields, false, size, *at, depth + 1),
        (Some(_), _) => Ok(Form::Memory),
        (None, _) => {
            let mut common = None;
            for (fields, at) in &filled {
                let [field] = &fields[..] else { return Ok(Form::Memory) };
                let Form::One(scalar) = form(&field.ty, at + field.offset, depth + 1)? else { return Ok(Form::Memory) };
                if *common.get_or_insert(scalar) != scalar {
                    return Ok(Form::Memory);
                }
            }
            Ok(common.filter(|value| is_pair(tag, *value, size, offset)).map_or(Form::Memory, |value| Form::Two(tag, value)))
        }
    }
}

//! `std::pair`, and `std::tuple`: a chain of bases.

use super::{Pretty, Scene, Style};
use crate::base::Result;
use crate::value::base_of;
use crate::value::place::Value;
use crate::value::types::TypeKind;

/// Elements, at most.
const MOST: usize = 1000;

pub(super) fn show(scene: &Scene<'_>, value: &Value, name: &str) -> Option<Result<Pretty>> {
    match name {
        "std::tuple" => Some(tuple(scene, value)),
        "std::pair" => Some(pair(scene, value)),
        _ => None,
    }
}

/// Without its base, which has nothing in it.
fn pair(scene: &Scene<'_>, value: &Value) -> Result<Pretty> {
    let children = ["first", "second"].iter().map(|name| Ok(((*name).to_owned(), scene.get(value, &[name])?)));
    Ok(Pretty { head: None, style: Style::Named, children: children.collect::<Result<_>>()? })
}

fn tuple(scene: &Scene<'_>, value: &Value) -> Result<Pretty> {
    let elements = elements(scene, value)?;
    if elements.is_empty() {
        return Ok(Pretty::text("empty std::tuple"));
    }
    // gdb counts them from 1.
    let children = elements.into_iter().enumerate().map(|(i, v)| (format!("[{}]", i + 1), v)).collect();
    Ok(Pretty { head: Some("std::tuple containing".to_owned()), style: Style::Named, children })
}

/// The elements of a tuple: `tuple : _Tuple_impl<0> : _Tuple_impl<1>, _Head_base<0>`, each head with one element.
pub(super) fn elements(scene: &Scene<'_>, tuple: &Value) -> Result<Vec<Value>> {
    if let Some(base) = scene.find(tuple, &["__base_"]) {
        return super::cpp_llvm::tuple(scene, &base);
    }
    let (mut at, mut found) = (tuple.clone(), Vec::new());
    while found.len() < MOST {
        let TypeKind::Struct { fields, .. } = &at.ty.stripped().kind else { break };
        let fields = fields.get()?;
        let named = |prefix: &str| fields.iter().find(|f| f.is_base() && f.name.starts_with(prefix));
        if let Some(head) = named("std::_Head_base<") {
            let head = base_of(scene.printer.memory, &at, head)?;
            // What has no members of its own is a base of the head itself.
            match scene.find(&head, &["_M_head_impl"]) {
                Some(element) => found.push(element),
                None => {
                    let TypeKind::Struct { fields, .. } = &head.ty.stripped().kind else { break };
                    match fields.get()?.iter().find(|f| f.is_base()) {
                        Some(base) => found.push(head.member(base)),
                        None => found.push(head.clone()),
                    }
                }
            }
        }
        match named("std::_Tuple_impl<") {
            Some(next) => at = base_of(scene.printer.memory, &at, next)?,
            None => break,
        }
    }
    Ok(found)
}

//! `std::optional`, `std::variant`, `std::any`.

use super::scene::written;
use super::{Pretty, Scene, Style};
use crate::base::{Result, VirtAddr};
use crate::value::place::Value;
use crate::value::types::{Fields, TypeKind};

pub(super) fn show(scene: &Scene<'_>, value: &Value, name: &str) -> Option<Result<Pretty>> {
    match name {
        "std::optional" => Some(optional(scene, value)),
        "std::variant" => Some(variant(scene, value)),
        "std::any" => Some(any(scene, value)),
        _ => None,
    }
}

fn optional(scene: &Scene<'_>, value: &Value) -> Result<Pretty> {
    let head = format!("std::optional<{}>", written(&scene.type_arg(value, 0)?));
    let (engaged, held) = match scene.find(value, &["_M_payload", "_M_engaged"]) {
        Some(engaged) => (engaged, scene.get(value, &["_M_payload", "_M_payload", "_M_value"])),
        None => (scene.get(value, &["__engaged_"])?, scene.get(value, &["__val_"])),
    };
    if scene.int(&engaged)? == 0 {
        return Ok(Pretty::text(format!("{head} [no contained value]")));
    }
    Ok(Pretty::named(head, vec![("[contained value]", held?)]))
}

fn variant(scene: &Scene<'_>, value: &Value) -> Result<Pretty> {
    let TypeKind::Struct { fields, .. } = &value.ty.stripped().kind else { return scene.unexpected() };
    let layout = Fields::layout(fields)?;
    let types: Vec<_> = layout.template_args.iter().filter(|a| a.value.is_none()).map(|a| a.ty.clone()).collect();
    let names: Vec<String> = types.iter().map(written).collect();
    let head = format!("std::variant<{}>", names.join(", "));
    let index = scene.find(value, &["_M_index"]).map_or_else(|| scene.get(value, &["__impl_", "__index"]), Ok)?;
    let n = scene.size(&index)?;
    // All bits set: it has lost its value to an exception.
    let Some(ty) = usize::try_from(n).ok().and_then(|n| types.get(n)) else {
        return Ok(Pretty::text(format!("{head} [no contained value]")));
    };
    // All of them begin where the union does.
    let union = scene.find(value, &["_M_u"]).map_or_else(|| scene.get(value, &["__impl_", "__data"]), Ok)?;
    let held = union.part(&ty.completed(), 0);
    Ok(Pretty::array(format!("{head} [index {n}]"), vec![held]))
}

fn any(scene: &Scene<'_>, value: &Value) -> Result<Pretty> {
    let manager = scene.number(value, &["_M_manager"])?;
    if manager == 0 {
        return Ok(Pretty::text("std::any [no contained value]"));
    }
    // Which type it is only the name of the function that manages it tells.
    let symbol = scene.printer.symbols.value_symbol(VirtAddr(manager)).unwrap_or_default();
    let start = symbol.find("std::any::_Manager_");
    let Some((kind, name)) = start.and_then(|at| symbol.get(at + "std::any::_Manager_".len()..)).and_then(|s| s.split_once('<'))
    else {
        return scene.unexpected();
    };
    let Some(end) = name.rfind(">::_S_manage") else { return scene.unexpected() };
    let name = name.get(..end).unwrap_or_default().trim_end();
    let Some(ty) = scene.printer.symbols.type_named(name).or_else(|| crate::value::base_type(name)) else {
        return scene.unexpected();
    };
    let storage = scene.get(value, &["_M_storage"])?;
    let held = match kind {
        "external" => scene.at(&ty, scene.number(&storage, &["_M_ptr"])?)?,
        _ => storage.part(&ty.completed(), 0),
    };
    let children = vec![("[contained value]".to_owned(), held)];
    Ok(Pretty { head: Some(format!("std::any containing {}", written(&ty))), style: Style::Named, children })
}

//! What Rust's pointers that are structures lead to: trait objects, `Pin`, `Rc`, `Ref`, `MutexGuard`.

use super::{Scene, scene};
use crate::base::VirtAddr;
use crate::value::place::Value;
use crate::value::printer::Printer;
use crate::value::types::TypeKind;

/// What a pointer of Rust's that is a structure leads to; `None` for anything else.
pub fn pointee_of(printer: &Printer<'_>, value: &Value) -> Option<Value> {
    let scene = Scene { printer };
    if let Some((object, _)) = trait_object(&scene, value) {
        return Some(object);
    }
    let through = |path: &[&str]| scene.deref(&scene.pointer(&scene.find(value, path)?).ok()?).ok();
    match &*scene::template(&value.ty.stripped().name, true) {
        "Pin" => {
            let held = ["pointer", "__pointer"].iter().find_map(|name| scene.own(value, name))?;
            if held.ty.is_pointer() { scene.deref(&held).ok() } else { pointee_of(printer, &held) }
        }
        "Rc" | "Arc" => {
            let pointer = scene.find(value, &["ptr", "pointer"])?;
            if let Some((object, _)) = trait_object(&scene, &pointer) {
                return Some(object);
            }
            let inner = scene.deref(&pointer).ok()?;
            ["value", "data"].iter().find_map(|name| scene.own(&inner, name))
        }
        "Ref" | "RefMut" => through(&["value"]),
        "MutexGuard" | "ReentrantLockGuard" => scene.find(&through(&["lock"])?, &["data", "value"]),
        "NonNull" | "Unique" => scene.deref(&scene.pointer(value).ok()?).ok(),
        _ => None,
    }
}

/// What a pointer to a trait object leads to, as what it really is, and the address in the pointer; `None` for what is none, or
/// where no vtable is known at the address that it has for one.
pub(super) fn trait_object(scene: &Scene<'_>, pointer: &Value) -> Option<(Value, u64)> {
    let TypeKind::Struct { .. } = pointer.ty.stripped().kind else { return None };
    let (data, table) = (scene.own(pointer, "pointer")?, scene.own(pointer, "vtable")?);
    let target = data.ty.target()?;
    let at = scene.size(&data).ok()?;
    let table = VirtAddr(scene.size(&table).ok()?);
    let (_, ty) = scene.printer.symbols.vtable(table)?;
    // What is counted stands behind its two counts, as far on as it must be aligned: the vtable's third word.
    let is_counted = ["RcInner<", "ArcInner<", "RcBox<"].iter().any(|name| target.stripped().name.contains(name));
    let offset = if is_counted { 16u64.max(scene.word(table.0.wrapping_add(16)).ok()?) } else { 0 };
    Some((scene.at(&ty, at.wrapping_add(offset)).ok()?, at))
}

//! `std::unique_ptr`, `std::shared_ptr`, `std::weak_ptr`, `std::atomic`.

use super::scene::written;
use super::{Pretty, Scene, Style};
use crate::base::Result;
use crate::value::place::Value;

pub(super) fn show(scene: &Scene<'_>, value: &Value, name: &str) -> Option<Result<Pretty>> {
    match name {
        "std::unique_ptr" => Some(unique(scene, value)),
        "std::shared_ptr" | "std::weak_ptr" => Some(shared(scene, value, name)),
        "std::atomic" => Some(atomic(scene, value)),
        _ => None,
    }
}

fn unique(scene: &Scene<'_>, value: &Value) -> Result<Pretty> {
    let tuple = match scene.find(value, &["_M_t", "_M_t"]) {
        Some(tuple) => super::cpp_tuple::elements(scene, &tuple)?.into_iter().next(),
        None => match scene.find(value, &["_M_t"]) {
            Some(tuple) => super::cpp_tuple::elements(scene, &tuple)?.into_iter().next(),
            None => super::cpp_llvm::first(scene, value, "__ptr_"),
        },
    };
    let Some(pointer) = tuple.filter(|p| p.ty.is_pointer()) else { return scene.unexpected() };
    let target = written(&scene.type_arg(value, 0)?);
    Ok(Pretty::named(format!("std::unique_ptr<{target}>"), vec![("get()", pointer)]))
}

fn shared(scene: &Scene<'_>, value: &Value, name: &str) -> Result<Pretty> {
    let target = written(&scene.type_arg(value, 0)?);
    let (pointer, counts) = match scene.find(value, &["_M_ptr"]) {
        Some(pointer) => {
            let block = scene.get(value, &["_M_refcount", "_M_pi"])?;
            let counts = match scene.size(&block)? {
                0 => None,
                _ => {
                    let block = scene.deref(&block)?;
                    Some((
                        scene.int(&scene.get(&block, &["_M_use_count"])?)?,
                        scene.int(&scene.get(&block, &["_M_weak_count"])?)?,
                    ))
                }
            };
            (pointer, counts)
        }
        None => super::cpp_llvm::shared(scene, value)?,
    };
    let state = match counts {
        None => "empty".to_owned(),
        // The uses together hold one weak count.
        Some((uses, weak)) if uses > 0 => format!("use count {uses}, weak count {}", weak - 1),
        Some((_, weak)) => format!("expired, weak count {weak}"),
    };
    Ok(Pretty::named(format!("{name}<{target}> ({state})"), vec![("get()", pointer)]))
}

fn atomic(scene: &Scene<'_>, value: &Value) -> Result<Pretty> {
    let target = written(&scene.type_arg(value, 0)?);
    let inner = ["_M_i", "_M_base", "_M_b", "_M_fp", "__a_"].iter().find_map(|name| scene.find(value, &[name]));
    let Some(mut inner) = inner else { return scene.unexpected() };
    // Deeper where the type is a pointer or an integer.
    for _ in 0..4 {
        match ["_M_i", "_M_p", "__a_value"].iter().find_map(|name| scene.find(&inner, &[name])) {
            Some(deeper) => inner = deeper,
            None => break,
        }
    }
    let children = vec![(String::new(), inner)];
    Ok(Pretty { head: Some(format!("std::atomic<{target}>")), style: Style::Spaced, children })
}

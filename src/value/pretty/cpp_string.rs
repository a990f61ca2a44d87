//! `std::string`, its siblings of wide characters, and `std::string_view`.

use std::sync::Arc;

use super::{Pretty, Scene};
use crate::base::{Result, VirtAddr};
use crate::value::place::Value;
use crate::value::types::Type;

pub(super) fn show(scene: &Scene<'_>, value: &Value, name: &str) -> Option<Result<Pretty>> {
    match name {
        "std::basic_string" | "std::basic_string_view" => Some(text(scene, value, name)),
        _ => None,
    }
}

/// The characters of a string or of a view: where they are, how many, and of what type.
pub(super) fn characters(scene: &Scene<'_>, value: &Value, name: &str) -> Result<(VirtAddr, u64, Arc<Type>)> {
    let char = scene.type_arg(value, 0)?;
    let (addr, len) = if name == "std::basic_string" { string(scene, value, &char)? } else { view(scene, value)? };
    Ok((addr, len, char))
}

fn text(scene: &Scene<'_>, value: &Value, name: &str) -> Result<Pretty> {
    let (addr, len, char) = characters(scene, value, name)?;
    Ok(Pretty::text(scene.printer.text_at(addr, len.saturating_mul(char.size), &char)))
}

fn string(scene: &Scene<'_>, value: &Value, char: &Arc<Type>) -> Result<(VirtAddr, u64)> {
    let data = scene.find(value, &["_M_dataplus"]);
    let pointer = match data.map(|data| (scene.find(&data, &["_M_p"]), data)) {
        Some((Some(pointer), _)) => pointer,
        // *Folklore*: clang leaves what the library's own debug information would have to the library, of which there is none:
        // the pointer is all that this member has.
        Some((None, data)) if data.ty.is_declaration() => data.part(&Type::pointer(char), 0),
        _ => return super::cpp_llvm::string(scene, value),
    };
    let addr = VirtAddr(scene.size(&pointer)?);
    let len = match scene.find(value, &["_M_string_length"]) {
        Some(len) => scene.size(&len)?,
        // Before the ABI of C++11 the length stood before the characters.
        None => scene.word(addr.0.wrapping_sub(24))?,
    };
    Ok((addr, len))
}

fn view(scene: &Scene<'_>, value: &Value) -> Result<(VirtAddr, u64)> {
    let (data, len) = match scene.find(value, &["_M_str"]) {
        Some(data) => (data, scene.number(value, &["_M_len"])?),
        None => {
            let data = scene.find(value, &["__data_"]).map_or_else(|| scene.get(value, &["__data"]), Ok)?;
            (data, scene.number(value, &["__size_"]).or_else(|_| scene.number(value, &["__size"]))?)
        }
    };
    Ok((VirtAddr(scene.size(&data)?), len))
}

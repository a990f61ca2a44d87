//! `std::string`, its siblings of wide characters, and `std::string_view`.

use super::{Pretty, Scene};
use crate::base::{Result, VirtAddr};
use crate::value::place::Value;
use crate::value::types::Type;

pub(super) fn show(scene: &Scene<'_>, value: &Value, name: &str) -> Option<Result<Pretty>> {
    match name {
        "std::basic_string" => Some(string(scene, value)),
        "std::basic_string_view" => Some(view(scene, value)),
        _ => None,
    }
}

fn string(scene: &Scene<'_>, value: &Value) -> Result<Pretty> {
    let char = scene.type_arg(value, 0)?;
    let data = scene.find(value, &["_M_dataplus"]);
    let pointer = match data.map(|data| (scene.find(&data, &["_M_p"]), data)) {
        Some((Some(pointer), _)) => pointer,
        // *Folklore*: clang leaves what the library's own debug information would have to the library, of which there is none:
        // the pointer is all that this member has.
        Some((None, data)) if data.ty.is_declaration() => data.part(&Type::pointer(&char), 0),
        _ => return super::cpp_llvm::string(scene, value),
    };
    let addr = VirtAddr(scene.size(&pointer)?);
    let len = match scene.find(value, &["_M_string_length"]) {
        Some(len) => scene.size(&len)?,
        // Before the ABI of C++11 the length stood before the characters.
        None => scene.word(addr.0.wrapping_sub(24))?,
    };
    Ok(Pretty::text(scene.printer.text_at(addr, len.saturating_mul(char.size), &char)))
}

fn view(scene: &Scene<'_>, value: &Value) -> Result<Pretty> {
    let char = scene.type_arg(value, 0)?;
    let (data, len) = match scene.find(value, &["_M_str"]) {
        Some(data) => (data, scene.number(value, &["_M_len"])?),
        None => {
            let data = scene.find(value, &["__data_"]).map_or_else(|| scene.get(value, &["__data"]), Ok)?;
            (data, scene.number(value, &["__size_"]).or_else(|_| scene.number(value, &["__size"]))?)
        }
    };
    let addr = VirtAddr(scene.size(&data)?);
    Ok(Pretty::text(scene.printer.text_at(addr, len.saturating_mul(char.size), &char)))
}

//! Rust's strings: `String`, `Box<str>`, paths, and strings of the operating system and of C.

use super::{Pretty, Scene};
use crate::base::{Result, VirtAddr};
use crate::value::place::Value;
use crate::value::types::Type;

pub(super) fn show(scene: &Scene<'_>, value: &Value, name: &str) -> Option<Result<Pretty>> {
    let full = &*value.ty.stripped().name;
    match name {
        "String" | "OsString" | "PathBuf" => Some(owned(scene, value)),
        "CString" => Some(scene.get(value, &["inner"]).and_then(|inner| borrowed(scene, &inner, 1))),
        "Box" if full.starts_with("alloc::boxed::Box<str") => Some(borrowed(scene, value, 0)),
        "Box" if full.starts_with("alloc::boxed::Box<std::path::Path") => Some(borrowed(scene, value, 0)),
        _ if full.starts_with('&') => match full.trim_start_matches("&mut ").trim_start_matches('&') {
            "std::path::Path" | "std::ffi::os_str::OsStr" => Some(borrowed(scene, value, 0)),
            "core::ffi::c_str::CStr" => Some(borrowed(scene, value, 1)),
            _ => None,
        },
        _ => None,
    }
}

/// The text of the vector of bytes that lies at the bottom of the value.
fn owned(scene: &Scene<'_>, value: &Value) -> Result<Pretty> {
    let mut at = value.clone();
    for _ in 0..8 {
        if let (Some(buf), Some(len)) = (scene.own(&at, "buf"), scene.own(&at, "len")) {
            let (addr, len) = (scene.size(&scene.pointer(&buf)?)?, scene.size(&len)?);
            return Ok(text(scene, addr, len));
        }
        match ["vec", "inner"].iter().find_map(|name| scene.own(&at, name)) {
            Some(deeper) => at = deeper,
            None => break,
        }
    }
    scene.unexpected()
}

/// The text that a fat pointer leads to, without so many bytes at its end.
fn borrowed(scene: &Scene<'_>, value: &Value, cut: u64) -> Result<Pretty> {
    let (addr, len) = (scene.number(value, &["data_ptr"])?, scene.number(value, &["length"])?);
    Ok(text(scene, addr, len.saturating_sub(cut)))
}

fn text(scene: &Scene<'_>, addr: u64, len: u64) -> Pretty {
    if len == 0 {
        return Pretty::text("\"\"");
    }
    Pretty::text(scene.printer.text_at(VirtAddr(addr), len, &Type::uint8()))
}

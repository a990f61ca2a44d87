//! What a unit says about itself.

use gimli::constants as dw;

use super::info::DebugInfo;
use super::unit::{C, UnitId};

/// What a unit says about itself (DWARF5 §3.1.1).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UnitDescription {
    /// The directory in which it was compiled.
    pub directory: String,
    /// The language, as gdb calls it: `c`, `c++`, `rust`, `asm`.
    pub language: &'static str,
    /// Which compiler made it, and how it was called.
    pub producer: Option<String>,
    /// The version of DWARF.
    pub version: u16,
    /// Whether it tells about macros.
    pub has_macros: bool,
}

impl DebugInfo {
    /// What a unit says about itself; `None` if it cannot be read.
    pub fn describe(&self, unit: UnitId) -> Option<UnitDescription> {
        self.with(|units| {
            let loaded = units.unit(unit).ok()?;
            let root = loaded.unit.entry(loaded.unit.header.root_offset()).ok()?;
            let has = |name| root.attr_value(name).is_some();
            Some(UnitDescription {
                directory: loaded.unit.comp_dir.map(|d| d.to_string_lossy().into_owned()).unwrap_or_default(),
                language: language(dw::DwLang(loaded.language)),
                producer: loaded.producer.map(|p| p.to_string_lossy().into_owned()),
                version: loaded.unit.header.version(),
                has_macros: has(dw::DW_AT_macros) || has(dw::DW_AT_GNU_macros) || has(dw::DW_AT_macro_info),
            })
        })
    }
}

/// gdb's name of a language (its `set language` takes the same).
fn language(language: dw::DwLang) -> &'static str {
    match language {
        c if C.contains(&c) => "c",
        dw::DW_LANG_C_plus_plus | dw::DW_LANG_C_plus_plus_11 | dw::DW_LANG_C_plus_plus_14 => "c++",
        dw::DW_LANG_C_plus_plus_17 | dw::DW_LANG_C_plus_plus_20 => "c++",
        dw::DW_LANG_Rust => "rust",
        dw::DW_LANG_Mips_Assembler => "asm",
        dw::DW_LANG_Ada83 | dw::DW_LANG_Ada95 => "ada",
        dw::DW_LANG_D => "d",
        dw::DW_LANG_Fortran77 | dw::DW_LANG_Fortran90 | dw::DW_LANG_Fortran95 | dw::DW_LANG_Fortran03 => "fortran",
        dw::DW_LANG_Fortran08 => "fortran",
        dw::DW_LANG_Go => "go",
        dw::DW_LANG_Modula2 => "modula-2",
        dw::DW_LANG_Pascal83 => "pascal",
        dw::DW_LANG_ObjC => "objective-c",
        _ => "minimal",
    }
}

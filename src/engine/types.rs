//! The types of the program, and the language that it is written in where one looks.

use std::sync::Arc;

use crate::base::{Result, VirtAddr};
use crate::dwarf::{DebugInfo, UnitId};
use crate::symbols::demangle;
use crate::value::{self, Language, Type};

use super::lookup::split_scope;
use super::session::Session;

impl Session {
    /// The unit that names are looked up in first: the selected frame's, or that of `main`.
    pub fn current_unit(&self) -> Option<(Arc<DebugInfo>, UnitId)> {
        let at = match self.selected_pc() {
            Some(at) => at,
            None => self.main_of_source()?,
        };
        self.unit_of(at)
    }

    /// The address of what the program's source calls `main`.
    pub fn main_of_source(&self) -> Option<VirtAddr> {
        let module = self.inferior.modules.main()?;
        module.rust_main().or_else(|| module.address_of("main"))
    }

    /// How a breakpoint at the program's `main` is written.
    pub fn main_name(&self) -> String {
        let main = self.inferior.modules.main();
        let rust = main.and_then(|m| Some(demangle(&m.locate(m.rust_main()?)?.raw_name).into_owned()));
        rust.map_or_else(|| "main".to_owned(), |name| format!("-qualified {name}"))
    }

    /// The module of Rust that encloses the selected frame's code, or that of `main`: `krate::module`.
    pub(super) fn rust_module_path(&self) -> Option<String> {
        let frame = self.selected_frame().ok();
        let name = match frame.as_ref().and_then(|f| f.code.as_ref()) {
            Some(code) => code.name().to_owned(),
            None => {
                let at = self.main_of_source()?;
                self.inferior.modules.at(at)?.function(at)?.name.to_string()
            }
        };
        // What stands in a method, a closure or a function is of the module around those.
        let (mut path, _) = split_scope(&name)?;
        while let Some((outer, last)) = split_scope(path) {
            let is_module = !last.starts_with('{') && !last.contains('<') && !outer.contains("::{");
            if is_module && self.find_type_named(path).ok().flatten().is_none() && !self.is_function_path(path) {
                break;
            }
            path = outer;
        }
        Some(path.to_owned())
    }

    fn is_function_path(&self, path: &str) -> bool {
        self.inferior.modules.find(path, None).is_some_and(|named| named.is_code)
    }

    /// The unit whose code lies at an address.
    pub fn unit_of(&self, at: VirtAddr) -> Option<(Arc<DebugInfo>, UnitId)> {
        let module = self.inferior.modules.at(at)?;
        let info = module.debug()?;
        Some((info.clone(), info.unit_at(module.to_file(at))?))
    }

    /// The language that is set, else that of the selected frame's unit, or of `main`'s.
    pub fn language(&self) -> Language {
        match self.settings.language {
            "c" | "asm" | "minimal" | "unknown" => return Language::C,
            "c++" => return Language::Cpp,
            "rust" => return Language::Rust,
            _ => {}
        }
        self.current_unit().map_or(Language::C, |(info, unit)| Language::of_dwarf(info.language(unit)))
    }

    /// A type by its name: of the current unit, of its module, or of any other.
    pub(super) fn find_type_named(&self, name: &str) -> Result<Option<Arc<Type>>> {
        let current = self.current_unit();
        if let Some((info, unit)) = &current
            && let Some(ty) = value::find_type(info, name, Some(*unit))?
        {
            return Ok(Some(ty));
        }
        for module in self.inferior.modules.iter() {
            let Some(info) = module.debug() else { continue };
            if current.as_ref().is_some_and(|(c, _)| Arc::ptr_eq(c, info)) {
                continue;
            }
            if let Some(ty) = value::find_type(info, name, None)? {
                return Ok(Some(ty));
            }
        }
        Ok(None)
    }
}

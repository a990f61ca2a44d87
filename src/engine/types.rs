//! The types of the program, and the language that it is written in where one looks.

use std::sync::Arc;

use crate::base::{Result, VirtAddr};
use crate::dwarf::{DebugInfo, UnitId};
use crate::value::{self, Language, Type};

use super::session::Session;

impl Session {
    /// The unit that names are looked up in first: the selected frame's, or that of `main`.
    pub fn current_unit(&self) -> Option<(Arc<DebugInfo>, UnitId)> {
        let at = match self.selected_pc() {
            Some(at) => at,
            None => self.inferior.modules.main()?.address_of("main")?,
        };
        self.unit_of(at)
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

//! From a name to a type of the module, and back.

use std::sync::Arc;

use super::index::Kind;
use super::info::DebugInfo;
use super::type_names::NameSpace;
use super::unit::{DieRef, UnitId};

impl DebugInfo {
    /// The full name of the type of a DIE, if it has one.
    pub fn type_name(&self, die: DieRef) -> Option<Arc<str>> {
        Some(self.type_names(die.unit).ok()?.at(die.offset)?.name.clone())
    }

    /// The definition of a type by its full name, a structure as well as a typedef unless `space` says more: in `first` if it
    /// is there, else in whatever unit has it; a declaration if there is nothing better.
    pub fn find_type(&self, name: &str, space: Option<NameSpace>, first: Option<UnitId>) -> Option<DieRef> {
        let mut declared = None;
        if let Some(unit) = first
            && let Ok(names) = self.type_names(unit)
        {
            for ty in names.named(name).filter(|t| space.is_none_or(|s| s == t.space)) {
                let die = DieRef { unit, offset: ty.offset };
                if !ty.is_declaration {
                    return Some(die);
                }
                declared.get_or_insert(die);
            }
        }
        let fits = |kind: Kind| match kind {
            Kind::Structure | Kind::Class => space.is_none_or(|s| s == NameSpace::Struct),
            Kind::Union => space.is_none_or(|s| s == NameSpace::Union),
            Kind::Enumeration => space.is_none_or(|s| s == NameSpace::Enum),
            kind => kind.is_type() && space.is_none_or(|s| s == NameSpace::Plain),
        };
        let found = self.named(name, fits).ok()?;
        found.iter().find(|e| !e.is_declaration).or(found.first().filter(|_| declared.is_none())).map(|e| e.die).or(declared)
    }
}

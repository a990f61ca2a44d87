//! `using` and namespace aliases of C++: names that stand for others (DWARF5 §3.2.3 to §3.2.5).

use std::sync::{Arc, OnceLock};

use gimli::constants as dw;

use super::unit::{Die, DieRef, LoadedUnit, Units};

/// A `using namespace`, a `using` of one name, or an alias of a namespace.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Import {
    /// The namespace or class in which it stands; empty outside of all.
    pub scope: Arc<str>,
    /// The new name of an alias; `None` where the name stays the same.
    pub alias: Option<Arc<str>>,
    /// All names of a namespace are meant: `using namespace`.
    pub is_whole: bool,
    /// What is imported.
    pub(super) target: DieRef,
    /// Its full name, once somebody has asked.
    pub(super) full: Arc<OnceLock<Option<Arc<str>>>>,
}

impl Import {
    pub(super) fn read<'a>(units: &Units<'a>, unit: &LoadedUnit<'a>, die: &Die<'a>, scope: &str) -> Option<Import> {
        Some(Import {
            scope: scope.into(),
            alias: unit.string(die, dw::DW_AT_name).map(Arc::from),
            is_whole: die.tag() == dw::DW_TAG_imported_module,
            target: units.reference(unit.id, die.attr_value(dw::DW_AT_import)?)?,
            full: Arc::default(),
        })
    }
}

//! Which macros an expression sees.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::dwarf::{MacroDefinition, MacroPlace, MacroTable};

/// The macros that the user has defined, by name.
pub type UserMacros = BTreeMap<String, MacroDefinition>;

/// The macros at a place of the program, and the user's, which win.
#[derive(Clone, Debug, Default)]
pub struct MacroScope {
    /// The user's.
    pub user: Arc<UserMacros>,
    /// Those of a unit, seen from a place in it; `None` where nothing is known of any.
    pub program: Option<(Arc<MacroTable>, MacroPlace)>,
}

impl MacroScope {
    /// The names that begin so.
    pub fn names(&self, start: &str) -> Vec<String> {
        let user = self.user.keys().filter(|name| name.starts_with(start)).cloned();
        let of_program = self.program.iter().flat_map(|(table, place)| table.names_at(*place, start)).map(str::to_owned);
        user.chain(of_program).collect()
    }

    /// What a name stands for.
    pub fn find(&self, name: &str) -> Option<MacroDefinition> {
        let of_program = || self.program.as_ref().and_then(|(table, place)| table.find(name, *place)).map(|f| f.definition);
        self.user.get(name).cloned().or_else(of_program)
    }
}

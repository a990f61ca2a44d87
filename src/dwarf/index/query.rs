//! Looking names up.

use super::entry::{Entry, Kind};
use super::scan;
use crate::base::Result;
use crate::dwarf::info::DebugInfo;

impl DebugInfo {
    /// The functions of this name, `ns::Class::method` with all that encloses it, without parameters; template arguments may be
    /// left out at its end. Definitions first, in the order of the units.
    pub fn functions_named(&self, name: &str) -> Result<Vec<Entry>> {
        self.named(name, |k| k == Kind::Function)
    }

    /// The variables of this name (`ns::Class::member`), outside of functions: definitions first.
    pub fn variables_named(&self, name: &str) -> Result<Vec<Entry>> {
        self.named(name, |k| k == Kind::Variable)
    }

    /// The types of this name, without a keyword: `ns::Class<int>`, `Name`, `unsigned int`: definitions first. Equal types
    /// of several units (one header) stand for one another: not each unit's is there.
    pub fn types_named(&self, name: &str) -> Result<Vec<Entry>> {
        self.named(name, Kind::is_type)
    }

    /// The enumerators of this name.
    pub fn enumerators_named(&self, name: &str) -> Result<Vec<Entry>> {
        self.named(name, |k| k == Kind::Enumerator)
    }

    /// The namespaces of this name.
    pub fn namespaces_named(&self, name: &str) -> Result<Vec<Entry>> {
        self.named(name, |k| k == Kind::Namespace)
    }

    /// What has this name with all that encloses it.
    pub fn named(&self, name: &str, wanted: impl Fn(Kind) -> bool) -> Result<Vec<Entry>> {
        let mut found: Vec<Entry> = Vec::new();
        for unit in self.units() {
            scan::each_name(self, unit, &mut |full, entry| {
                if wanted(entry.kind) && full == name {
                    found.push(entry);
                }
            });
        }
        found.sort_by_key(|e| (e.is_declaration, e.is_inlined));
        Ok(found)
    }
}

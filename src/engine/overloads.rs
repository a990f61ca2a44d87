//! The functions that a name of C++ means: all of its overloads, in the innermost scope that has any.

use crate::base::{Result, VirtAddr};
use crate::value::Value;

use super::lookup::{candidates, function_value};
use super::session::Session;

/// Of so many functions of one name a call chooses, at most.
const MAX_OVERLOADS: usize = 500;

impl Session {
    /// The functions of a name where the user stands, and of the namespaces `near`.
    pub(super) fn overloads(&self, name: &str, near: &[String]) -> Result<Vec<Value>> {
        let mut found = Vec::new();
        for full in self.scoped_names(name).into_iter().chain(self.imported_here(name)) {
            self.add_functions(&full, &mut found)?;
            if !found.is_empty() {
                break;
            }
        }
        if !name.contains("::") {
            for scope in near {
                for full in candidates(&format!("{scope}::{name}"), name).into_iter().take(2) {
                    self.add_functions(&full, &mut found)?;
                }
            }
        }
        Ok(found)
    }

    /// The functions that have exactly this name, without parameters: those of the program first.
    fn add_functions(&self, name: &str, found: &mut Vec<Value>) -> Result<()> {
        for module in self.inferior.modules.iter() {
            let Some(debug) = module.debug() else { continue };
            let mut entries = debug.functions_named(name)?;
            if entries.is_empty() {
                // Instances of templates go by the name without arguments too.
                entries = debug.functions_matching(name, true)?.into_iter().map(|hit| hit.entry).collect();
            }
            for entry in entries.iter().filter(|e| !e.is_declaration && !e.is_inlined).take(MAX_OVERLOADS) {
                let functions = debug.functions(entry.die.unit)?;
                let Some(function) = functions.of_die(entry.die) else { continue };
                add(function_value(module, debug, function), found);
            }
        }
        Ok(())
    }
}

fn add(function: Result<Value>, found: &mut Vec<Value>) {
    let Ok(function) = function else { return };
    let known = |at: VirtAddr| found.iter().any(|f| f.address() == Some(at));
    if !function.address().is_some_and(known) {
        found.push(function);
    }
}

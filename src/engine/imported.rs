//! What names stand for others where the user stands: `using` declarations and directives, aliases of namespaces.

use std::sync::Arc;

use crate::base::Result;
use crate::dwarf::{DebugInfo, Import, UnitId};
use crate::value::{Language, Type};

use super::lookup::{Context, candidates};
use super::session::Session;

/// How many imports may lead from one to the next.
const MAX_STEPS: usize = 4;
/// How many names one may come to stand for.
const MAX_NAMES: usize = 64;

impl Session {
    /// The full names that a name stands for by what is imported where the user stands.
    pub(super) fn imported_names(&self, name: &str, context: Option<&Context<'_>>) -> Vec<String> {
        let found = match context {
            Some(c) => Some((c.debug.clone(), c.unit)),
            None => self.current_unit(),
        };
        let Some((debug, unit)) = found.filter(|(d, u)| Language::of_dwarf(d.language(*u)) == Language::Cpp) else {
            return Vec::new();
        };
        let function = context.map_or("", |c| c.function.as_str());
        let frame = context.and_then(|c| c.frame);
        let local: Vec<&Import> =
            frame.map(|f| self.scopes_of(f)).unwrap_or_default().into_iter().flat_map(|b| &b.imports).collect();
        let mut found: Vec<String> = Vec::new();
        let mut names = candidates(function, name);
        for _ in 0..MAX_STEPS {
            let next = self.one_step(&names, (&debug, unit), &local, &found);
            if next.is_empty() {
                break;
            }
            found.extend(next.iter().cloned());
            names = next;
        }
        found
    }

    /// The same in the selected frame.
    pub(super) fn imported_here(&self, name: &str) -> Vec<String> {
        let frame = self.selected_frame().ok();
        self.imported_names(name, self.context(frame.as_ref()).as_ref())
    }

    /// A type that a name stands for by what is imported.
    pub(super) fn imported_type(&self, name: &str) -> Result<Option<Arc<Type>>> {
        for full in self.imported_here(name) {
            if let Some(ty) = self.find_type_named(&full)? {
                return Ok(Some(ty));
            }
        }
        Ok(None)
    }

    /// The full name of a namespace that a name means where the user stands.
    pub fn namespace_named(&self, name: &str) -> Option<String> {
        let is_namespace = |name: &String| {
            let has = |debug: &Arc<DebugInfo>| debug.namespaces_named(name).is_ok_and(|found| !found.is_empty());
            self.inferior.modules.iter().filter_map(|m| m.debug()).any(has)
        };
        self.scoped_names(name).into_iter().chain(self.imported_here(name)).find(is_namespace)
    }

    /// The names that some names stand for by one import each, without those that are known.
    fn one_step(
        &self,
        names: &[String],
        (debug, unit): (&Arc<DebugInfo>, UnitId),
        local: &[&Import],
        known: &[String],
    ) -> Vec<String> {
        let mut found: Vec<String> = Vec::new();
        let global = debug.imports(unit).unwrap_or_default();
        for import in local.iter().copied().chain(global.iter()) {
            let inside = names.iter().filter_map(|name| within(name, &import.scope));
            let inside: Vec<&str> = inside.filter(|rest| import.alias.as_deref().is_none_or(|a| first_part(rest) == a)).collect();
            if inside.is_empty() {
                continue;
            }
            let Some(target) = debug.imported_name(import) else { continue };
            for rest in inside {
                let full = match (import.is_whole, &import.alias) {
                    (true, _) => format!("{target}::{rest}"),
                    (false, Some(alias)) => format!("{target}{}", rest.get(alias.len()..).unwrap_or_default()),
                    (false, None) => {
                        let own = target.rsplit("::").next().unwrap_or(&target);
                        if first_part(rest) != own {
                            continue;
                        }
                        format!("{target}{}", rest.get(own.len()..).unwrap_or_default())
                    }
                };
                if found.len() < MAX_NAMES && !found.contains(&full) && !known.contains(&full) && !names.contains(&full) {
                    found.push(full);
                }
            }
        }
        found
    }
}

/// What of a name lies inside of a scope: `x` of `a::x` in `a`.
fn within<'n>(name: &'n str, scope: &str) -> Option<&'n str> {
    if scope.is_empty() {
        return Some(name);
    }
    name.strip_prefix(scope)?.strip_prefix("::")
}

fn first_part(name: &str) -> &str {
    name.find("::").and_then(|end| name.get(..end)).unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_names() {
        assert_eq!(within("a::b::x", "a"), Some("b::x"));
        assert_eq!(within("a::b::x", "a::b"), Some("x"));
        assert_eq!(within("ab::x", "a"), None);
        assert_eq!(within("x", ""), Some("x"));
        assert_eq!(first_part("alias::f"), "alias");
        assert_eq!(first_part("f"), "f");
    }
}

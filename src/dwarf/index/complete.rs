//! What a name that is not complete yet may become.

use super::entry::{Entry, Kind};
use super::pattern::{canonical, split_parameters, split_scopes};
use super::query::{Hit, NameIndex};

/// A name that was begun.
struct Begun<'s> {
    /// As it was typed, without parameters.
    start: &'s str,
    /// `::` and that, where outer scopes may be missing.
    inner: Option<String>,
}

impl Begun<'_> {
    /// Whether a whole name begins so, perhaps after some of its scopes.
    fn fits(&self, name: &str) -> bool {
        name.starts_with(self.start) || self.inner.as_ref().is_some_and(|inner| name.contains(inner.as_str()))
    }
}

impl NameIndex {
    /// The entries whose whole names begin with `start`; with `anywhere` also those in which outer scopes stand before it. At most
    /// `limit`, sorted by name.
    pub(super) fn beginning(&self, start: &str, anywhere: bool, wanted: &dyn Fn(Kind) -> bool, limit: usize) -> Vec<Hit> {
        let (start, anywhere) = start.strip_prefix("::").map_or((start, anywhere), |rest| (rest, false));
        let (start, _) = split_parameters(start);
        let begun = Begun { start, inner: (anywhere && !start.is_empty()).then(|| format!("::{start}")) };
        let mut parts = split_scopes(start);
        let last = parts.pop().unwrap_or_default();
        let mut found: Vec<Hit> = Vec::new();
        let mut add = |entry: Entry, name: String| {
            if found.last().is_none_or(|last| last.name != name || entry.kind == Kind::Function) {
                found.push(Hit { name, entry });
            }
            found.len() < limit
        };
        // Spaces in template arguments are as the user likes them: all that begins so far is looked at.
        let head = last.split_once('<').map_or(last, |(head, _)| head);
        let texts = self.table.with_prefix(head.as_bytes());
        if !last.is_empty() || parts.is_empty() {
            self.table.each_name(texts.clone(), &mut |index, text| {
                let mut of_scope: Option<(u32, Option<String>)> = None;
                for (entry, scope) in self.table.entries(index).filter(|(e, _)| !e.is_declaration && wanted(e.kind)) {
                    if of_scope.as_ref().is_none_or(|(s, _)| *s != scope) {
                        let name = canonical(&self.table.scoped(scope, text)).into_owned();
                        of_scope = Some((scope, begun.fits(&name).then_some(name)));
                    }
                    if let Some((_, Some(name))) = &of_scope
                        && !add(entry, name.clone())
                    {
                        return false;
                    }
                }
                true
            });
        }
        // `ns::Cl` is the beginning of all that is in `ns::Class`, `ns::` of all in `ns`.
        let texts = match parts.last().filter(|_| last.is_empty()).map(|outer| self.table.find(outer.as_bytes())) {
            Some(None) => 0..0,
            Some(Some(text)) => text..text + 1,
            None => texts,
        };
        let begins = |scope: u32| {
            let mut name = self.table.scoped_name(scope);
            if last.is_empty() {
                name.push_str("::");
            }
            begun.fits(&canonical(&name))
        };
        let scopes = self.table.scopes_from(&|text| texts.contains(&text), &begins);
        if let Some(scopes) = scopes.filter(|_| !start.is_empty()) {
            self.table.each_inside(&scopes, &mut |text, scope, entry| {
                let is_wanted = !entry.is_declaration && wanted(entry.kind);
                !is_wanted || add(entry, canonical(&self.table.qualified(scope, text)).into_owned())
            });
        }
        found.sort_unstable();
        found.dedup();
        found
    }
}

//! Looking names up.

use std::borrow::Cow;

use rayon::prelude::*;

use super::entry::{Entry, Kind};
use super::pattern::{Pattern, SPELT, canonical, same, squeeze, without_arguments};
use super::table::Table;
use crate::base::Error;

/// The names of a module.
#[derive(Debug)]
pub struct NameIndex {
    pub(super) table: Table,
    pub(super) damaged: Vec<Error>,
}

/// An entry and its whole name.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Hit {
    /// `ns::Class::name`
    pub name: String,
    /// The entry.
    pub entry: Entry,
}

/// How much of a name a user must have written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Rule {
    /// All of it, but for anonymous and inline namespaces: as a program does.
    Exact,
    /// The same, but that template arguments may be missing at the end of each part.
    Qualified,
    /// Outer scopes may be missing too.
    Wild,
}

impl NameIndex {
    /// What is damaged of the units, an error for each: what came before the damage is in the index.
    pub fn damaged(&self) -> &[Error] {
        &self.damaged
    }

    /// The sorted arrays.
    #[cfg(test)]
    pub(in crate::dwarf) fn table(&self) -> &Table {
        &self.table
    }

    /// How many different names it has, how many entries, and its length in bytes.
    pub fn sizes(&self) -> (u32, u32, usize) {
        let counts = self.table.counts();
        (counts.names, counts.entries, self.table.bytes().len())
    }

    /// What has this name with all that encloses it.
    pub(super) fn exact(&self, name: &str, wanted: &dyn Fn(Kind) -> bool) -> Vec<Hit> {
        self.matching(name, Rule::Exact, wanted)
    }

    pub(super) fn matching(&self, name: &str, rule: Rule, wanted: &dyn Fn(Kind) -> bool) -> Vec<Hit> {
        let pattern = Pattern::parse(name);
        let rule = if pattern.is_absolute && rule == Rule::Wild { Rule::Qualified } else { rule };
        let mut found = Vec::new();
        for text in self.texts_for(&pattern.last, rule) {
            for (entry, scope) in self.table.entries(text) {
                if wanted(entry.kind) && self.is_in(scope, &pattern.scopes, rule) {
                    found.push(Hit { name: canonical(&self.table.qualified(scope, text)).into_owned(), entry });
                }
            }
        }
        found.sort_by_key(|h| (h.entry.is_declaration, h.entry.is_inlined, h.entry.die));
        found
    }

    pub(super) fn names_where(&self, wanted: &(dyn Fn(Kind) -> bool + Sync), test: &(dyn Fn(&str) -> bool + Sync)) -> Vec<Hit> {
        const TEXTS: u32 = 4096;
        let prefixes = self.table.prefixes();
        let pieces = self.table.counts().names.div_ceil(TEXTS);
        let in_piece = |piece: u32| {
            let mut found = Vec::new();
            let mut name = String::new();
            self.table.each_name(piece * TEXTS..(piece + 1) * TEXTS, &mut |index, text| {
                let text = String::from_utf8_lossy(text);
                let mut last = None;
                for (entry, scope) in self.table.entries(index).filter(|(e, _)| wanted(e.kind)) {
                    // Entries of one scope stand together.
                    if last.is_none_or(|(s, _)| s != scope) {
                        name.clear();
                        name.push_str(prefixes.get(scope as usize).map_or("", String::as_str));
                        name.push_str(&text);
                        if let Cow::Owned(spelt) = canonical(&name) {
                            name = spelt;
                        }
                        last = Some((scope, test(&name)));
                    }
                    if last.is_some_and(|(_, passes)| passes) {
                        found.push(Hit { name: name.clone(), entry });
                    }
                }
                true
            });
            found
        };
        let mut found: Vec<Hit> = (0..pieces).into_par_iter().flat_map_iter(in_piece).collect();
        found.par_sort_unstable();
        found
    }

    /// The texts that the last part of a name may mean: itself, and itself with template arguments or other blanks.
    fn texts_for(&self, last: &str, rule: Rule) -> Vec<u32> {
        let mut texts: Vec<u32> = self.table.find(last.as_bytes()).into_iter().collect();
        // A base type: `unsigned long` is `long unsigned int`.
        let spelt = |word: &&str| *word != last && squeeze(&canonical(word)) == squeeze(&canonical(last));
        texts.extend(SPELT.iter().flat_map(|(a, b)| [*a, *b]).filter(spelt).filter_map(|w| self.table.find(w.as_bytes())));
        if let Some(head) = without_arguments(last) {
            // `A<int, char>` may be written without its blank.
            texts.extend(self.instances(head).filter(|t| {
                let text = String::from_utf8_lossy(&self.table.name(*t)).into_owned();
                text != last && same(&text, last)
            }));
        } else if rule != Rule::Exact {
            texts.extend(self.instances(last).filter(|t| {
                let text = String::from_utf8_lossy(&self.table.name(*t)).into_owned();
                without_arguments(&text) == Some(last)
            }));
        }
        texts
    }

    /// The names that begin with this one and an opening bracket, which stands apart from an operator's sign.
    fn instances(&self, head: &str) -> impl Iterator<Item = u32> {
        let opening =
            if head.contains("operator") { [format!("{head}<"), format!("{head} <")].to_vec() } else { vec![format!("{head}<")] };
        opening.into_iter().flat_map(|prefix| self.table.with_prefix(prefix.as_bytes()))
    }

    /// Whether the scopes around a name are these; template arguments at the end of each may be left out.
    fn is_in(&self, scope: u32, wanted: &[String], rule: Rule) -> bool {
        let mut wanted = wanted.iter().rev();
        let mut next = wanted.next();
        for around in self.table.outwards(scope) {
            let name = String::from_utf8_lossy(&around.name);
            let is_bare = |w: &String| rule != Rule::Exact && without_arguments(&name).is_some_and(|n| squeeze(n) == *w);
            let fits = next.is_some_and(|w| same(&name, w) || is_bare(w));
            if fits {
                next = wanted.next();
            } else if next.is_none() && rule == Rule::Wild {
                return true;
            } else if !around.is_transparent {
                return false;
            }
        }
        next.is_none()
    }
}

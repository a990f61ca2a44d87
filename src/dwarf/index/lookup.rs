//! What a module's debug information knows by name: through the index, which is read or made when it is first asked for.

use super::build;
use super::entry::{Entry, Kind};
use super::pool::threads;
use super::query::{Hit, NameIndex, Rule};
use crate::base::Result;
use crate::dwarf::cache;
use crate::dwarf::info::DebugInfo;
use crate::dwarf::unit::UnitId;
use crate::os::signals;

impl DebugInfo {
    /// The name index: from the cache, else made, which takes its time with large programs.
    /// [`crate::base::Error::Cancelled`] if the user interrupts: then it is made anew the next time.
    pub fn name_index(&self) -> Result<&NameIndex> {
        let (cached, made) = self.names();
        if let Some(index) = made.get() {
            return Ok(index);
        }
        let found = cached.get_or_init(|| Some(NameIndex { table: cache::load(self)?, damaged: Vec::new() }));
        if let Some(index) = found.as_ref().filter(|i| !i.table.is_damaged()) {
            return Ok(index);
        }
        let built = build::build(self, &signals::interrupted)?;
        // What is damaged is said anew each time.
        let table = if built.damaged.is_empty() { cache::store(self, built.table) } else { built.table };
        Ok(made.get_or_init(|| NameIndex { table, damaged: built.damaged }))
    }

    /// Asks the index; a second time if its file turns out to be damaged.
    fn ask<T>(&self, question: impl Fn(&NameIndex) -> T) -> Result<T> {
        let mut index = self.name_index()?;
        let mut answer = question(index);
        for _ in 0..2 {
            if !index.table.is_damaged() {
                break;
            }
            index = self.name_index()?;
            answer = question(index);
        }
        Ok(answer)
    }

    /// The functions of this name, `ns::Class::method` with all that encloses it but for anonymous and inline namespaces, without
    /// parameters. Definitions first, in the order of the units.
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
        self.ask(|index| index.exact(name, &wanted).into_iter().map(|h| h.entry).collect())
    }

    /// What a name that is not complete yet may become, at most `limit` entries, sorted by name: whole names begin as given; with
    /// `anywhere` outer scopes may be missing. Declarations are none.
    pub fn completions(&self, start: &str, anywhere: bool, wanted: impl Fn(Kind) -> bool, limit: usize) -> Result<Vec<Hit>> {
        self.ask(|index| index.beginning(start, anywhere, &wanted, limit))
    }

    /// What is of a wanted kind and has a whole name that passes a test, sorted by name. All names are looked at, in parallel.
    pub fn names_where(&self, wanted: &(dyn Fn(Kind) -> bool + Sync), test: &(dyn Fn(&str) -> bool + Sync)) -> Result<Vec<Hit>> {
        let pool = threads()?;
        self.ask(|index| pool.install(|| index.names_where(wanted, test)))
    }

    /// The units that have something of this name, each once, those that define it first: with equal types of several units only
    /// one of these.
    pub fn units_naming(&self, name: &str, wanted: impl Fn(Kind) -> bool) -> Result<Vec<UnitId>> {
        let mut units: Vec<UnitId> = Vec::new();
        for entry in self.named(name, wanted)? {
            if !units.contains(&entry.die.unit) {
                units.push(entry.die.unit);
            }
        }
        Ok(units)
    }

    /// The functions that a user may mean: as [`DebugInfo::functions_named`], but template arguments may be left out, and unless the
    /// name is to be `qualified` outer scopes too.
    pub fn functions_matching(&self, name: &str, qualified: bool) -> Result<Vec<Hit>> {
        let rule = if qualified { Rule::Qualified } else { Rule::Wild };
        self.ask(|index| index.matching(name, rule, &|k| k == Kind::Function))
    }
}

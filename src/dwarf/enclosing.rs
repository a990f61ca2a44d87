//! What encloses the DIEs of a unit: namespaces, classes, functions.

use gimli::{UnitOffset, constants as dw};

use super::entries::opens_scope;
use super::unit::{DieRef, Enclosing, LoadedUnit, Units};

impl<'a> Units<'a> {
    /// The names of the namespaces, classes and functions around a DIE, from the outside.
    pub(super) fn enclosing_names(&self, die: DieRef) -> Vec<String> {
        let Ok(unit) = self.unit(die.unit) else { return Vec::new() };
        // The whole unit is walked once: a large one has thousands of functions whose names lie far behind them.
        let scopes = unit.enclosing.get_or_init(|| self.scopes(unit));
        let target = UnitOffset(die.offset as usize);
        let mut at = scopes.partition_point(|s| s.start < target).checked_sub(1);
        while let Some(scope) = at.and_then(|at| scopes.get(at)).filter(|s| s.end <= target) {
            at = scope.outer;
        }
        let mut names = Vec::new();
        while let Some(scope) = at.and_then(|at| scopes.get(at)) {
            names.push(scope.name.clone());
            at = scope.outer;
        }
        names.reverse();
        names
    }

    /// All of a unit, in their order. What a damaged unit has before its damage counts.
    fn scopes(&self, unit: &LoadedUnit<'a>) -> Box<[Enclosing]> {
        let mut found: Vec<Enclosing> = Vec::new();
        let mut open: Vec<(isize, usize)> = Vec::new();
        let mut cursor = unit.unit.entries();
        while let Ok(true) = cursor.next_entry() {
            let (depth, offset) = (cursor.depth(), cursor.offset());
            while let Some((_, index)) = open.pop_if(|(d, _)| *d >= depth) {
                if let Some(scope) = found.get_mut(index) {
                    scope.end = offset;
                }
            }
            let Some(entry) = cursor.current().filter(|e| e.has_children()) else { continue };
            let name = match entry.tag() {
                tag if opens_scope(tag) => Some(self.scope_name(unit, entry)),
                dw::DW_TAG_subprogram => unit.string(entry, dw::DW_AT_name),
                _ => None,
            };
            if let Some(name) = name {
                let outer = open.last().map(|(_, index)| *index);
                open.push((depth, found.len()));
                found.push(Enclosing { start: offset, end: UnitOffset(usize::MAX), outer, name });
            }
        }
        found.into()
    }
}

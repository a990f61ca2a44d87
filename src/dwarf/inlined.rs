//! Where functions were inlined: the copies of a function in the code of others.

use std::collections::HashSet;

use gimli::constants as dw;
use rayon::prelude::*;

use super::entries::FileRange;
use super::index::threads;
use super::info::DebugInfo;
use super::unit::{DieRef, LoadedUnit, UnitId, Units};
use crate::base::Result;

/// A copy of an inlined function.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct InlinedCopy {
    /// Its DIE.
    pub die: DieRef,
    /// The abstract instance of the function.
    pub origin: DieRef,
    /// Its code, in the order of the debug information; the first one is where gdb stops.
    pub ranges: Vec<FileRange>,
}

impl DebugInfo {
    /// Whether there may be inlined copies of a function that has code: its DIE has an abstract instance, or is one.
    pub fn may_be_inlined(&self, function: DieRef) -> bool {
        let has = |name| self.with(|units| units.entry(function).is_ok_and(|(_, die)| die.has_attr(name)));
        has(dw::DW_AT_abstract_origin) || has(dw::DW_AT_inline)
    }

    /// The abstract instance of a function that has code; itself if it has none.
    pub fn abstract_instance(&self, function: DieRef) -> DieRef {
        let origin = self.with(|units| {
            let (unit, die) = units.entry(function).ok()?;
            units.reference(unit.id, die.attr_value(dw::DW_AT_abstract_origin)?)
        });
        origin.unwrap_or(function)
    }

    /// The inlined copies of functions, given by their abstract instances, in the order of the units. Reads the units of these;
    /// those of other units are looked for only where an instance is in a partial unit.
    pub fn inlined_copies(&self, origins: &[DieRef]) -> Result<Vec<InlinedCopy>> {
        let wanted: HashSet<DieRef> = origins.iter().copied().collect();
        self.with(|units| {
            let is_local = origins.iter().all(|o| units.is_compilation(o.unit));
            let mut searched: Vec<UnitId> =
                if is_local { origins.iter().map(|o| o.unit).collect() } else { units.ids().collect() };
            searched.sort_unstable();
            searched.dedup();
            let in_unit = |id: &UnitId| {
                let mut found = Vec::new();
                // What is damaged ends the unit.
                let _ = units.look_into(*id, |unit| copies(units, unit, &wanted, &mut found));
                found
            };
            Ok(match searched.as_slice() {
                [one] => in_unit(one),
                several => threads()?.install(|| several.par_iter().flat_map_iter(in_unit).collect()),
            })
        })
    }
}

fn copies<'a>(
    units: &Units<'a>,
    unit: &LoadedUnit<'a>,
    wanted: &HashSet<DieRef>,
    found: &mut Vec<InlinedCopy>,
) -> gimli::Result<()> {
    let mut entries = unit.unit.entries_raw(None)?;
    while !entries.is_empty() {
        let offset = entries.next_offset();
        let Some(abbreviation) = entries.read_abbreviation()? else { continue };
        if abbreviation.tag() != dw::DW_TAG_inlined_subroutine {
            entries.skip_attributes(abbreviation.attributes())?;
            continue;
        }
        let mut origin = None;
        for spec in abbreviation.attributes() {
            let attribute = entries.read_attribute(*spec)?;
            if attribute.name() == dw::DW_AT_abstract_origin {
                origin = units.reference(unit.id, attribute.value());
            }
        }
        let Some(origin) = origin.filter(|o| wanted.contains(o)) else { continue };
        let ranges = units.code_ranges(unit, &unit.unit.entry(offset)?);
        if !ranges.is_empty() {
            found.push(InlinedCopy { die: unit.die_ref(offset), origin, ranges });
        }
    }
    Ok(())
}

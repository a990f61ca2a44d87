//! Which unit an address belongs to: .debug_aranges (DWARF5 §6.1.2), and the root DIEs of the units that it leaves out.

use std::collections::HashSet;

use gimli::constants as dw;

use super::functions::Functions;
use super::unit::{LoadedUnit, UnitId, Units};
use crate::base::FileAddr;
use crate::elf::Image;

/// The address ranges of all units of a module, sorted.
#[derive(Debug, Default)]
pub(super) struct UnitRanges {
    /// Start, end, unit; sorted by start.
    ranges: Vec<(u64, u64, UnitId)>,
    /// The highest end up to each range: how far back a range that covers an address can lie.
    reach: Vec<u64>,
}

/// What is damaged: a unit, or .debug_aranges.
pub(super) type Damaged = Vec<(Option<UnitId>, gimli::Error)>;

/// Takes note of damage, which ends what is read.
fn note<T>(damaged: &mut Damaged, unit: Option<UnitId>, e: gimli::Error) -> Option<T> {
    damaged.push((unit, e));
    None
}

impl UnitRanges {
    /// Reads them; `image` is the file that holds them.
    pub fn of(units: &Units<'_>, image: &Image) -> (UnitRanges, Damaged) {
        let mut damaged = Vec::new();
        let mut ranges = Vec::new();
        let mut told = HashSet::new();
        if let Some(dwarf) = units.dwarf() {
            let mut sets = dwarf.debug_aranges.headers();
            while let Some(set) = sets.next().unwrap_or_else(|e| note(&mut damaged, None, e)) {
                let Some(unit) = units.at_info_offset(set.debug_info_offset().0 as u64) else { continue };
                let mut entries = set.entries();
                while let Some(entry) = entries.next().unwrap_or_else(|e| note(&mut damaged, None, e)) {
                    let range = entry.range();
                    told.insert(unit);
                    ranges.push((range.begin, range.end, unit));
                }
            }
            if let Some(bytes) = image.section(".debug_aranges").and_then(|s| image.section_data(s).ok()) {
                image.release(bytes);
            }
        }
        // rustc writes no .debug_aranges, clang only when it is asked to.
        for id in units.ids().filter(|u| units.is_compilation(*u) && !told.contains(u)) {
            let before = ranges.len();
            let looked = units.look_into(id, |unit| {
                let mut found = unit.code()?;
                while let Some(range) = found.next()? {
                    ranges.push((range.begin, range.end, id));
                }
                Ok(may_have_code(unit))
            });
            let may_have_code = looked.flatten().unwrap_or_else(|e| {
                damaged.push((Some(id), e));
                false
            });
            if ranges.len() == before && may_have_code {
                let functions = Functions::of(units, id).map(|f| f.0).unwrap_or_default();
                let own = functions.iter().flat_map(|f| &f.ranges);
                ranges.extend(own.map(|r| (r.start.0, r.end.0, id)));
            }
        }
        // What the linker has thrown away is left at address 0 or 1, or at the highest ones.
        ranges.retain(|(start, end, _)| *start > 1 && start < end);
        ranges.sort_unstable();
        let reach = ranges.iter().scan(0, |highest, (_, end, _)| {
            *highest = (*highest).max(*end);
            Some(*highest)
        });
        let reach = reach.collect();
        (UnitRanges { ranges, reach }, damaged)
    }

    /// The unit at an address: of several the one whose range starts last.
    pub fn at(&self, addr: FileAddr) -> Option<UnitId> {
        let after = self.ranges.partition_point(|r| r.0 <= addr.0);
        let candidates = self.ranges.get(..after)?.iter().zip(self.reach.get(..after)?);
        candidates.rev().take_while(|(_, reach)| **reach > addr.0).find(|(r, _)| addr.0 < r.1).map(|(r, _)| r.2)
    }
}

/// Larger units without a word about their code have none: compilers say it.
const SMALL_UNIT: usize = 1 << 12;

/// *Folklore*: hand-written units may give at most a base address, and leave it to their functions to tell where the code is.
fn may_have_code(unit: &LoadedUnit<'_>) -> bool {
    let mut cursor = unit.unit.entries();
    let root = cursor.next_entry().ok().and_then(|_| cursor.current());
    let only_base = root.is_some_and(|root| root.has_attr(dw::DW_AT_low_pc) && !root.has_attr(dw::DW_AT_ranges));
    only_base || unit.unit.header.length_including_self() < SMALL_UNIT
}

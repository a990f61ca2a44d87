//! Location lists (DWARF5 §2.6.2): which expression holds where.

use gimli::{AttributeValue, RawLocListEntry};

use super::entries::FileRange;
use super::reader::R;
use super::unit::LoadedUnit;
use crate::base::FileAddr;

/// More entries than any real location list has.
pub(super) const MAX_ENTRIES: usize = 1 << 20;

/// An entry of a location list.
pub(super) struct ListEntry<'a> {
    /// The base address that stands before it in the list.
    pub base: Option<u64>,
    /// The range; one that is empty counts at the function's entry, before anything of it has run.
    pub range: FileRange,
    /// Whether it holds wherever no other one does.
    pub is_default: bool,
    /// The expression.
    pub data: R<'a>,
}

impl ListEntry<'_> {
    /// Whether it has an empty range, at this address.
    pub fn is_at(&self, pc: FileAddr) -> bool {
        self.range.start == self.range.end && self.range.start == pc
    }
}

/// The entries of a location list in their order, those for an empty range among them, which gimli leaves out.
pub(super) struct ListEntries<'u, 'a> {
    unit: &'u LoadedUnit<'a>,
    raw: gimli::LocListIter<R<'a>>,
    base: u64,
}

impl<'u, 'a> ListEntries<'u, 'a> {
    /// `None` if the attribute is no location list.
    pub fn of(unit: &'u LoadedUnit<'a>, value: AttributeValue<R<'a>>) -> gimli::Result<Option<ListEntries<'u, 'a>>> {
        let raw = unit.dwarf.attr_locations(&unit.unit, value)?;
        Ok(raw.map(|raw| ListEntries { unit, raw, base: unit.unit.low_pc }))
    }

    /// The next one; `None` at the end.
    pub fn next(&mut self) -> gimli::Result<Option<ListEntry<'a>>> {
        let mut base = None;
        for _ in 0..MAX_ENTRIES {
            let Some(raw) = self.raw.next_raw()? else { break };
            let index = |index| self.unit.dwarf.address(&self.unit.unit, index);
            let empty = match raw {
                RawLocListEntry::BaseAddress { addr } => {
                    (self.base, base) = (addr, Some(addr));
                    None
                }
                RawLocListEntry::BaseAddressx { addr } => {
                    let addr = index(addr)?;
                    (self.base, base) = (addr, Some(addr));
                    None
                }
                RawLocListEntry::AddressOrOffsetPair { begin, end, data } | RawLocListEntry::OffsetPair { begin, end, data } => {
                    (begin == end).then(|| (self.base.wrapping_add(begin), data))
                }
                RawLocListEntry::StartEnd { begin, end, data } => (begin == end).then_some((begin, data)),
                RawLocListEntry::StartLength { begin, length: 0, data } => Some((begin, data)),
                RawLocListEntry::StartxLength { begin, length: 0, data } => Some((index(begin)?, data)),
                _ => None,
            };
            let is_default = matches!(raw, RawLocListEntry::DefaultLocation { .. });
            let found = match empty {
                Some((at, data)) => Some((FileRange { start: FileAddr(at), end: FileAddr(at) }, data.0)),
                None => self.raw.convert_raw(raw)?.map(|entry| {
                    (FileRange { start: FileAddr(entry.range.begin), end: FileAddr(entry.range.end) }, entry.data.0)
                }),
            };
            if let Some((range, data)) = found {
                return Ok(Some(ListEntry { base, range, is_default, data }));
            }
        }
        Ok(None)
    }
}

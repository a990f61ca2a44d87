//! Where a variable is: at an address, in a register, in pieces, nowhere (DWARF5 §2.6, §4.1).

use std::fmt;

use gimli::{AttributeValue, RawLocListEntry, constants as dw};

use super::expression::{ExpressionHost, Run};
use super::functions::FileRange;
use super::info::{DebugInfo, R};
use super::types::Dynamic;
use super::unit::{DieRef, LoadedUnit, Units};
use crate::base::{Error, FileAddr, LoadBias, Result, VirtAddr};

/// Where a variable, or a piece of it, is at one pc of one frame.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Location {
    /// In memory, from this run-time address on.
    Memory(VirtAddr),
    /// In a register, by its DWARF number; in its lowest bytes.
    Register(u16),
    /// In the debug information: its bytes, as many as it says, which may be more or fewer than the variable's type has.
    Value(Box<[u8]>),
    /// It is a pointer that does not exist, to something that does.
    ImplicitPointer {
        /// What it points to: a variable's DIE.
        target: Option<DieRef>,
        /// Bytes from the start of that variable.
        offset: i64,
    },
    /// In several places, the lowest bits first.
    Pieces(Vec<Piece>),
    /// Nowhere.
    OptimizedOut(Gone),
}

/// A piece of a variable.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Piece {
    /// How many bits.
    pub bits: u64,
    /// How many bits of the place come before them.
    pub skip: u64,
    /// The place.
    pub location: Location,
}

/// Why a variable is nowhere.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Gone {
    /// The debug information has no location for it at all.
    NoLocation,
    /// Its location list leaves the pc out. These ranges it has.
    NotHere(Vec<FileRange>),
    /// The location is there and empty.
    Empty,
    /// The value at the function's entry would be needed, and the caller does not tell it.
    Entry,
    /// A register of an outer frame would be needed that nobody has saved.
    Register(u16),
}

impl Gone {
    /// The same with its addresses as those of a module that was loaded with this bias.
    pub fn at(&self, bias: LoadBias) -> Gone {
        let moved = |at: FileAddr| FileAddr(bias.to_virt(at).0);
        match self {
            Gone::NotHere(live) => {
                Gone::NotHere(live.iter().map(|r| FileRange { start: moved(r.start), end: moved(r.end) }).collect())
            }
            other => other.clone(),
        }
    }
}

impl fmt::Display for Gone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Gone::NoLocation => f.write_str("no location in the debug information"),
            Gone::NotHere(live) if live.is_empty() => f.write_str("no location at this pc"),
            Gone::NotHere(live) => {
                let ranges: Vec<String> = live.iter().take(4).map(|r| format!("{:#x}-{:#x}", r.start.0, r.end.0)).collect();
                let more = if live.len() > ranges.len() { ", ..." } else { "" };
                write!(f, "no location at this pc; live {}{more}", ranges.join(", "))
            }
            Gone::Empty => f.write_str("the compiler has left nothing of it here"),
            Gone::Entry => f.write_str("its value at the function's entry is needed, and the caller does not tell it"),
            Gone::Register(n) => {
                let name = crate::arch::regs::Gpr::from_dwarf(*n).map(|r| format!("{r:?}").to_lowercase());
                write!(f, "it is in register {}, which was not saved", name.unwrap_or_else(|| format!("{n} (DWARF's number)")))
            }
        }
    }
}

/// Where in the code a location is asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Site {
    /// The frame's pc (of an outer frame one inside the call), as a link-time address.
    pub pc: Option<FileAddr>,
    /// The function whose frame it is: inlined ones have their caller's.
    pub function: Option<DieRef>,
}

/// Most ranges of a location list that are kept to be shown.
const MAX_RANGES: usize = 64;
/// More entries than any real location list has.
const MAX_ENTRIES: usize = 1 << 20;

impl DebugInfo {
    /// Where a variable is. One that only is declared, or completes another entry, is where that one says.
    pub fn location(&self, die: DieRef, site: Site, host: &dyn ExpressionHost) -> Result<Location> {
        if self.is_discarded(die) {
            return Ok(Location::OptimizedOut(Gone::NoLocation));
        }
        self.with(|units| location(units, die, site, host)).map_err(|e| self.at_die(die, e))
    }

    /// Whether a variable's address lies outside of everything that is loaded: the linker has thrown it away and left 0 there.
    fn is_discarded(&self, die: DieRef) -> bool {
        let address = self.with(|units| {
            let (unit, AttributeValue::Exprloc(e)) = units.inherited(die, dw::DW_AT_location)? else { return None };
            let unit = units.unit(unit).ok()?;
            let mut rest = e.0;
            let first = gimli::Operation::parse(&mut rest, unit.unit.encoding()).ok()?;
            match first {
                _ if !rest.is_empty() => None,
                gimli::Operation::Address { address } => Some(address),
                gimli::Operation::AddressIndex { index } => unit.dwarf.address(&unit.unit, index).ok(),
                _ => None,
            }
        });
        address.is_some_and(|at| self.image().load_at(FileAddr(at)).is_none_or(|_| at <= 1))
    }

    /// What is only known while the program runs, as the length of `int a[n]` (DWARF5 §2.19).
    pub fn dynamic(&self, what: &Dynamic, site: Site, host: &dyn ExpressionHost) -> Result<i128> {
        let die = match what {
            Dynamic::Expression(unit, _) => DieRef { unit: *unit, offset: 0 },
            Dynamic::Variable(die) => *die,
        };
        self.with(|units| dynamic(units, what, site, host)).map_err(|e| self.at_die(die, e))
    }

    /// Whether a variable lives in its function's frame: not at an address, and no constant.
    pub fn is_of_frame(&self, die: DieRef) -> bool {
        self.with(|units| match units.inherited(die, dw::DW_AT_location) {
            Some((_, AttributeValue::Exprloc(e))) => !matches!(
                e.0.slice().first().map(|op| gimli::DwOp(*op)),
                Some(dw::DW_OP_addr | dw::DW_OP_addrx | dw::DW_OP_const8u | dw::DW_OP_const4u | dw::DW_OP_constx)
            ),
            Some(_) => true,
            None => false,
        })
    }

    /// Whether a DIE has a constant or a location of its own or of what it completes.
    pub fn has_location(&self, die: DieRef) -> bool {
        let has_some = self.with(|units| {
            units.inherited(die, dw::DW_AT_location).is_some() || units.inherited(die, dw::DW_AT_const_value).is_some()
        });
        has_some && !self.is_discarded(die)
    }

    /// The error about a DIE, with its place in the file where gimli has found it.
    pub(super) fn at_die(&self, die: DieRef, error: Trouble) -> Error {
        match error {
            Trouble::Damaged(error) => {
                let unit = self.with(|units| units.offset(die.unit));
                super::info::bad(self.path(), ".debug_info", unit + u64::from(die.offset), error)
            }
            Trouble::Other(error) => error,
        }
    }
}

/// What may go wrong.
pub(super) enum Trouble {
    /// The debug information is damaged.
    Damaged(gimli::Error),
    /// Anything else.
    Other(Error),
}

impl From<gimli::Error> for Trouble {
    fn from(error: gimli::Error) -> Trouble {
        Trouble::Damaged(error)
    }
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Trouble {
        Trouble::Other(error)
    }
}

fn location(units: &Units<'_>, die: DieRef, site: Site, host: &dyn ExpressionHost) -> Result<Location, Trouble> {
    if let Some((unit, value)) = units.inherited(die, dw::DW_AT_location) {
        let unit = units.unit(unit)?;
        return attribute(units, unit, value, site, host);
    }
    match units.inherited(die, dw::DW_AT_const_value) {
        Some((unit, value)) => Ok(constant(units.unit(unit)?, value)),
        None => Ok(Location::OptimizedOut(Gone::NoLocation)),
    }
}

/// What an attribute that is an expression or a location list says.
pub(super) fn attribute<'a>(
    units: &Units<'a>,
    unit: &LoadedUnit<'a>,
    value: AttributeValue<R<'a>>,
    site: Site,
    host: &dyn ExpressionHost,
) -> Result<Location, Trouble> {
    let run = Run { scope: Some((units, unit)), function: site.function, pc: site.pc, host, depth: 0 };
    let expression = match value {
        AttributeValue::Exprloc(e) => e.0,
        AttributeValue::Block(e) => e,
        list => match run.in_list(list)? {
            Ok(found) => found,
            Err(why) => return Ok(Location::OptimizedOut(why)),
        },
    };
    Ok(run.location(expression, None)?)
}

impl<'a> Run<'_, 'a> {
    /// The expression of a location list that holds at the pc (DWARF5 §2.6.2), or why there is none.
    pub(super) fn in_list(&self, value: AttributeValue<R<'a>>) -> gimli::Result<Result<R<'a>, Gone>> {
        let Some((_, unit)) = self.scope else { return Ok(Err(Gone::NoLocation)) };
        let Some(mut entries) = ListEntries::of(unit, value)? else { return Ok(Err(Gone::NoLocation)) };
        let mut default = None;
        let mut live = Vec::new();
        for _ in 0..MAX_ENTRIES {
            let Some(entry) = entries.next()? else { break };
            if entry.is_default {
                default = Some(entry.data);
                continue;
            }
            if self.pc.is_some_and(|pc| entry.range.contains(pc) || (entry.is_at(pc) && self.is_entry(pc))) {
                return Ok(Ok(entry.data));
            }
            if live.len() < MAX_RANGES && !entry.data.is_empty() && entry.range.start < entry.range.end {
                live.push(entry.range);
            }
        }
        Ok(default.ok_or(Gone::NotHere(live)))
    }
}

impl Run<'_, '_> {
    /// Whether the function is entered at an address.
    fn is_entry(&self, pc: FileAddr) -> bool {
        let entry = || {
            let (units, _) = self.scope?;
            let (unit, die) = units.entry(self.function?).ok()?;
            unit.dwarf.attr_address(&unit.unit, die.attr_value(dw::DW_AT_low_pc)?).ok()?
        };
        entry() == Some(pc.0)
    }
}

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
    fn is_at(&self, pc: FileAddr) -> bool {
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

/// DW_AT_const_value (DWARF5 §4.1): numbers become as many bytes as any type may want.
fn constant<'a>(unit: &LoadedUnit<'a>, value: AttributeValue<R<'a>>) -> Location {
    let bytes: Box<[u8]> = match value {
        AttributeValue::Block(bytes) | AttributeValue::Exprloc(gimli::Expression(bytes)) => bytes.slice().into(),
        AttributeValue::Data1(n) => i128::from(n).to_le_bytes().into(),
        AttributeValue::Data2(n) => i128::from(n).to_le_bytes().into(),
        AttributeValue::Data4(n) => i128::from(n).to_le_bytes().into(),
        AttributeValue::Data8(n) | AttributeValue::Udata(n) => i128::from(n).to_le_bytes().into(),
        AttributeValue::Sdata(n) => i128::from(n).to_le_bytes().into(),
        AttributeValue::Addr(n) => i128::from(n).to_le_bytes().into(),
        AttributeValue::Flag(b) => i128::from(b).to_le_bytes().into(),
        other => match unit.text(other) {
            Some(text) => text.slice().iter().copied().chain([0]).collect(),
            None => return Location::OptimizedOut(Gone::NoLocation),
        },
    };
    Location::Value(bytes)
}

fn dynamic(units: &Units<'_>, what: &Dynamic, site: Site, host: &dyn ExpressionHost) -> Result<i128, Trouble> {
    let found = match what {
        Dynamic::Expression(unit, bytes) => {
            let unit = units.unit(*unit)?;
            let run = Run { scope: Some((units, unit)), function: site.function, pc: site.pc, host, depth: 0 };
            run.location(gimli::EndianSlice::new(bytes, gimli::LittleEndian), None)?
        }
        Dynamic::Variable(die) => location(units, *die, site, host)?,
    };
    let is_variable = matches!(what, Dynamic::Variable(_));
    let number = match found {
        // A variable's place is read, an expression's address is the number.
        Location::Memory(at) if is_variable => {
            let size = if let Dynamic::Variable(die) = what { size_of(units, *die) } else { 8 };
            let mut bytes = [0; 8];
            if let Some(part) = bytes.get_mut(..size) {
                host.memory().read(at, part)?;
            }
            Some(u64::from_le_bytes(bytes))
        }
        Location::Memory(at) => Some(at.0),
        Location::Register(n) => host.register(n),
        Location::Value(bytes) => Some(super::expression::word(&bytes)),
        _ => None,
    };
    // A bound of -1 (no elements) is a number of 64 bits here.
    number.map(|n| i128::from(n as i64)).ok_or_else(|| Error::user("value has been optimized out").into())
}

/// The size of a variable that holds a bound: at most 8 bytes.
fn size_of(units: &Units<'_>, variable: DieRef) -> usize {
    let mut at = variable;
    for _ in 0..8 {
        let Some((unit, value)) = units.inherited(at, dw::DW_AT_type) else { break };
        let Some(ty) = units.reference(unit, value) else { break };
        if let Ok((_, entry)) = units.entry(ty)
            && let Some(n) = entry.attr_value(dw::DW_AT_byte_size).and_then(|v| v.udata_value())
        {
            return n.min(8) as usize;
        }
        at = ty;
    }
    8
}

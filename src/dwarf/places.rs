//! Where a variable is when a thread is at a pc (DWARF5 §2.6, §4.1).

use gimli::{AttributeValue, constants as dw};

use super::expression::{ExpressionHost, Run, word};
use super::info::DebugInfo;
use super::location::{Gone, Location, Site};
use super::reader::{R, bad};
use super::types::Dynamic;
use super::unit::{DieRef, LoadedUnit, Units};
use crate::base::{Error, FileAddr, Result};

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
                bad(self.path(), ".debug_info", unit + u64::from(die.offset), error)
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
        Location::Value(bytes) => Some(word(&bytes)),
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

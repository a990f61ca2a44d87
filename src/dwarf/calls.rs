//! The calls in a function, and what is said of each (DWARF5 §3.4).

use std::sync::Arc;

use gimli::{AttributeValue, Operation, UnitOffset, constants as dw};

use super::entry_value::{EntryOf, entry_of};
use super::reader::R;
use super::unit::{Die, DieRef, LoadedUnit, Units};
use crate::base::FileAddr;

/// A call in a function.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CallSite {
    /// Its DIE.
    pub die: DieRef,
    /// The address behind the call; of a tail call that of the jump's end.
    pub returns_to: FileAddr,
    /// The function that is called, if it is always the same: its declaration or definition.
    pub callee: Option<DieRef>,
    /// The names that the callee goes by: its linkage name, or its name.
    pub callee_name: Option<Arc<str>>,
    /// Whether it is a jump that never comes back here.
    pub is_tail: bool,
    /// The values that are known to be passed.
    pub parameters: Vec<CallParameter>,
}

/// What is passed in a call.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CallParameter {
    /// Its DIE.
    pub die: DieRef,
    /// Which register of the callee's it is in.
    pub of: EntryOf,
}

/// DWARF's number of rsp.
const RSP: u16 = 7;
/// Calls in one function, at most: a bound for damaged information.
const MAX_CALLS: usize = 1 << 20;

/// The calls in the function of this DIE, sorted by the address behind them.
pub(super) fn read(units: &Units<'_>, function: DieRef) -> gimli::Result<Arc<[CallSite]>> {
    let unit = units.unit(function.unit)?;
    let mut cursor = unit.unit.entries_at_offset(UnitOffset(function.offset as usize))?;
    cursor.next_entry()?;
    let base = cursor.depth();
    let mut sites: Vec<CallSite> = Vec::new();
    let mut open = None;
    while cursor.next_entry()? && cursor.depth() > base {
        let Some(die) = cursor.current() else { continue };
        match die.tag() {
            dw::DW_TAG_call_site | dw::DW_TAG_GNU_call_site => {
                open = call_site(units, unit, die).map(|site| {
                    sites.push(site);
                    cursor.depth()
                });
                if sites.len() >= MAX_CALLS {
                    break;
                }
            }
            dw::DW_TAG_call_site_parameter | dw::DW_TAG_GNU_call_site_parameter => {
                if open.is_some_and(|depth| cursor.depth() == depth + 1)
                    && let (Some(site), Some(parameter)) = (sites.last_mut(), parameter(units, unit, die))
                {
                    site.parameters.push(parameter);
                }
            }
            _ => {}
        }
    }
    sites.sort_by_key(|s| s.returns_to);
    Ok(sites.into())
}

fn call_site<'a>(units: &Units<'a>, unit: &LoadedUnit<'a>, die: &Die<'a>) -> Option<CallSite> {
    let has = |name| matches!(die.attr_value(name), Some(AttributeValue::Flag(true)));
    let at = die.attr_value(dw::DW_AT_call_return_pc).or_else(|| die.attr_value(dw::DW_AT_low_pc))?;
    let returns_to = unit.dwarf.attr_address(&unit.unit, at).ok()??;
    let callee = die.attr_value(dw::DW_AT_call_origin).or_else(|| die.attr_value(dw::DW_AT_abstract_origin));
    let callee = callee.and_then(|value| units.reference(unit.id, value));
    let name = callee.and_then(|callee| {
        let linkage = units.inherited_string(callee, dw::DW_AT_linkage_name);
        linkage.or_else(|| units.inherited_string(callee, dw::DW_AT_name))
    });
    Some(CallSite {
        die: unit.die_ref(die.offset()),
        returns_to: FileAddr(returns_to),
        callee,
        callee_name: name.map(Arc::from),
        is_tail: has(dw::DW_AT_call_tail_call) || has(dw::DW_AT_GNU_tail_call),
        parameters: Vec::new(),
    })
}

fn parameter<'a>(units: &Units<'a>, unit: &LoadedUnit<'a>, die: &Die<'a>) -> Option<CallParameter> {
    let by_location = || {
        let bytes: R<'a> = match die.attr_value(dw::DW_AT_location)? {
            AttributeValue::Exprloc(e) => e.0,
            AttributeValue::Block(e) => e,
            _ => return None,
        };
        // On the stack: the callee's CFA is what rsp was before the call.
        let mut rest = bytes;
        match Operation::parse(&mut rest, unit.unit.encoding()) {
            Ok(Operation::RegisterOffset { register, offset, .. }) if register.0 == RSP && rest.is_empty() => {
                Some(EntryOf::Stack(offset))
            }
            _ => entry_of(bytes, unit.unit.encoding()),
        }
    };
    let by_name = || {
        let value = die.attr_value(dw::DW_AT_call_parameter).or_else(|| die.attr_value(dw::DW_AT_abstract_origin))?;
        units.reference(unit.id, value).map(EntryOf::Parameter)
    };
    Some(CallParameter { die: unit.die_ref(die.offset()), of: by_location().or_else(by_name)? })
}

//! What callers tell about their calls: whom they call, and which values they pass (DWARF5 §3.4).

use std::sync::Arc;

use gimli::{AttributeValue, EndianSlice, LittleEndian, Operation, UnitOffset, constants as dw};

use super::expression::{EntryOf, ExpressionHost, Run, entry_of, word};
use super::functions::Function;
use super::info::{DebugInfo, R};
use super::location::{Location, Site, Trouble, attribute};
use super::unit::{Die, DieRef, LoadedUnit, Units};
use crate::base::{FileAddr, Result};

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

/// Whom a call leads to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Callee {
    /// The function that is entered here.
    Entry(FileAddr),
    /// The function whose symbol has this name: it is only declared where the call is.
    Named(Arc<str>),
    /// It depends, or nothing is said.
    Unknown,
}

/// DWARF's number of rsp.
const RSP: u16 = 7;
/// Calls in one function, at most: a bound for damaged information.
const MAX_CALLS: usize = 1 << 20;

impl DebugInfo {
    /// The calls in a function, sorted by the address behind them.
    pub fn call_sites(&self, function: &Function) -> Result<Arc<[CallSite]>> {
        function
            .calls
            .get_or_init(|| self.with(|units| read(units, function)).map_err(|e| self.damaged(function.die.unit, e)))
            .clone()
    }

    /// The call that returns to this address.
    pub fn call_site(&self, function: &Function, returns_to: FileAddr) -> Result<Option<CallSite>> {
        let sites = self.call_sites(function)?;
        let at = sites.partition_point(|c| c.returns_to < returns_to);
        Ok(sites.get(at).filter(|c| c.returns_to == returns_to).cloned())
    }

    /// Whom a call leads to. A function of which there are several copies (inlined elsewhere, or cloned) is unknown.
    pub fn callee(&self, call: &CallSite) -> Callee {
        let Some(die) = call.callee else { return Callee::Unknown };
        let entry = self.with(|units| {
            let (unit, entry) = units.entry(die).ok()?;
            let at = entry.attr_value(dw::DW_AT_entry_pc).and_then(|v| unit.dwarf.attr_address(&unit.unit, v).ok().flatten());
            at.map(FileAddr).or_else(|| units.code_ranges(unit, &entry).first().map(|r| r.start))
        });
        if let Some(entry) = entry {
            return Callee::Entry(entry);
        }
        let Some(name) = &call.callee_name else { return Callee::Unknown };
        // Its abstract instance: what completes it has its name.
        if let Ok(functions) = self.functions(die.unit) {
            let is_it = |f: &&Arc<Function>| f.linkage_name.as_ref().unwrap_or(&f.name) == name;
            let mut copies = functions.iter().filter(is_it);
            match (copies.next(), copies.next()) {
                (Some(only), None) => return Callee::Entry(only.entry),
                (Some(_), Some(_)) => return Callee::Unknown,
                (None, _) => {}
            }
        }
        Callee::Named(name.clone())
    }

    /// Where a call goes, if it depends on the caller's registers (DW_AT_call_target): a run-time address.
    pub fn call_target(&self, call: &CallSite, site: Site, host: &dyn ExpressionHost) -> Result<Option<u64>> {
        self.call_number(call.die, &[dw::DW_AT_call_target, dw::DW_AT_GNU_call_site_target], site, host)
    }

    /// What a call passes, or what it points to, as the caller's frame tells it; `None` if it does not.
    pub fn passed(&self, call: &CallSite, of: EntryOf, site: Site, host: &dyn ExpressionHost) -> Result<Option<u64>> {
        let (of, names) = match of {
            EntryOf::Deref { register, offset: 0 } => {
                (EntryOf::Register(register), [dw::DW_AT_call_data_value, dw::DW_AT_GNU_call_site_data_value])
            }
            of => (of, [dw::DW_AT_call_value, dw::DW_AT_GNU_call_site_value]),
        };
        match call.parameters.iter().find(|p| p.of == of) {
            Some(parameter) => self.call_number(parameter.die, &names, site, host),
            None => Ok(None),
        }
    }

    fn call_number(&self, die: DieRef, names: &[gimli::DwAt], site: Site, host: &dyn ExpressionHost) -> Result<Option<u64>> {
        let found = self.with(|units| -> Result<Option<Location>, Trouble> {
            let (unit, entry) = units.entry(die)?;
            let Some(value) = names.iter().find_map(|name| entry.attr_value(*name)) else { return Ok(None) };
            let bytes: R<'_> = match value {
                AttributeValue::Exprloc(e) => e.0,
                AttributeValue::Block(e) => e,
                other => return attribute(units, unit, other, site, host).map(Some),
            };
            let run = Run { scope: Some((units, unit)), function: site.function, pc: site.pc, host, depth: 0 };
            // What is on the stack in the end is a value, perhaps with a type, and no address.
            let mut as_value = bytes.slice().to_vec();
            if is_computed(bytes, unit.unit.encoding()) {
                as_value.push(dw::DW_OP_stack_value.0);
            }
            Ok(Some(run.location(EndianSlice::new(&as_value, LittleEndian), None)?))
        });
        Ok(match found.map_err(|e| self.at_die(die, e))? {
            Some(Location::Memory(at)) => Some(at.0),
            Some(Location::Value(bytes)) => Some(word(&bytes)),
            Some(Location::Register(n)) => host.register(n),
            _ => None,
        })
    }
}

/// Whether an expression leaves a number on its stack, and says nothing of a place.
fn is_computed(mut bytes: R<'_>, encoding: gimli::Encoding) -> bool {
    while !bytes.is_empty() {
        match Operation::parse(&mut bytes, encoding) {
            Ok(
                Operation::Register { .. }
                | Operation::StackValue
                | Operation::ImplicitValue { .. }
                | Operation::ImplicitPointer { .. }
                | Operation::Piece { .. },
            )
            | Err(_) => return false,
            Ok(_) => {}
        }
    }
    true
}

fn read(units: &Units<'_>, function: &Function) -> gimli::Result<Arc<[CallSite]>> {
    let unit = units.unit(function.die.unit)?;
    let mut cursor = unit.unit.entries_at_offset(UnitOffset(function.die.offset as usize))?;
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

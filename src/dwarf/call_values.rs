//! What callers tell about their calls: whom they call, and which values they pass (DWARF5 §3.4).

use std::sync::Arc;

use gimli::{AttributeValue, EndianSlice, LittleEndian, Operation, constants as dw};

use super::calls::{self, CallSite};
use super::entry_value::EntryOf;
use super::expression::{ExpressionHost, Run, word};
use super::functions::Function;
use super::info::DebugInfo;
use super::location::{Location, Site};
use super::places::{Trouble, attribute};
use super::reader::R;
use super::unit::DieRef;
use crate::base::{FileAddr, Result};

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

impl DebugInfo {
    /// The calls in a function, sorted by the address behind them.
    pub fn call_sites(&self, function: &Function) -> Result<Arc<[CallSite]>> {
        function
            .calls
            .get_or_init(|| self.with(|units| calls::read(units, function.die)).map_err(|e| self.damaged(function.die.unit, e)))
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

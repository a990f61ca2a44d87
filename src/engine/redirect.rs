//! Slots that are made to lead somewhere else.

use std::sync::Arc;

use crate::base::{Error, FileAddr, Need, Result, VirtAddr, read_u64, read_vec};
use crate::elf::SymbolKind;
use crate::expr::Host;
use crate::loader::{ReservedWord, Slot};
use crate::symbols::Module;

use super::session::Session;
use super::slots::SlotMeaning;

/// A slot that was written.
#[derive(Clone, Debug)]
pub struct SlotWrite {
    /// The module whose slot it is.
    pub module: Arc<Module>,
    /// The slot.
    pub slot: Slot,
    /// What was in it.
    pub old: u64,
    /// What is in it now.
    pub new: u64,
}

/// What `redirect` did.
#[derive(Clone, Debug)]
pub struct Redirected {
    /// The journal's number of it.
    pub number: usize,
    /// The slots, in order of modules and addresses.
    pub slots: Vec<SlotWrite>,
    /// What there is to know, as `page is RELRO and now private`.
    pub notes: Vec<String>,
    /// Other writable words that hold the function's address: pointers that were copied before.
    pub copies: Vec<VirtAddr>,
    /// A slot through which the target itself calls the function: it will call itself.
    pub recursive: Option<String>,
}

/// How many bytes of writable memory are searched for copied pointers.
const SEARCHED: u64 = 64 << 20;
/// The length of a direct call or jump.
const CALL_LEN: usize = 5;
/// How many of them are named.
const MAX_COPIES: usize = 64;

impl Session {
    /// Every GOT slot of the modules that `module` names (all without one), with its value.
    fn all_slots(&self, module: Option<&str>) -> Result<Vec<(Arc<Module>, Slot, u64)>> {
        let modules: Vec<Arc<Module>> = match module {
            Some(name) => vec![self.module_named(name)?.clone()],
            None => self.inferior.modules.iter().cloned().collect(),
        };
        let of = |m: Arc<Module>| {
            let values = self.slot_values(&m);
            let slots = m.got().map(|g| g.slots.clone()).unwrap_or_default();
            let pairs = slots.into_iter().zip(values).filter_map(|(s, v)| Some((s, v?)));
            pairs.map(move |(s, v)| (m.clone(), s, v)).collect::<Vec<_>>()
        };
        Ok(modules.into_iter().flat_map(of).collect())
    }

    /// The run-time addresses at which a function of this name is defined, in the order of the modules.
    fn definitions(&self, name: &str, module: Option<&str>) -> Vec<VirtAddr> {
        let fits = |m: &&Arc<Module>| module.is_none_or(|n| m.is_called(n));
        let of = |m: &Arc<Module>| {
            let symbols = m.symbols_named(name);
            symbols.iter().filter(|s| s.kind != SymbolKind::Ifunc).map(|s| m.virt(s.addr)).collect::<Vec<_>>()
        };
        self.inferior.modules.iter().filter(fits).flat_map(of).collect()
    }

    /// Makes every slot (of all modules, or of one) that leads to `function` lead to `target`: those of its name, and those
    /// bound to it under another name. One entry of the journal.
    pub fn redirect(&mut self, what: &str, function: &str, target: VirtAddr, module: Option<&str>) -> Result<Redirected> {
        self.require(Need::Live)?;
        self.require_code(target)?;
        let (owner, name) = match self.inferior.modules.split_prefix(function) {
            Some((m, rest)) => (Some(m.name.clone()), rest.to_owned()),
            None => (None, function.to_owned()),
        };
        let name = name.strip_suffix("@plt").unwrap_or(&name).to_owned();
        let (bare, version) = name.split_once('@').map_or((name.as_str(), None), |(n, v)| (n, Some(v.trim_start_matches('@'))));
        let defined = self.definitions(&name, owner.as_deref());
        let leads = |slot: &Slot, value: u64| {
            let named = slot.name.as_deref() == Some(bare) && version.is_none_or(|v| slot.version.as_deref() == Some(v));
            let holds = defined.contains(&VirtAddr(value));
            slot.is_address()
                && slot.reserved.is_none()
                && (if owner.is_some() { holds || named && value != 0 } else { named || holds })
        };
        let all = self.all_slots(module)?;
        let chosen: Vec<_> = all.into_iter().filter(|(_, s, v)| leads(s, *v)).collect();
        if chosen.is_empty() {
            return Err(self.no_slot(bare, &defined, module));
        }
        // ld.so adds the load bias to what it finds in a lazy slot, and writes over others.
        let waits = |(m, s, v): &(Arc<Module>, Slot, u64)| matches!(self.slot_meaning(m, s, Some(*v)), SlotMeaning::NotYet);
        if let Some((module, _, _)) = chosen.iter().find(|c| waits(c)) {
            return Err(Error::user(format!(
                "{} is not relocated yet: whoever loads it would write over its slots.  \"tbreak _start\" stops behind that.",
                module.name
            )));
        }
        if chosen.iter().all(|(_, _, v)| *v == target.0) {
            return Err(Error::user(format!("Every slot of {bare} already leads to {}.", self.name_of(target))));
        }
        // A slot may have been bound under another name, or by an IFUNC's choice; what it is otherwise (its lazy code, an earlier
        // redirect's target, nothing yet) is not the function.
        let really = |(m, s, v): &(Arc<Module>, Slot, u64)| match self.slot_meaning(m, s, Some(*v)) {
            SlotMeaning::Bound(at) | SlotMeaning::Ifunc(at) => Some(at),
            _ => None,
        };
        let mut searched = defined;
        searched.extend(chosen.iter().filter_map(really).collect::<Vec<_>>());
        searched.sort_unstable();
        searched.dedup();
        let mut slots = Vec::new();
        self.journaled(what, |s| {
            for (module, slot, old) in chosen.into_iter().filter(|(_, _, v)| *v != target.0) {
                let at = module.virt(slot.addr);
                s.patch_memory(at, &target.0.to_le_bytes())?;
                slots.push(SlotWrite { module, slot, old, new: target.0 });
            }
            Ok(())
        })?;
        let entries = self.inferior.journal.entries();
        let (number, notes) = (entries.len(), entries.last().map(|e| e.notes.clone()).unwrap_or_default());
        let copies = self.copies_of(&searched, &slots);
        let recursive = self.calls_itself(target, &slots);
        Ok(Redirected { number, slots, notes, copies, recursive })
    }

    /// Refuses an address that nothing can be called at.
    pub fn require_code(&self, at: VirtAddr) -> Result<()> {
        let maps = self.process()?.target.maps()?;
        let name = self.location(at).map(|l| format!("{at} <{}>", l.with_offset())).unwrap_or_else(|| at.to_string());
        let why = match maps.at(at) {
            Some(mapping) if mapping.perms.exec => return Ok(()),
            Some(_) => format!("{name} is not in executable memory: it is data, and a call there would crash."),
            None => format!("{name} is not mapped: a call there would crash."),
        };
        Err(Error::user(format!("{why}\n(TARGET is a function or the address of code.)")))
    }

    fn name_of(&self, at: VirtAddr) -> String {
        self.full_name(at, None).unwrap_or_else(|| at.to_string())
    }

    fn no_slot(&self, name: &str, defined: &[VirtAddr], module: Option<&str>) -> Error {
        let place = module.map_or_else(|| "any module".to_owned(), str::to_owned);
        if defined.is_empty() && self.inferior.modules.main().is_some_and(|m| m.address_of(name).is_none()) {
            return Error::user(format!("No slot of {place} is for \"{name}\", and no module defines it."));
        }
        Error::user(format!("No slot of {place} leads to \"{name}\": it is called directly."))
    }

    /// The writable words outside of GOTs that hold one of these addresses. The part of the stack that is not in use is left
    /// out; memory beyond [`SEARCHED`] bytes too.
    fn copies_of(&self, addresses: &[VirtAddr], written: &[SlotWrite]) -> Vec<VirtAddr> {
        let Ok(process) = self.process() else { return Vec::new() };
        let Ok(maps) = process.target.maps() else { return Vec::new() };
        let sp = self.selection.tid.and_then(|t| process.target.registers(t).ok()).map_or(VirtAddr(0), |r| VirtAddr(r.sp()));
        let wanted: Vec<u64> = addresses.iter().map(|a| a.0).filter(|a| *a > 0xffff).collect();
        let is_slot = |at: VirtAddr| written.iter().any(|w| w.module.virt(w.slot.addr) == at);
        let (mut copies, mut left) = (Vec::new(), SEARCHED);
        for mapping in maps.mappings.iter().filter(|m| m.perms.write) {
            let start = if mapping.range.contains(sp) { VirtAddr(sp.0 & !7) } else { mapping.range.start };
            let len = (mapping.range.end - start).min(left);
            left -= len;
            for chunk_at in (0..len).step_by(1 << 20) {
                let mut chunk = vec![0; (len - chunk_at).min(1 << 20) as usize];
                let n = process.target.read_partial(start + chunk_at, &mut chunk).unwrap_or(0);
                let words = chunk.get(..n).unwrap_or_default().chunks_exact(8).zip(0u64..);
                let found = words.filter(|(w, _)| wanted.iter().any(|a| a.to_le_bytes() == **w));
                copies.extend(found.map(|(_, i)| start + chunk_at + 8 * i).filter(|a| !is_slot(*a)));
                if copies.len() >= MAX_COPIES || n < chunk.len() {
                    break;
                }
            }
        }
        copies.truncate(MAX_COPIES);
        copies
    }

    /// Whether the function at `target` itself calls through one of the slots.
    fn calls_itself(&self, target: VirtAddr, written: &[SlotWrite]) -> Option<String> {
        let module = self.inferior.modules.at(target)?;
        let location = module.locate(target)?;
        let (start, end) = (module.to_file(location.start), module.to_file(location.start) + location.size.max(1));
        let own = written.iter().filter(|w| w.module.id == module.id);
        // A call that a patch has overwritten is none any more.
        let is_there = |site: FileAddr| {
            let filed = module.image().read_at(site, CALL_LEN);
            filed.is_some_and(|f| read_vec(self.memory(), module.virt(site), CALL_LEN).is_ok_and(|now| now == f))
        };
        let calls = |s: FileAddr| s >= start && s < end && is_there(s);
        let mut through = own.filter(|w| module.call_sites().of_slot(module.plt(), w.slot.addr).any(calls));
        through.next().map(|w| format!("GOT[{}]", w.slot.index))
    }

    /// Writes the address of the lazy code back into bound slots, so that the next call binds again: those of `symbol`, or all.
    pub fn unbind(&mut self, what: &str, symbol: Option<&str>, module: Option<&str>) -> Result<Vec<SlotWrite>> {
        self.require(Need::Live)?;
        let mut chosen = Vec::new();
        let (mut named, mut already) = (false, 0);
        for (module, slot, value) in self.all_slots(module)? {
            let fits = symbol.is_none_or(|s| {
                slot.label().is_some_and(|l| l == format!("{s}@got.plt")) || slot.versioned_name().as_deref() == Some(s)
            });
            if !slot.is_jump_slot() || !fits {
                continue;
            }
            named = true;
            let lazy = module.virt(FileAddr(slot.initial)).0;
            if value == lazy {
                already += 1;
            } else if slot.initial != 0 && self.has_resolver(&module) {
                chosen.push((module, slot, value, lazy));
            }
        }
        if chosen.is_empty() {
            return Err(Error::user(match (named, already, symbol) {
                (false, _, Some(name)) => format!("No jump slot is for \"{name}\"."),
                (false, _, None) => "No module has a jump slot.".to_owned(),
                (true, 0, Some(name)) => format!(
                    "The slots of {name} cannot be bound lazily: their modules were bound at load and have no resolver in GOT[2]."
                ),
                (true, 0, None) => {
                    "No slot of these can be bound lazily: they were bound at load, with no resolver in GOT[2].".to_owned()
                }
                (true, _, _) => "Nothing to unbind: no such slot is bound.".to_owned(),
            }));
        }
        self.journaled(what, |s| {
            let mut done = Vec::new();
            for (module, slot, old, new) in chosen {
                let at = module.virt(slot.addr);
                s.patch_memory(at, &new.to_le_bytes())?;
                done.push(SlotWrite { module, slot, old, new });
            }
            Ok(done)
        })
    }

    /// Whether ld.so has prepared a module for lazy binding.
    fn has_resolver(&self, module: &Arc<Module>) -> bool {
        let Some(slot) = module.got().and_then(|g| g.slot(2).ok().cloned()) else { return false };
        let value = read_u64(self.memory(), module.virt(slot.addr)).ok();
        self.slot_meaning(module, &slot, value) == SlotMeaning::Reserved(ReservedWord::Resolver)
    }
}

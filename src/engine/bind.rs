//! Binding lazy slots before their first call.

use std::sync::Arc;

use crate::base::{Error, FileAddr, Need, Result, VirtAddr, read_u64};
use crate::elf::SymbolKind;
use crate::expr::Host;
use crate::loader::Slot;
use crate::symbols::Module;

use super::redirect::SlotWrite;
use super::session::Session;

/// A slot that is to be bound, and its definition's address (an IFUNC's resolver).
struct ToBind {
    module: Arc<Module>,
    slot: Slot,
    old: u64,
    target: VirtAddr,
    ifunc: bool,
}

impl Session {
    /// Binds unresolved slots as ld.so would at their first call: those of `symbol`, or all; of one module, or of every one. The
    /// lookup is replayed, the resolver of an IFUNC is called in the process. One entry of the journal.
    pub fn bind(&mut self, what: &str, symbol: Option<&str>, module: Option<&str>) -> Result<Vec<SlotWrite>> {
        self.require(Need::Live)?;
        let chosen = self.unresolved(symbol, module)?;
        let mut writes = Vec::new();
        for one in chosen {
            let new = if one.ifunc { self.resolved(one.target)? } else { one.target };
            writes.push(SlotWrite { module: one.module, slot: one.slot, old: one.old, new: new.0 });
        }
        self.journaled(what, |s| {
            for write in &writes {
                s.patch_memory(write.module.virt(write.slot.addr), &write.new.to_le_bytes())?;
            }
            Ok(())
        })?;
        Ok(writes)
    }

    fn unresolved(&self, symbol: Option<&str>, module: Option<&str>) -> Result<Vec<ToBind>> {
        let modules: Vec<Arc<Module>> = match module {
            Some(name) => vec![self.module_named(name)?.clone()],
            None => self.inferior.modules.iter().cloned().collect(),
        };
        let scopes = self.scopes();
        let (mut chosen, mut named, mut undefined) = (Vec::new(), false, Vec::new());
        for module in modules {
            let Some(got) = module.got().filter(|g| g.is_lazy) else { continue };
            let scope = scopes.of(&module);
            for slot in got.slots.iter().filter(|s| s.is_jump_slot() && s.initial != 0) {
                let versioned = slot.versioned_name();
                let fits = symbol.is_none_or(|s| slot.name.as_deref() == Some(s) || versioned.as_deref() == Some(s));
                let Some(relocation) = slot.relocation.filter(|_| fits) else { continue };
                named = true;
                let value = read_u64(self.memory(), module.virt(slot.addr))?;
                if value != module.virt(FileAddr(slot.initial)).0 {
                    continue;
                }
                match scopes.of_relocation(&scope, &module, &relocation) {
                    Some(found) => {
                        let (target, ifunc) = (found.virt(), found.kind == SymbolKind::Ifunc);
                        chosen.push(ToBind { module: module.clone(), slot: slot.clone(), old: value, target, ifunc });
                    }
                    None => undefined.extend(versioned),
                }
            }
        }
        if let Some(name) = undefined.first().filter(|_| chosen.is_empty()) {
            return Err(Error::user(format!("Nobody defines {name}: at its first call ld.so would end the program.")));
        }
        if chosen.is_empty() {
            return Err(Error::user(match (named, symbol) {
                (true, _) => "Nothing to bind: no such slot is unresolved.".to_owned(),
                (false, None) => "No module has a lazy slot.".to_owned(),
                (false, Some(name)) => format!("No lazy slot is for \"{name}\"."),
            }));
        }
        Ok(chosen)
    }
}

//! The scope in which ld.so looks up what a module refers to, and the definition that it takes from there.

use std::sync::Arc;

use crate::base::{FileAddr, VirtAddr};
use crate::elf::{Binding, Relocation, Symbol, SymbolKind, r_x86_64};
use crate::loader::{LookupFor, Wanted, ask};
use crate::symbols::{Module, ModuleRole};

/// A module that is asked for symbols.
#[derive(Clone, Debug)]
pub struct ScopeEntry {
    /// The module.
    pub module: Arc<Module>,
    /// The dlopen'ed library to whose local scope it belongs; `None` in the global scope.
    pub local_to: Option<String>,
}

/// How a scope is known.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ScopeSource {
    /// From ld.so's own lists in the process.
    LinkMaps,
    /// From the order in which the dynamic linker has loaded the modules: it keeps no list that can be found.
    LoadOrder,
    /// From DT_NEEDED of the files: there is no process yet, or ld.so has not got that far.
    Files,
}

/// The modules that are asked, in order.
#[derive(Clone, Debug)]
pub struct LookupScope {
    /// The modules, each once.
    pub entries: Vec<ScopeEntry>,
    /// How that is known.
    pub source: ScopeSource,
}

impl LookupScope {
    /// Whether a module asks itself before all others, as one linked with -Bsymbolic does; the program does so in any case.
    pub fn is_own_first(&self, module: &Module) -> bool {
        module.role != ModuleRole::Main && self.entries.first().is_some_and(|e| e.module.id == module.id && e.local_to.is_none())
    }

    /// What a symbol of a module's .dynsym comes to. `None`: nobody defines it.
    fn definition(&self, module: &Arc<Module>, symbol: &Symbol<'_>, purpose: LookupFor) -> Option<Definition> {
        // Local and hidden references, and protected ones, are not looked up (glibc's `dl_symbol_visibility_binds_local_p`).
        if !symbol.is_undefined() && (symbol.binding == Binding::Local || symbol.visibility != 0) {
            return Some(Definition::of(module, symbol));
        }
        let wanted = Wanted { name: symbol.name, version: symbol.version.map(|v| v.name), purpose };
        self.entries.iter().find_map(|e| Some(Definition::of(&e.module, &ask(e.module.image(), &wanted).found?)))
    }

    /// The definition that a relocation is filled from; for COPY the one that is copied, which is never the program's own.
    pub fn of_relocation(&self, module: &Arc<Module>, r: &Relocation) -> Option<Definition> {
        let symbol = module.image().relocation_symbol(r)?;
        if r.kind != r_x86_64::COPY {
            return self.definition(module, &symbol, purpose_of(r.kind));
        }
        let wanted = Wanted { name: symbol.name, version: symbol.version.map(|v| v.name), purpose: LookupFor::Call };
        let others = self.entries.iter().filter(|e| e.module.id != module.id);
        others.clone().find_map(|e| Some(Definition::of(&e.module, &ask(e.module.image(), &wanted).found?)))
    }
}

/// A definition that ld.so takes.
#[derive(Clone, Debug)]
pub struct Definition {
    /// The module.
    pub module: Arc<Module>,
    /// `st_value`: a link-time address, for TLS an offset.
    pub addr: FileAddr,
    /// What it is.
    pub kind: SymbolKind,
    /// Whether the value is absolute (SHN_ABS): no load bias is added.
    pub absolute: bool,
    /// Its index in the module's .dynsym.
    pub index: u32,
}

impl Definition {
    fn of(module: &Arc<Module>, symbol: &Symbol<'_>) -> Definition {
        let absolute = symbol.section == 0xfff1;
        Definition { module: module.clone(), addr: symbol.addr, kind: symbol.kind, absolute, index: symbol.index }
    }

    /// Its run-time address; of an IFUNC the resolver's.
    pub fn virt(&self) -> VirtAddr {
        if self.absolute { VirtAddr(self.addr.0) } else { self.module.virt(self.addr) }
    }
}

/// For what a relocation of this type looks its symbol up (glibc sysdeps/x86_64/dl-machine.h `elf_machine_type_class`).
pub fn purpose_of(kind: u32) -> LookupFor {
    match kind {
        r_x86_64::JUMP_SLOT | r_x86_64::DTPMOD64 | r_x86_64::DTPOFF64 | r_x86_64::TPOFF64 | r_x86_64::TLSDESC => LookupFor::Call,
        _ => LookupFor::Address,
    }
}

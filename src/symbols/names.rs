//! From names to addresses, as expressions use them.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::base::VirtAddr;
use crate::elf::{Binding, Symbol, SymbolKind};

use super::module::Module;
use super::modules::Modules;
use super::symbolizer::LocationKind;
use super::written::written;

/// What a name stands for.
#[derive(Clone, Debug)]
pub struct Named {
    /// The module.
    pub module: Arc<Module>,
    /// The name as in the file.
    pub name: String,
    /// Its run-time address; of a TLS symbol the offset in the module's TLS image.
    pub addr: VirtAddr,
    /// Its size in bytes; 0 if not known.
    pub size: u64,
    /// What it is.
    pub kind: LocationKind,
    /// Whether it lies in a section of code, or without sections in a segment of code.
    pub is_code: bool,
    /// Whether only its own module sees it (STB_LOCAL).
    pub is_local: bool,
}

impl Named {
    fn new(module: &Arc<Module>, name: &str, addr: crate::base::FileAddr, size: u64, kind: LocationKind) -> Named {
        let is_tls = kind == LocationKind::Symbol(SymbolKind::Tls);
        let section = module.image().section_at(addr);
        let segment_is_code = || module.image().load_at(addr).is_some_and(|s| s.is_code());
        let is_code = !is_tls && section.map_or_else(segment_is_code, |s| s.is_code());
        let run_time = if is_tls { VirtAddr(addr.0) } else { module.virt(addr) };
        Named { module: module.clone(), name: name.to_owned(), addr: run_time, size, kind, is_code, is_local: false }
    }

    fn symbol(module: &Arc<Module>, symbol: &Symbol<'_>) -> Named {
        let named = Named::new(module, symbol.name, symbol.addr, symbol.size, LocationKind::Symbol(symbol.kind));
        Named { is_local: symbol.binding == Binding::Local, ..named }
    }
}

/// How good a symbol is as the meaning of its name: smaller is better.
fn rank(symbol: &Symbol<'_>) -> (bool, bool) {
    (symbol.binding == Binding::Local, symbol.version.is_some_and(|v| !v.is_default))
}

impl Module {
    /// What a name stands for in this module: a symbol, by its name in the file before the name that was written in the source;
    /// `puts@plt`, `puts@got.plt` or `puts@got`; `_start` or `main` found without symbols.
    pub fn find(self: &Arc<Module>, name: &str) -> Option<Named> {
        if let Some(named) = self.linkage_name(name) {
            return Some(named);
        }
        let tls = || self.file.symbols_named(name).into_iter().find(|s| s.kind == SymbolKind::Tls && !s.is_undefined());
        let as_written = || written(&self.file, name, true).into_iter().min_by_key(rank);
        let symbol = self.symbols_named(name).into_iter().min_by_key(rank).or_else(tls).or_else(as_written);
        if let Some(symbol) = symbol {
            return Some(Named::symbol(self, &symbol));
        }
        if name == "_GLOBAL_OFFSET_TABLE_" {
            return self.got().map(|got| Named::new(self, name, got.base, 0, LocationKind::GotSlot));
        }
        let found = self.found(name)?;
        Some(Named::new(self, found.name, found.addr, found.size, LocationKind::Found))
    }

    /// `puts@plt`, `puts@got.plt`, `puts@got`; both forms of the latter find either kind of slot.
    fn linkage_name(self: &Arc<Module>, name: &str) -> Option<Named> {
        if name.ends_with("@plt") {
            let stub = self.plt().stub_named(name)?;
            return Some(Named::new(self, &stub.label(), stub.addr, stub.len, LocationKind::PltStub));
        }
        if name.ends_with("@got.plt") || name.ends_with("@got") {
            let slot = self.got()?.slot_named(name)?;
            return Some(Named::new(self, &slot.label()?, slot.addr, 8, LocationKind::GotSlot));
        }
        None
    }
}

impl Modules {
    /// What a name stands for: in `current` (the module of the selected frame) before the program, in the program before the
    /// libraries in their order; an exported symbol before a local one of any of them, and a PLT stub only where nobody has the
    /// function. `MODULE!NAME` looks in that module only.
    pub fn find(&self, name: &str, current: Option<&Arc<Module>>) -> Option<Named> {
        if let Some((module, rest)) = self.split_prefix(name) {
            let name = rest.trim_matches('\'');
            return module.find(name).or_else(|| module.find(&format!("{name}@plt")));
        }
        // Each module has one of its own: never another's than the one in which the user stands.
        if name == "_GLOBAL_OFFSET_TABLE_" {
            return current.or_else(|| self.main())?.find(name);
        }
        let mut order: Vec<&Arc<Module>> = current.into_iter().collect();
        order.extend(self.iter().filter(|m| current.is_none_or(|c| c.id != m.id)));
        let mut local = None;
        for module in &order {
            let Some(named) = module.find(name) else { continue };
            let is_own = current.is_some_and(|c| c.id == module.id);
            if is_own || !named.is_local {
                return Some(named);
            }
            local = local.or(Some(named));
        }
        local.or_else(|| order.iter().find_map(|m| m.find(&format!("{name}@plt"))))
    }

    /// Names that start with `prefix`, sorted, at most `limit`: for completion. C++ and Rust names are those of the file.
    pub fn names_with_prefix(&self, prefix: &str, limit: usize) -> Vec<String> {
        let mut names = BTreeSet::new();
        for module in self.iter() {
            let symbols = module.file.symbols_with_prefix(prefix).filter(|s| s.has_place() || s.kind == SymbolKind::Tls);
            names.extend(symbols.take(limit).map(|s| s.name.to_owned()));
            let stubs = module.plt().stubs.iter().map(|s| s.label()).filter(|l| l.starts_with(prefix));
            names.extend(stubs.take(limit));
        }
        if let Some(main) = self.main() {
            names.extend(main.found_functions().iter().map(|f| f.name.to_owned()).filter(|n| n.starts_with(prefix)));
        }
        names.into_iter().take(limit).collect()
    }
}

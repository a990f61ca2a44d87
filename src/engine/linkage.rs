//! Which module ld.so takes a symbol from: the scope of each module, and the lookup replayed in it.

use std::collections::HashMap;
use std::sync::Arc;

use crate::base::{Memory, PageCache, VirtAddr};
use crate::elf::{Relocation, dt};
use crate::expr::Host;
use crate::loader::{LinkMap, Rendezvous, ScopeLayout};
use crate::symbols::{Module, ModuleRole};

use super::lookup_scope::{Definition, LookupScope, ScopeEntry, ScopeSource};
use super::session::Session;

const DT_SYMBOLIC: u64 = 16;
const DF_SYMBOLIC: u64 = 2;

/// The scopes of all modules, read once: what asks for many symbols keeps one.
pub struct Scopes<'s> {
    session: &'s Session,
    /// ld.so's lists lie close to each other.
    memory: PageCache<'s>,
    objects: Vec<LinkMap>,
    layout: Option<ScopeLayout>,
    /// The modules that the files lead to, before ld.so has loaded them.
    planned: Vec<Arc<Module>>,
}

impl Session {
    /// What is needed to replay lookups.
    pub fn scopes(&self) -> Scopes<'_> {
        let memory = PageCache::new(self.memory());
        let objects = self.link_maps_in(&memory);
        let layout = ScopeLayout::find(&memory, &objects);
        let is_loaded =
            layout.is_some() || objects.len() > 1 || self.inferior.modules.iter().any(|m| m.role == ModuleRole::Library);
        let is_static = self.inferior.modules.main().is_none_or(|m| super::slots::is_static(m.image()));
        let planned = if is_loaded || is_static { Vec::new() } else { self.planned_modules() };
        Scopes { session: self, memory, objects, layout, planned }
    }

    /// ld.so's list as it is now; empty without one.
    pub fn link_maps(&self) -> Vec<LinkMap> {
        self.link_maps_in(&PageCache::new(self.memory()))
    }

    fn link_maps_in(&self, memory: &dyn Memory) -> Vec<LinkMap> {
        let address = self.process().ok().and_then(|p| p.libraries.rendezvous);
        let rendezvous = address.and_then(|a| Rendezvous::read(memory, a).ok()).filter(|r| r.map.0 != 0);
        rendezvous.and_then(|r| r.objects(memory).ok()).unwrap_or_default()
    }
}

impl Scopes<'_> {
    /// The modules that are, or will be, in the process.
    pub fn modules(&self) -> Vec<Arc<Module>> {
        if self.planned.is_empty() { self.session.inferior.modules.iter().cloned().collect() } else { self.planned.clone() }
    }

    /// The modules that are asked for what a module refers to.
    pub fn of(&self, module: &Arc<Module>) -> LookupScope {
        if let Some(entries) = self.by_link_maps(module) {
            return LookupScope { entries, source: ScopeSource::LinkMaps };
        }
        let (all, source) = match self.planned.is_empty() {
            false => (self.planned.clone(), ScopeSource::Files),
            true => (self.in_load_order(module.namespace), ScopeSource::LoadOrder),
        };
        let mut entries: Vec<ScopeEntry> = Vec::new();
        let symbolic = module.image().dynamic().get(DT_SYMBOLIC).is_some()
            || module.image().dynamic().get(dt::DT_FLAGS).is_some_and(|f| f & DF_SYMBOLIC != 0);
        if symbolic {
            entries.push(ScopeEntry { module: module.clone(), local_to: None });
        }
        entries.extend(
            all.into_iter().filter(|m| !symbolic || m.id != module.id).map(|module| ScopeEntry { module, local_to: None }),
        );
        LookupScope { entries, source }
    }

    /// All modules of a namespace but the vdso, which ld.so asks by itself; the dynamic linker, which is loaded before what it
    /// loads, comes last.
    fn in_load_order(&self, namespace: u32) -> Vec<Arc<Module>> {
        let all = self.session.inferior.modules.iter();
        let mut all: Vec<Arc<Module>> = all
            .filter(|m| {
                !matches!(m.role, ModuleRole::Vdso | ModuleRole::Added)
                    && (m.namespace == namespace || m.role == ModuleRole::Interpreter)
            })
            .cloned()
            .collect();
        all.sort_by_key(|m| m.role == ModuleRole::Interpreter);
        all
    }

    fn by_link_maps(&self, module: &Arc<Module>) -> Option<Vec<ScopeEntry>> {
        let lists = self.layout?.scope_of(&self.memory, &self.objects, module.link_map?)?;
        let main = self.objects.first()?.addr;
        let mut entries: Vec<ScopeEntry> = Vec::new();
        for list in lists {
            let local_to = (list.owner != main).then(|| self.module_of(list.owner)).flatten().map(|m| m.name.clone());
            for map in list.maps {
                let Some(module) = self.module_of(map) else { continue };
                if entries.iter().all(|e| e.module.id != module.id) {
                    entries.push(ScopeEntry { module, local_to: local_to.clone() });
                }
            }
        }
        Some(entries)
    }

    /// The module of a link map. ld.so itself has one in every namespace.
    fn module_of(&self, map: VirtAddr) -> Option<Arc<Module>> {
        let modules = &self.session.inferior.modules;
        let by_map = modules.iter().find(|m| m.link_map == Some(map));
        let by_bias = || {
            let object = self.objects.iter().find(|o| o.addr == map)?;
            modules.iter().find(|m| m.bias == object.bias && m.role != ModuleRole::Main)
        };
        by_map.or_else(by_bias).cloned()
    }

    /// The definition that a relocation is filled from, see [`LookupScope::of_relocation`].
    pub fn of_relocation(&self, scope: &LookupScope, module: &Arc<Module>, r: &Relocation) -> Option<Definition> {
        scope.of_relocation(module, r)
    }

    /// What each module takes from `provider`: module, then symbol and version, in the order of the relocations, each once.
    pub fn provided(&self, provider: &Arc<Module>) -> Vec<(Arc<Module>, Vec<String>)> {
        let mut out = Vec::new();
        for module in self.modules() {
            if module.id == provider.id {
                continue;
            }
            let scope = self.of(&module);
            let mut seen: HashMap<u32, ()> = HashMap::new();
            let mut names = Vec::new();
            for r in module.image().relocations() {
                if r.symbol == 0 || seen.insert(r.symbol, ()).is_some() {
                    continue;
                }
                let definition = self.of_relocation(&scope, &module, &r);
                if definition.is_some_and(|d| d.module.id == provider.id) {
                    names.extend(module.image().relocation_symbol(&r).map(|s| s.versioned_name()));
                }
            }
            if !names.is_empty() {
                out.push((module, names));
            }
        }
        out
    }
}

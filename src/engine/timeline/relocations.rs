//! The relocations of a module, read where ld.so has applied them.

use std::collections::HashSet;
use std::sync::Arc;

use crate::base::{PageCache, Result, Tid, VirtAddr, read_u64};
use crate::elf::{Relocation, Symbol, SymbolKind, r_x86_64};
use crate::engine::linkage::{LookupScope, Scopes};
use crate::engine::session::Session;
use crate::expr::Host;
use crate::symbols::{Module, ModuleId, ModuleRole};

use super::recorder::Recorder;

/// Whether ld.so may have chosen a module for a name: it has a symbol that leads somewhere, a definition or the stub that stands for
/// one. The vdso is in no scope.
pub fn names(module: &Module, name: &str) -> bool {
    module.role != ModuleRole::Vdso && module.image().dynsym().named(name).iter().any(|s| s.addr.0 != 0)
}

fn with_resolver(module: Arc<Module>, name: &str) -> Target {
    let named = module.image().dynsym().named(name);
    let resolver = named.into_iter().find(|s| s.kind == SymbolKind::Ifunc && s.has_place()).map(|s| module.virt(s.addr));
    Target { module, resolver }
}

/// What a slot was filled from.
struct Target {
    module: Arc<Module>,
    /// The IFUNC and its resolver, where it is one.
    resolver: Option<VirtAddr>,
}

/// Reads a module's slots and tells of them.
pub struct Reader<'s> {
    session: &'s Session,
    scopes: Scopes<'s>,
    /// IFUNCs that were told of: provider, resolver.
    ifuncs: HashSet<(ModuleId, VirtAddr)>,
}

impl<'s> Reader<'s> {
    /// A reader of the process that the session looks at, at this stop.
    pub fn new(session: &'s Session) -> Reader<'s> {
        Reader { session, scopes: session.scopes(), ifuncs: HashSet::new() }
    }

    /// Tells of all relocations of a module.
    pub fn tell(&mut self, recorder: &mut Recorder, pid: Tid, tid: Tid, module: &Arc<Module>) -> Result<()> {
        let scope = self.scopes.of(module);
        let memory = PageCache::new(self.session.memory());
        let is_lazy = module.got().is_some_and(|g| g.is_lazy);
        let path = module.path.to_string_lossy().into_owned();
        for r in module.image().relocations() {
            let slot = module.virt(r.offset);
            let Ok(value) = read_u64(&memory, slot) else { continue };
            let symbol = module.image().relocation_symbol(&r);
            let target = symbol.as_ref().and_then(|s| self.target(&scope, module, &r, s, value, is_lazy));
            let line = recorder.line(pid, tid, "reloc").text("object", &path).address("slot", slot.0);
            let line = line.text("type", &format!("R_X86_64_{}", r.kind_name())).maybe("symbol", symbol.map(|s| s.name));
            let line = line.maybe("version", symbol.and_then(|s| s.version).map(|v| v.name)).address("value", value);
            let target_path = target.as_ref().map(|t| t.module.path.to_string_lossy());
            recorder.push(line.maybe("target", target_path.as_deref()))?;
            self.ifunc(recorder, (pid, tid), module, &r, target.as_ref(), value)?;
        }
        Ok(())
    }

    /// The module whose definition was chosen. An address says by itself where it leads; what is no address, or leads elsewhere
    /// than its symbol, is looked up as ld.so did.
    fn target(
        &self,
        scope: &LookupScope,
        module: &Arc<Module>,
        r: &Relocation,
        symbol: &Symbol<'_>,
        value: u64,
        is_lazy: bool,
    ) -> Option<Target> {
        use r_x86_64::*;
        let looked_up = || self.scopes.of_relocation(scope, module, r).map(|d| Target { module: d.module, resolver: None });
        match r.kind {
            COPY | TPOFF64 | DTPMOD64 | DTPOFF64 | TLSDESC => looked_up(),
            _ if value == 0 => None,
            JUMP_SLOT if is_lazy && Some(value) == module.image().word_at(r.offset).map(|w| module.bias.0.wrapping_add(w)) => {
                None
            }
            _ => {
                let address = if r.kind == ABS64 { value.wrapping_sub(r.addend as u64) } else { value };
                match self.session.inferior.modules.at(VirtAddr(address)) {
                    Some(provider) if names(provider, symbol.name) => Some(with_resolver(provider.clone(), symbol.name)),
                    // What libc's gettimeofday chooses is the vdso's.
                    _ => looked_up().map(|t| with_resolver(t.module, symbol.name)),
                }
            }
        }
    }

    /// Tells of what an IFUNC's resolver has chosen: at an IRELATIVE relocation, or the first time that a symbol leads to one.
    fn ifunc(
        &mut self,
        recorder: &mut Recorder,
        (pid, tid): (Tid, Tid),
        module: &Arc<Module>,
        r: &Relocation,
        target: Option<&Target>,
        value: u64,
    ) -> Result<()> {
        let (owner, resolver) = match target.and_then(|t| Some((&t.module, t.resolver?))) {
            Some(found) => found,
            None if r.kind == r_x86_64::IRELATIVE => (module, module.virt(crate::base::FileAddr(r.addend as u64))),
            None => return Ok(()),
        };
        let is_new = self.ifuncs.insert((owner.id, resolver));
        if !is_new && r.kind != r_x86_64::IRELATIVE {
            return Ok(());
        }
        let own_name = module.image().relocation_symbol(r).map(|s| s.name.to_owned());
        let name = own_name.or_else(|| owner.locate(resolver).filter(|l| l.offset == 0).map(|l| l.raw_name));
        let line = recorder.line(pid, tid, "ifunc").text("object", &owner.path.to_string_lossy());
        recorder.push(line.maybe("symbol", name.as_deref()).address("resolver", resolver.0).address("value", value))
    }
}

//! Relocations as they are kept: the words in a module's slots. What they mean is found out when somebody reads the record.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::base::{FileAddr, Tid, VirtAddr};
use crate::elf::{Relocation, Symbol, SymbolKind, r_x86_64};
use crate::engine::lookup_scope::LookupScope;
use crate::loader::{LookupFor, Wanted, ask};
use crate::symbols::{Module, ModuleId, ModuleRole, Modules};

use super::line::Line;

/// Whether ld.so may have chosen a module for a name: it has a symbol that leads somewhere, a definition or the stub that stands for
/// one. The vdso is in no scope.
pub fn names(module: &Module, name: &str) -> bool {
    module.role != ModuleRole::Vdso && !with_address(module, name).is_empty()
}

/// The symbols of a name that a look-up may find, and that lead somewhere.
fn with_address<'m>(module: &'m Module, name: &str) -> Vec<Symbol<'m>> {
    let answer = ask(module.image(), &Wanted { name, version: None, purpose: LookupFor::Address });
    let rejected = answer.rejected.into_iter().map(|(symbol, _)| symbol);
    answer.found.into_iter().chain(rejected).filter(|s| s.addr.0 != 0).collect()
}

/// The relocations of one module, read at one stop.
#[derive(Clone, Debug)]
pub struct Batch {
    /// When they were read.
    pub t: f64,
    /// The process.
    pub pid: Tid,
    /// The thread at whose stop they were read.
    pub tid: Tid,
    /// The phase of the process.
    pub phase: &'static str,
    /// The module.
    pub module: Arc<Module>,
    /// What was loaded then; shared by what was read at the same stop.
    pub around: Arc<Modules>,
    /// Where its symbols were looked up.
    pub scope: LookupScope,
    /// The indices of relocations whose slots could not be read, in order.
    pub missing: Vec<usize>,
}

/// What a slot was filled from.
#[derive(Clone)]
struct Target {
    module: Arc<Module>,
    /// The IFUNC's resolver, where it is one.
    resolver: Option<VirtAddr>,
}

impl Target {
    fn of(module: &Arc<Module>, name: &str) -> Target {
        let is_ifunc = |s: &Symbol<'_>| s.kind == SymbolKind::Ifunc && s.has_place();
        let resolver = with_address(module, name).into_iter().find(is_ifunc).map(|s| module.virt(s.addr));
        Target { module: module.clone(), resolver }
    }
}

/// Turns batches into events, in order.
#[derive(Default)]
pub struct Unpacker {
    /// IFUNCs that were told of since [`Unpacker::around`]: provider, resolver.
    ifuncs: HashSet<(ModuleId, VirtAddr)>,
    around: Option<Arc<Modules>>,
}

impl Unpacker {
    /// Hands each event of a batch to `each`, until it says that it has enough; false then. `words` are the slots' values.
    pub fn unpack<E>(
        &mut self,
        batch: &Batch,
        words: impl Iterator<Item = u64>,
        each: &mut impl FnMut(&str) -> Result<bool, E>,
    ) -> Result<bool, E> {
        if self.around.as_ref().is_none_or(|a| !Arc::ptr_eq(a, &batch.around)) {
            self.ifuncs.clear();
            self.around = Some(batch.around.clone());
        }
        let mut meanings = Meanings::of(batch);
        let mut head = Line::new(batch.t, batch.pid, batch.tid, "reloc", batch.phase);
        head = head.text("object", &batch.module.path.to_string_lossy());
        let start = head.mark();
        let mut missing = batch.missing.iter().peekable();
        let all = batch.module.image().relocations().enumerate().filter(|(n, _)| missing.next_if_eq(&n).is_none());
        for ((_, r), value) in all.zip(words) {
            let target = meanings.target(&r, value);
            head.back_to(start);
            head = told(head, batch, &r, value, target.as_ref());
            if !each(head.whole())? {
                return Ok(false);
            }
            if let Some(line) = self.ifunc(batch, &r, target.as_ref(), value)
                && !each(&line.end())?
            {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// What an IFUNC's resolver has chosen: at an IRELATIVE relocation, or the first time that a symbol leads to one.
    fn ifunc(&mut self, batch: &Batch, r: &Relocation, target: Option<&Target>, value: u64) -> Option<Line> {
        let module = &batch.module;
        let (owner, resolver) = match target.and_then(|t| Some((&t.module, t.resolver?))) {
            Some(found) => found,
            None if r.kind == r_x86_64::IRELATIVE => (module, module.virt(FileAddr(r.addend as u64))),
            None => return None,
        };
        let is_new = self.ifuncs.insert((owner.id, resolver));
        if !is_new && r.kind != r_x86_64::IRELATIVE {
            return None;
        }
        let own_name = module.image().relocation_symbol(r).map(|s| s.name.to_owned());
        let name = own_name.or_else(|| owner.locate(resolver).filter(|l| l.offset == 0).map(|l| l.raw_name));
        let line = Line::new(batch.t, batch.pid, batch.tid, "ifunc", batch.phase).text("object", &owner.path.to_string_lossy());
        Some(line.maybe("symbol", name.as_deref()).address("resolver", resolver.0).address("value", value))
    }
}

fn told(line: Line, batch: &Batch, r: &Relocation, value: u64, target: Option<&Target>) -> Line {
    let symbol = batch.module.image().relocation_symbol(r);
    let line = line.address("slot", batch.module.virt(r.offset).0).kind("R_X86_64_", &r.kind_name());
    let line = line.maybe("symbol", symbol.map(|s| s.name));
    let line = line.maybe("version", symbol.and_then(|s| s.version).map(|v| v.name)).address("value", value);
    let path = target.map(|t| t.module.path.to_string_lossy());
    line.maybe("target", path.as_deref())
}

/// What the words in a module's slots mean; each question is answered once.
struct Meanings<'b> {
    batch: &'b Batch,
    is_lazy: bool,
    /// By symbol and the module to which the value leads.
    by_value: HashMap<(u32, ModuleId), Option<Target>>,
    /// By symbol and type of the relocation.
    looked_up: HashMap<(u32, u32), Option<Arc<Module>>>,
}

impl<'b> Meanings<'b> {
    fn of(batch: &'b Batch) -> Meanings<'b> {
        let is_lazy = batch.module.got().is_some_and(|g| g.is_lazy);
        Meanings { batch, is_lazy, by_value: HashMap::new(), looked_up: HashMap::new() }
    }

    /// The module whose definition was chosen. An address says by itself where it leads; what is no address, or leads elsewhere
    /// than its symbol, is looked up as ld.so did.
    fn target(&mut self, r: &Relocation, value: u64) -> Option<Target> {
        use r_x86_64::*;
        if r.symbol == 0 {
            return None;
        }
        let module = &self.batch.module;
        match r.kind {
            COPY | TPOFF64 | DTPMOD64 | DTPOFF64 | TLSDESC => Some(Target { module: self.looked_up(r)?, resolver: None }),
            _ if value == 0 => None,
            JUMP_SLOT
                if self.is_lazy && Some(value) == module.image().word_at(r.offset).map(|w| module.bias.0.wrapping_add(w)) =>
            {
                None
            }
            _ => {
                let address = if r.kind == ABS64 { value.wrapping_sub(r.addend as u64) } else { value };
                let provider = self.batch.around.at(VirtAddr(address));
                let of_value = provider.and_then(|provider| self.of_value(r, provider));
                // What libc's gettimeofday chooses is the vdso's.
                of_value.or_else(|| {
                    let name = module.image().relocation_symbol(r)?.name;
                    Some(Target::of(&self.looked_up(r)?, name))
                })
            }
        }
    }

    /// The module to which the value leads, if it has the symbol.
    fn of_value(&mut self, r: &Relocation, provider: &Arc<Module>) -> Option<Target> {
        let image = self.batch.module.image();
        let find = || {
            let symbol = image.relocation_symbol(r)?;
            names(provider, symbol.name).then(|| Target::of(provider, symbol.name))
        };
        self.by_value.entry((r.symbol, provider.id)).or_insert_with(find).clone()
    }

    fn looked_up(&mut self, r: &Relocation) -> Option<Arc<Module>> {
        let Batch { module, scope, .. } = self.batch;
        let find = || scope.of_relocation(module, r).map(|d| d.module);
        self.looked_up.entry((r.symbol, r.kind)).or_insert_with(find).clone()
    }
}

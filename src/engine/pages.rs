//! Why pages of files have become private.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::base::{AddrRange, FileAddr, Mapping, PAGE, PageState, Result, VirtAddr, read_u64};
use crate::elf::{dt, r_x86_64};
use crate::expr::Host;
use crate::loader::Slot;
use crate::symbols::Module;
use crate::target::Target;

use super::journal::Change;
use super::session::Session;
use super::slots::{SlotMeaning, relro_range};

/// Why a page of a file's mapping is a private copy.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum PageCause {
    /// A breakpoint of rdbg's, the user's or one to follow the load.
    Breakpoint,
    /// A change that the user made, with its number in the journal.
    Patch(usize),
    /// rdbg has written there before: a breakpoint that is gone, code for a step.
    Rdbg,
    /// So many relocations lie in it, which ld.so has applied.
    Relocations(usize),
    /// ld.so keeps words of its own there: DT_DEBUG, `GOT[1]` and `GOT[2]`.
    LdSo,
    /// So many slots in it were bound by ld.so when they were first called.
    Binds(usize),
    /// The rest of the last page of a segment's file part was zeroed for .bss.
    Bss,
    /// None of these: the program has written to its data.
    Program,
    /// The page may not be written, and nothing here is known to have written it.
    Unknown,
}

impl std::fmt::Display for PageCause {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            PageCause::Breakpoint => f.write_str("rdbg's breakpoint"),
            PageCause::Patch(n) => write!(f, "patch {n}"),
            PageCause::Rdbg => f.write_str("rdbg's writing earlier"),
            PageCause::Relocations(1) => f.write_str("1 relocation"),
            PageCause::Relocations(n) => write!(f, "{n} relocations"),
            PageCause::LdSo => f.write_str("ld.so's own words"),
            PageCause::Binds(1) => f.write_str("1 lazy bind"),
            PageCause::Binds(n) => write!(f, "{n} lazy binds"),
            PageCause::Bss => f.write_str("end zeroed for .bss"),
            PageCause::Program => f.write_str("the program"),
            PageCause::Unknown => f.write_str("unknown"),
        }
    }
}

/// What is known of written pages, gathered once a command.
pub struct PageCauses {
    relocations: BTreeMap<u64, usize>,
    relro: Vec<AddrRange>,
    ld_so: BTreeSet<u64>,
    binds: BTreeMap<u64, usize>,
    bss: BTreeSet<u64>,
    breakpoints: BTreeSet<u64>,
    patches: BTreeMap<u64, usize>,
    written: BTreeSet<u64>,
}

impl PageCauses {
    /// The causes of a private page of a file, the surest first.
    pub fn of(&self, page: VirtAddr, mapping: &Mapping) -> Vec<PageCause> {
        let n = page.0 / PAGE;
        let mut causes = Vec::new();
        causes.extend(self.breakpoints.contains(&n).then_some(PageCause::Breakpoint));
        causes.extend(self.patches.get(&n).map(|p| PageCause::Patch(*p)));
        causes.extend((causes.is_empty() && self.written.contains(&n)).then_some(PageCause::Rdbg));
        causes.extend(self.relocations.get(&n).map(|r| PageCause::Relocations(*r)));
        causes.extend(self.ld_so.contains(&n).then_some(PageCause::LdSo));
        causes.extend(self.binds.get(&n).map(|b| PageCause::Binds(*b)));
        causes.extend(self.bss.contains(&n).then_some(PageCause::Bss));
        if causes.is_empty() {
            // RELRO pages were writable once: variables that the program set in its constructors.
            let was_writable = mapping.perms.write || self.is_relro(page);
            causes.push(if was_writable { PageCause::Program } else { PageCause::Unknown });
        }
        causes
    }

    /// Whether a page was made read-only after relocation.
    pub fn is_relro(&self, page: VirtAddr) -> bool {
        self.relro.iter().any(|r| r.contains(page))
    }
}

impl Session {
    /// The pages of a mapping, as the kernel tells.
    pub fn page_states(&self, mapping: &Mapping) -> Result<Vec<PageState>> {
        self.process()?.target.pages(mapping.range)
    }

    /// The lazy slots of a module that a first call has bound.
    fn slots_bound_later(&self, module: &Arc<Module>) -> Vec<VirtAddr> {
        let Some(got) = module.got().filter(|g| g.is_lazy && !self.binds_eagerly()) else { return Vec::new() };
        let slots = got.slots.iter().zip(self.slot_values(module)).filter(|(s, _)| s.is_jump_slot());
        let is_bound =
            |slot: &Slot, value| matches!(self.slot_meaning(module, slot, value), SlotMeaning::Bound(_) | SlotMeaning::Ifunc(_));
        slots.filter(|(slot, value)| is_bound(slot, *value)).map(|(slot, _)| module.virt(slot.addr)).collect()
    }

    /// Whether a word of a module is not what its file has.
    fn is_changed(&self, module: &Module, at: FileAddr) -> bool {
        let now = read_u64(self.memory(), module.virt(at)).ok();
        now.is_some_and(|n| n != module.image().word_at(at).unwrap_or(0))
    }

    /// What is needed to name the causes of private pages.
    pub fn page_causes(&self) -> PageCauses {
        let mut causes = PageCauses {
            relocations: BTreeMap::new(),
            relro: Vec::new(),
            ld_so: BTreeSet::new(),
            binds: BTreeMap::new(),
            bss: BTreeSet::new(),
            breakpoints: BTreeSet::new(),
            patches: BTreeMap::new(),
            written: BTreeSet::new(),
        };
        for module in self.inferior.modules.iter() {
            // Lazy jump slots are written too where there is a load bias.
            let moved = |kind| kind != r_x86_64::JUMP_SLOT || module.bias.0 != 0;
            let (mut here, mut applied) = (BTreeMap::<u64, usize>::new(), BTreeSet::new());
            for r in module.image().relocations().filter(|r| moved(r.kind)) {
                let page = module.virt(r.offset).0 / PAGE;
                *here.entry(page).or_default() += 1;
                if !applied.contains(&page) && self.is_changed(module, r.offset) {
                    applied.insert(page);
                }
            }
            // Where none has changed its word, ld.so has not come to them yet.
            here.retain(|page, _| applied.contains(page));
            here.into_iter().for_each(|(page, n)| *causes.relocations.entry(page).or_default() += n);
            causes.relro.push(relro_range(module));
            let is_lazy = module.got().is_some_and(|g| g.is_lazy);
            for at in self.slots_bound_later(module) {
                *causes.binds.entry(at.0 / PAGE).or_default() += 1;
            }
            let link_map = module.got().filter(|_| is_lazy).map(|g| g.base + 8).filter(|at| self.is_changed(module, *at));
            causes.ld_so.extend(link_map.map(|at| module.virt(at).0 / PAGE));
            let debug = module.image().dynamic().entries.iter().position(|e| e.tag == dt::DT_DEBUG);
            let debug =
                debug.map(|i| module.image().dynamic().addr + (16 * i as u64 + 8)).filter(|at| self.is_changed(module, *at));
            causes.ld_so.extend(debug.map(|at| module.virt(at).0 / PAGE));
            for s in module.image().loads().filter(|s| s.mem_size > s.file_size) {
                let end = module.virt(s.addr).0.saturating_add(s.file_size);
                causes.bss.extend((end % PAGE != 0).then_some(end / PAGE));
            }
        }
        for (number, entry) in (1..).zip(self.inferior.journal.entries()) {
            for change in &entry.changes {
                if let Change::Memory { at, .. } = change {
                    causes.patches.insert(at.0 / PAGE, number);
                }
            }
        }
        if let Ok(process) = self.process() {
            causes.breakpoints.extend(process.sites.addresses().map(|a| a.0 / PAGE));
            causes.written.extend(Target::written_pages(&*process.target).into_iter().map(|a| a.0 / PAGE));
        }
        causes
    }
}

//! What has become of each relocation, held against what ld.so writes.

use std::collections::HashMap;
use std::sync::Arc;

use crate::base::{FileAddr, Memory, VirtAddr, read_u64, read_vec};
use crate::elf::{Binding, RelocTable, Relocation, SymbolKind, r_x86_64};
use crate::expr::Host;
use crate::symbols::{Module, ModuleId, ModuleRole};

use super::journal::Change;
use super::linkage::Scopes;
use super::lookup_scope::{Definition, LookupScope};
use super::session::Session;
use super::slots::relro_range;

/// What has become of a relocation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RelocationState {
    /// The word holds what ld.so writes.
    Applied,
    /// It holds what the file has.
    NotYet,
    /// A jump slot that was only moved by the load bias; its first call binds it.
    Lazy,
    /// It was applied to a variable (or, by COPY, is one), and the program has assigned to that since.
    Changed,
    /// A slot that holds something else; what ld.so would write, if that is known.
    Altered {
        /// The value.
        expected: Option<u64>,
    },
    /// It cannot be read.
    Unreadable,
}

impl RelocationState {
    /// The verdict.
    pub fn word(&self) -> &'static str {
        match self {
            RelocationState::Applied => "applied",
            RelocationState::Changed => "changed",
            RelocationState::NotYet => "not yet",
            RelocationState::Lazy => "lazy",
            RelocationState::Altered { .. } => "altered",
            RelocationState::Unreadable => "unreadable",
        }
    }
}

/// How many bytes of a COPY relocation are compared.
const MAX_COPY: u64 = 1 << 16;
/// The thread pointer's static block: offsets beyond it are no TPOFF64's.
const MAX_TLS: i64 = 1 << 30;

/// Judges relocations of one stop: scopes are read once.
pub struct Relocations<'s> {
    session: &'s Session,
    scopes: Option<Scopes<'s>>,
}

/// What the relocations of one module have in common.
struct Surroundings<'m> {
    module: &'m Arc<Module>,
    scope: LookupScope,
    memory: &'m dyn Memory,
    relocated: bool,
    /// The offset of each module's TLS block that most of its TPOFF64 relocations agree on.
    blocks: HashMap<ModuleId, i64>,
}

impl<'s> Relocations<'s> {
    /// For the session's process, if it has one.
    pub fn new(session: &'s Session) -> Relocations<'s> {
        Relocations { session, scopes: session.inferior.process.is_some().then(|| session.scopes()) }
    }

    /// The state of each of these relocations of a module. Before there is a process none is applied.
    pub fn states(&self, module: &Arc<Module>, memory: &dyn Memory, all: &[Relocation]) -> Vec<RelocationState> {
        let Some(scopes) = &self.scopes else { return vec![RelocationState::NotYet; all.len()] };
        let relocated = self.session.is_relocated(module);
        let mut around = Surroundings { module, scope: scopes.of(module), memory, relocated, blocks: HashMap::new() };
        around.blocks = blocks(scopes, &around, all);
        all.iter().map(|r| self.state(scopes, &around, r)).collect()
    }

    fn state(&self, scopes: &Scopes<'_>, around: &Surroundings<'_>, r: &Relocation) -> RelocationState {
        use RelocationState::{Altered, Applied, Changed, Lazy, NotYet, Unreadable};
        use r_x86_64::{ABS64, COPY, DTPMOD64, DTPOFF64, GLOB_DAT, IRELATIVE, JUMP_SLOT, RELATIVE, TLSDESC, TPOFF64};
        let module = around.module;
        let at = module.virt(r.offset);
        let Ok(now) = read_u64(around.memory, at) else { return Unreadable };
        let file = module.image().word_at(r.offset).unwrap_or(0);
        let moved = module.virt(FileAddr(file)).0;
        let judged = |good: bool, expected: Option<u64>| match good {
            true => Applied,
            false if now == file && !around.relocated => NotYet,
            false if !self.session.is_slot(module, r.offset) && self.session.writer_of(at).is_none() => Changed,
            false => Altered { expected },
        };
        match r.kind {
            RELATIVE => {
                let addend = if r.table == RelocTable::Relr { file } else { r.addend as u64 };
                let expected = module.virt(FileAddr(addend)).0;
                judged(now == expected, Some(expected))
            }
            JUMP_SLOT if file != 0 && now == moved && (around.relocated || module.bias.0 != 0) => Lazy,
            JUMP_SLOT | GLOB_DAT | ABS64 => self.symbol_state(scopes, around, r, now, &judged),
            // *Folklore*: glibc has IFUNCs that choose nothing and are there for what their resolvers do (`__x86_cpu_features`).
            IRELATIVE => {
                let own = module.image().load_at(module.to_file(VirtAddr(now))).is_some_and(|s| s.is_code());
                judged(around.relocated && now == 0 || now != file && now != moved && own, None)
            }
            COPY => self.copied(scopes, around, r),
            TPOFF64 => {
                let offset = tls_block(scopes, around, r, now);
                let usual = offset.and_then(|(id, _)| around.blocks.get(&id).copied());
                let good = around.relocated && offset.is_some_and(|(_, o)| usual == Some(o) && o.abs() < MAX_TLS);
                judged(good, None)
            }
            // Module numbers are small, and given in the order of loading.
            DTPMOD64 => judged(around.relocated && now >= 1 && now <= 1 + self.session.inferior.modules.len() as u64, None),
            DTPOFF64 => {
                let expected = definition(scopes, around, r).map(|d| d.addr.0.wrapping_add(r.addend as u64));
                judged(around.relocated && expected.is_none_or(|e| e == now), expected)
            }
            // The descriptor's function is ld.so's own.
            TLSDESC => {
                let owner = self.session.inferior.modules.at(VirtAddr(now)).map(|m| m.role);
                let by_ld = owner == Some(ModuleRole::Interpreter) && self.session.is_code(VirtAddr(now));
                judged(around.relocated && by_ld, None)
            }
            _ if now == file => NotYet,
            _ => Applied,
        }
    }

    /// JUMP_SLOT, GLOB_DAT and R_X86_64_64: the symbol's address plus the addend.
    fn symbol_state(
        &self,
        scopes: &Scopes<'_>,
        around: &Surroundings<'_>,
        r: &Relocation,
        now: u64,
        judged: &dyn Fn(bool, Option<u64>) -> RelocationState,
    ) -> RelocationState {
        let value = VirtAddr(now.wrapping_sub(r.addend as u64));
        let Some(symbol) = around.module.image().relocation_symbol(r) else { return judged(now == r.addend as u64, None) };
        let Some(found) = definition(scopes, around, r) else {
            let weak = symbol.binding == Binding::Weak;
            return judged(value.0 == 0 && (weak || around.relocated), Some(0));
        };
        if found.kind == SymbolKind::Ifunc {
            // What the resolver chose is code of the same module, or (libc's time and gettimeofday) of the vdso; what rdbg wrote
            // there is not its choice.
            let is_own = |m: &&Arc<Module>| m.id == found.module.id || m.role == ModuleRole::Vdso;
            let owner = self.session.inferior.modules.at(value).filter(is_own);
            let is_code = owner.and_then(|m| m.image().load_at(m.to_file(value))).is_some_and(|s| s.is_code());
            let chosen = is_code && value != found.virt() && !self.session.was_written(around.module.virt(r.offset), now);
            return judged(chosen, None);
        }
        // *Folklore*: a library that came later (dlopen with RTLD_GLOBAL) may define what was nobody's when this was bound.
        let came_later = value.0 == 0 && symbol.binding == Binding::Weak && symbol.is_undefined() && around.relocated;
        judged(value == found.virt() || came_later, Some(found.virt().0.wrapping_add(r.addend as u64)))
    }

    /// Whether the copy is still what it was copied from. A program's variables change.
    fn copied(&self, scopes: &Scopes<'_>, around: &Surroundings<'_>, r: &Relocation) -> RelocationState {
        let Some(symbol) = around.module.image().relocation_symbol(r) else { return RelocationState::Altered { expected: None } };
        let size = symbol.size.min(MAX_COPY) as usize;
        let read = |at: VirtAddr| read_vec(self.session.memory(), at, size).ok();
        let source = scopes.of_relocation(&around.scope, around.module, r).and_then(|d| read(d.virt()));
        match (read(around.module.virt(r.offset)), source) {
            (Some(a), Some(b)) if a == b && around.relocated => RelocationState::Applied,
            (None, _) => RelocationState::Unreadable,
            _ if around.relocated => RelocationState::Changed,
            _ => RelocationState::NotYet,
        }
    }
}

/// The definition of a relocation's symbol; of one without a symbol `None`.
fn definition(scopes: &Scopes<'_>, around: &Surroundings<'_>, r: &Relocation) -> Option<Definition> {
    scopes.of_relocation(&around.scope, around.module, r)
}

/// The module whose thread-local block a TPOFF64 leads into, and where that block would be from the thread pointer.
fn tls_block(scopes: &Scopes<'_>, around: &Surroundings<'_>, r: &Relocation, now: u64) -> Option<(ModuleId, i64)> {
    let (owner, offset) = match around.module.image().relocation_symbol(r) {
        Some(_) => definition(scopes, around, r).map(|d| (d.module.id, d.addr.0))?,
        None => (around.module.id, 0),
    };
    Some((owner, now.wrapping_sub(offset).wrapping_sub(r.addend as u64) as i64))
}

fn blocks(scopes: &Scopes<'_>, around: &Surroundings<'_>, all: &[Relocation]) -> HashMap<ModuleId, i64> {
    let mut votes: HashMap<(ModuleId, i64), usize> = HashMap::new();
    for r in all.iter().filter(|r| r.kind == r_x86_64::TPOFF64) {
        let now = read_u64(around.memory, around.module.virt(r.offset)).ok();
        if let Some(vote) = now.and_then(|n| tls_block(scopes, around, r, n)) {
            *votes.entry(vote).or_default() += 1;
        }
    }
    let mut ranked: Vec<_> = votes.into_iter().collect();
    ranked.sort_by_key(|(vote, n)| (*n, *vote));
    ranked.into_iter().map(|(vote, _)| vote).collect()
}

impl Session {
    /// The command of the journal that wrote the word at `at` last.
    pub fn writer_of(&self, at: VirtAddr) -> Option<String> {
        let wrote = |c: &Change| matches!(c, Change::Memory { at: a, new, .. } if *a < at + 8 && at < *a + new.len() as u64);
        self.inferior.journal.entries().iter().rev().find(|e| e.changes.iter().any(wrote)).map(|e| e.what.clone())
    }

    /// Whether the word at a link-time address is a slot: a word of the GOT, or one that RELRO protects. Others are variables.
    pub fn is_slot(&self, module: &Module, at: FileAddr) -> bool {
        module.got().is_some_and(|g| g.slot_at(at).is_some()) || relro_range(module).contains(module.virt(at))
    }
}

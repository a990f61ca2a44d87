//! Catching what happens at the end of a load: RELRO and constructors.

use crate::arch::regs::Gpr;
use crate::base::{AddrRange, Result, Tid, VirtAddr};
use crate::loader::initializers;
use crate::symbols::ModuleRole;

use super::session::Session;
use super::slots::{is_static, relro_range};
use super::stop::{Caught, StopReason};

/// mprotect's number (Linux arch/x86/entry/syscalls/syscall_64.tbl), and PROT_READ.
pub(super) const MPROTECT: u64 = 10;
const PROT_READ: u64 = 1;

impl Session {
    /// What a system call that has just returned did, if it was the dynamic linker's mprotect of a RELRO segment. ld.so asks for
    /// PROT_READ alone for nothing else; at start-up it does so before it tells which libraries it has.
    pub(super) fn relro_at(&self, tid: Tid, number: u64) -> Option<Caught> {
        if number != MPROTECT {
            return None;
        }
        let target = &self.process().ok()?.target;
        let registers = target.registers(tid).ok()?;
        let get = |r| registers.get(r).unwrap_or(0);
        if get(Gpr::Rdx) != PROT_READ || get(Gpr::Rax) != 0 {
            return None;
        }
        let range = AddrRange::with_len(VirtAddr(get(Gpr::Rdi)), get(Gpr::Rsi));
        let caller = self.inferior.modules.at(VirtAddr(registers.pc()))?;
        let by_itself = caller.role == ModuleRole::Main && is_static(caller.image()) && relro_range(caller).overlaps(&range);
        if caller.role != ModuleRole::Interpreter && !by_itself {
            return None;
        }
        let name = target.maps().ok()?.at(range.start).map(|m| m.name.clone()).unwrap_or_default();
        let module = name.rsplit('/').next().filter(|n| !n.is_empty()).unwrap_or("an anonymous mapping").to_owned();
        Some(Caught::Relro { module, range })
    }

    /// Where the constructors of all modules begin.
    pub(super) fn constructor_places(&self) -> Vec<VirtAddr> {
        let modules = self.inferior.modules.iter().filter(|m| matches!(m.role, ModuleRole::Main | ModuleRole::Library));
        modules.flat_map(|m| initializers(m.image()).into_iter().map(|c| m.virt(c.function)).collect::<Vec<_>>()).collect()
    }

    /// A constructor begins.
    pub(super) fn constructor_reached(&mut self, tid: Tid, at: VirtAddr) -> Result<Option<StopReason>> {
        let Some(module) = self.inferior.modules.at(at).cloned() else { return Ok(None) };
        let all = initializers(module.image());
        let Some(found) = all.iter().find(|c| module.virt(c.function) == at) else { return Ok(None) };
        let (module, names) = (module.name.clone(), module.aliases().collect());
        self.caught(tid, Caught::Constructor { module, names, entry: found.entry.clone() })
    }
}

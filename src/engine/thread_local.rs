//! Thread-local storage: where a thread has a module's variables.

use crate::arch::regs::Gpr;
use crate::base::{Error, Result, Tid, VirtAddr, read_u64};
use crate::elf::pt;
use crate::expr::Host;
use crate::symbols::{Module, ModuleRole};

use super::session::Session;

/// Bytes of an entry of a thread's table of blocks (glibc's `dtv_t`), and where in the thread's control block that table is.
const DTV_ENTRY: u64 = 16;
const DTV_AT: u64 = 8;
/// More modules with thread-local storage than any program has.
const MOST_MODULES: u64 = 1 << 20;
/// `l_tls_offset` of a module that is not in the static block: NO_TLS_OFFSET, FORCED_DYNAMIC_TLS_OFFSET (glibc include/link.h).
const NOT_STATIC: [u64; 2] = [0, 1];

impl Session {
    /// Where the selected thread has what lies at an offset of a module's thread-local storage.
    ///
    /// The program's own is where the ABI says (ELF Handling For Thread-Local Storage, variant II), whatever libc that is. A
    /// library's is found as glibc's libthread_db would: the control block that fs points to leads to a table of blocks by number
    /// of module, which counts if it is no older than the module.
    pub(super) fn thread_local(&self, module: &Module, offset: u64) -> Result<VirtAddr> {
        let tid = self.selected_thread()?;
        let process = self.process()?;
        let base = process.target.registers(tid)?.get(Gpr::FsBase).unwrap_or(0);
        let none = || {
            let kind = if module.role == ModuleRole::Main { "executable file" } else { "shared library" };
            let path = module.path.display();
            let thread = self.thread_text(tid, base);
            let why = "Cannot find thread-local variables on this target";
            Error::User(format!("Cannot find thread-local storage for {thread}, {kind} {path}:\n{why}"))
        };
        if base == 0 {
            return Err(none());
        }
        if module.role == ModuleRole::Main {
            let below = below_thread_pointer(module).ok_or_else(none)?;
            return Ok(VirtAddr(base.wrapping_sub(below).wrapping_add(offset)));
        }
        let number = self.tls_number(module).ok_or_else(none)?;
        let block = self.block_of(VirtAddr(base), number)?.or_else(|| self.static_block(module, base));
        block.map(|block| VirtAddr(block.wrapping_add(offset))).ok_or_else(|| {
            let (path, thread) = (module.path.display(), self.thread_text(tid, base));
            Error::User(format!(
                "The inferior has not yet allocated storage for thread-local variables in\n\
                 the shared library `{path}'\nfor {thread}"
            ))
        })
    }

    fn thread_text(&self, tid: Tid, base: u64) -> String {
        match base {
            0 if self.process().is_ok_and(|p| p.target.threads().len() == 1) => format!("process {tid}"),
            0 => format!("LWP {tid}"),
            _ => format!("Thread {base:#x} (LWP {tid})"),
        }
    }

    /// A thread's block of a module, if it has one: made since the module was loaded.
    ///
    /// *Folklore*: a thread's table is as long as it was when the thread last needed it, and a number is given again when its
    /// module has been unloaded: an entry of an old table may lead to the block of another library.
    fn block_of(&self, base: VirtAddr, number: u64) -> Result<Option<u64>> {
        let memory = self.memory();
        let table = VirtAddr(read_u64(memory, base + DTV_AT)?);
        // dtv[-1] holds how many there are, dtv[0] the generation.
        let count = read_u64(memory, VirtAddr(table.0.wrapping_sub(DTV_ENTRY)))?;
        let generation = read_u64(memory, table)?;
        let is_old = self.generation_of(number).is_some_and(|made| made > generation);
        if number > count || number > MOST_MODULES || is_old {
            return Ok(None);
        }
        // glibc's TLS_DTV_UNALLOCATED: the thread has not touched it yet.
        let block = read_u64(memory, table + number * DTV_ENTRY)?;
        Ok(Some(block).filter(|b| *b != u64::MAX && *b != 0))
    }

    /// When a number of a module was given: `dtv_slotinfo.gen` in the list that `_dl_tls_dtv_slotinfo_list` begins.
    fn generation_of(&self, number: u64) -> Option<u64> {
        let memory = self.memory();
        let list_at = match self.descriptor("rtld_global__dl_tls_dtv_slotinfo_list") {
            Some(offset) => self.exported("_rtld_global")? + offset,
            None => self.exported("_dl_tls_dtv_slotinfo_list")?,
        };
        let mut list = read_u64(memory, list_at).ok()?;
        let mut left = number;
        let first = self.descriptor("dtv_slotinfo_list_slotinfo")?;
        for _ in 0..MOST_MODULES {
            if list == 0 {
                return None;
            }
            // struct dtv_slotinfo_list { size_t len; struct dtv_slotinfo_list *next; struct { size_t gen; struct link_map *map; } [] }
            let length = read_u64(memory, VirtAddr(list)).ok()?;
            if left < length {
                return read_u64(memory, VirtAddr(list) + first + left * 16).ok();
            }
            left -= length;
            list = read_u64(memory, VirtAddr(list) + 8).ok()?;
        }
        None
    }

    /// Where a module that was there at the start has its block in every thread.
    fn static_block(&self, module: &Module, base: u64) -> Option<u64> {
        let at = module.link_map? + self.descriptor("link_map_l_tls_offset")?;
        let below = read_u64(self.memory(), at).ok().filter(|o| !NOT_STATIC.contains(o) && *o as i64 > 0)?;
        Some(base.wrapping_sub(below))
    }

    /// The number of a module in those tables: `l_tls_modid` of its link map.
    fn tls_number(&self, module: &Module) -> Option<u64> {
        let at = module.link_map? + self.descriptor("link_map_l_tls_modid")?;
        read_u64(self.memory(), at).ok().filter(|n| *n != 0)
    }

    /// Where a field lies in a structure of libc's, as that tells libthread_db: `_thread_db_NAME` holds its size in bits, the number
    /// of its elements, and the offset, four bytes each.
    fn descriptor(&self, name: &str) -> Option<u64> {
        let at = self.exported(&format!("_thread_db_{name}"))?;
        let mut words = [0; 12];
        self.memory().read(at, &mut words).ok()?;
        Some(u32::from_le_bytes([words[8], words[9], words[10], words[11]]).into())
    }

    fn exported(&self, name: &str) -> Option<VirtAddr> {
        self.inferior.modules.iter().find_map(|m| m.address_of(name))
    }
}

/// How far below the thread pointer the program's block begins, as its linker has computed it: the block ends there, at an
/// address that is aligned as the segment wants it.
fn below_thread_pointer(program: &Module) -> Option<u64> {
    let segment = program.image().segments().iter().find(|s| s.kind == pt::PT_TLS)?;
    let align = segment.align.max(1);
    let end = segment.addr.0.wrapping_add(segment.mem_size);
    let padding = end.wrapping_neg() & (align - 1);
    Some(segment.mem_size.wrapping_add(padding))
}

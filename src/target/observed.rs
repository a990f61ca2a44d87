//! A process that runs on, untraced, and is but looked at: what takes long is found out before it is stopped.

use std::path::Path;
use std::sync::Arc;

use super::traits::{Control, Target};
use crate::arch::regs::{Gpr, Registers, XState};
use crate::base::{Error, Memory, MemoryMap, Result, Tid, VirtAddr};
use crate::elf::Image;
use crate::os::mem::ProcessMemory;
use crate::os::procfs;

/// Such a process. What is read of it may be stale at once.
#[derive(Debug)]
pub struct Observed {
    pid: Tid,
    memory: ProcessMemory,
}

impl Observed {
    /// Opens the memory of a process.
    pub fn open(pid: Tid) -> Result<Observed> {
        Ok(Observed { pid, memory: ProcessMemory::open(pid)? })
    }
}

impl Memory for Observed {
    fn read_partial(&self, at: VirtAddr, buf: &mut [u8]) -> Result<usize> {
        self.memory.read_partial(at, buf)
    }
}

impl Target for Observed {
    fn pid(&self) -> Tid {
        self.pid
    }

    fn threads(&self) -> Vec<Tid> {
        vec![self.pid]
    }

    fn thread_name(&self, tid: Tid) -> String {
        procfs::thread_name(tid).unwrap_or_default()
    }

    /// Of a thread that waits in a system call the kernel tells where that is.
    fn registers(&self, tid: Tid) -> Result<Registers> {
        let (pc, sp) = procfs::waits_at(tid).ok_or(Error::Gone)?;
        let mut registers = Registers::unknown();
        registers.set(Gpr::Rip, pc);
        registers.set(Gpr::Rsp, sp);
        Ok(registers)
    }

    fn pc(&self, tid: Tid) -> Result<VirtAddr> {
        Ok(VirtAddr(self.registers(tid)?.pc()))
    }

    fn xstate(&self, _: Tid) -> Result<XState> {
        Err(Error::Gone)
    }

    fn signal_info(&self, _: Tid) -> Result<[u8; 128]> {
        Err(Error::Gone)
    }

    fn auxv(&self) -> Result<Vec<u8>> {
        procfs::auxv(self.pid)
    }

    fn maps(&self) -> Result<MemoryMap> {
        procfs::maps(self.pid)
    }

    fn open_image(&self, path: &Path) -> Result<Arc<Image>> {
        Image::open(&procfs::seen_by(self.pid, path))
    }

    fn control(&mut self) -> Option<&mut dyn Control> {
        None
    }
}

//! The memory of another process, by /proc/PID/mem.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fs::{File, OpenOptions};
use std::os::unix::fs::FileExt;

use super::ptrace;
use crate::base::{Error, Memory, PAGE, Result, Tid, VirtAddr};

/// An open /proc/PID/mem. It stays bound to the address space that the process had when it was opened: open it anew after
/// an exec.
#[derive(Debug)]
pub struct ProcessMemory {
    pid: Tid,
    file: File,
    writable: bool,
    /// The numbers of the pages that were written: each is a private copy since then.
    written: RefCell<BTreeSet<u64>>,
}

impl ProcessMemory {
    /// Opens the memory of a process that this one may trace.
    pub fn open(pid: Tid) -> Result<ProcessMemory> {
        let path = format!("/proc/{pid}/mem");
        match OpenOptions::new().read(true).write(true).open(&path) {
            Ok(file) => Ok(ProcessMemory { pid, file, writable: true, written: RefCell::default() }),
            // Kernels since 6.12 can forbid the writing alone (proc_mem.force_override=never).
            Err(_) => match File::open(&path) {
                Ok(file) => Ok(ProcessMemory { pid, file, writable: false, written: RefCell::default() }),
                Err(e) => Err(Error::io(path, &e)),
            },
        }
    }

    /// The same for one that is traced already. *Folklore*: when it executes a program that its user may not read, the kernel lets
    /// nobody but root look into its memory any more, its tracer included; it goes on being traced. Then nothing is to be read.
    pub fn of_tracee(pid: Tid) -> Result<ProcessMemory> {
        ProcessMemory::open(pid).or_else(|e| match File::open("/dev/null") {
            Ok(file) => Ok(ProcessMemory { pid, file, writable: false, written: RefCell::default() }),
            Err(_) => Err(e),
        })
    }

    /// Writes all of `bytes`, also to pages that the program may not write (FOLL_FORCE), which makes them private to it.
    /// `tid` is a stopped tracee, for the slow way by POKEDATA where the kernel forbids this one.
    pub fn write(&self, tid: Tid, at: VirtAddr, bytes: &[u8]) -> Result<()> {
        let last = at.0.saturating_add(bytes.len().saturating_sub(1) as u64);
        self.written.borrow_mut().extend(at.0 / PAGE..=last / PAGE);
        let mut done = 0;
        while self.writable && done < bytes.len() {
            let rest = bytes.get(done..).unwrap_or_default();
            match self.file.write_at(rest, at.0.wrapping_add(done as u64)) {
                Ok(0) | Err(_) => break,
                Ok(n) => done += n,
            }
        }
        for (i, byte) in bytes.iter().enumerate().skip(done) {
            self.poke_byte(tid, at + i as u64, *byte)?;
        }
        Ok(())
    }

    /// The first addresses of the pages that were written, in order.
    pub fn written_pages(&self) -> Vec<VirtAddr> {
        self.written.borrow().iter().map(|n| VirtAddr(n * PAGE)).collect()
    }

    fn poke_byte(&self, tid: Tid, at: VirtAddr, byte: u8) -> Result<()> {
        let aligned = VirtAddr(at.0 & !7);
        let mut word = [0; 8];
        self.read(aligned, &mut word)?;
        if let Some(b) = word.get_mut((at.0 & 7) as usize) {
            *b = byte;
        }
        match ptrace::poke_data(tid, aligned.0, u64::from_le_bytes(word)) {
            Err(Error::Os { .. }) => Err(Error::Fault { addr: at }),
            other => other,
        }
    }

    /// The open file's descriptor.
    pub fn descriptor(&self) -> i32 {
        std::os::fd::AsRawFd::as_raw_fd(&self.file)
    }

    /// The process whose memory this is.
    pub fn pid(&self) -> Tid {
        self.pid
    }
}

impl Memory for ProcessMemory {
    fn read_partial(&self, at: VirtAddr, buf: &mut [u8]) -> Result<usize> {
        let mut done = 0;
        while let Some(rest) = buf.get_mut(done..).filter(|r| !r.is_empty()) {
            match self.file.read_at(rest, at.0.wrapping_add(done as u64)) {
                // 0: the address space has gone with its process.
                Ok(0) | Err(_) => break,
                Ok(n) => done += n,
            }
        }
        Ok(done)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_memory_is_read_and_the_unmapped_is_not() {
        let own = Tid(std::process::id() as i32);
        let memory = ProcessMemory::open(own).unwrap();
        let word: u64 = 0x1122334455667788;
        let at = VirtAddr(std::ptr::from_ref(&word) as u64);
        assert_eq!(crate::base::read_u64(&memory, at).unwrap(), word);
        assert!(crate::base::read_u64(&memory, VirtAddr(0)).is_err());
        assert!(crate::base::read_u64(&memory, VirtAddr(u64::MAX - 3)).is_err());
    }
}

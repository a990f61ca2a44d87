//! A small process of rdbg's that puts a program's code back when rdbg is killed while that runs.
#![allow(unsafe_code)]

use std::cell::UnsafeCell;
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};

use super::signals;
use crate::base::{Tid, VirtAddr};

/// As many breakpoints are looked after.
const MOST: usize = 4096;
const INT3: u8 = 0xcc;
/// An entry with this address is not in use; no int3 can be there.
const FREE: u64 = 0;
/// Of so many threads the debug registers are cleared.
const MOST_THREADS: usize = 1 << 16;
/// Where DR7 lies in `struct user`.
const DR7: usize = std::mem::offset_of!(libc::user, u_debugreg) + 7 * 8;

/// What the two processes share.
struct Shared {
    /// The tracer holds it as long as it lives.
    alive: UnsafeCell<libc::pthread_mutex_t>,
    /// So many of the entries are in use.
    count: AtomicU32,
    /// Debug registers are set.
    watches: AtomicBool,
    entries: [Entry; MOST],
}

struct Entry {
    at: AtomicU64,
    byte: AtomicU32,
}

/// A running guardian; dropping it ends it.
///
/// *Folklore*: the kernel lets go of a tracer's processes when it dies, in whatever way, and leaves in their memory what the tracer
/// has written there: the next thread that comes to an int3 is killed by SIGTRAP. A debug register stays set as well. What tells
/// another process of a thread's death first is a robust mutex (pthread_mutexattr_setrobust(3)): the kernel gives those up before it
/// frees memory and closes files, and lets go of what the thread traces after both (Linux kernel/exit.c `do_exit`). The end of
/// a pipe would come too late while any other thread of rdbg's has its files open.
#[derive(Debug)]
pub struct Guardian {
    pid: i32,
    shared: *mut Shared,
}

impl Guardian {
    /// Starts one for a process that the calling thread traces, with this descriptor of its memory; `None` where that fails, which
    /// costs only what it is for.
    pub fn start(tracee: Tid, memory: i32) -> Option<Guardian> {
        // SAFETY: a new anonymous mapping, all zeroes, which is a valid `Shared`.
        let shared = unsafe {
            let (protection, flags) = (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_SHARED | libc::MAP_ANONYMOUS);
            libc::mmap(ptr::null_mut(), size_of::<Shared>(), protection, flags, -1, 0)
        };
        if shared == libc::MAP_FAILED {
            return None;
        }
        let shared = shared.cast::<Shared>();
        // SAFETY: mapped, and nobody else's yet; the child calls only async-signal-safe functions and never returns.
        let pid = unsafe {
            if !hold((*shared).alive.get()) {
                libc::munmap(shared.cast(), size_of::<Shared>());
                return None;
            }
            match libc::fork() {
                0 => guard(tracee.0, memory, shared),
                pid => pid,
            }
        };
        let guardian = Guardian { pid, shared };
        (pid > 0).then_some(guardian)
    }

    fn shared(&self) -> &Shared {
        // SAFETY: mapped until this is dropped; all of it is atomic.
        unsafe { &*self.shared }
    }

    /// An int3 is about to be written over this byte.
    pub fn note(&self, at: VirtAddr, byte: u8) {
        let shared = self.shared();
        let count = shared.count.load(Ordering::Acquire) as usize;
        let in_use = shared.entries.get(..count).unwrap_or_default();
        let is_at = |addr| move |e: &&Entry| e.at.load(Ordering::Relaxed) == addr;
        let own = in_use.iter().find(is_at(at.0)).or_else(|| in_use.iter().find(is_at(FREE)));
        if let Some(entry) = own.or_else(|| shared.entries.get(count)) {
            // In this order: an address without its byte must not be seen.
            entry.at.store(FREE, Ordering::Release);
            entry.byte.store(byte.into(), Ordering::Release);
            entry.at.store(at.0, Ordering::Release);
        }
        if own.is_none() && count < MOST {
            shared.count.store(count as u32 + 1, Ordering::Release);
        }
    }

    /// The int3 here has been taken out.
    pub fn forget(&self, at: VirtAddr) {
        let count = self.shared().count.load(Ordering::Acquire) as usize;
        for entry in self.shared().entries.iter().take(count).filter(|e| e.at.load(Ordering::Relaxed) == at.0) {
            entry.at.store(FREE, Ordering::Release);
        }
    }

    /// Whether debug registers are set.
    pub fn watches(&self, set: bool) {
        self.shared().watches.store(set, Ordering::Release);
    }
}

impl Drop for Guardian {
    fn drop(&mut self) {
        // SAFETY: the mutex is held by this thread, as a tracer does not change threads; the mapping is used no more.
        unsafe {
            libc::pthread_mutex_unlock((*self.shared).alive.get());
            if self.pid > 0 {
                // The tracer's waits may take its status: then this fails, which is as good.
                libc::waitpid(self.pid, ptr::null_mut(), 0);
            }
            libc::munmap(self.shared.cast(), size_of::<Shared>());
        }
    }
}

/// Makes a mutex that tells of its holder's death, and takes it.
///
/// SAFETY: writable memory that is shared with a child and that nobody else uses.
unsafe fn hold(mutex: *mut libc::pthread_mutex_t) -> bool {
    // SAFETY: the attributes live until the mutex is made.
    unsafe {
        let mut attributes: libc::pthread_mutexattr_t = std::mem::zeroed();
        libc::pthread_mutexattr_init(&mut attributes) == 0
            && libc::pthread_mutexattr_setpshared(&mut attributes, libc::PTHREAD_PROCESS_SHARED) == 0
            && libc::pthread_mutexattr_setrobust(&mut attributes, libc::PTHREAD_MUTEX_ROBUST) == 0
            && libc::pthread_mutex_init(mutex, &attributes) == 0
            && libc::pthread_mutex_lock(mutex) == 0
    }
}

/// The guardian's life.
///
/// SAFETY: to be called only in the child of a fork: async-signal-safe calls only. (Taking a mutex is none by the letter; that of
/// glibc touches nothing for it but the mutex and the thread's own list of robust ones, which is empty after a fork.)
unsafe fn guard(tracee: i32, memory: i32, shared: *const Shared) -> ! {
    // SAFETY: plain numbers, local buffers and the mapping that both share throughout.
    unsafe {
        signals::block_all();
        // Whatever kills rdbg's process group or session does not kill this.
        libc::setsid();
        // It has to be quicker than the program, on a busy machine too: where it may (root), it goes before everybody, for less than
        // a millisecond. Being less nice is worth little beside that: each session has its share of the machine (sched(7), autogroup).
        let first = libc::sched_param { sched_priority: 1 };
        if libc::sched_setscheduler(0, libc::SCHED_FIFO, &first) == -1 {
            libc::setpriority(libc::PRIO_PROCESS, 0, -20);
        }
        // Pipes of rdbg's must be able to end.
        if memory > 0 {
            libc::syscall(libc::SYS_close_range, 0, memory - 1, 0);
        }
        libc::syscall(libc::SYS_close_range, memory + 1, libc::c_uint::MAX, 0);
        let shared = &*shared;
        if libc::pthread_mutex_lock(shared.alive.get()) != libc::EOWNERDEAD {
            libc::_exit(0);
        }
        let mut byte = 0u8;
        let count = shared.count.load(Ordering::Acquire) as usize;
        for entry in shared.entries.iter().take(count) {
            let at = entry.at.load(Ordering::Acquire) as libc::off_t;
            let before = entry.byte.load(Ordering::Acquire) as u8;
            if at as u64 != FREE && libc::pread(memory, (&raw mut byte).cast(), 1, at) == 1 && byte == INT3 {
                libc::pwrite(memory, (&raw const before).cast(), 1, at);
            }
        }
        if shared.watches.load(Ordering::Acquire) {
            clear_debug_registers(tracee);
        }
        libc::_exit(0);
    }
}

/// Traces each thread for a moment, to clear its debug registers.
///
/// SAFETY: as for [`guard`].
unsafe fn clear_debug_registers(tracee: i32) {
    let mut path = [0u8; 64];
    write_path(&mut path, tracee);
    let mut buffer = [0u64; 512];
    // SAFETY: a NUL-terminated path; the buffer is as long as is said, and aligned for its entries.
    unsafe {
        let dir = libc::open(path.as_ptr().cast(), libc::O_RDONLY | libc::O_DIRECTORY);
        let mut left = MOST_THREADS;
        loop {
            let n = libc::syscall(libc::SYS_getdents64, dir, buffer.as_mut_ptr(), size_of_val(&buffer));
            if n <= 0 {
                return;
            }
            let bytes = std::slice::from_raw_parts(buffer.as_ptr().cast::<u8>(), n as usize);
            // d_reclen at 16, d_name from 19 on (getdents64(2)).
            let mut at = 0;
            while let Some(entry) = bytes.get(at..).filter(|e| e.len() > 19 && left > 0) {
                let name = entry.get(19..).unwrap_or_default().iter().take_while(|b| **b != 0);
                let tid = name
                    .fold(0, |n: i32, b| if b.is_ascii_digit() { n.wrapping_mul(10).wrapping_add((b - b'0').into()) } else { 0 });
                if tid > 0 {
                    clear_one(tid);
                }
                left -= 1;
                at += usize::from(u16::from_le_bytes(entry.get(16..).and_then(|e| e.first_chunk().copied()).unwrap_or([19, 0])));
            }
        }
    }
}

/// SAFETY: as for [`guard`].
unsafe fn clear_one(tid: i32) {
    let none = ptr::null_mut::<libc::c_void>();
    // SAFETY: plain numbers.
    unsafe {
        // Until the kernel has let go of it in rdbg's name.
        let mut tries = 0;
        while libc::ptrace(libc::PTRACE_SEIZE, tid, none, none) == -1 {
            tries += 1;
            if tries == 1000 {
                return;
            }
            libc::usleep(100);
        }
        libc::ptrace(libc::PTRACE_INTERRUPT, tid, none, none);
        let mut status = 0;
        if libc::waitpid(tid, &mut status, libc::__WALL) == tid && libc::WIFSTOPPED(status) {
            libc::ptrace(libc::PTRACE_POKEUSER, tid, DR7 as *mut libc::c_void, none);
            let event = status >> 16;
            // A SIGTRAP is that of such a register.
            let is_own = event == 0 && libc::WSTOPSIG(status) != libc::SIGTRAP;
            let signal = if is_own { libc::WSTOPSIG(status) } else { 0 };
            libc::ptrace(libc::PTRACE_DETACH, tid, none, signal as usize as *mut libc::c_void);
        }
    }
}

/// `/proc/PID/task`, with a NUL behind it.
fn write_path(path: &mut [u8], pid: i32) {
    let mut digits = [0u8; 10];
    let (mut n, mut len) = (pid, 0);
    while let (true, Some(digit)) = (n > 0, digits.get_mut(len)) {
        *digit = b'0' + (n % 10) as u8;
        n /= 10;
        len += 1;
    }
    let parts = b"/proc/".iter().chain(digits.iter().take(len).rev()).chain(b"/task\0");
    path.iter_mut().zip(parts).for_each(|(to, from)| *to = *from);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_of_the_threads() {
        let mut path = [1; 24];
        write_path(&mut path, 40123);
        assert!(path.starts_with(b"/proc/40123/task\0"));
    }
}

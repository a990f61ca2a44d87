//! Page faults of a program that runs by itself, counted by the kernel (perf_event_open(2)).
#![allow(unsafe_code)]

use std::fs::File;
use std::io::Write;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::ptr;
use std::sync::atomic::{AtomicU64, Ordering, fence};
use std::time::Duration;

use super::spawn::{Launch, abandon, start_paused};
use super::{affinity, signals};
use crate::base::{Error, Result, Tid};

/// A page fault of the program's own code.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PageFault {
    /// When, in nanoseconds of CLOCK_MONOTONIC.
    pub time: u64,
    /// The process.
    pub pid: Tid,
    /// The thread.
    pub tid: Tid,
    /// The address that was not there.
    pub address: u64,
    /// The instruction that wanted it.
    pub pc: u64,
    /// Whether it had to be read from disk.
    pub major: bool,
}

/// All faults of a run, in order.
#[derive(Clone, Debug, Default)]
pub struct Faults {
    /// The faults.
    pub all: Vec<PageFault>,
    /// How many the kernel could not tell of.
    pub lost: u64,
}

const PERF_TYPE_SOFTWARE: u32 = 1;
const PERF_COUNT_SW_PAGE_FAULTS: u64 = 2;
const PERF_COUNT_SW_PAGE_FAULTS_MAJ: u64 = 6;
/// PERF_SAMPLE_IP, TID, TIME, ADDR.
const SAMPLE: u64 = 1 | 2 | 4 | 8;
/// inherit, exclude_kernel, exclude_hv, use_clockid: of threads that run already.
const FLAGS_NOW: u64 = 1 << 1 | 1 << 5 | 1 << 6 | 1 << 25;
/// disabled, inherit, exclude_kernel, exclude_hv, enable_on_exec, use_clockid (linux/perf_event.h, the bits of perf_event_attr).
const FLAGS: u64 = 1 | 1 << 1 | 1 << 5 | 1 << 6 | 1 << 12 | 1 << 25;
const PERF_RECORD_LOST: u32 = 2;
const PERF_RECORD_SAMPLE: u32 = 9;
const PERF_FLAG_FD_CLOEXEC: libc::c_ulong = 8;
/// One page, in bytes.
const PAGE: usize = crate::base::PAGE as usize;

/// `struct perf_event_attr` up to PERF_ATTR_SIZE_VER5, as words.
fn attributes(config: u64, flags: u64) -> [u64; 14] {
    let mut words = [0u64; 14];
    let size = size_of_val(&words) as u64;
    words[0] = u64::from(PERF_TYPE_SOFTWARE) | size << 32;
    words[1] = config;
    words[2] = 1; // sample_period: each of them
    words[3] = SAMPLE;
    words[5] = flags;
    words[11] = (libc::CLOCK_MONOTONIC as u64) << 32; // clockid, behind sample_stack_user
    words
}

fn open_event(attributes: &[u64; 14], tid: Tid, cpu: usize) -> Result<OwnedFd> {
    // SAFETY: the attributes live through the call, and say their own size.
    let fd =
        unsafe { libc::syscall(libc::SYS_perf_event_open, attributes.as_ptr(), tid.0, cpu as i32, -1, PERF_FLAG_FD_CLOEXEC) };
    if fd < 0 {
        return Err(Error::last_os("perf_event_open"));
    }
    // SAFETY: a descriptor that was just made, and that nobody else has.
    Ok(unsafe { OwnedFd::from_raw_fd(fd as i32) })
}

/// The ring of one event on one processor: a page of control words, then the records.
#[derive(Debug)]
struct Ring {
    fd: OwnedFd,
    at: *mut u8,
    len: usize,
}

impl Ring {
    fn open(config: u64, flags: u64, pid: Tid, cpu: usize, pages: usize) -> Result<Ring> {
        let fd = open_event(&attributes(config, flags), pid, cpu)?;
        let len = (1 + pages) * PAGE;
        // SAFETY: a new mapping at an address of the kernel's choice; it is unmapped when the ring is dropped.
        let at =
            unsafe { libc::mmap(ptr::null_mut(), len, libc::PROT_READ | libc::PROT_WRITE, libc::MAP_SHARED, fd.as_raw_fd(), 0) };
        if at == libc::MAP_FAILED {
            return Err(Error::last_os("mmap of perf's ring"));
        }
        Ok(Ring { fd, at: at.cast(), len })
    }

    /// A control word: `data_head` at 1024, `data_tail` at 1032.
    fn control(&self, offset: usize) -> &AtomicU64 {
        // SAFETY: within the first page of the mapping, which lives as long as self, and aligned to 8; the kernel writes it too,
        // whence the atomic.
        unsafe { &*self.at.add(offset).cast::<AtomicU64>() }
    }

    /// What the kernel has written since the last time.
    fn drain(&self) -> Vec<u8> {
        let head = self.control(1024).load(Ordering::Acquire);
        let tail = self.control(1032).load(Ordering::Relaxed);
        let size = self.len - PAGE;
        let count = head.saturating_sub(tail).min(size as u64) as usize;
        let mut bytes = vec![0u8; count];
        let start = (tail % size as u64) as usize;
        let first = count.min(size - start);
        // SAFETY: both parts lie within the data area of the mapping, which the kernel does not write between tail and head.
        unsafe {
            ptr::copy_nonoverlapping(self.at.add(PAGE + start), bytes.as_mut_ptr(), first);
            ptr::copy_nonoverlapping(self.at.add(PAGE), bytes.as_mut_ptr().add(first), count - first);
        }
        fence(Ordering::SeqCst);
        self.control(1032).store(head, Ordering::Release);
        bytes
    }
}

impl Drop for Ring {
    fn drop(&mut self) {
        // SAFETY: the mapping made in `open`, which nothing refers to any more.
        unsafe { libc::munmap(self.at.cast(), self.len) };
    }
}

/// Runs a program, untraced and to its end, and collects its page faults and those of its children.
pub fn page_faults(launch: &Launch) -> Result<Faults> {
    affinity::unpin_thread();
    let paused = start_paused(launch)?;
    let rings = open_rings(paused.pid);
    let rings = match rings {
        Ok(rings) => rings,
        Err(e) => {
            // It has not begun.
            abandon(paused.pid);
            return Err(e);
        }
    };
    let _ = File::from(paused.go).write_all(&[1]);
    let (mut faults, mut major) = (Faults::default(), Faults::default());
    let mut collect = || {
        for (ring, is_major) in &rings {
            decode(&ring.drain(), if *is_major { &mut major } else { &mut faults });
        }
    };
    loop {
        match signals::waitpid(paused.pid.0, libc::WNOHANG) {
            Ok((0, _)) => {}
            Ok(_) | Err(Error::Gone) => break,
            Err(Error::Cancelled) => {
                let _ = signals::kill(paused.pid, crate::base::Signal::KILL);
            }
            Err(e) => return Err(e),
        }
        collect();
        std::thread::sleep(Duration::from_millis(1));
    }
    collect();
    Ok(in_order(faults, &major))
}

/// In the order of time, and with the major ones marked.
fn in_order(mut faults: Faults, major: &Faults) -> Faults {
    faults.all.sort_by_key(|f| f.time);
    for fault in &mut faults.all {
        let is_it = |m: &PageFault| m.tid == fault.tid && m.address == fault.address && m.pc == fault.pc;
        fault.major = major.all.iter().any(is_it);
    }
    faults
}

/// Nanoseconds of CLOCK_MONOTONIC, in which faults are timed.
pub fn now() -> u64 {
    let time = nix::time::clock_gettime(nix::time::ClockId::CLOCK_MONOTONIC);
    time.map_or(0, |t| t.tv_sec() as u64 * 1_000_000_000 + t.tv_nsec() as u64)
}

/// The page faults of threads that run already, and of the threads and children that they make, from now on.
#[derive(Debug)]
pub struct FaultWatch {
    rings: Vec<(Ring, bool)>,
    /// Events of further threads, which write into the rings of the first one.
    _others: Vec<OwnedFd>,
}

/// PERF_EVENT_IOC_SET_OUTPUT (linux/perf_event.h): what the event has to say goes into another one's ring.
const SET_OUTPUT: libc::c_ulong = 0x2405;

impl FaultWatch {
    /// Watches these threads of one process.
    pub fn of(tids: &[Tid]) -> Result<FaultWatch> {
        let (first, others) = tids.split_first().ok_or(Error::Gone)?;
        let mut watch = FaultWatch { rings: Vec::new(), _others: Vec::new() };
        for cpu in affinity::online_cores() {
            for (config, pages, is_major) in [(PERF_COUNT_SW_PAGE_FAULTS, 32, false), (PERF_COUNT_SW_PAGE_FAULTS_MAJ, 8, true)] {
                let ring = Ring::open(config, FLAGS_NOW, *first, cpu, pages)?;
                for tid in others {
                    let fd = open_event(&attributes(config, FLAGS_NOW), *tid, cpu)?;
                    // SAFETY: both are descriptors of events on the same processor, which live.
                    if unsafe { libc::ioctl(fd.as_raw_fd(), SET_OUTPUT, ring.fd.as_raw_fd()) } != 0 {
                        return Err(Error::last_os("perf_event_open"));
                    }
                    watch._others.push(fd);
                }
                watch.rings.push((ring, is_major));
            }
        }
        Ok(watch)
    }

    /// What has been since the last time.
    pub fn take(&self) -> Faults {
        let (mut faults, mut major) = (Faults::default(), Faults::default());
        for (ring, is_major) in &self.rings {
            decode(&ring.drain(), if *is_major { &mut major } else { &mut faults });
        }
        in_order(faults, &major)
    }
}

/// Rings for all faults and for the major ones, on each processor.
fn open_rings(pid: Tid) -> Result<Vec<(Ring, bool)>> {
    let mut rings = Vec::new();
    for cpu in affinity::online_cores() {
        rings.push((Ring::open(PERF_COUNT_SW_PAGE_FAULTS, FLAGS, pid, cpu, 64)?, false));
        rings.push((Ring::open(PERF_COUNT_SW_PAGE_FAULTS_MAJ, FLAGS, pid, cpu, 8)?, true));
    }
    Ok(rings)
}

/// perf_event_open(2) "MMAP layout": a header (type, misc, size), and for a sample pc, process and thread, time, address.
fn decode(mut bytes: &[u8], faults: &mut Faults) {
    let word = |b: &[u8], at: usize| b.get(at..).and_then(|b| b.first_chunk()).map_or(0, |w| u64::from_le_bytes(*w));
    while let Some(header) = bytes.first_chunk::<8>() {
        let header = u64::from_le_bytes(*header);
        let size = (header >> 48) as usize;
        let Some(record) = bytes.get(..size).filter(|_| size >= 8) else { return };
        match header as u32 {
            PERF_RECORD_SAMPLE => {
                let tasks = word(record, 16);
                faults.all.push(PageFault {
                    pc: word(record, 8),
                    pid: Tid(tasks as i32),
                    tid: Tid((tasks >> 32) as i32),
                    time: word(record, 24),
                    address: word(record, 32),
                    major: false,
                });
            }
            PERF_RECORD_LOST => faults.lost += word(record, 16),
            _ => {}
        }
        bytes = bytes.get(size..).unwrap_or_default();
    }
}

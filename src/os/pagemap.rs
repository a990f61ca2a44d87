//! Which pages of a process have frames, and whose they are (proc_pid_pagemap(5), proc_pid_smaps(5), /proc/kpagecount).

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::os::unix::fs::FileExt;

use super::procfs;
use crate::base::{AddrRange, Error, PAGE, PageState, Result, Tid, VirtAddr};

/// The most that is read of one mapping: 16 GiB of address space, 32 MiB of pagemap.
const MAX_PAGES: u64 = 1 << 22;

/// The state of each page of a range, from /proc/PID/pagemap; beyond the first `MAX_PAGES` none.
pub fn pages(pid: Tid, range: AddrRange) -> Result<Vec<PageState>> {
    let path = format!("/proc/{pid}/pagemap");
    let failed = |e: &std::io::Error| Error::io(path.clone(), e);
    let file = File::open(&path).map_err(|e| failed(&e))?;
    let count = (range.len().div_ceil(PAGE)).min(MAX_PAGES) as usize;
    let mut bytes = vec![0; count * 8];
    let mut done = 0;
    while done < bytes.len() {
        let rest = bytes.get_mut(done..).unwrap_or_default();
        match file.read_at(rest, range.start.0 / PAGE * 8 + done as u64) {
            Ok(0) => break,
            Ok(n) => done += n,
            Err(e) => return Err(failed(&e)),
        }
    }
    bytes.truncate(done);
    Ok(bytes.chunks_exact(8).map(|w| page(w.first_chunk().map_or(0, |w| u64::from_le_bytes(*w)))).collect())
}

fn page(word: u64) -> PageState {
    let bit = |n: u32| word >> n & 1 != 0;
    let frame = Some(word & ((1 << 55) - 1)).filter(|f| bit(63) && *f != 0);
    PageState { present: bit(63), swapped: bit(62), of_file: bit(61), exclusive: bit(56), frame }
}

/// How many page tables map each of these frames; `None` without root.
pub fn mappers(frames: &[u64]) -> Option<Vec<u64>> {
    let file = File::open("/proc/kpagecount").ok()?;
    let count = |frame: &u64| {
        let mut word = [0; 8];
        file.read_exact_at(&mut word, frame * 8).ok().map(|()| u64::from_le_bytes(word))
    };
    frames.iter().map(count).collect()
}

/// A mapping's numbers that only the kernel can count, in bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Usage {
    /// Rss.
    pub resident: u64,
    /// Pss: each page divided by the number of processes that map it.
    pub proportional: u64,
    /// Private_Dirty and Shared_Dirty.
    pub dirty: u64,
    /// Swap.
    pub swapped: u64,
    /// Anonymous: copies of a file's pages, and pages that no file has.
    pub anonymous: u64,
    /// What the kernel's VmFlags say.
    pub flags: VmFlags,
}

/// Some of the letters of VmFlags.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct VmFlags {
    /// `dd`: not to be in a core file (madvise(2) MADV_DONTDUMP).
    pub no_dump: bool,
    /// `io`: memory of a device.
    pub io: bool,
    /// `ht`: of huge pages (hugetlbfs).
    pub huge: bool,
}

impl VmFlags {
    fn parse(text: &str) -> VmFlags {
        let has = |letters| text.split_whitespace().any(|w| w == letters);
        VmFlags { no_dump: has("dd"), io: has("io"), huge: has("ht") }
    }
}

/// /proc/PID/smaps by the mapping's start.
pub fn usage(pid: Tid) -> Result<BTreeMap<VirtAddr, Usage>> {
    Ok(parse_smaps(&procfs::text(pid, "smaps")?))
}

fn parse_smaps(text: &str) -> BTreeMap<VirtAddr, Usage> {
    let mut out = BTreeMap::new();
    let mut current = VirtAddr(0);
    for line in text.lines() {
        if let Some((key, value)) = line.split_once(':').filter(|(k, _)| k.starts_with(|c: char| c.is_ascii_uppercase())) {
            let bytes = value.trim().strip_suffix(" kB").and_then(|n| n.trim().parse::<u64>().ok()).unwrap_or(0) << 10;
            let usage: &mut Usage = out.entry(current).or_default();
            match key {
                "Rss" => usage.resident = bytes,
                "Pss" => usage.proportional = bytes,
                "Private_Dirty" | "Shared_Dirty" => usage.dirty += bytes,
                "Swap" => usage.swapped = bytes,
                "Anonymous" => usage.anonymous = bytes,
                "VmFlags" => usage.flags = VmFlags::parse(value),
                _ => {}
            }
        } else if let Some(start) = line.split_once('-').and_then(|(s, _)| u64::from_str_radix(s, 16).ok()) {
            current = VirtAddr(start);
        }
    }
    out
}

/// Who else maps files.
#[derive(Clone, Debug, Default)]
pub struct Sharers {
    /// The processes, by device and inode of the file.
    pub by_file: BTreeMap<((u32, u32), u64), Vec<Tid>>,
    /// How many processes may not be asked: other users'.
    pub unasked: usize,
}

/// The processes besides `own` and rdbg that map each of these files (device and inode), as far as their maps may be read.
pub fn sharers(own: Tid, files: &BTreeSet<((u32, u32), u64)>) -> Sharers {
    let mut out = Sharers::default();
    let rdbg = Tid(std::process::id() as i32);
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let others = entries.filter_map(|e| e.file_name().to_str()?.parse().ok().map(Tid)).filter(|p| *p != own && *p != rdbg);
    for pid in others {
        let maps = match procfs::maps(pid) {
            Ok(maps) => maps,
            Err(Error::Os { errno: libc::EACCES | libc::EPERM, .. }) => {
                out.unasked += 1;
                continue;
            }
            // It has ended.
            Err(_) => continue,
        };
        let mapped: BTreeSet<_> = maps.mappings.iter().filter(|m| m.inode != 0).map(|m| (m.device, m.inode)).collect();
        for file in mapped.intersection(files) {
            out.by_file.entry(*file).or_default().push(pid);
        }
    }
    out
}

/// The page faults of a process, asked for again and again: its file stays open.
#[derive(Debug, Default)]
pub struct FaultCounter(Option<(Tid, File)>);

impl FaultCounter {
    /// Minor and major ones since the process's start (fields 10 and 12 of /proc/PID/stat).
    pub fn read(&mut self, pid: Tid) -> Option<(u64, u64)> {
        if self.0.as_ref().is_none_or(|(of, _)| *of != pid) {
            self.0 = Some((pid, File::open(format!("/proc/{pid}/stat")).ok()?));
        }
        let (_, file) = self.0.as_ref()?;
        let mut buffer = [0; 1024];
        let n = file.read_at(&mut buffer, 0).ok()?;
        let text = String::from_utf8_lossy(buffer.get(..n)?);
        let mut fields = procfs::behind_name(&text)?.split_whitespace().skip(10 - 3);
        Some((fields.next()?.parse().ok()?, fields.nth(1)?.parse().ok()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_pages_are_present_once_written() {
        let pid = Tid(std::process::id() as i32);
        let buffer = vec![1u8; 8 * 4096];
        let start = VirtAddr((buffer.as_ptr() as u64).next_multiple_of(4096));
        let states = pages(pid, AddrRange::with_len(start, 6 * 4096)).unwrap();
        assert_eq!(states.len(), 6);
        assert!(states.iter().all(|s| s.present && s.is_private()), "{states:?}");
        assert!(FaultCounter::default().read(pid).is_some_and(|(minor, _)| minor > 0));
    }

    #[test]
    fn smaps_gives_bytes_by_mapping() {
        let text = "55e1-55e2 r--p 00000000 fe:00 247030   /usr/bin/cat\nSize:  8 kB\nRss:   8 kB\nPss:  4 kB\nPrivate_Dirty: 4 kB\n\
                    Shared_Dirty:  4 kB\nAnonymous: 4 kB\nVmFlags: rd mr dd\n7fff-8000 rw-p 0 00:00 0 [stack]\nRss:  12 kB\n";
        let parsed = parse_smaps(text);
        assert_eq!(parsed.len(), 2);
        let cat = Usage {
            resident: 8192,
            proportional: 4096,
            dirty: 8192,
            anonymous: 4096,
            flags: VmFlags::parse(" dd "),
            ..Usage::default()
        };
        assert_eq!(parsed.get(&VirtAddr(0x55e1)), Some(&cat));
        assert_eq!(parsed.get(&VirtAddr(0x7fff)).map(|u| u.resident), Some(12288));
    }
}

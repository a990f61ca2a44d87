//! A core file of a process that lives (core(5)): what of its memory belongs there, and the writing of it, a piece at a time.

use std::collections::BTreeMap;
use std::fs::File;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;

use crate::base::{AddrRange, Error, Mapping, Need, PAGE, Result, Signal, Tid, VirtAddr};
use crate::elf::{CoreContents, CoreIdentity, CoreMapping, CoreSegment, CoreThread, pf};
use crate::os::pagemap::{self, Usage};
use crate::os::{procfs, signals};
use crate::target::Target;

use super::session::Session;

/// How much is read at a time, in bytes.
const CHUNK: u64 = 1 << 20;
/// So many bytes of address space are looked at at a time for pages that nobody has touched.
const LOOKED_AT: u64 = 64 << 20;
/// What lies from here on is the kernel's (`[vsyscall]`).
const USER_END: VirtAddr = VirtAddr(1 << 47);
/// Where the name of a mapping says so, its file has no name any more.
const DELETED: &str = " (deleted)";

/// Bits of /proc/PID/coredump_filter (core(5)).
mod filter {
    pub const ANONYMOUS_PRIVATE: u64 = 1;
    pub const ANONYMOUS_SHARED: u64 = 1 << 1;
    pub const FILE_PRIVATE: u64 = 1 << 2;
    pub const FILE_SHARED: u64 = 1 << 3;
    pub const ELF_HEADERS: u64 = 1 << 4;
    pub const HUGE_PRIVATE: u64 = 1 << 5;
    pub const HUGE_SHARED: u64 = 1 << 6;
    /// What the kernel takes where nobody has said anything else.
    pub const DEFAULT: u64 = ANONYMOUS_PRIVATE | ANONYMOUS_SHARED | ELF_HEADERS | HUGE_PRIVATE;
}

/// How much of a mapping belongs in the core file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Part {
    Nothing,
    /// Its first page, if an ELF file begins there.
    Headers,
    All,
}

/// Linux fs/coredump.c `vma_dump_size`; `with_excluded` takes what MADV_DONTDUMP leaves out.
fn part(m: &Mapping, usage: &Usage, filter: u64, with_excluded: bool) -> Part {
    let has = |bit| filter & bit != 0;
    let whole = |wanted: bool| if wanted { Part::All } else { Part::Nothing };
    let is_file = m.inode != 0;
    match () {
        // The kernel takes it whatever the filter says: it is in no file.
        () if m.name == "[vdso]" => Part::All,
        () if usage.flags.io || usage.flags.no_dump && !with_excluded => Part::Nothing,
        () if usage.flags.huge => whole(has(if m.perms.shared { filter::HUGE_SHARED } else { filter::HUGE_PRIVATE })),
        // Without a name the file is but shared memory.
        () if m.perms.shared => whole(has(match m.name.ends_with(DELETED) || !is_file {
            true => filter::ANONYMOUS_SHARED,
            false => filter::FILE_SHARED,
        })),
        () if has(filter::ANONYMOUS_PRIVATE) && (!is_file || usage.anonymous + usage.swapped > 0) => {
            // Nobody can have put anything there; reserved address space may be huge.
            let is_reserved = !is_file && usage.resident + usage.swapped == 0 && !(m.perms.read || m.perms.write);
            whole(!is_reserved)
        }
        () if is_file && has(filter::FILE_PRIVATE) => Part::All,
        () if is_file && has(filter::ELF_HEADERS) && m.offset == 0 && m.perms.read => Part::Headers,
        () => Part::Nothing,
    }
}

/// A mapping, what the kernel says of its pages, and its bytes that go into the file.
struct Piece {
    segment: CoreSegment,
    usage: Usage,
    /// A page that was never touched reads as zeroes: it is left out.
    is_anonymous: bool,
}

impl Session {
    /// Writes a core file of the process. What the user should know of it.
    pub fn write_core(&mut self, path: &Path) -> Result<Vec<String>> {
        self.require(Need::Live)?;
        let pieces = self.core_pieces()?;
        let contents = self.core_contents(&pieces)?;
        let (head, places, end) = contents.head();
        let file = File::options().write(true).create(true).truncate(true).mode(0o600).open(path);
        let file = file.map_err(|e| Error::io(path.display().to_string(), &e))?;
        let mut missed = Vec::new();
        let memory = &*self.process()?.target;
        let written = file.write_all_at(&head, 0).map_err(|e| Error::io(path.display().to_string(), &e)).and_then(|()| {
            for (piece, at) in pieces.iter().zip(&places) {
                copy_piece(memory, piece, &file, *at).map_err(|e| named(path, e)).map(|m| missed.extend(m))?;
            }
            // What is not written at the end is zero too; a device has no length.
            match file.metadata() {
                Ok(m) if !m.is_file() => Ok(()),
                _ => file.set_len(end).map_err(|e| Error::io(path.display().to_string(), &e)),
            }
        });
        if let Err(e) = written {
            if file.metadata().is_ok_and(|m| m.is_file()) {
                let _ = std::fs::remove_file(path);
            }
            return Err(e);
        }
        let told = |r: &AddrRange| format!("Memory read failed for corefile section, {} bytes at {}.", r.len(), r.start);
        Ok(missed.iter().map(told).collect())
    }

    fn core_pieces(&self) -> Result<Vec<Piece>> {
        let target = &self.process()?.target;
        let pid = target.pid();
        let chosen = procfs::coredump_filter(pid).filter(|_| self.settings.use_coredump_filter);
        let filter = chosen.unwrap_or(filter::DEFAULT);
        let usage = pagemap::usage(pid)?;
        let own_copies = target.written_pages();
        let mut pieces = Vec::new();
        for m in target.maps()?.mappings.iter().filter(|m| m.range.end <= USER_END) {
            let mut usage = usage.get(&m.range.start).copied().unwrap_or_default();
            if !m.perms.write {
                // Where breakpoints are, pages are copies that the program has not made.
                let count = own_copies.iter().filter(|page| m.range.contains(**page)).count() as u64;
                usage.anonymous = usage.anonymous.saturating_sub(count * PAGE);
            }
            let wanted = part(m, &usage, filter, self.settings.dump_excluded_mappings);
            // What holds something, and is in no file, would read as zeroes.
            let is_lost = m.inode == 0 && usage.resident + usage.swapped > 0;
            if is_lost && wanted == Part::Nothing {
                continue;
            }
            let mut magic = [0; 4];
            let file_size = match wanted {
                Part::All => m.range.len(),
                Part::Headers if target.read(m.range.start, &mut magic).is_ok() && magic == *b"\x7fELF" => PAGE,
                Part::Headers | Part::Nothing => 0,
            };
            let bits = [(m.perms.read, pf::PF_R), (m.perms.write, pf::PF_W), (m.perms.exec, pf::PF_X)];
            let flags = bits.iter().filter(|(on, _)| *on).map(|(_, bit)| bit).sum();
            let is_anonymous = m.inode == 0 && !m.perms.shared && !m.name.starts_with("[v");
            pieces.push(Piece { segment: CoreSegment { range: m.range, flags, file_size }, usage, is_anonymous });
        }
        Ok(pieces)
    }

    fn core_contents(&self, pieces: &[Piece]) -> Result<CoreContents> {
        let process = self.process()?;
        let target = &*process.target;
        let pid = target.pid();
        let mapping =
            |m: &Mapping| CoreMapping { start: m.range.start, end: m.range.end, offset: m.offset, path: m.name.clone() };
        let maps = target.maps()?;
        let files = maps.mappings.iter().filter(|m| m.inode != 0).map(mapping).collect();
        let arguments = procfs::cmdline(pid).unwrap_or_default();
        let mut threads: Vec<_> = target.threads().into_iter().filter_map(|tid| thread(target, tid, &process.deliver)).collect();
        // First comes the one that the core file is about.
        let first = threads.iter().position(|(t, _)| Some(Tid(t.tid)) == self.selection.tid && t.signal != 0);
        let first = first.or_else(|| threads.iter().position(|(t, _)| t.signal != 0));
        let first = first.or_else(|| threads.iter().position(|(t, _)| Some(Tid(t.tid)) == self.selection.tid));
        if let Some(before) = first.and_then(|i| threads.get_mut(..=i)) {
            before.rotate_right(1);
        }
        Ok(CoreContents {
            pid: pid.0,
            process: identity(pid),
            name: target.thread_name(pid),
            arguments: arguments.join(&b' '),
            threads,
            auxv: target.auxv()?,
            files,
            segments: pieces.iter().map(|p| p.segment).collect(),
        })
    }
}

/// A stopped thread; `None` when it has gone.
fn thread(target: &dyn Target, tid: Tid, deliver: &BTreeMap<Tid, Signal>) -> Option<(CoreThread, CoreIdentity)> {
    let registers = *target.registers(tid).ok()?.as_user();
    // Of one that stands still because rdbg has asked for it there is nothing to tell (ptrace(2) PTRACE_EVENT_STOP).
    let word = |info: &[u8; 128], at: usize| info.get(at..)?.first_chunk().map(|w| i32::from_le_bytes(*w));
    let siginfo = target.signal_info(tid).ok().filter(|info| word(info, 8).is_some_and(|code| code >> 8 == 0 || code < 0));
    let signal = deliver.get(&tid).map(|s| s.0).or_else(|| word(siginfo.as_ref()?, 0)).unwrap_or(0);
    let xstate = target.xstate(tid).map(|x| x.0).unwrap_or_default();
    Some((CoreThread { tid: tid.0, signal, registers, xstate, siginfo }, identity(tid)))
}

/// What proc(5) tells of a task; what it does not tell is 0.
fn identity(tid: Tid) -> CoreIdentity {
    // From `ppid`, the fourth field, on.
    let stat = procfs::stat_numbers(tid).unwrap_or_default();
    let field = |n: usize| stat.get(n - 4).copied().unwrap_or(0);
    let ticks = |n: usize| field(n) as u64 * 10_000;
    let number = |key| procfs::status_number(tid, key).unwrap_or(0);
    CoreIdentity {
        family: [field(4) as i32, field(5) as i32, field(6) as i32],
        // Its own state, and not that it is traced.
        state: procfs::state(tid).filter(|s| *s != 't').unwrap_or('R'),
        nice: field(19) as i8,
        flags: field(9) as u64,
        owner: [number("Uid") as u32, number("Gid") as u32],
        times: [ticks(14), ticks(15), ticks(16), ticks(17)],
        pending: procfs::signal_set(tid, "SigPnd").unwrap_or(0),
        blocked: procfs::signal_set(tid, "SigBlk").unwrap_or(0),
    }
}

fn named(path: &Path, error: CopyError) -> Error {
    match error {
        CopyError::Interrupted => Error::Cancelled,
        CopyError::Write(e) => Error::io(path.display().to_string(), &e),
    }
}

enum CopyError {
    Interrupted,
    Write(std::io::Error),
}

/// Copies the bytes of one mapping to its place in the file, pages of zeroes left out: the ranges that could not be read.
fn copy_piece(memory: &dyn Target, piece: &Piece, file: &File, place: u64) -> std::result::Result<Vec<AddrRange>, CopyError> {
    let mut missed: Vec<AddrRange> = Vec::new();
    if piece.is_anonymous && piece.usage.resident + piece.usage.swapped == 0 {
        return Ok(missed);
    }
    let start = piece.segment.range.start;
    let end = start + piece.segment.file_size;
    let mut buffer = vec![0; CHUNK.min(piece.segment.file_size) as usize];
    for touched in touched(memory, piece) {
        let mut at = touched.start;
        while at < touched.end.min(end) {
            if signals::take_interrupt() {
                return Err(CopyError::Interrupted);
            }
            let want = (touched.end.min(end) - at).min(CHUNK) as usize;
            let chunk = buffer.get_mut(..want).unwrap_or_default();
            let n = memory.read_partial(at, chunk).unwrap_or(0);
            write_pages(file, place + (at - start), chunk.get(..n).unwrap_or_default()).map_err(CopyError::Write)?;
            at = at + n as u64;
            if n < want {
                // From here to the end of the page there is nothing to be had.
                let next = VirtAddr((at.0 / PAGE + 1) * PAGE);
                match missed.last_mut().filter(|m| m.end == at) {
                    Some(last) => last.end = next,
                    None => missed.push(AddrRange::new(at, next)),
                }
                at = next;
            }
        }
    }
    Ok(missed)
}

/// The ranges of a mapping that hold more than zeroes, as far as the kernel tells; one after the other, so that the list of a
/// huge mapping is never there as a whole.
fn touched<'a>(memory: &'a dyn Target, piece: &'a Piece) -> impl Iterator<Item = AddrRange> + 'a {
    let range = AddrRange::with_len(piece.segment.range.start, piece.segment.file_size);
    let starts = (range.start.0..range.end.0).step_by(LOOKED_AT as usize);
    starts.flat_map(move |at| {
        let part = AddrRange::new(VirtAddr(at), VirtAddr((at + LOOKED_AT).min(range.end.0)));
        let pages = if piece.is_anonymous { memory.pages(part).unwrap_or_default() } else { Vec::new() };
        if pages.len() as u64 * PAGE < part.len() {
            return vec![part];
        }
        let mut runs: Vec<AddrRange> = Vec::new();
        for (page, _) in (part.start.0..).step_by(PAGE as usize).zip(&pages).filter(|(_, p)| p.present || p.swapped) {
            match runs.last_mut().filter(|r| r.end.0 == page) {
                Some(last) => last.end = last.end + PAGE,
                None => runs.push(AddrRange::with_len(VirtAddr(page), PAGE)),
            }
        }
        runs
    })
}

/// Writes what is not zero; the rest stays a hole.
fn write_pages(file: &File, place: u64, bytes: &[u8]) -> std::io::Result<()> {
    let mut from = 0;
    while from < bytes.len() {
        let page = |at: usize| bytes.get(at..bytes.len().min(at + PAGE as usize)).unwrap_or_default();
        let is_zero = |at: usize| page(at).iter().all(|b| *b == 0);
        let mut to = from;
        while to < bytes.len() && !is_zero(to) {
            to += PAGE as usize;
        }
        if to > from {
            file.write_all_at(bytes.get(from..to.min(bytes.len())).unwrap_or_default(), place + from as u64)?;
        }
        from = to.max(from + PAGE as usize);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Perms;
    use crate::os::pagemap::VmFlags;

    fn mapping(perms: &str, inode: u64, name: &str) -> Mapping {
        let has = |c| perms.contains(c);
        let perms = Perms { read: has('r'), write: has('w'), exec: has('x'), shared: has('s') };
        let range = AddrRange::with_len(VirtAddr(0x1000), 0x4000);
        Mapping { range, perms, offset: 0, device: (0, 0), inode, name: name.into() }
    }

    /// The kernel's rules, one by one.
    #[test]
    fn the_filter_means_what_the_kernel_says() {
        let used = Usage { resident: 8192, ..Usage::default() };
        let written = Usage { anonymous: 4096, ..used };
        let is = |m: &Mapping, usage: &Usage, bits: u64| part(m, usage, bits, false);
        let heap = mapping("rw-p", 0, "[heap]");
        assert_eq!((is(&heap, &used, 1), is(&heap, &used, !1)), (Part::All, Part::Nothing));
        let text = mapping("r-xp", 5, "/bin/true");
        assert_eq!((is(&text, &used, 0x33), is(&text, &used, 4), is(&text, &used, 1)), (Part::Headers, Part::All, Part::Nothing));
        assert_eq!(is(&text, &written, 1), Part::All);
        let shared = mapping("rw-s", 5, "/tmp/x");
        assert_eq!((is(&shared, &used, 8), is(&shared, &used, !8)), (Part::All, Part::Nothing));
        let nameless = mapping("rw-s", 5, "/dev/zero (deleted)");
        assert_eq!((is(&nameless, &used, 2), is(&nameless, &used, !2)), (Part::All, Part::Nothing));
        let huge = |flags| Usage { flags: VmFlags { huge: true, ..flags }, ..used };
        assert_eq!(
            (is(&heap, &huge(VmFlags::default()), 0x20), is(&heap, &huge(VmFlags::default()), 1)),
            (Part::All, Part::Nothing)
        );
        assert_eq!(is(&shared, &huge(VmFlags::default()), 0x40), Part::All);
        let excluded = Usage { flags: VmFlags { no_dump: true, ..VmFlags::default() }, ..used };
        assert_eq!((is(&heap, &excluded, 0xff), part(&heap, &excluded, 1, true)), (Part::Nothing, Part::All));
        let device = Usage { flags: VmFlags { io: true, ..VmFlags::default() }, ..used };
        assert_eq!(part(&heap, &device, 0xff, true), Part::Nothing);
        assert_eq!(is(&mapping("---p", 0, ""), &Usage::default(), 0xff), Part::Nothing);
        assert_eq!(is(&mapping("r-xp", 0, "[vdso]"), &excluded, 0), Part::All);
    }
}

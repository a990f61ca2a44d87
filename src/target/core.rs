//! A core file as a target: everything can be read, nothing runs.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::traits::{Control, Target};
use crate::arch::regs::{Registers, XState};
use crate::base::{AddrRange, Error, Mapping, Memory, MemoryMap, Perms, Result, Signal, Tid, VirtAddr, page_down};
use crate::elf::{AuxEntry, CoreFile, CoreMapping, CoreThread, Image, MappedFile, Segment, aux, pf};

/// A process that has left nothing but a core file, and the files that it had mapped.
#[derive(Debug)]
pub struct Core {
    file: CoreFile,
    /// Mapped files that were opened, for what the core file leaves out: text and read-only data.
    opened: RefCell<HashMap<String, Option<Arc<MappedFile>>>>,
    /// A file that is where the user says, and the path that the process knew it by.
    moved: Option<(String, PathBuf)>,
}

/// What is wrong with a file that the process had mapped.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum FileTrouble {
    /// It is not there any more.
    Missing(String),
    /// It is there with another build-id: its bytes are not those that were mapped.
    OtherBuild(String),
}

impl Core {
    /// Opens a core file.
    pub fn open(path: &Path) -> Result<Core> {
        Ok(Core { file: CoreFile::open(path)?, opened: RefCell::default(), moved: None })
    }

    /// The core file.
    pub fn file(&self) -> &CoreFile {
        &self.file
    }

    /// The signal that ended the process; `None` in a core file of one that went on (gcore).
    pub fn signal(&self) -> Option<Signal> {
        self.file.threads.first().map(|t| t.signal).filter(|s| *s != 0).map(Signal)
    }

    /// The path of the program: the file in which the kernel says that the entry point lies.
    pub fn program(&self) -> Option<String> {
        let entry = AuxEntry::find(&AuxEntry::parse(&self.file.auxv), aux::AT_ENTRY)?;
        let holds = |m: &&CoreMapping| m.start.0 <= entry && entry < m.end.0;
        self.file.files.iter().find(holds).map(|m| m.path.clone())
    }

    /// A file of this build is the one that the process knew by this path.
    pub fn moved(&mut self, path: String, to: PathBuf) {
        self.opened.borrow_mut().remove(&path);
        self.moved = Some((path, to));
    }

    /// Whether a file has the build-id that the process had in memory where this path was mapped; `None` where one of the two is
    /// not known.
    pub fn is_same_build(&self, path: &str, file: &Path) -> Option<bool> {
        let first = self.file.files.iter().find(|m| m.path == path && m.offset == 0)?;
        let then = self.file.build_id(first)?;
        Image::open(file).ok()?.build_id().map(|now| now == then)
    }

    /// The mapped files that cannot stand for what was mapped, in order of addresses.
    pub fn troubles(&self) -> Vec<FileTrouble> {
        let mut seen = BTreeSet::new();
        let paths = self.file.files.iter().map(|m| &m.path).filter(|p| seen.insert(p.as_str()));
        paths.filter_map(|path| self.trouble(path)).collect()
    }

    fn trouble(&self, path: &str) -> Option<FileTrouble> {
        let file = self.place_of(path);
        if !file.exists() {
            return self.lacks_bytes_of(path).then(|| FileTrouble::Missing(path.to_owned()));
        }
        (self.is_same_build(path, file) == Some(false)).then(|| FileTrouble::OtherBuild(path.to_owned()))
    }

    /// Whether the core file leaves anything out of what was mapped of a file.
    fn lacks_bytes_of(&self, path: &str) -> bool {
        let is_whole = |s: &Segment| s.file_size >= s.mem_size;
        let of_it = |m: &&CoreMapping| m.path == path;
        self.file.files.iter().filter(of_it).any(|m| {
            let segment = self.file.segments().find(|s| s.addr.0 <= m.start.0 && m.start.0 - s.addr.0 < s.mem_size);
            segment.is_none_or(|s| !is_whole(s))
        })
    }

    /// Where a mapped file is now.
    fn place_of<'a>(&'a self, path: &'a str) -> &'a Path {
        self.moved.as_ref().filter(|(from, _)| from == path).map_or(Path::new(path), |(_, to)| to)
    }

    fn thread(&self, tid: Tid) -> Result<&CoreThread> {
        self.file.threads.iter().find(|t| t.tid == tid.0).ok_or(Error::Gone)
    }

    /// What lies at `at` in the file that was mapped there; `None` where no file was.
    fn mapped_bytes(&self, at: VirtAddr, buf: &mut [u8]) -> Option<usize> {
        let mapping = self.file.files.iter().find(|m| m.start <= at && at < m.end)?;
        let mut opened = self.opened.borrow_mut();
        // What was built anew since has other bytes.
        let is_it = || self.is_same_build(&mapping.path, self.place_of(&mapping.path)) != Some(false);
        let open = || MappedFile::open(self.place_of(&mapping.path)).ok().filter(|_| is_it()).map(Arc::new);
        let Some(file) = opened.entry(mapping.path.clone()).or_insert_with(open).clone() else { return Some(0) };
        let skip = mapping.offset.saturating_add(at - mapping.start);
        let bytes = usize::try_from(skip).ok().and_then(|s| file.get(s..)).unwrap_or_default();
        let n = bytes.len().min(buf.len()).min((mapping.end - at) as usize);
        Some(copy(buf, bytes, n))
    }

    /// Memory that the kernel has left out because nobody has touched it: zeroes. Where nothing may be done with it, there is none.
    fn untouched_bytes(&self, at: VirtAddr, buf: &mut [u8]) -> usize {
        let is_there = |s: &&Segment| s.flags != 0 && s.file_size == 0 && s.addr.0 <= at.0 && at.0 - s.addr.0 < s.mem_size;
        let Some(segment) = self.file.segments().find(is_there) else { return 0 };
        let n = buf.len().min((segment.mem_size - (at.0 - segment.addr.0)) as usize);
        buf.iter_mut().take(n).for_each(|b| *b = 0);
        n
    }

    /// The mappings of files that no segment of the core file covers: gdb leaves out text that nobody has written to. What might be
    /// done there the core file does not say; the mapped file's program headers do.
    fn left_out(&self, covered: &[Mapping]) -> Vec<Mapping> {
        let files = self.file.files.iter().filter(|f| f.start < f.end);
        let alone = files.filter(|f| !covered.iter().any(|m| m.range.overlaps(&AddrRange::new(f.start, f.end))));
        let mapping = |f: &CoreMapping| {
            let image = Image::open(Path::new(&f.path)).ok();
            let segment = image.as_ref().and_then(|i| i.loads().find(|s| page_down(s.offset) == f.offset));
            let has = |bit| segment.is_none_or(|s| s.flags & bit != 0);
            let perms = Perms {
                read: has(pf::PF_R),
                write: segment.is_some() && has(pf::PF_W),
                exec: segment.is_some() && has(pf::PF_X),
                shared: false,
            };
            let range = AddrRange::new(f.start, f.end);
            Mapping { range, perms, offset: f.offset, device: (0, 0), inode: 1, name: f.path.clone() }
        };
        alone.map(mapping).collect()
    }
}

fn copy(to: &mut [u8], from: &[u8], n: usize) -> usize {
    to.iter_mut().zip(from.iter().take(n)).for_each(|(t, f)| *t = *f);
    n
}

impl Memory for Core {
    fn read_partial(&self, at: VirtAddr, buf: &mut [u8]) -> Result<usize> {
        let mut done = 0;
        while let Some(rest) = buf.get_mut(done..).filter(|r| !r.is_empty()) {
            let addr = VirtAddr(at.0.wrapping_add(done as u64));
            // The core file's own bytes: what the program has written. It leaves out pages of files that nobody has written to.
            let n = match self.file.bytes_from(addr) {
                Some(bytes) if !bytes.is_empty() => copy(rest, bytes, bytes.len().min(rest.len())),
                _ => self.mapped_bytes(addr, rest).unwrap_or_else(|| self.untouched_bytes(addr, rest)),
            };
            if n == 0 {
                break;
            }
            done += n;
        }
        Ok(done)
    }
}

impl Target for Core {
    fn pid(&self) -> Tid {
        Tid(self.file.pid)
    }

    fn threads(&self) -> Vec<Tid> {
        self.file.threads.iter().map(|t| Tid(t.tid)).collect()
    }

    fn thread_name(&self, _: Tid) -> String {
        // The kernel writes down one name only, and gdb shows none.
        String::new()
    }

    fn registers(&self, tid: Tid) -> Result<Registers> {
        Ok(Registers::from_user(self.thread(tid)?.registers))
    }

    fn pc(&self, tid: Tid) -> Result<VirtAddr> {
        Ok(VirtAddr(self.registers(tid)?.pc()))
    }

    fn xstate(&self, tid: Tid) -> Result<XState> {
        Ok(XState(self.thread(tid)?.xstate.clone()))
    }

    fn signal_info(&self, tid: Tid) -> Result<[u8; 128]> {
        self.thread(tid)?.siginfo.ok_or_else(|| Error::user("Unable to read siginfo"))
    }

    fn auxv(&self) -> Result<Vec<u8>> {
        Ok(self.file.auxv.clone())
    }

    fn maps(&self) -> Result<MemoryMap> {
        let vdso = AuxEntry::find(&AuxEntry::parse(&self.file.auxv), aux::AT_SYSINFO_EHDR);
        let sp = self.file.threads.iter().find(|t| t.tid == self.file.pid).map(|t| Registers::from_user(t.registers).sp());
        let mut mappings = Vec::new();
        for s in self.file.segments().filter(|s| s.mem_size > 0) {
            let range = AddrRange::with_len(VirtAddr(s.addr.0), s.mem_size);
            let has = |bit| s.flags & bit != 0;
            let perms = Perms { read: has(pf::PF_R), write: has(pf::PF_W), exec: has(pf::PF_X), shared: false };
            let file = self.file.files.iter().find(|m| m.start <= range.start && range.start < m.end);
            let special = match () {
                () if vdso == Some(range.start.0) => "[vdso]",
                () if sp.is_some_and(|sp| range.contains(VirtAddr(sp))) => "[stack]",
                () => "",
            };
            let name = file.map_or_else(|| special.to_owned(), |f| f.path.clone());
            let offset = file.map_or(0, |f| f.offset.saturating_add(range.start - f.start));
            // Which file it was the core file says by path alone.
            mappings.push(Mapping { range, perms, offset, device: (0, 0), inode: u64::from(file.is_some()), name });
        }
        mappings.extend(self.left_out(&mappings));
        mappings.sort_by_key(|m| m.range.start);
        Ok(MemoryMap { mappings })
    }

    fn open_image(&self, path: &Path) -> Result<Arc<Image>> {
        // ld.so's name of it may go by symbolic links, the kernel's does not.
        let real = std::fs::canonicalize(path).map_err(|e| Error::io(path.display().to_string(), &e))?;
        if self.is_same_build(&real.to_string_lossy(), &real) == Some(false) {
            return Err(Error::user(format!("{} has another build-id than what was mapped.", path.display())));
        }
        Image::open(path)
    }

    fn control(&mut self) -> Option<&mut dyn Control> {
        None
    }

    fn core_file(&self) -> Option<&CoreFile> {
        Some(&self.file)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;
    use crate::base::PAGE;
    use crate::elf::{CoreContents, CoreIdentity, CoreSegment};

    /// Sizes and offsets in a core file may be anything: what they add up to may be beyond every number.
    #[test]
    fn forged_sizes_lead_nowhere() {
        let thread = CoreThread { tid: 7, signal: 11, registers: [0; 27], xstate: Vec::new(), siginfo: None };
        let at = VirtAddr(u64::MAX - 2 * PAGE + 1);
        let contents = CoreContents {
            pid: 7,
            threads: vec![(thread, CoreIdentity::default())],
            files: vec![CoreMapping { start: VirtAddr(PAGE), end: VirtAddr(u64::MAX), offset: u64::MAX, path: "/forged".into() }],
            segments: vec![CoreSegment { range: AddrRange::with_len(at, PAGE), flags: 6, file_size: 0 }],
            ..CoreContents::default()
        };
        let (mut bytes, ..) = contents.head();
        // p_memsz of the second program header, behind that of the notes (gABI ch. 5).
        let size = 64 + 56 + 40;
        bytes[size..size + 8].copy_from_slice(&u64::MAX.to_le_bytes());
        let path = std::env::temp_dir().join(format!("rdbg-forged-core-{}", std::process::id()));
        std::fs::write(&path, &bytes).unwrap();
        let core = Core::open(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        let maps = core.maps().unwrap();
        assert_eq!(maps.mappings.iter().map(|m| m.range.start).collect::<Vec<_>>(), [at]);
        let mut buf = [1; 16];
        assert_eq!(core.untouched_bytes(at + 8, &mut buf), 16);
        assert_eq!(core.read_partial(at + 8, &mut buf).unwrap(), 0, "the file is not there");
    }
}

//! Core files: a process as the kernel, or gdb, wrote it down (core(5), Linux fs/binfmt_elf.c `fill_note_info`).

use std::path::Path;
use std::sync::Arc;

use super::file::{Segment, pt};
use super::image::Image;
use super::notes::build_id_in;
use crate::base::{Error, PAGE, Result, VirtAddr};

/// A thread of a core file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CoreThread {
    /// `pr_pid`: the thread's id.
    pub tid: i32,
    /// `pr_cursig`: the signal that it got.
    pub signal: i32,
    /// `pr_reg`, as `struct user_regs_struct`.
    pub registers: [u64; 27],
    /// NT_X86_XSTATE, or NT_FPREGSET's 512 bytes where that is all there is; empty without either.
    pub xstate: Vec<u8>,
    /// NT_SIGINFO: the `siginfo_t` of the signal.
    pub siginfo: Option<[u8; 128]>,
}

/// A mapping of a file, as NT_FILE has it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CoreMapping {
    /// Where it begins.
    pub start: VirtAddr,
    /// One past its end.
    pub end: VirtAddr,
    /// Offset in the file, in bytes.
    pub offset: u64,
    /// The path.
    pub path: String,
}

/// A core file: its notes read, its memory left in the file.
#[derive(Debug)]
pub struct CoreFile {
    image: Arc<Image>,
    /// The process's id.
    pub pid: i32,
    /// The threads; the first is the one that got the signal.
    pub threads: Vec<CoreThread>,
    /// The auxiliary vector.
    pub auxv: Vec<u8>,
    /// The files that were mapped.
    pub files: Vec<CoreMapping>,
    /// `pr_fname`: the program's name, at most 15 bytes.
    pub name: String,
    /// `pr_psargs`: the beginning of the command line.
    pub arguments: String,
    /// What could not be read of the notes.
    pub damage: Vec<String>,
}

pub(super) const NT_PRSTATUS: u32 = 1;
pub(super) const NT_FPREGSET: u32 = 2;
pub(super) const NT_PRPSINFO: u32 = 3;
pub(super) const NT_AUXV: u32 = 6;
pub(super) const NT_X86_XSTATE: u32 = 0x202;
pub(super) const NT_FILE: u32 = 0x4649_4c45;
pub(super) const NT_SIGINFO: u32 = 0x5349_4749;
/// Offsets in `struct elf_prstatus` and `struct elf_prpsinfo` of x86-64.
pub(super) const PR_CURSIG: usize = 12;
pub(super) const PR_PID: usize = 32;
pub(super) const PR_REG: usize = 112;
pub(super) const PS_PID: usize = 24;
pub(super) const PS_FNAME: usize = 40;
pub(super) const PS_ARGS: usize = 56;
/// More threads or mappings than this are damage.
const MAX_THREADS: usize = 1 << 17;
const MAX_FILES: usize = 1 << 17;

fn word32(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn word64(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

/// The text up to the first NUL.
fn text(bytes: &[u8]) -> String {
    let end = memchr::memchr(0, bytes).unwrap_or(bytes.len());
    String::from_utf8_lossy(bytes.get(..end).unwrap_or_default()).trim_end().to_owned()
}

impl CoreFile {
    /// Opens a core file and reads its notes. What is damaged is left out and named.
    pub fn open(path: &Path) -> Result<CoreFile> {
        let image = Image::open_core(path)?;
        let mut core = CoreFile {
            image: image.clone(),
            pid: 0,
            threads: Vec::new(),
            auxv: Vec::new(),
            files: Vec::new(),
            name: String::new(),
            arguments: String::new(),
            damage: Vec::new(),
        };
        for note in image.notes() {
            match (note.owner, note.kind) {
                ("CORE", NT_PRSTATUS) => match thread(note.data) {
                    Some(thread) if core.threads.len() < MAX_THREADS => core.threads.push(thread),
                    _ => core.damage.push("a thread's registers (NT_PRSTATUS)".into()),
                },
                ("CORE", NT_FPREGSET) => {
                    if let Some(thread) = core.threads.last_mut().filter(|t| t.xstate.is_empty()) {
                        thread.xstate = note.data.to_vec();
                    }
                }
                ("LINUX", NT_X86_XSTATE) => {
                    if let Some(thread) = core.threads.last_mut() {
                        thread.xstate = note.data.to_vec();
                    }
                }
                ("CORE", NT_SIGINFO) => {
                    if let Some(thread) = core.threads.last_mut() {
                        thread.siginfo = note.data.first_chunk().copied();
                    }
                }
                ("CORE", NT_PRPSINFO) => {
                    core.pid = word32(note.data, PS_PID).unwrap_or(0) as i32;
                    core.name = text(note.data.get(PS_FNAME..PS_ARGS).unwrap_or_default());
                    core.arguments = text(note.data.get(PS_ARGS..).unwrap_or_default());
                }
                ("CORE", NT_AUXV) => core.auxv = note.data.to_vec(),
                ("CORE", NT_FILE) => core.read_files(note.data),
                _ => {}
            }
        }
        let first = core.threads.first().map(|t| t.tid);
        let Some(first) = first else {
            return Err(Error::BadElf { file: path.display().to_string(), what: "no thread's registers are in it".into() });
        };
        if core.pid == 0 {
            core.pid = first;
        }
        Ok(core)
    }

    /// NT_FILE: count, page size, then start, end and offset in pages of each, then the paths.
    fn read_files(&mut self, data: &[u8]) {
        let count = word64(data, 0).and_then(|n| usize::try_from(n).ok()).unwrap_or(0);
        let page = word64(data, 8).unwrap_or(PAGE);
        let strings_at = count.checked_mul(24).and_then(|n| n.checked_add(16));
        let Some(mut strings) = strings_at.and_then(|at| data.get(at..)).filter(|_| count <= MAX_FILES) else {
            self.damage.push("the list of mapped files (NT_FILE)".into());
            return;
        };
        for i in 0..count {
            let field = |n: usize| word64(data, 16 + 24 * i + 8 * n).unwrap_or(0);
            let (name, rest) = strings.split_at(memchr::memchr(0, strings).unwrap_or(strings.len()));
            strings = rest.get(1..).unwrap_or_default();
            self.files.push(CoreMapping {
                start: VirtAddr(field(0)),
                end: VirtAddr(field(1)),
                offset: field(2).saturating_mul(page),
                path: String::from_utf8_lossy(name).into_owned(),
            });
        }
    }

    /// The path of the core file.
    pub fn path(&self) -> &Path {
        self.image.path()
    }

    /// The mappings whose place is known, in order of addresses.
    pub fn segments(&self) -> impl Iterator<Item = &Segment> {
        self.image.segments().iter().filter(|s| s.kind == pt::PT_LOAD)
    }

    /// The bytes of memory from `at` on that are in the core file.
    pub fn bytes_from(&self, at: VirtAddr) -> Option<&[u8]> {
        let segment = self.segments().find(|s| s.addr.0 <= at.0 && at.0 - s.addr.0 < s.file_size)?;
        let skip = at.0 - segment.addr.0;
        let start = usize::try_from(segment.offset.checked_add(skip)?).ok()?;
        let bytes = self.image.bytes().get(start..)?;
        let len = usize::try_from(segment.file_size - skip).unwrap_or(usize::MAX);
        Some(bytes.get(..len).unwrap_or(bytes))
    }

    /// The build-id of a mapped file, as the process had it in memory: of its headers and of its notes, where the core file has
    /// them. `mapping` is that of the file's beginning.
    pub fn build_id(&self, mapping: &CoreMapping) -> Option<&[u8]> {
        let head = self.bytes_from(mapping.start).filter(|h| mapping.offset == 0 && h.starts_with(b"\x7fELF\x02"))?;
        // e_phoff and e_phnum; in each header p_type, p_offset, p_filesz, p_align (gABI ch. 5).
        let table = usize::try_from(word64(head, 32)?).ok()?;
        let count = u16::from_le_bytes(*head.get(56..)?.first_chunk()?);
        let headers = head.get(table..)?.chunks_exact(56).take(count.into());
        headers.filter(|h| word32(h, 0) == Some(pt::PT_NOTE)).find_map(|h| {
            let at = mapping.start.0.checked_add(word64(h, 8)?).filter(|at| *at < mapping.end.0)?;
            let len = usize::try_from(word64(h, 32)?).ok()?;
            build_id_in(self.bytes_from(VirtAddr(at))?.get(..len)?, if word64(h, 48) == Some(8) { 8 } else { 4 })
        })
    }

    /// Whether the file ends before the memory that its headers promise.
    pub fn is_truncated(&self) -> bool {
        let end = self.segments().map(|s| s.offset.saturating_add(s.file_size)).max().unwrap_or(0);
        end > self.image.bytes().len() as u64
    }
}

fn thread(data: &[u8]) -> Option<CoreThread> {
    let mut registers = [0; 27];
    for (i, word) in registers.iter_mut().enumerate() {
        *word = word64(data, PR_REG + 8 * i)?;
    }
    let signal = u16::from_le_bytes(*data.get(PR_CURSIG..)?.first_chunk()?).into();
    Some(CoreThread { tid: word32(data, PR_PID)? as i32, signal, registers, xstate: Vec::new(), siginfo: None })
}

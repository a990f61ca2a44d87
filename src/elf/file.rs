//! An ELF file as it lies there: mapped, or bytes that were read from a process; its header and its segments.
#![allow(unsafe_code)] // the mmap, nothing else

use std::fs::{File, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use goblin::container::{Container, Ctx, Endian};
use goblin::elf::header;
use goblin::elf::{Header, ProgramHeader};
use memmap2::{Mmap, UncheckedAdvice};

use crate::base::{Error, FileAddr, Result};

/// Segment types (gABI ch. 5 "Program header").
pub mod pt {
    use goblin::elf::program_header as ph;
    /// Loaded into memory.
    pub const PT_LOAD: u32 = ph::PT_LOAD;
    /// The dynamic section.
    pub const PT_DYNAMIC: u32 = ph::PT_DYNAMIC;
    /// The interpreter's path.
    pub const PT_INTERP: u32 = ph::PT_INTERP;
    /// Notes.
    pub const PT_NOTE: u32 = ph::PT_NOTE;
    /// The program headers themselves.
    pub const PT_PHDR: u32 = ph::PT_PHDR;
    /// The image of thread-local storage.
    pub const PT_TLS: u32 = ph::PT_TLS;
    /// The stack's permissions.
    pub const PT_GNU_STACK: u32 = ph::PT_GNU_STACK;
    /// Read-only after relocation.
    pub const PT_GNU_RELRO: u32 = ph::PT_GNU_RELRO;
    /// The search table of .eh_frame.
    pub const PT_GNU_EH_FRAME: u32 = ph::PT_GNU_EH_FRAME;
}

/// Segment permissions (gABI ch. 5 "Segment permissions").
pub mod pf {
    use goblin::elf::program_header as ph;
    /// Execute.
    pub const PF_X: u32 = ph::PF_X;
    /// Write.
    pub const PF_W: u32 = ph::PF_W;
    /// Read.
    pub const PF_R: u32 = ph::PF_R;
}

/// How goblin reads everything here: 64-bit, little-endian.
pub(super) const CTX: Ctx = Ctx { container: Container::Big, le: Endian::Little };

/// Whether a file is linked at fixed addresses (gABI ch. 4 `e_type`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FileKind {
    /// ET_EXEC: runs at its link-time addresses.
    Exec,
    /// ET_DYN: a shared library or a position-independent program.
    Dyn,
}

/// What tells one version of a file from another: device, inode, modification time and size (stat(2)).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Identity {
    /// `st_dev`
    pub device: u64,
    /// `st_ino`
    pub inode: u64,
    /// `st_mtim` as seconds and nanoseconds.
    pub modified: (i64, i64),
    /// `st_size` in bytes.
    pub size: u64,
}

impl Identity {
    /// The identity of the file that the metadata describes.
    pub fn of(meta: &Metadata) -> Identity {
        Identity { device: meta.dev(), inode: meta.ino(), modified: (meta.mtime(), meta.mtime_nsec()), size: meta.size() }
    }
}

/// A program header (gABI ch. 5 "Program header").
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Segment {
    /// `p_type`, see [`pt`].
    pub kind: u32,
    /// `p_flags`, see [`pf`].
    pub flags: u32,
    /// `p_offset` in bytes.
    pub offset: u64,
    /// `p_vaddr`.
    pub addr: FileAddr,
    /// `p_filesz` in bytes.
    pub file_size: u64,
    /// `p_memsz` in bytes.
    pub mem_size: u64,
    /// `p_align` in bytes.
    pub align: u64,
}

impl Segment {
    /// Whether `addr` lies in it, in memory.
    pub fn contains(&self, addr: FileAddr) -> bool {
        addr - self.addr < self.mem_size
    }

    /// Whether it is loaded with execute permission.
    pub fn is_code(&self) -> bool {
        self.kind == pt::PT_LOAD && self.flags & pf::PF_X != 0
    }

    /// The type's name without `PT_`, as `readelf -l` writes it; `<unknown>` where it has none.
    pub fn kind_name(&self) -> &'static str {
        let name = goblin::elf::program_header::pt_to_str(self.kind);
        match self.kind {
            0x6474_e553 => "GNU_PROPERTY",
            _ if name == "UNKNOWN_PT" => "<unknown>",
            _ => name.strip_prefix("PT_").unwrap_or(name),
        }
    }
}

/// What a file is opened for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// It is run, or was loaded.
    Run,
    /// It describes such a file.
    Describe,
    /// It holds a process's memory.
    Core,
}

/// A file mapped into memory, to be read: not an ELF file, of which [`ElfFile`] is the mapping.
#[derive(Debug)]
pub struct MappedFile(Mmap);

impl MappedFile {
    /// Maps a file of at least one byte.
    pub fn open(path: &Path) -> Result<MappedFile> {
        let failed = |e: std::io::Error| Error::io(path.display().to_string(), &e);
        let (file, _) = open_regular(path)?;
        // SAFETY: as for ElfFile::map below: private, read-only, any byte may change at any time, SIGBUS is handled.
        Ok(MappedFile(unsafe { Mmap::map(&file) }.map_err(failed)?))
    }
}

impl std::ops::Deref for MappedFile {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

/// So much of a file is looked at before it is released, in bytes: a multiple of what entries of tables are long.
const WINDOW: usize = 24 << 16;

/// Opens a file that is one. What else there is at a path is not even opened: a pipe that nobody writes to would never be (fifo(7)),
/// and core files and search paths name what they like.
fn open_regular(path: &Path) -> Result<(File, Metadata)> {
    let failed = |e: std::io::Error| Error::io(path.display().to_string(), &e);
    let meta = std::fs::metadata(path).map_err(failed)?;
    if meta.is_dir() {
        return Err(Error::user(format!("{}: Is a directory.", path.display())));
    }
    if !meta.is_file() {
        return Err(Error::BadElf { file: path.display().to_string(), what: "not a regular file".into() });
    }
    let file = File::open(path).map_err(failed)?;
    let meta = file.metadata().map_err(failed)?;
    Ok((file, meta))
}

#[derive(Debug)]
enum Bytes {
    Mapped(Mmap),
    Owned(Vec<u8>),
}

/// An ELF file mapped into memory, or the bytes of one that was read from a process (the vdso): the part of an
/// [`Image`](super::Image) that is read when it is opened.
#[derive(Debug)]
pub struct ElfFile {
    path: PathBuf,
    bytes: Bytes,
    identity: Option<Identity>,
    header: Header,
    segments: Vec<Segment>,
}

impl ElfFile {
    pub(super) fn map(path: &Path, purpose: Purpose) -> Result<ElfFile> {
        let shown = path.display();
        let (file, meta) = open_regular(path)?;
        if meta.len() == 0 {
            return Err(not_recognized(path)); // mmap(2) refuses length 0
        }
        // SAFETY: the mapping is private and read-only, and is only handed out as `&[u8]` bound to this ElfFile. Another process
        // may change the file meanwhile: every reader here copes with any byte at any time (all values are checked after they
        // have been copied out of the mapping), and a file that shrinks raises SIGBUS, which `os/signals.rs` handles.
        let map = unsafe { Mmap::map(&file) }.map_err(|e| Error::io(shown.to_string(), &e))?;
        ElfFile::new(path.to_path_buf(), Bytes::Mapped(map), Some(Identity::of(&meta)), purpose)
    }

    pub(super) fn from_bytes(name: &str, bytes: Vec<u8>, purpose: Purpose) -> Result<ElfFile> {
        ElfFile::new(PathBuf::from(name), Bytes::Owned(bytes), None, purpose)
    }

    fn new(path: PathBuf, bytes: Bytes, identity: Option<Identity>, purpose: Purpose) -> Result<ElfFile> {
        let file: &[u8] = match &bytes {
            Bytes::Mapped(m) => m,
            Bytes::Owned(v) => v,
        };
        let header = parse_header(&path, file, purpose)?;
        let segments = parse_segments(&path, file, &header, purpose)?;
        Ok(ElfFile { path, bytes, identity, header, segments })
    }

    /// The path it was opened by, or the name it was given.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The path's last component.
    pub fn name(&self) -> String {
        self.path.file_name().map_or_else(|| self.path.display().to_string(), |n| n.to_string_lossy().into_owned())
    }

    /// The whole file.
    pub fn bytes(&self) -> &[u8] {
        match &self.bytes {
            Bytes::Mapped(m) => m,
            Bytes::Owned(v) => v,
        }
    }

    /// Gives the memory of a part of the mapping back: the system reads it from the file again when it is next looked at. For what
    /// was passed over once, so that it does not count to rdbg's memory (getrusage(2) counts pages of files too). Nothing happens to
    /// bytes that are not in the mapping.
    pub fn release(&self, part: &[u8]) {
        let Bytes::Mapped(map) = &self.bytes else { return };
        let Some(at) = (part.as_ptr() as usize).checked_sub(map.as_ptr() as usize) else { return };
        if part.is_empty() || at.checked_add(part.len()).is_none_or(|end| end > map.len()) {
            return;
        }
        // SAFETY: the mapping is of a file, private, and never written to: the same bytes come back (madvise(2), MADV_DONTNEED).
        let _ = unsafe { map.unchecked_advise_range(UncheckedAdvice::DontNeed, at, part.len()) };
    }

    /// Shows `each` all of a part of the file, a window at a time with its offset in the part, and releases what was seen. Windows
    /// overlap by `needle - 1` bytes, so that each run of `needle` bytes lies in exactly one of them.
    pub fn pass_over<'a>(&'a self, part: &'a [u8], needle: usize, mut each: impl FnMut(usize, &'a [u8])) {
        let mut at = 0;
        while let Some(rest) = part.get(at..).filter(|rest| !rest.is_empty()) {
            let window = rest.get(..WINDOW + needle.saturating_sub(1)).unwrap_or(rest);
            each(at, window);
            self.release(rest.get(..WINDOW).unwrap_or(rest));
            at += WINDOW;
        }
    }

    /// The file's identity at the time it was opened; `None` for bytes from memory.
    pub fn identity(&self) -> Option<Identity> {
        self.identity
    }

    /// `e_entry`; `None` if 0, which is what libraries have.
    pub fn entry(&self) -> Option<FileAddr> {
        Some(FileAddr(self.header.e_entry)).filter(|a| a.0 != 0)
    }

    /// Whether it is linked at fixed addresses.
    pub fn kind(&self) -> FileKind {
        if self.header.e_type == header::ET_EXEC { FileKind::Exec } else { FileKind::Dyn }
    }

    pub(super) fn header(&self) -> &Header {
        &self.header
    }

    /// The program headers in the file's order.
    pub fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// The PT_LOAD segments, in the file's order.
    pub fn loads(&self) -> impl Iterator<Item = &Segment> {
        self.segments.iter().filter(|s| s.kind == pt::PT_LOAD)
    }

    /// The first segment of this type.
    pub fn segment(&self, kind: u32) -> Option<&Segment> {
        self.segments.iter().find(|s| s.kind == kind)
    }

    /// The PT_LOAD segment in which `addr` lies, in memory.
    pub fn load_at(&self, addr: FileAddr) -> Option<&Segment> {
        self.loads().find(|s| s.contains(addr))
    }

    /// The half-open range of link-time addresses that the PT_LOAD segments span, page-aligned at neither end.
    pub fn span(&self) -> (FileAddr, FileAddr) {
        let start = self.loads().map(|s| s.addr).min().unwrap_or_default();
        let end = self.loads().map(|s| FileAddr(s.addr.0.saturating_add(s.mem_size))).max().unwrap_or_default();
        (start, end)
    }

    /// `len` bytes of the file at a link-time address, found through the PT_LOAD segments; `None` where the file has none,
    /// as in .bss.
    pub fn read_at(&self, addr: FileAddr, len: usize) -> Option<&[u8]> {
        self.read_from(addr)?.get(..len)
    }

    /// All bytes of the file from a link-time address to the end of its segment's file part.
    pub fn read_from(&self, addr: FileAddr) -> Option<&[u8]> {
        let (segment, skip) = self.loads().map(|s| (s, addr - s.addr)).find(|(s, skip)| *skip < s.file_size && addr >= s.addr)?;
        let bytes = self.range(segment.offset, segment.file_size)?;
        bytes.get(usize::try_from(skip).ok()?..)
    }

    /// The little-endian 64-bit word of the file at a link-time address.
    pub fn word_at(&self, addr: FileAddr) -> Option<u64> {
        Some(u64::from_le_bytes(self.read_at(addr, 8)?.try_into().ok()?))
    }

    /// `len` bytes of the file from an offset.
    pub(super) fn range(&self, offset: u64, len: u64) -> Option<&[u8]> {
        let start = usize::try_from(offset).ok()?;
        let end = start.checked_add(usize::try_from(len).ok()?)?;
        self.bytes().get(start..end)
    }

    /// The path in PT_INTERP.
    pub fn interp(&self) -> Option<&str> {
        let segment = self.segment(pt::PT_INTERP)?;
        let bytes = self.range(segment.offset, segment.file_size)?;
        std::str::from_utf8(bytes.split(|b| *b == 0).next()?).ok()
    }

    /// An error about this file.
    pub(super) fn bad(&self, what: impl Into<String>) -> Error {
        Error::BadElf { file: self.path.display().to_string(), what: what.into() }
    }
}

/// gdb's sentence for a file that is no core file.
fn not_core(path: &Path) -> Error {
    Error::user(format!("\"{}\" is not a core dump: file format not recognized", path.display()))
}

/// gdb's sentence for a file that is no ELF file.
fn not_recognized(path: &Path) -> Error {
    Error::user(format!("\"{}\": not in executable format: file format not recognized", path.display()))
}

fn parse_header(path: &Path, file: &[u8], purpose: Purpose) -> Result<Header> {
    let bad = |what: &str| Error::BadElf { file: path.display().to_string(), what: what.into() };
    if !file.starts_with(header::ELFMAG) && purpose == Purpose::Core {
        return Err(not_core(path));
    }
    if !file.starts_with(header::ELFMAG) {
        return Err(not_recognized(path));
    }
    let ident = |at: usize| file.get(at).copied().unwrap_or(0);
    let machine = u16::from_le_bytes([ident(18), ident(19)]);
    if ident(header::EI_CLASS) == header::ELFCLASS32 {
        return Err(bad("a 32-bit ELF file; rdbg debugs 64-bit x86-64 programs only"));
    }
    if ident(header::EI_CLASS) != header::ELFCLASS64 {
        return Err(not_recognized(path));
    }
    if ident(header::EI_DATA) == header::ELFDATA2MSB {
        return Err(bad("a big-endian ELF file; rdbg debugs x86-64 programs only"));
    }
    if file.len() < 64 {
        return Err(bad("truncated: its ELF header is incomplete"));
    }
    if machine != header::EM_X86_64 {
        let name = header::machine_to_str(machine);
        let name =
            if name == "EM_UNKNOWN" { format!("machine {machine}") } else { name.trim_start_matches("EM_").to_lowercase() };
        return Err(bad(&format!("an ELF file for {name}; rdbg debugs x86-64 programs only")));
    }
    let header = goblin::elf::Elf::parse_header(file).map_err(|_| not_recognized(path))?;
    match header.e_type {
        header::ET_CORE if purpose == Purpose::Core => Ok(header),
        _ if purpose == Purpose::Core => Err(not_core(path)),
        header::ET_EXEC | header::ET_DYN => Ok(header),
        // A .dwo file.
        header::ET_REL if purpose == Purpose::Describe => Ok(header),
        header::ET_REL => Err(bad("a relocatable object file, which has to be linked before it can run")),
        header::ET_CORE => Err(bad("a core file, not a program or a shared library")),
        other => Err(bad(&format!("an ELF file of type {other:#x}, not a program or a shared library"))),
    }
}

fn parse_segments(path: &Path, file: &[u8], header: &Header, purpose: Purpose) -> Result<Vec<Segment>> {
    let bad = |what: &str| Error::BadElf { file: path.display().to_string(), what: what.into() };
    if header.e_phnum == 0 && purpose == Purpose::Describe {
        return Ok(Vec::new());
    }
    if header.e_phnum == 0 {
        return Err(bad("no program headers: nothing in it can be loaded"));
    }
    if header.e_phentsize != 56 {
        return Err(bad("damaged: its program headers have the wrong size"));
    }
    // More than 65534 are counted in the first section header (gABI ch. 4 `PN_XNUM`): `sh_info`, at its byte 44.
    let counted = || {
        let at = usize::try_from(header.e_shoff).ok().filter(|at| *at != 0)?.checked_add(44)?;
        Some(u32::from_le_bytes(*file.get(at..)?.first_chunk()?))
    };
    let count = Some(header.e_phnum.into()).filter(|n| *n != 0xffff).or_else(counted).unwrap_or(0xffff);
    let table_end = header.e_phoff.saturating_add(u64::from(count) * 56);
    if table_end > file.len() as u64 {
        return Err(bad("truncated: its program headers lie beyond the end of the file"));
    }
    let offset = usize::try_from(header.e_phoff).unwrap_or(usize::MAX);
    let headers = ProgramHeader::parse(file, offset, count as usize, CTX)
        .map_err(|_| bad("damaged: its program headers cannot be read"))?;
    let segments: Vec<Segment> = headers
        .iter()
        .map(|h| Segment {
            kind: h.p_type,
            flags: h.p_flags,
            offset: h.p_offset,
            addr: FileAddr(h.p_vaddr),
            file_size: h.p_filesz,
            mem_size: h.p_memsz,
            align: h.p_align,
        })
        .collect();
    // What a core file lacks at its end is told where it is opened.
    if purpose != Purpose::Run {
        return Ok(segments);
    }
    let loads = || segments.iter().filter(|s| s.kind == pt::PT_LOAD);
    if loads().any(|s| s.offset.saturating_add(s.file_size) > file.len() as u64) {
        return Err(bad("truncated: a segment that is to be loaded lies beyond the end of the file"));
    }
    if loads().next().is_none() {
        return Err(bad("no segment that can be loaded"));
    }
    Ok(segments)
}

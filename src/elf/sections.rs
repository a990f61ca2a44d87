//! Section headers, and the data of sections, inflated where they are compressed.

use std::io::Read;
use std::sync::OnceLock;

use goblin::elf::SectionHeader;
use goblin::elf::section_header as sh;

use super::file::{CTX, ElfFile};
use crate::base::{FileAddr, Result};

/// Section flags (gABI ch. 4 "Sections").
pub mod shf {
    use goblin::elf::section_header as sh;
    /// Writable.
    pub const SHF_WRITE: u64 = sh::SHF_WRITE as u64;
    /// Takes up memory in the process.
    pub const SHF_ALLOC: u64 = sh::SHF_ALLOC as u64;
    /// Holds instructions.
    pub const SHF_EXECINSTR: u64 = sh::SHF_EXECINSTR as u64;
    /// Thread-local storage.
    pub const SHF_TLS: u64 = sh::SHF_TLS as u64;
    /// Compressed in the file.
    pub const SHF_COMPRESSED: u64 = sh::SHF_COMPRESSED as u64;
}

/// A section header (gABI ch. 4 "Sections").
#[derive(Debug)]
pub struct Section {
    /// Its index in the section header table.
    pub index: usize,
    /// Its name, cut at the first byte that is no UTF-8.
    pub name: String,
    /// `sh_type`.
    pub kind: u32,
    /// `sh_flags`, see [`shf`].
    pub flags: u64,
    /// `sh_addr`; 0 for sections that are not loaded.
    pub addr: FileAddr,
    /// `sh_offset` in bytes.
    pub offset: u64,
    /// `sh_size` in bytes.
    pub size: u64,
    /// `sh_link`.
    pub link: u32,
    /// `sh_info`.
    pub info: u32,
    /// `sh_addralign`.
    pub align: u64,
    /// `sh_entsize` in bytes.
    pub entry_size: u64,
    /// It is compressed in the way of old GNU tools, and its name began with `.zdebug_` in the file.
    is_gnu_compressed: bool,
    inflated: OnceLock<Result<Box<[u8]>>>,
}

impl Section {
    /// Whether it takes up memory in the process (so `.tbss` does not).
    pub fn is_loaded(&self) -> bool {
        self.flags & shf::SHF_ALLOC != 0 && !(self.is_nobits() && self.flags & shf::SHF_TLS != 0)
    }

    /// Whether it holds instructions.
    pub fn is_code(&self) -> bool {
        self.flags & shf::SHF_EXECINSTR != 0
    }

    /// Whether it has no bytes in the file, as .bss.
    pub fn is_nobits(&self) -> bool {
        self.kind == sh::SHT_NOBITS
    }

    /// One past its last link-time address.
    pub fn end(&self) -> FileAddr {
        FileAddr(self.addr.0.saturating_add(self.size))
    }

    /// The type's name without `SHT_`.
    pub fn kind_name(&self) -> &'static str {
        let name = sh::sht_to_str(self.kind);
        name.strip_prefix("SHT_").unwrap_or(name)
    }
}

/// The longest section that is inflated, in bytes: a bound on what a forged header can make us allocate.
const MAX_INFLATED: u64 = 4 << 30;

/// So many times as long as it is in the file a section may become that is longer than [`ALWAYS_INFLATED`] then.
const MAX_RATIO: u64 = 64;

/// Sections of up to so many bytes are inflated however short they are in the file.
const ALWAYS_INFLATED: u64 = 16 << 20;

impl ElfFile {
    /// The bytes of a section: none for NOBITS, inflated (once) if compressed.
    pub fn section_data<'a>(&'a self, section: &'a Section) -> Result<&'a [u8]> {
        if section.is_nobits() {
            return Ok(&[]);
        }
        let raw = self
            .range(section.offset, section.size)
            .ok_or_else(|| self.bad(format!("section {} lies beyond the end of the file", section.name)))?;
        if section.flags & shf::SHF_COMPRESSED == 0 && !section.is_gnu_compressed {
            return Ok(raw);
        }
        let data = section.inflated.get_or_init(|| self.inflate(section, raw));
        data.as_deref().map_err(Clone::clone)
    }

    /// gABI ch. 4 "Section Compression": an Elf64_Chdr (type, reserved, size, alignment), then the stream; or binutils' older way:
    /// `ZLIB`, the size as a big-endian number, the stream.
    fn inflate(&self, section: &Section, raw: &[u8]) -> Result<Box<[u8]>> {
        use goblin::elf::compression_header::{ELFCOMPRESS_ZLIB, ELFCOMPRESS_ZSTD};
        let damaged = || self.bad(format!("section {} is compressed and damaged", section.name));
        let (kind, size, stream) = if section.is_gnu_compressed {
            let (size, stream) = raw.strip_prefix(b"ZLIB").and_then(|r| r.split_first_chunk()).ok_or_else(damaged)?;
            (ELFCOMPRESS_ZLIB, u64::from_be_bytes(*size), stream)
        } else {
            let (head, stream) = raw.split_at_checked(24).ok_or_else(damaged)?;
            let kind = head.first_chunk().map(|b| u32::from_le_bytes(*b)).ok_or_else(damaged)?;
            let size = head.get(8..16).and_then(|b| b.first_chunk()).map(|b| u64::from_le_bytes(*b)).ok_or_else(damaged)?;
            (kind, size, stream)
        };
        // Debug information shrinks to a fifth, tables of nothing but zeroes to a thousandth.
        if size > MAX_INFLATED.min((stream.len() as u64).saturating_mul(MAX_RATIO).max(ALWAYS_INFLATED)) {
            return Err(self.bad(format!("section {} claims to inflate from {} to {size} bytes", section.name, raw.len())));
        }
        // One allocation of the size that is to be: growing would copy it again and again.
        let mut out = Vec::new();
        out.try_reserve_exact(size as usize).map_err(|_| damaged())?;
        match kind {
            ELFCOMPRESS_ZLIB => {
                flate2::read::ZlibDecoder::new(stream).take(size).read_to_end(&mut out).map_err(|_| damaged())?;
            }
            ELFCOMPRESS_ZSTD => {
                let decoder = ruzstd::decoding::StreamingDecoder::new(stream).map_err(|_| damaged())?;
                decoder.take(size).read_to_end(&mut out).map_err(|_| damaged())?;
            }
            _ => {
                let what = format!("section {} is compressed by a method that rdbg does not know ({kind})", section.name);
                return Err(self.bad(what));
            }
        }
        if out.len() as u64 == size { Ok(out.into()) } else { Err(damaged()) }
    }
}

/// The section headers; none if there are none or if the table is damaged.
pub(super) fn parse(file: &ElfFile) -> Vec<Section> {
    let header = file.header();
    if header.e_shoff == 0 || header.e_shentsize != 64 {
        return Vec::new();
    }
    let offset = usize::try_from(header.e_shoff).unwrap_or(usize::MAX);
    // Section 0 holds the counts that do not fit into the ELF header (gABI ch. 4 "ELF Header").
    let Ok(first) = SectionHeader::parse_from(file.bytes(), offset, 1, CTX) else { return Vec::new() };
    let Some(first) = first.first() else { return Vec::new() };
    let count = if header.e_shnum == 0 { first.sh_size } else { header.e_shnum.into() };
    let names = if header.e_shstrndx == 0xffff { first.sh_link as usize } else { header.e_shstrndx.into() };
    let fits = file.range(header.e_shoff, count.saturating_mul(64)).is_some();
    let Some(count) = usize::try_from(count).ok().filter(|_| fits) else { return Vec::new() };
    let Ok(headers) = SectionHeader::parse_from(file.bytes(), offset, count, CTX) else { return Vec::new() };
    let strings = headers.get(names).and_then(|h| file.range(h.sh_offset, h.sh_size)).unwrap_or_default();
    let section = |(index, h): (usize, &SectionHeader)| Section {
        index,
        name: string_in(strings, h.sh_name as u64).replacen(".zdebug_", ".debug_", 1),
        is_gnu_compressed: string_in(strings, h.sh_name as u64).starts_with(".zdebug_"),
        kind: h.sh_type,
        flags: h.sh_flags,
        addr: FileAddr(h.sh_addr),
        offset: h.sh_offset,
        size: h.sh_size,
        link: h.sh_link,
        info: h.sh_info,
        align: h.sh_addralign,
        entry_size: h.sh_entsize,
        inflated: OnceLock::new(),
    };
    headers.iter().enumerate().map(section).collect()
}

/// The longest name that is looked at, in bytes. C++ and Rust names of some thousand bytes exist.
const MAX_NAME: usize = 1 << 20;

/// The NUL-terminated string at `offset` of a string table, cut at the first byte that is no UTF-8; empty if out of range.
pub(super) fn string_in(table: &[u8], offset: u64) -> &str {
    let rest = usize::try_from(offset).ok().and_then(|o| table.get(o..)).unwrap_or_default();
    let rest = rest.get(..MAX_NAME).unwrap_or(rest);
    let bytes = memchr::memchr(0, rest).and_then(|end| rest.get(..end)).unwrap_or_default();
    match std::str::from_utf8(bytes) {
        Ok(s) => s,
        Err(e) => bytes.get(..e.valid_up_to()).and_then(|b| std::str::from_utf8(b).ok()).unwrap_or_default(),
    }
}

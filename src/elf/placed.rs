//! A relocatable object at a place of its own: linked in memory as far as its symbols and debug information need it.
//!
//! Who loads such files himself (a plug-in loader, a JIT compiler) has placed their sections; `add-symbol-file` says where. What
//! comes out is an image as any: sections with addresses, a PT_LOAD for each, symbols and relocations made good (gABI ch. 4
//! "Relocation": in ET_REL files `st_value` and `r_offset` count from the beginning of a section).

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use goblin::elf::{header, program_header as ph, reloc, section_header as sh};

use super::image::Image;
use super::sections::{Section, shf};
use crate::base::Result;

/// Offsets and sizes in bytes of what is written anew (gABI ch. 4 and 5, the 64-bit structures).
mod at {
    /// `e_type`, `e_phoff`, `e_phentsize` and `e_phnum` of the ELF header.
    pub const E_TYPE: usize = 16;
    pub const E_PHOFF: usize = 32;
    pub const E_PHENTSIZE: usize = 54;
    pub const E_PHNUM: usize = 56;
    /// A section header and its `sh_flags`, `sh_addr`, `sh_offset` and `sh_size`.
    pub const SECTION: usize = 64;
    pub const SH_FLAGS: usize = 8;
    pub const SH_ADDR: usize = 16;
    pub const SH_OFFSET: usize = 24;
    pub const SH_SIZE: usize = 32;
    /// A symbol, its `st_shndx` and `st_value`.
    pub const SYMBOL: usize = 24;
    pub const ST_SHNDX: usize = 6;
    pub const ST_VALUE: usize = 8;
    /// A relocation with addend: `r_offset`, `r_info`, `r_addend`, 8 bytes each.
    pub const RELA: usize = 24;
    /// A program header.
    pub const SEGMENT: usize = 56;
}

impl Image {
    /// Whether it is a relocatable object file (`ET_REL`), whose sections have no addresses yet.
    pub fn is_relocatable(&self) -> bool {
        self.header().e_type == header::ET_REL
    }

    /// A relocatable object whose sections lie where `places` says by name (virtual addresses). What is not named lies behind what
    /// is, in the file's order; without any names, from `start`. Its addresses are those of the process: the load bias is 0.
    pub fn placed(&self, places: &[(String, u64)], start: u64) -> Result<Arc<Image>> {
        let mut placing = Placing { image: self, addresses: self.place_sections(places, start), bytes: self.bytes().to_vec() };
        placing.symbols()?;
        placing.sections()?;
        placing.relocations()?;
        placing.segments()?;
        Image::debug_from_bytes(&self.path().display().to_string(), placing.bytes)
    }

    /// Addresses by section index, of the sections that take up memory.
    fn place_sections(&self, places: &[(String, u64)], start: u64) -> HashMap<usize, u64> {
        let loaded = || self.sections().iter().filter(|s| s.is_loaded());
        let said = |s: &Section| places.iter().find(|(name, _)| *name == s.name).map(|(_, addr)| *addr);
        let mut addresses: HashMap<usize, u64> = loaded().filter_map(|s| Some((s.index, said(s)?))).collect();
        let ends = loaded().filter_map(|s| said(s).map(|addr| addr.saturating_add(s.size)));
        let mut next = ends.max().unwrap_or(start);
        for section in loaded() {
            if let Entry::Vacant(place) = addresses.entry(section.index) {
                next = next.checked_next_multiple_of(section.align.max(1)).unwrap_or(next);
                place.insert(next);
                next = next.saturating_add(section.size);
            }
        }
        addresses
    }
}

/// A copy of a file on its way to an image.
struct Placing<'i> {
    image: &'i Image,
    /// By section index.
    addresses: HashMap<usize, u64>,
    bytes: Vec<u8>,
}

impl Placing<'_> {
    fn get<const N: usize>(&self, offset: usize) -> Option<[u8; N]> {
        self.bytes.get(offset..)?.first_chunk().copied()
    }

    fn word(&self, offset: usize) -> Option<u64> {
        self.get(offset).map(u64::from_le_bytes)
    }

    fn put(&mut self, offset: usize, value: &[u8]) -> Result<()> {
        let place = offset.checked_add(value.len()).and_then(|end| self.bytes.get_mut(offset..end));
        place.ok_or_else(|| self.image.bad("damaged: something in it lies beyond its end"))?.copy_from_slice(value);
        Ok(())
    }

    /// Where a field of a section's header is in the file.
    fn field(&self, section: usize, field: usize) -> usize {
        (self.image.header().e_shoff as usize).saturating_add(section.saturating_mul(at::SECTION)).saturating_add(field)
    }

    fn symbols(&mut self) -> Result<()> {
        for table in self.image.sections().iter().filter(|s| s.kind == sh::SHT_SYMTAB) {
            self.image.section_data(table)?;
            let end = table.offset.saturating_add(table.size) as usize;
            for symbol in (table.offset as usize..end.saturating_sub(at::SYMBOL - 1)).step_by(at::SYMBOL) {
                let section = self.get(symbol + at::ST_SHNDX).map(u16::from_le_bytes).map(usize::from);
                let address = section.and_then(|s| self.addresses.get(&s));
                if let (Some(address), Some(value)) = (address, self.word(symbol + at::ST_VALUE)) {
                    self.put(symbol + at::ST_VALUE, &value.wrapping_add(*address).to_le_bytes())?;
                }
            }
        }
        Ok(())
    }

    /// Addresses into the section headers; what is compressed is put at the end, inflated, to be relocated there.
    fn sections(&mut self) -> Result<()> {
        for section in self.image.sections() {
            if let Some(address) = self.addresses.get(&section.index).copied() {
                self.put(self.field(section.index, at::SH_ADDR), &address.to_le_bytes())?;
            }
            if section.flags & shf::SHF_COMPRESSED != 0 {
                let data = self.image.section_data(section)?;
                let (offset, flags) = (self.bytes.len() as u64, section.flags & !shf::SHF_COMPRESSED);
                self.bytes.extend_from_slice(data);
                for (field, value) in [(at::SH_FLAGS, flags), (at::SH_OFFSET, offset), (at::SH_SIZE, data.len() as u64)] {
                    self.put(self.field(section.index, field), &value.to_le_bytes())?;
                }
            }
        }
        Ok(())
    }

    /// Applies the relocations of every section. Those that need a GOT, which only the process has, are left out: no debug
    /// information has them.
    fn relocations(&mut self) -> Result<()> {
        for table in self.image.sections().iter().filter(|s| s.kind == sh::SHT_RELA) {
            let (target, symbols) = (table.info as usize, self.word(self.field(table.link as usize, at::SH_OFFSET)));
            // Where the section is now: one that was inflated has moved.
            let [base, size] = [at::SH_OFFSET, at::SH_SIZE].map(|field| self.word(self.field(target, field)));
            let (Some(symbols), Some(base), Some(size)) = (symbols, base, size) else { continue };
            let place = self.addresses.get(&target).copied().unwrap_or(0);
            for entry in self.image.section_data(table)?.as_chunks::<{ at::RELA }>().0 {
                let [offset, info, addend] = std::array::from_fn(|i| {
                    entry.get(i * 8..).and_then(|e| e.first_chunk()).map_or(0, |word| u64::from_le_bytes(*word))
                });
                let symbol = (info >> 32).wrapping_mul(at::SYMBOL as u64).saturating_add(symbols) as usize;
                let value = self.word(symbol.saturating_add(at::ST_VALUE)).unwrap_or(0).wrapping_add(addend);
                let relative = value.wrapping_sub(place.wrapping_add(offset));
                let (value, width) = match info as u32 {
                    reloc::R_X86_64_64 | reloc::R_X86_64_DTPOFF64 => (value, 8),
                    reloc::R_X86_64_32 | reloc::R_X86_64_32S | reloc::R_X86_64_DTPOFF32 => (value, 4),
                    reloc::R_X86_64_PC64 => (relative, 8),
                    reloc::R_X86_64_PC32 | reloc::R_X86_64_PLT32 => (relative, 4),
                    _ => continue,
                };
                if offset.checked_add(width as u64).is_some_and(|end| end <= size) {
                    let value = value.to_le_bytes();
                    self.put(base.saturating_add(offset) as usize, value.get(..width).unwrap_or(&value))?;
                }
            }
        }
        Ok(())
    }

    /// A program header for each section that takes up memory, at the end of the file.
    fn segments(&mut self) -> Result<()> {
        let table = self.bytes.len() as u64;
        let mut count: u16 = 0;
        for section in self.image.sections().iter().filter(|s| s.size > 0) {
            let Some(address) = self.addresses.get(&section.index).copied() else { continue };
            let writable = if section.flags & shf::SHF_WRITE != 0 { ph::PF_W } else { 0 };
            let executable = if section.is_code() { ph::PF_X } else { 0 };
            let in_file = if section.is_nobits() { 0 } else { section.size };
            self.bytes.extend(ph::PT_LOAD.to_le_bytes());
            self.bytes.extend((ph::PF_R | writable | executable).to_le_bytes());
            for value in [section.offset, address, address, in_file, section.size, section.align] {
                self.bytes.extend(value.to_le_bytes());
            }
            // PN_XNUM is no number (gABI ch. 4).
            count = count.checked_add(1).filter(|n| *n < 0xffff).ok_or_else(|| self.image.bad("has too many sections"))?;
        }
        self.put(at::E_TYPE, &header::ET_EXEC.to_le_bytes())?;
        self.put(at::E_PHOFF, &table.to_le_bytes())?;
        self.put(at::E_PHENTSIZE, &(at::SEGMENT as u16).to_le_bytes())?;
        self.put(at::E_PHNUM, &count.to_le_bytes())
    }
}

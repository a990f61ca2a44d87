//! Dynamic relocations: what ld.so writes into the image.

use std::borrow::Cow;

use super::dynamic::dt;
use super::image::Image;
use crate::base::FileAddr;

/// Relocation types of x86-64 (psABI table 4.9).
pub mod r_x86_64 {
    use goblin::elf::reloc;
    /// The symbol's address plus the addend.
    pub const ABS64: u32 = reloc::R_X86_64_64;
    /// The symbol's bytes are copied here.
    pub const COPY: u32 = reloc::R_X86_64_COPY;
    /// The symbol's address, in the GOT.
    pub const GLOB_DAT: u32 = reloc::R_X86_64_GLOB_DAT;
    /// The function's address, perhaps at its first call.
    pub const JUMP_SLOT: u32 = reloc::R_X86_64_JUMP_SLOT;
    /// The load bias plus the addend.
    pub const RELATIVE: u32 = reloc::R_X86_64_RELATIVE;
    /// The number of a module with thread-local storage.
    pub const DTPMOD64: u32 = reloc::R_X86_64_DTPMOD64;
    /// An offset in a module's thread-local storage.
    pub const DTPOFF64: u32 = reloc::R_X86_64_DTPOFF64;
    /// An offset from the thread pointer.
    pub const TPOFF64: u32 = reloc::R_X86_64_TPOFF64;
    /// A descriptor of thread-local storage, two words.
    pub const TLSDESC: u32 = reloc::R_X86_64_TLSDESC;
    /// What the resolver at the addend returns.
    pub const IRELATIVE: u32 = reloc::R_X86_64_IRELATIVE;
}

/// Which table a relocation stands in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RelocTable {
    /// DT_RELA (.rela.dyn).
    Dyn,
    /// DT_JMPREL (.rela.plt), which may be applied lazily.
    Plt,
    /// DT_RELR (.relr.dyn): relative ones, packed.
    Relr,
}

/// A relocation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Relocation {
    /// Which table it stands in.
    pub table: RelocTable,
    /// Its index in that table; for RELR, of the decoded relocation.
    pub index: usize,
    /// The link-time address of the word that it writes.
    pub offset: FileAddr,
    /// Its type, see [`r_x86_64`].
    pub kind: u32,
    /// The index of its symbol in .dynsym; 0 if it has none.
    pub symbol: u32,
    /// Its addend; 0 for RELR, where the addend is the word in the file.
    pub addend: i64,
}

impl Relocation {
    /// The type's name without `R_X86_64_`, as `JUMP_SLOT`; its number if unknown.
    pub fn kind_name(&self) -> Cow<'static, str> {
        let name = goblin::elf::reloc::r_to_str(self.kind, goblin::elf::header::EM_X86_64);
        match name.strip_prefix("R_X86_64_").or_else(|| name.strip_prefix("X86_64_")) {
            Some(name) => name.into(),
            None => self.kind.to_string().into(),
        }
    }
}

impl Image {
    /// The relocations of DT_JMPREL in order; a static program's from its section .rela.plt, which only its start-up code reads.
    pub fn plt_relocations(&self) -> impl Iterator<Item = Relocation> {
        let by_tags = self.tagged(dt::DT_JMPREL, dt::DT_PLTRELSZ);
        // Without PT_DYNAMIC ld makes no DT_JMPREL: `__rela_iplt_start` and `__rela_iplt_end` delimit this section.
        let by_section = || {
            let section = self.section(".rela.plt").or_else(|| self.section(".rela.dyn"))?;
            self.section_data(section).ok()
        };
        let bytes = by_tags.or_else(|| by_section().filter(|_| self.dynamic().is_empty()));
        rela(bytes.unwrap_or_default(), RelocTable::Plt)
    }

    /// The relocations of DT_RELA, then those of DT_RELR, in order.
    pub fn dyn_relocations(&self) -> impl Iterator<Item = Relocation> {
        let bytes = self.tagged(dt::DT_RELA, dt::DT_RELASZ).unwrap_or_default();
        // Some linkers (ld of Solaris, old gold) count DT_JMPREL's table into DT_RELA's size.
        let plt = self.tagged(dt::DT_JMPREL, dt::DT_PLTRELSZ).map(|b| b.as_ptr_range());
        let keep = plt.filter(|p| bytes.as_ptr_range().contains(&p.start));
        let keep = keep.map(|p| p.start as usize - bytes.as_ptr() as usize).and_then(|n| bytes.get(..n));
        rela(keep.unwrap_or(bytes), RelocTable::Dyn).chain(self.relr())
    }

    /// All relocations: [`Image::dyn_relocations`], then [`Image::plt_relocations`].
    pub fn relocations(&self) -> impl Iterator<Item = Relocation> {
        self.dyn_relocations().chain(self.plt_relocations())
    }

    /// The table that two tags of the dynamic section tell address and size of.
    fn tagged(&self, addr: u64, size: u64) -> Option<&[u8]> {
        let bytes = self.read_from(self.dynamic().addr_of(addr)?)?;
        let size = usize::try_from(self.dynamic().get(size)?).ok()?;
        Some(bytes.get(..size).unwrap_or(bytes))
    }

    /// gABI ch. 5 "Relative Relocation Table": an even word is an address to relocate, an odd one a bitmap of the 63 words that
    /// follow the last address.
    fn relr(&self) -> impl Iterator<Item = Relocation> {
        let bytes = self.tagged(dt::DT_RELR, dt::DT_RELRSZ).unwrap_or_default();
        let words = bytes.chunks_exact(8).map(|b| b.first_chunk().map_or(0, |b| u64::from_le_bytes(*b)));
        let mut next = 0u64;
        let addresses = words.flat_map(move |word| {
            let (base, bits) = if word & 1 == 0 { (word, 1u64) } else { (next, word >> 1) };
            next = base.wrapping_add(if word & 1 == 0 { 8 } else { 63 * 8 });
            (0..63u64).filter(move |i| bits >> i & 1 != 0).map(move |i| base.wrapping_add(i * 8))
        });
        addresses.enumerate().map(|(index, addr)| Relocation {
            table: RelocTable::Relr,
            index,
            offset: FileAddr(addr),
            kind: r_x86_64::RELATIVE,
            symbol: 0,
            addend: 0,
        })
    }
}

/// Elf64_Rela (gABI ch. 4 "Relocation"): offset, type and symbol, addend, 8 bytes each. A library may have tens of thousands.
fn rela(bytes: &[u8], table: RelocTable) -> impl Iterator<Item = Relocation> {
    let word = |entry: &[u8; 24], at: usize| entry.get(at..).and_then(|b| b.first_chunk()).map_or(0, |b| u64::from_le_bytes(*b));
    bytes.as_chunks::<24>().0.iter().enumerate().map(move |(index, entry)| {
        let info = word(entry, 8);
        let (offset, addend) = (FileAddr(word(entry, 0)), word(entry, 16) as i64);
        Relocation { table, index, offset, kind: info as u32, symbol: (info >> 32) as u32, addend }
    })
}

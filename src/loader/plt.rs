//! The procedure linkage table: stubs that jump through a GOT slot (psABI §5.2 "Procedure Linkage Table").
//!
//! Stubs are known by their bytes, whatever linker made them: `[endbr64] [bnd] jmp *slot(%rip)`. They lie in .plt (lazy ones,
//! followed by `push $n; jmp PLT0`), .plt.sec (those of -z ibtplt, whose lazy halves stay in .plt) and .plt.got (of GLOB_DAT
//! slots).

use crate::base::{FileAddr, LoadBias, VirtAddr};
use crate::elf::{Image, r_x86_64};

use super::got::{Got, Slot};

const ENDBR64: [u8; 4] = [0xf3, 0x0f, 0x1e, 0xfa];

/// A stub.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Stub {
    /// n of `PLT[n]`, from 1.
    pub index: usize,
    /// Its link-time address, at the endbr64 if it has one.
    pub addr: FileAddr,
    /// Its length in bytes, padding included.
    pub len: u64,
    /// `.plt`, `.plt.sec`, `.plt.got`; empty without section headers.
    pub section: String,
    /// The link-time address of the slot that it jumps through.
    pub slot: FileAddr,
    /// n of `GOT[n]` of that slot.
    pub slot_index: i64,
    /// Its symbol's name; of an IFUNC without one what binutils call it, as `*ABS*+0x401000`.
    pub name: String,
    /// Its symbol's version.
    pub version: Option<String>,
    /// The slot's index in .rela.plt, which a lazy stub pushes.
    pub relocation_index: Option<usize>,
}

impl Stub {
    /// `puts@plt`, as gdb and objdump name it.
    pub fn label(&self) -> String {
        format!("{}@plt", self.name)
    }
}

/// The PLT of a module.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Plt {
    /// PLT0, which jumps to the lazy resolver.
    pub header: Option<FileAddr>,
    /// The stubs, in order of addresses: `PLT[1]` first.
    pub stubs: Vec<Stub>,
}

/// A part of the image in which stubs are looked for.
struct Region<'a> {
    section: &'a str,
    addr: FileAddr,
    bytes: &'a [u8],
}

impl Plt {
    /// The PLT of an image, whose GOT is `got`.
    pub fn of(image: &Image, got: &Got) -> Plt {
        let mut stubs = Vec::new();
        for region in regions(image) {
            scan(&region, got, &mut stubs);
        }
        stubs.sort_by_key(|s| s.addr);
        stubs.dedup_by_key(|s| s.addr);
        set_lengths(image, &mut stubs);
        for (index, stub) in (1..).zip(&mut stubs) {
            stub.index = index;
        }
        Plt { header: find_header(image, got, &stubs), stubs }
    }

    /// `PLT[index]`'s link-time address; 0 is PLT0.
    pub fn entry(&self, index: usize) -> Option<FileAddr> {
        if index == 0 { self.header } else { self.stubs.get(index - 1).map(|s| s.addr) }
    }

    /// The stub in which `addr` lies.
    pub fn stub_at(&self, addr: FileAddr) -> Option<&Stub> {
        let after = self.stubs.partition_point(|s| s.addr <= addr);
        self.stubs.get(after.checked_sub(1)?).filter(|s| addr - s.addr < s.len)
    }

    /// The stub that jumps through the slot at this link-time address.
    pub fn stub_for(&self, slot: FileAddr) -> Option<&Stub> {
        self.stubs.iter().find(|s| s.slot == slot)
    }

    /// The stub of a symbol: `puts`, `puts@plt` or `puts@GLIBC_2.2.5`.
    pub fn stub_named(&self, name: &str) -> Option<&Stub> {
        let bare = name.strip_suffix("@plt").unwrap_or(name);
        let exact = |s: &&Stub| s.name == bare;
        let versioned = |s: &&Stub| s.version.as_ref().is_some_and(|v| bare == format!("{}@{v}", s.name));
        self.stubs.iter().find(exact).or_else(|| self.stubs.iter().find(versioned))
    }

    /// PLT0 at run time: what every unresolved call of this module goes through.
    pub fn header_at(&self, bias: LoadBias) -> Option<VirtAddr> {
        self.header.map(|h| bias.to_virt(h))
    }
}

/// The PLT sections; without any section headers all executable segments.
fn regions(image: &Image) -> Vec<Region<'_>> {
    if image.sections().is_empty() {
        let segments = image.loads().filter(|s| s.is_code());
        let region = |s: &crate::elf::Segment| {
            let bytes = image.read_from(s.addr)?;
            Some(Region { section: "", addr: s.addr, bytes })
        };
        return segments.filter_map(region).collect();
    }
    let is_plt = |n: &str| n == ".plt" || n == ".iplt" || n.starts_with(".plt.");
    let sections = image.sections().iter().filter(|s| s.is_code() && is_plt(&s.name));
    sections.filter_map(|s| image.section_data(s).ok().map(|bytes| Region { section: &s.name, addr: s.addr, bytes })).collect()
}

fn scan(region: &Region<'_>, got: &Got, stubs: &mut Vec<Stub>) {
    for at in memchr::memmem::find_iter(region.bytes, &[0xff, 0x25]) {
        let Some((start, slot)) = decode(region, at, got) else { continue };
        let name = match (&slot.name, &slot.relocation) {
            (Some(name), _) => name.clone(),
            // binutils' name for a stub of an IFUNC without a symbol
            (None, Some(r)) if r.kind == r_x86_64::IRELATIVE => format!("*ABS*+{:#x}", r.addend),
            _ => continue,
        };
        stubs.push(Stub {
            index: 0,
            addr: region.addr + start as u64,
            len: 16,
            section: region.section.to_owned(),
            slot: slot.addr,
            slot_index: slot.index,
            name,
            version: slot.version.clone(),
            relocation_index: slot.relocation.filter(|_| slot.is_jump_slot()).map(|r| r.index),
        });
    }
}

/// The stub around the `jmp *rel32(%rip)` at `at`: where it starts, and its slot.
fn decode<'g>(region: &Region<'_>, at: usize, got: &'g Got) -> Option<(usize, &'g Slot)> {
    let bytes = region.bytes;
    let displacement = i32::from_le_bytes(*bytes.get(at + 2..)?.first_chunk()?);
    let target = region.addr + at as u64 + 6 + displacement as i64 as u64;
    let slot = got.slot_at(target).filter(|s| s.addr == target && s.reserved.is_none())?;
    let before = bytes.get(..at)?;
    let (start, before) = match before.strip_suffix(&[0xf2]) {
        Some(rest) => (at - 1, rest),
        None => (at, before),
    };
    let start = if before.ends_with(&ENDBR64) { start - 4 } else { start };
    if region.section.is_empty() {
        // Compilers make such jumps too (tail calls with -fno-plt), but not aligned and with a linker's padding behind.
        let after = bytes.get(at + 6..)?;
        let padded: [&[u8]; 6] = [&[0x68], &[0x66, 0x90], &[0x0f, 0x1f], &[0x66, 0x0f, 0x1f], &[0xcc, 0xcc], &[0x90, 0x90]];
        let aligned = (region.addr.0.wrapping_add(start as u64)).is_multiple_of(8);
        if !aligned || !padded.iter().any(|p| after.starts_with(p)) {
            return None;
        }
    }
    Some((start, slot))
}

/// A stub reaches to the next one, if that is 8 or 16 bytes away.
fn set_lengths(image: &Image, stubs: &mut [Stub]) {
    let mut next = None;
    for stub in stubs.iter_mut().rev() {
        let end = image.section_at(stub.addr).map(|s| s.end());
        let room = [next, end].into_iter().flatten().map(|n: FileAddr| n - stub.addr).min().unwrap_or(16);
        stub.len = room.clamp(6, 16);
        next = Some(stub.addr);
    }
}

/// PLT0: where the last jump of the code goes to which an unresolved slot points (`[endbr64] push $n; [bnd] jmp PLT0`).
fn find_header(image: &Image, got: &Got, stubs: &[Stub]) -> Option<FileAddr> {
    let by_slots = got.slots.iter().filter(|s| s.is_jump_slot()).map(|s| FileAddr(s.initial));
    // LLD with -z now leaves slots 0; the stub has its lazy half all the same.
    let by_stubs = stubs.iter().filter(|s| s.relocation_index.is_some()).map(|s| s.addr + 6);
    by_slots.take(4).chain(by_stubs.take(4)).find_map(|addr| lazy_target(image, addr))
}

fn lazy_target(image: &Image, addr: FileAddr) -> Option<FileAddr> {
    let bytes = image.read_at(addr, 16).or_else(|| image.read_at(addr, 10))?;
    let (mut rest, mut pc) = match bytes.strip_prefix(&ENDBR64) {
        Some(rest) => (rest, addr + 4),
        None => (bytes, addr),
    };
    rest = rest.strip_prefix(&[0x68])?.get(4..)?;
    pc = pc + 5;
    if let Some(after) = rest.strip_prefix(&[0xf2]) {
        (rest, pc) = (after, pc + 1);
    }
    let displacement = i32::from_le_bytes(*rest.strip_prefix(&[0xe9])?.first_chunk()?);
    let target = pc + 5 + displacement as i64 as u64;
    // PLT0 pushes GOT[1].
    let code = image.read_at(target, 6)?;
    let code = code.strip_prefix(&ENDBR64).unwrap_or(code);
    code.starts_with(&[0xff, 0x35]).then_some(target)
}

//! Notes: the build-id and others.

use super::file::pt;
use super::image::Image;
use crate::base::FileAddr;

/// A note (gABI ch. 5 "Note Section").
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Note<'a> {
    /// Who defined it, as `GNU`; without its NUL.
    pub owner: &'a str,
    /// Its type, which means something only together with the owner.
    pub kind: u32,
    /// Its bytes.
    pub data: &'a [u8],
}

/// A probe of systemtap's kind: a place in the code, and where its arguments are (sys/sdt.h).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Probe<'a> {
    /// Where, as a link-time address.
    pub addr: FileAddr,
    /// Who provides it, as `libc`.
    pub provider: &'a str,
    /// Its name, as `longjmp`.
    pub name: &'a str,
    /// The link-time address of the word that counts who looks at it; `None`: it is always there.
    pub semaphore: Option<FileAddr>,
    /// `SIZE@OPERAND` in the assembler's words, for each argument, separated by blanks.
    pub arguments: &'a str,
}

/// The type of a probe's note.
const NT_STAPSDT: u32 = 3;

impl Image {
    /// The probes of section `.note.stapsdt`.
    pub fn probes(&self) -> impl Iterator<Item = Probe<'_>> {
        let section = self.section(".note.stapsdt");
        let mut rest = section.and_then(|s| self.section_data(s).ok()).unwrap_or_default();
        // A file whose code was moved after it was linked has its own base section moved too.
        let base = self.section(".stapsdt.base").map_or(0, |s| s.addr.0);
        let notes = std::iter::from_fn(move || next(&mut rest, 4));
        notes.filter(|n| n.owner == "stapsdt" && n.kind == NT_STAPSDT).filter_map(move |n| probe(n.data, base))
    }

    /// The notes of all PT_NOTE segments, in order. Damage ends a segment's notes.
    pub fn notes(&self) -> impl Iterator<Item = Note<'_>> {
        self.segments().iter().filter(|s| s.kind == pt::PT_NOTE).flat_map(|s| {
            let mut rest = self.range(s.offset, s.file_size).unwrap_or_default();
            let align = if s.align == 8 { 8 } else { 4 };
            std::iter::from_fn(move || next(&mut rest, align))
        })
    }

    /// The build-id (NT_GNU_BUILD_ID) as bytes.
    pub fn build_id(&self) -> Option<&[u8]> {
        self.notes().find(|n| n.owner == "GNU" && n.kind == goblin::elf::note::NT_GNU_BUILD_ID).map(|n| n.data)
    }
}

fn probe(data: &[u8], base: u64) -> Option<Probe<'_>> {
    let word = |at: usize| Some(u64::from_le_bytes(*data.get(at..)?.first_chunk()?));
    let mut texts = data.get(24..)?.split(|b| *b == 0).map(|t| std::str::from_utf8(t).unwrap_or_default());
    let moved = if base == 0 { 0 } else { base.wrapping_sub(word(8)?) };
    let addr = FileAddr(word(0)?.wrapping_add(moved));
    let semaphore = word(16).filter(|s| *s != 0).map(|s| FileAddr(s.wrapping_add(moved)));
    Some(Probe { addr, semaphore, provider: texts.next()?, name: texts.next()?, arguments: texts.next().unwrap_or_default() })
}

/// The build-id in the bytes of a note segment.
pub(super) fn build_id_in(mut notes: &[u8], align: usize) -> Option<&[u8]> {
    let all = std::iter::from_fn(move || next(&mut notes, align));
    all.into_iter().find(|n| n.owner == "GNU" && n.kind == goblin::elf::note::NT_GNU_BUILD_ID).map(|n| n.data)
}

/// Takes one note off the front. Owner and data each end at a multiple of the segment's alignment.
fn next<'a>(rest: &mut &'a [u8], align: usize) -> Option<Note<'a>> {
    let bytes = *rest;
    let word = |at: usize| Some(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?));
    let (owner_len, data_len, kind) = (word(0)? as usize, word(4)? as usize, word(8)?);
    let owner = bytes.get(12..12usize.checked_add(owner_len)?)?;
    let data_at = (12 + owner_len).checked_next_multiple_of(align)?;
    let data_end = data_at.checked_add(data_len)?;
    let data = bytes.get(data_at..data_end)?;
    // The last note may lack its padding.
    *rest = bytes.get(data_end.checked_next_multiple_of(align)?..).unwrap_or_default();
    let owner = owner.split(|b| *b == 0).next().unwrap_or_default();
    Some(Note { owner: std::str::from_utf8(owner).unwrap_or_default(), kind, data })
}

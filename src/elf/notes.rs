//! Notes: the build-id and others.

use super::image::{Image, pt};

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

impl Image {
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

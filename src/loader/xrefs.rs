//! Who refers to an address: calls, jumps, and instructions that take it, found by disassembly.

use std::collections::BTreeSet;

use crate::arch::insn::{Flow, Insn, Target};
use crate::base::FileAddr;
use crate::elf::Image;

/// How an instruction refers to a place.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Reference {
    /// It calls it.
    Call,
    /// It jumps to it, also conditionally.
    Jump,
    /// It calls or jumps to what the word there holds.
    Through,
    /// It takes its address, or reads or writes there.
    Data,
}

/// An instruction that refers to one of the places that were asked for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Xref {
    /// The instruction's link-time address.
    pub at: FileAddr,
    /// The place.
    pub to: FileAddr,
    /// How.
    pub how: Reference,
}

/// Every instruction of an image's code that refers to one of `places`, in order. Code is disassembled section by section from
/// the start, stubs of the PLT included: data between functions may hide an instruction or two behind it.
pub fn xrefs(image: &Image, places: &BTreeSet<FileAddr>) -> Vec<Xref> {
    let mut out = Vec::new();
    for (start, code) in regions(image) {
        let mut at = 0;
        while let Some(rest) = code.get(at..).filter(|r| !r.is_empty()) {
            let pc = start + at as u64;
            let Some(insn) = Insn::decode(rest, pc.0) else {
                at += 1;
                continue;
            };
            out.extend(reference(&insn).filter(|(to, _)| places.contains(to)).map(|(to, how)| Xref { at: pc, to, how }));
            at += insn.len().max(1);
        }
    }
    out
}

fn regions(image: &Image) -> Vec<(FileAddr, &[u8])> {
    if image.sections().is_empty() {
        return image.loads().filter(|s| s.is_code()).filter_map(|s| Some((s.addr, image.read_from(s.addr)?))).collect();
    }
    let code = image.sections().iter().filter(|s| s.is_code() && s.is_loaded());
    code.filter_map(|s| Some((s.addr, image.section_data(s).ok()?))).collect()
}

fn reference(insn: &Insn) -> Option<(FileAddr, Reference)> {
    Some(match insn.flow() {
        Flow::Call(Target::Direct(to)) => (FileAddr(to), Reference::Call),
        Flow::Jump(Target::Direct(to)) | Flow::Branch(to) => (FileAddr(to), Reference::Jump),
        Flow::Call(_) | Flow::Jump(_) => (FileAddr(insn.rip_target()?), Reference::Through),
        _ => (FileAddr(insn.rip_target()?), Reference::Data),
    })
}

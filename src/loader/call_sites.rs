//! Who calls through the PLT and the GOT: one pass over the code of an image.

use crate::arch::insn::{Flow, Insn, Target};
use crate::base::FileAddr;
use crate::elf::Image;

use super::got::Got;
use super::plt::Plt;

/// Calls and jumps that lead to a stub or through a slot, sorted by target and then by place.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct CallSites {
    /// (stub or slot, address of the call or jump)
    sites: Vec<(FileAddr, FileAddr)>,
}

impl CallSites {
    /// Disassembles all code of the image outside of its PLT, section by section from the start. Data between functions may
    /// hide an instruction or two behind it.
    pub fn of(image: &Image, got: Option<&Got>, plt: &Plt) -> CallSites {
        let is_slot = |a: FileAddr| got.is_some_and(|g| g.slots.binary_search_by_key(&a, |s| s.addr).is_ok());
        let is_stub = |a: FileAddr| plt.stubs.binary_search_by_key(&a, |s| s.addr).is_ok();
        let mut sites = Vec::new();
        for (start, code) in regions(image) {
            let mut at = 0;
            while let Some(rest) = code.get(at..).filter(|r| !r.is_empty()) {
                let pc = start + at as u64;
                if let Some(stub) = plt.stub_at(pc) {
                    at += (stub.addr + stub.len - pc).max(1) as usize;
                    continue;
                }
                let Some(insn) = Insn::decode(rest, pc.0) else {
                    at += 1;
                    continue;
                };
                if let Some(target) = target(&insn).filter(|t| is_stub(*t) || is_slot(*t)) {
                    sites.push((target, pc));
                }
                at += insn.len();
            }
        }
        sites.sort_unstable();
        CallSites { sites }
    }

    /// The calls and jumps to the stub, or through the slot, at this link-time address, in order.
    pub fn of_target(&self, target: FileAddr) -> impl Iterator<Item = FileAddr> {
        let start = self.sites.partition_point(|s| s.0 < target);
        self.sites.get(start..).unwrap_or_default().iter().take_while(move |s| s.0 == target).map(|s| s.1)
    }

    /// The calls and jumps that come to a slot, directly or by its stubs.
    pub fn of_slot<'a>(&'a self, plt: &'a Plt, slot: FileAddr) -> impl Iterator<Item = FileAddr> + 'a {
        let stubs = plt.stubs.iter().filter(move |s| s.slot == slot).map(|s| s.addr);
        std::iter::once(slot).chain(stubs).flat_map(|t| self.of_target(t))
    }
}

fn regions(image: &Image) -> Vec<(FileAddr, &[u8])> {
    if image.sections().is_empty() {
        return image.loads().filter(|s| s.is_code()).filter_map(|s| Some((s.addr, image.read_from(s.addr)?))).collect();
    }
    let code = image.sections().iter().filter(|s| s.is_code() && s.is_loaded() && !s.name.starts_with(".plt"));
    code.filter_map(|s| Some((s.addr, image.section_data(s).ok()?))).collect()
}

/// The address that a call or jump names: of code, or of the word that holds it.
fn target(insn: &Insn) -> Option<FileAddr> {
    match insn.flow() {
        Flow::Call(Target::Direct(to)) | Flow::Jump(Target::Direct(to)) | Flow::Branch(to) => Some(FileAddr(to)),
        Flow::Call(Target::Memory(_)) | Flow::Jump(Target::Memory(_)) => insn.rip_target().map(FileAddr),
        _ => None,
    }
}

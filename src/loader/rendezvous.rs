//! The rendezvous structure by which ld.so tells a debugger what it has loaded (glibc elf/link.h, musl include/link.h).

use std::collections::HashSet;

use crate::base::{LoadBias, Memory, Result, VirtAddr, read_cstr, read_u64};
use crate::elf::{Image, Symbols, dt};

/// `r_state`: whether the list of link maps may be read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MapState {
    /// RT_CONSISTENT: complete.
    Consistent,
    /// RT_ADD: objects are being added.
    Adding,
    /// RT_DELETE: objects are being removed.
    Deleting,
    /// None of them: damaged or not filled in.
    Unknown(u32),
}

/// `struct r_debug`, and `r_debug_extended` where the version is 2 or more.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rendezvous {
    /// Where it is.
    pub addr: VirtAddr,
    /// `r_version`; 0 while ld.so has not filled it in.
    pub version: u32,
    /// `r_map`: the first link map of the namespace.
    pub map: VirtAddr,
    /// `r_brk`: the function that ld.so calls before and after each change.
    pub brk: VirtAddr,
    /// `r_state`.
    pub state: MapState,
    /// `r_ldbase`: ld.so's load bias.
    pub ld_base: VirtAddr,
    /// `r_next`: the next namespace's structure (dlmopen(3)), version 2 only.
    pub next: Option<VirtAddr>,
}

/// A `struct link_map`: one loaded object.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LinkMap {
    /// Where it is: what `GOT[1]` of the object holds.
    pub addr: VirtAddr,
    /// `l_addr`.
    pub bias: LoadBias,
    /// `l_name`; empty for the main program, and for its vdso in old libcs.
    pub name: String,
    /// `l_ld`: the dynamic section.
    pub dynamic: VirtAddr,
    /// The namespace: 0 is the program's, others are dlmopen's.
    pub namespace: u32,
}

/// More objects than this are a loop that was made to look like a list.
const MAX_OBJECTS: usize = 1 << 16;
const MAX_NAMESPACES: usize = 64;
const PATH_MAX: usize = 4096;

impl Rendezvous {
    /// Reads the structure at `addr`.
    pub fn read(memory: &dyn Memory, addr: VirtAddr) -> Result<Rendezvous> {
        let word = |n: u64| read_u64(memory, addr + 8 * n);
        let version = word(0)? as u32;
        let state = match word(3)? as u32 {
            0 => MapState::Consistent,
            1 => MapState::Adding,
            2 => MapState::Deleting,
            other => MapState::Unknown(other),
        };
        let next = if version >= 2 { Some(VirtAddr(word(5)?)).filter(|a| a.0 != 0) } else { None };
        let (map, brk, ld_base) = (VirtAddr(word(1)?), VirtAddr(word(2)?), VirtAddr(word(4)?));
        Ok(Rendezvous { addr, version, map, brk, state, ld_base, next })
    }

    /// This namespace's structure and those after it.
    pub fn namespaces(self, memory: &dyn Memory) -> Vec<Rendezvous> {
        let mut seen = HashSet::from([self.addr]);
        let mut all = vec![self];
        let mut next = self.next;
        while let Some(addr) = next.filter(|a| seen.len() < MAX_NAMESPACES && seen.insert(*a)) {
            let Ok(r) = Rendezvous::read(memory, addr) else { break };
            next = r.next;
            all.push(r);
        }
        all
    }

    /// The objects of all namespaces, in ld.so's order. What can be read of a damaged list; an error only if not even the first
    /// object can be.
    pub fn objects(self, memory: &dyn Memory) -> Result<Vec<LinkMap>> {
        let mut seen = HashSet::new();
        let mut all = Vec::new();
        for (namespace, r) in (0..).zip(self.namespaces(memory)) {
            let mut addr = r.map;
            while addr.0 != 0 && all.len() < MAX_OBJECTS && seen.insert(addr) {
                match read_link_map(memory, addr, namespace) {
                    Ok((object, next)) => {
                        all.push(object);
                        addr = next;
                    }
                    Err(e) if all.is_empty() => return Err(e),
                    Err(_) => break,
                }
            }
        }
        Ok(all)
    }
}

/// One link map, and `l_next`.
fn read_link_map(memory: &dyn Memory, addr: VirtAddr, namespace: u32) -> Result<(LinkMap, VirtAddr)> {
    let word = |n: u64| read_u64(memory, addr + 8 * n);
    let name_at = VirtAddr(word(1)?);
    let name = if name_at.0 == 0 { Vec::new() } else { read_cstr(memory, name_at, PATH_MAX).unwrap_or_default() };
    let name = String::from_utf8_lossy(&name).into_owned();
    let object = LinkMap { addr, bias: LoadBias(word(0)?), name, dynamic: VirtAddr(word(2)?), namespace };
    Ok((object, VirtAddr(word(3)?)))
}

/// Where `r_debug` is: through DT_DEBUG of the main program, which ld.so fills in; before that, or in a static PIE, by the
/// symbol `_r_debug` of the interpreter (glibc) or what `_dl_debug_addr` holds (musl).
pub fn find_rendezvous(
    memory: &dyn Memory,
    main: Option<(&Image, LoadBias)>,
    interpreter: Option<(&Image, LoadBias)>,
) -> Option<VirtAddr> {
    let by_tag = main.and_then(|(image, bias)| {
        let index = image.dynamic().entries.iter().position(|e| e.tag == dt::DT_DEBUG)?;
        read_u64(memory, bias.to_virt(image.dynamic().addr + 16 * index as u64 + 8)).ok()
    });
    if let Some(addr) = by_tag.filter(|a| *a != 0) {
        return Some(VirtAddr(addr));
    }
    let (image, bias) = interpreter?;
    if let Some(addr) = defined(image, "_r_debug") {
        return Some(bias.to_virt(addr));
    }
    let holder = bias.to_virt(defined(image, "_dl_debug_addr")?);
    read_u64(memory, holder).ok().filter(|a| *a != 0).map(VirtAddr)
}

/// The link-time address of the function that the interpreter calls at each change, known before the rendezvous is filled in.
pub fn event_address(interpreter: &Image) -> Option<crate::base::FileAddr> {
    defined(interpreter, "_dl_debug_state").or_else(|| defined(interpreter, "dl_debug_state"))
}

fn defined(image: &Image, name: &str) -> Option<crate::base::FileAddr> {
    let in_table = |t: Symbols<'_>| t.named(name).into_iter().find(|s| s.has_place()).map(|s| s.addr);
    in_table(image.dynsym()).or_else(|| in_table(image.symtab()))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;
    use crate::base::SliceMemory;

    /// r_debug at 0x1000, link maps at 0x1040 and 0x1068, a name at 0x1090.
    fn memory(next_of_second: u64) -> SliceMemory {
        let words = [1u64, 0x1040, 0x7000, 0, 0x8000, 0, 0, 0];
        let first = [0x5000u64, 0, 0x5100, 0x1068, 0];
        let second = [0x9000u64, 0x1090, 0x9100, next_of_second, 0x1040];
        let mut bytes: Vec<u8> = words.iter().chain(&first).chain(&second).flat_map(|w| w.to_le_bytes()).collect();
        bytes.extend(b"/lib/libc.so.6\0");
        SliceMemory { start: VirtAddr(0x1000), bytes }
    }

    #[test]
    fn the_chain_is_followed_to_its_end() {
        let memory = memory(0);
        let r = Rendezvous::read(&memory, VirtAddr(0x1000)).unwrap();
        assert_eq!((r.version, r.brk, r.state, r.next), (1, VirtAddr(0x7000), MapState::Consistent, None));
        let objects = r.objects(&memory).unwrap();
        assert_eq!(objects.len(), 2);
        assert_eq!((objects[1].name.as_str(), objects[1].bias), ("/lib/libc.so.6", LoadBias(0x9000)));
    }

    #[test]
    fn a_loop_or_a_wild_pointer_ends_the_chain() {
        for next in [0x1040, 0x1068, 0xdead_0000] {
            let memory = memory(next);
            let r = Rendezvous::read(&memory, VirtAddr(0x1000)).unwrap();
            assert_eq!(r.objects(&memory).unwrap().len(), 2);
        }
    }
}

//! The lookup scope of each object, as ld.so itself keeps it: lists of link maps in the private part of `struct link_map` (glibc
//! include/link.h: `l_searchlist`, `l_scope`), whose place differs between versions and is found by what it must look like.

use std::collections::HashSet;

use crate::base::{Memory, VirtAddr, read_u64};

use super::rendezvous::LinkMap;

/// One list of a scope.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ScopeList {
    /// The object whose search list it is: the program's is the global scope, that of a dlopen'ed library is local to it.
    pub owner: VirtAddr,
    /// The link maps in the order in which they are asked.
    pub maps: Vec<VirtAddr>,
}

/// Where a version of ld.so keeps what is needed here.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ScopeLayout {
    /// Offset of `l_searchlist` in a link map, in bytes.
    searchlist: u64,
}

/// How much of a link map is searched: glibc's has about 1,150 bytes.
const LINK_MAP_SIZE: u64 = 1600;
/// A scope has a handful of lists.
const MAX_LISTS: u64 = 64;

impl ScopeLayout {
    /// Finds it in the program's link map, the first of `objects`: a pointer to an array of known link maps that begins with the
    /// program's own, and the array's length behind it. `None` for a C library that keeps no such list (musl).
    pub fn find(memory: &dyn Memory, objects: &[LinkMap]) -> Option<ScopeLayout> {
        let main = objects.first()?.addr;
        let known: HashSet<VirtAddr> = objects.iter().map(|o| o.addr).collect();
        let fits = |offset: &u64| {
            let Some(maps) = read_list(memory, main + *offset, &known) else { return false };
            maps.first() == Some(&main)
        };
        // Behind the five public words.
        (40..LINK_MAP_SIZE).step_by(8).find(fits).map(|searchlist| ScopeLayout { searchlist })
    }

    /// The scope of an object, list by list, in ld.so's order; `None` where memory does not look like one.
    pub fn scope_of(&self, memory: &dyn Memory, objects: &[LinkMap], map: VirtAddr) -> Option<Vec<ScopeList>> {
        let known: HashSet<VirtAddr> = objects.iter().map(|o| o.addr).collect();
        let owner = |list: u64| known.get(&VirtAddr(list.wrapping_sub(self.searchlist))).copied();
        // l_scope points to an array of pointers to lists; l_scope_mem, which precedes it, holds such pointers itself.
        for offset in (40..LINK_MAP_SIZE).step_by(8) {
            let Some(array) = read_u64(memory, map + offset).ok().filter(|a| *a != 0 && a % 8 == 0) else { continue };
            let mut lists = Vec::new();
            for i in 0..MAX_LISTS {
                let Some(list) = read_u64(memory, VirtAddr(array) + 8 * i).ok().filter(|l| *l != 0) else { break };
                // DF_SYMBOLIC's list is the word pair behind l_searchlist: a list of the object alone.
                let (owner, at) = match (owner(list), owner(list.wrapping_sub(16))) {
                    (Some(owner), _) | (None, Some(owner)) => (owner, VirtAddr(list)),
                    (None, None) => {
                        lists.clear();
                        break;
                    }
                };
                let Some(maps) = read_list(memory, at, &known) else { break };
                lists.push(ScopeList { owner, maps });
            }
            if !lists.is_empty() {
                return Some(lists);
            }
        }
        None
    }
}

/// A `struct r_scope_elem`: where an array of link maps is, and how many it has.
fn read_list(memory: &dyn Memory, at: VirtAddr, known: &HashSet<VirtAddr>) -> Option<Vec<VirtAddr>> {
    let array = read_u64(memory, at).ok().filter(|a| *a != 0 && a % 8 == 0)?;
    let count = read_u64(memory, at + 8).ok()? & 0xffff_ffff;
    if count == 0 || count > known.len() as u64 {
        return None;
    }
    let entry = |i| read_u64(memory, VirtAddr(array) + 8 * i).ok().map(VirtAddr).filter(|m| known.contains(m));
    (0..count).map(entry).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;
    use crate::base::{LoadBias, SliceMemory};

    const MAIN: u64 = 0x1000;
    const LIB: u64 = 0x2000;

    /// Link maps at 0x1000 and 0x2000 with l_searchlist at 0x100, l_scope_mem at 0x200 and l_scope at 0x220.
    fn memory(count: u64) -> SliceMemory {
        let mut memory = SliceMemory { start: VirtAddr(MAIN), bytes: vec![0; 0x3000] };
        let mut set = |at: u64, word: u64| {
            memory.bytes[(at - MAIN) as usize..][..8].copy_from_slice(&word.to_le_bytes());
        };
        for (at, word) in [(MAIN + 0x100, 0x3000), (MAIN + 0x108, count), (0x3000, MAIN), (0x3008, LIB)] {
            set(at, word);
        }
        for map in [MAIN, LIB] {
            set(map + 0x200, MAIN + 0x100);
            set(map + 0x220, map + 0x200);
        }
        memory
    }

    fn objects() -> Vec<LinkMap> {
        let map =
            |addr| LinkMap { addr: VirtAddr(addr), bias: LoadBias(0), name: String::new(), dynamic: VirtAddr(0), namespace: 0 };
        vec![map(MAIN), map(LIB)]
    }

    #[test]
    fn a_scope_is_found_by_its_shape() {
        let (memory, objects) = (memory(2), objects());
        let layout = ScopeLayout::find(&memory, &objects).unwrap();
        assert_eq!(layout.searchlist, 0x100);
        let scope = layout.scope_of(&memory, &objects, VirtAddr(LIB)).unwrap();
        assert_eq!(scope, [ScopeList { owner: VirtAddr(MAIN), maps: vec![VirtAddr(MAIN), VirtAddr(LIB)] }]);
    }

    #[test]
    fn lists_of_unknown_things_are_none() {
        for count in [0, 3, u64::MAX] {
            assert_eq!(ScopeLayout::find(&memory(count), &objects()), None);
        }
        assert_eq!(ScopeLayout::find(&memory(2), &[]), None);
    }
}

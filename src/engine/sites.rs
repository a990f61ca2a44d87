//! Sites: addresses at which something of rdbg's wants to know. One int3, many reasons.

use std::collections::BTreeMap;

use crate::base::{AddrRange, Memory, Tid, VirtAddr};

use super::inject::{Room, Way};

/// Who wants to know that a site was reached.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Owner {
    /// The user's breakpoint of this number.
    User(u32),
    /// ld.so calls this after it has loaded or unloaded something (`r_brk`).
    Libraries,
    /// The timeline, which records that it was reached.
    Timeline,
    /// The head of a PLT, which every lazy bind passes.
    Bind,
    /// A constructor of a module, which is caught.
    Init,
    /// Where exceptions are thrown or caught, or panics begin.
    Raise,
    /// Where the function goes on that has called one with a watched local variable.
    WatchEnd,
    /// Functions that rdbg has called return here (or are about to end the program, by `std::terminate`).
    Call,
    /// The step plan of this thread.
    Plan(Tid),
    /// The same, where frames are about to be left by longjmp or an exception, or have been.
    Escape(Tid),
}

/// How a thread gets past a site.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Past {
    /// Its effect is carried out in the registers.
    Emulate,
    /// It runs in the slot at this address; the moved instruction has this length.
    Slot {
        /// The slot.
        at: VirtAddr,
        /// The length of the moved instruction.
        moved: u64,
    },
    /// It is stepped in place, alone.
    InPlace,
}

/// An address with an int3.
#[derive(Clone, Debug)]
pub struct Site {
    /// Who wants to know; nobody, while it waits for another plan.
    pub owners: Vec<Owner>,
    /// The bytes of the instruction, up to the longest possible.
    pub code: Vec<u8>,
    /// How to get past; found when it is needed first.
    past: Option<Past>,
    /// The program may have changed the instruction since it was read.
    doubted: bool,
}

/// A slot in use: where it is, and for which place.
#[derive(Clone, Copy, Debug)]
struct Slot {
    place: VirtAddr,
    len: u64,
    moved: u64,
}

/// All sites of a process, and the slots that were ever made for them (a thread or a signal frame may still be in one).
#[derive(Clone, Debug, Default)]
pub struct Sites {
    by_addr: BTreeMap<VirtAddr, Site>,
    slots: BTreeMap<VirtAddr, Slot>,
    /// Padding, by the end of the text segment that it follows; `None` where there is too little.
    rooms: BTreeMap<VirtAddr, Option<Room>>,
    rooms_known: bool,
}

/// A thread that stands in a slot: the pc there, and the pc that is shown instead.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Displaced {
    pub slot: VirtAddr,
    pub shown: VirtAddr,
}

impl Sites {
    /// The site at this address.
    pub fn get(&self, addr: VirtAddr) -> Option<&Site> {
        self.by_addr.get(&addr)
    }

    /// The addresses.
    pub fn addresses(&self) -> impl Iterator<Item = VirtAddr> {
        self.by_addr.keys().copied()
    }

    /// Adds a site, or gives it other owners.
    pub fn put(&mut self, addr: VirtAddr, owners: Vec<Owner>, memory: &dyn Memory) {
        if let Some(site) = self.by_addr.get_mut(&addr) {
            site.owners = owners;
            return;
        }
        let mut code = vec![0; crate::arch::insn::MAX_LEN];
        let n = memory.read_partial(addr, &mut code).unwrap_or(0);
        code.truncate(n);
        self.by_addr.insert(addr, Site { owners, code, past: None, doubted: false });
    }

    /// Leaves a site in place that only plans have wanted; false where it is to go.
    pub fn make_idle(&mut self, addr: VirtAddr) -> bool {
        let Some(site) = self.by_addr.get_mut(&addr) else { return false };
        let is_of_plan = site.owners.iter().all(|o| matches!(o, Owner::Plan(_) | Owner::Escape(_)));
        if is_of_plan {
            site.owners.clear();
        }
        is_of_plan
    }

    /// Removes a site. Its slot stays.
    pub fn remove(&mut self, addr: VirtAddr) {
        self.by_addr.remove(&addr);
    }

    /// Forgets what was found out about instructions in this range: they were patched.
    pub fn patched(&mut self, start: VirtAddr, len: u64, memory: &dyn Memory) {
        let from = start - crate::arch::insn::MAX_LEN as u64;
        for (addr, site) in self.by_addr.range_mut(from..start + len) {
            site.past = None;
            site.code.resize(crate::arch::insn::MAX_LEN, 0);
            let n = memory.read_partial(*addr, &mut site.code).unwrap_or(0);
            site.code.truncate(n);
        }
    }

    /// Says that the program may have changed its code: each instruction is read again before it is passed next.
    pub fn doubt(&mut self) {
        self.by_addr.values_mut().for_each(|site| site.doubted = true);
    }

    /// How to get past a site, if it is known by now.
    pub fn past(&mut self, addr: VirtAddr, memory: &dyn Memory) -> Option<Past> {
        let site = self.by_addr.get_mut(&addr)?;
        if std::mem::take(&mut site.doubted) {
            let mut code = [0; crate::arch::insn::MAX_LEN];
            let n = memory.read_partial(addr, &mut code).unwrap_or(0);
            // What was found out about another instruction is forgotten.
            if code.get(..n) != Some(&site.code) {
                site.past = None;
                site.code = code.get(..n).unwrap_or_default().to_vec();
            }
        }
        site.past
    }

    /// Says how to get past a site.
    pub fn set_past(&mut self, addr: VirtAddr, past: Past) {
        if let Some(site) = self.by_addr.get_mut(&addr) {
            site.past = Some(past);
        }
    }

    /// Decides how to get past a site: the bytes to be written for a new slot, and the decision. `text_ends` gives the ends of
    /// the text segments, behind which slots may lie.
    pub fn decide(&mut self, addr: VirtAddr, text_ends: impl FnOnce() -> Vec<VirtAddr>) -> (Past, Option<Vec<u8>>) {
        let Some(site) = self.by_addr.get_mut(&addr) else { return (Past::InPlace, None) };
        let mut bytes = None;
        let past = match super::inject::way(&site.code, addr) {
            Way::Emulate => Past::Emulate,
            Way::InPlace => Past::InPlace,
            Way::Move => {
                if !self.rooms_known {
                    self.rooms_known = true;
                    for end in text_ends() {
                        self.rooms.entry(end).or_insert_with(|| Room::behind(end));
                    }
                }
                // The nearest first: it goes when its module goes, and so does the site.
                let mut rooms: Vec<_> = self.rooms.iter_mut().filter_map(|(end, room)| Some((*end, room.as_mut()?))).collect();
                rooms.sort_by_key(|(end, _)| end.0.abs_diff(addr.0));
                let made = rooms.iter_mut().find_map(|(_, room)| {
                    let at = room.take(addr)?;
                    let (code, moved) = super::inject::move_to(&site.code, addr, at)?;
                    Some((at, code, moved))
                });
                match made {
                    Some((at, code, moved)) => {
                        let len = crate::arch::insn::Insn::decode(&site.code, addr.0).map_or(0, |i| i.len() as u64);
                        self.slots.insert(at, Slot { place: addr, len, moved });
                        bytes = Some(code);
                        Past::Slot { at, moved }
                    }
                    None => Past::InPlace,
                }
            }
        };
        site.past = Some(past);
        (past, bytes)
    }

    /// Forgets the padding and the slots in a range: it is not mapped any more, or holds something else.
    pub fn unmapped(&mut self, range: AddrRange) {
        self.slots.retain(|at, _| !range.contains(*at));
        // The padding is named by its start: the end of a segment, which may be that of the range.
        self.rooms.retain(|end, _| !range.contains(*end - 1));
        for site in self.by_addr.values_mut() {
            if matches!(site.past, Some(Past::Slot { at, .. }) if range.contains(at)) {
                site.past = None;
            }
        }
    }

    /// Says that modules have come or gone: there may be more padding.
    pub fn modules_changed(&mut self) {
        self.rooms_known = false;
    }

    /// For a pc in a slot, the pc that the program would have: at the moved instruction, or behind it.
    pub fn original_pc(&self, pc: VirtAddr) -> Option<VirtAddr> {
        let (at, slot) = self.slots.range(..=pc).next_back()?;
        match pc - *at {
            0 => Some(slot.place),
            n if n == slot.moved => Some(slot.place + slot.len),
            _ => None,
        }
    }
}

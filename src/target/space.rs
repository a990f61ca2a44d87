//! An address space with what rdbg has put into it. A process has one of its own; a vfork child shares its parent's until it execs
//! or exits, and so do the int3s in it.

use std::collections::{BTreeMap, BTreeSet};

use super::traps::{INT3, lift_one, plant_one};
use crate::base::{AddrRange, Error, Memory, Result, Tid, VirtAddr};
use crate::os::guardian::Guardian;
use crate::os::mem::ProcessMemory;

/// Memory, and the bytes of rdbg's in it. Reads never show those.
///
/// The `tid` that most of this takes is a stopped tracee in the space, as [`ProcessMemory::write`] wants it.
#[derive(Debug)]
pub(super) struct Space {
    pub(super) memory: ProcessMemory,
    /// Where an int3 is wanted; the byte that it covers while it is in memory.
    int3s: BTreeMap<VirtAddr, Option<u8>>,
    /// Those of `int3s` that can be are in memory.
    planted: bool,
    /// Where an int3 was taken out while threads ran: one may have run it already. Until all have stopped once.
    retired: BTreeSet<VirtAddr>,
    /// Where rdbg's own code lies: what was there before.
    pub(super) own_code: BTreeMap<VirtAddr, Box<[u8]>>,
    /// How many processes run here untraced: no int3 may be there.
    pub(super) untraced: u32,
    /// The process that is to be guarded: rdbg has attached to it.
    guarded: Option<Tid>,
    /// Puts its code back if rdbg is killed.
    guardian: Option<Guardian>,
    /// Int3s that are left in the memory of forked children that are let go.
    pub(super) deadly: Vec<VirtAddr>,
}

impl Space {
    /// The space of a process, which is to be guarded where it does not die with rdbg, with nothing of rdbg's in it.
    pub(super) fn new(memory: ProcessMemory, guarded: Option<Tid>) -> Space {
        Space {
            memory,
            int3s: BTreeMap::new(),
            planted: false,
            retired: BTreeSet::new(),
            own_code: BTreeMap::new(),
            untraced: 0,
            guarded,
            guardian: None,
            deadly: Vec::new(),
        }
    }

    /// The space of a forked child, which is a copy.
    pub(super) fn copied(&self, memory: ProcessMemory, child: Tid) -> Space {
        Space {
            int3s: self.int3s.clone(),
            planted: self.planted,
            retired: self.retired.clone(),
            own_code: self.own_code.clone(),
            deadly: self.deadly.clone(),
            ..Space::new(memory, self.guarded.map(|_| child))
        }
    }

    /// The process dies with rdbg: nobody needs to look after its code.
    pub(super) fn needs_no_guard(&mut self) {
        self.guarded = None;
    }

    /// The process of a copy stays traced: the int3s that it was born with are looked after like others.
    pub(super) fn is_kept(&mut self) {
        if self.int3s.values().any(Option::is_some) {
            self.be_guarded();
        }
        if let Some(guardian) = &self.guardian {
            self.int3s.iter().for_each(|(addr, byte)| byte.iter().for_each(|b| guardian.note(*addr, *b)));
        }
    }

    /// As [`Memory::read_partial`].
    pub(super) fn read_partial(&self, at: VirtAddr, buf: &mut [u8]) -> Result<usize> {
        let n = self.memory.read_partial(at, buf)?;
        let end = VirtAddr(at.0.saturating_add(n as u64));
        // Pieces of own code are short: one that reaches into the range begins not far before it.
        for (start, bytes) in self.own_code.range(VirtAddr(at.0.saturating_sub(64))..end) {
            for (addr, byte) in (start.0..).zip(bytes.iter()).filter(|(addr, _)| *addr >= at.0) {
                if let Some(shown) = buf.get_mut(..n).and_then(|b| b.get_mut((addr - at.0) as usize)) {
                    *shown = *byte;
                }
            }
        }
        if n > 0 {
            for (addr, byte) in self.int3s.range(at..end) {
                // The program may have written something else there meanwhile.
                if let (Some(byte), Some(shown)) = (byte, buf.get_mut((*addr - at) as usize))
                    && *shown == INT3
                {
                    *shown = *byte;
                }
            }
        }
        Ok(n)
    }

    /// Writes what the program is to see.
    pub(super) fn write(&mut self, tid: Tid, at: VirtAddr, bytes: &[u8]) -> Result<()> {
        if bytes.is_empty() {
            return Ok(());
        }
        // With the int3 bytes out of the way, so that they cover what was written.
        let covering = self.int3s.range_mut(at..at + bytes.len() as u64);
        let covering: Vec<_> = covering.filter_map(|(addr, covered)| Some((*addr, covered.take()?))).collect();
        for (addr, byte) in &covering {
            lift_one(&self.memory, tid, *addr, *byte, self.guardian.as_ref());
        }
        let mut end = [0];
        let result = match self.memory.read(at + (bytes.len() as u64 - 1), &mut end) {
            // All or nothing: what does not exist to its end is not begun.
            Err(_) if self.memory.read(at, &mut end).is_err() => Err(Error::Fault { addr: at }),
            Err(e) => Err(e),
            Ok(()) => self.memory.write(tid, at, bytes),
        };
        for (addr, _) in covering {
            let covered = plant_one(&self.memory, tid, addr, self.guardian.as_ref()).ok();
            self.int3s.insert(addr, covered);
        }
        result
    }

    /// Writes code of rdbg's own.
    pub(super) fn write_hidden(&mut self, tid: Tid, at: VirtAddr, bytes: &[u8]) -> Result<()> {
        let mut before = vec![0; bytes.len()];
        if self.read_partial(at, &mut before)? < before.len() {
            return Err(Error::Fault { addr: at });
        }
        self.memory.write(tid, at, bytes)?;
        self.own_code.entry(at).or_insert(before.into_boxed_slice());
        Ok(())
    }

    /// Puts back what was where rdbg's own code is, but for the pieces that are still `used`.
    pub(super) fn clear_own_code(&mut self, tid: Tid, used: &BTreeSet<VirtAddr>) {
        for (at, before) in std::mem::take(&mut self.own_code) {
            if !used.contains(&at) {
                let _ = self.memory.write(tid, at, &before);
            }
        }
    }

    /// Wants an int3.
    pub(super) fn insert(&mut self, tid: Tid, addr: VirtAddr) -> Result<()> {
        if !self.int3s.contains_key(&addr) {
            let mut byte = [0];
            self.memory.read(addr, &mut byte)?;
            let covered = match self.planted {
                true => {
                    self.be_guarded();
                    Some(plant_one(&self.memory, tid, addr, self.guardian.as_ref())?)
                }
                false => None,
            };
            self.int3s.insert(addr, covered);
        }
        Ok(())
    }

    /// Wants it no more. `in_use`: threads run.
    pub(super) fn remove(&mut self, tid: Tid, addr: VirtAddr, in_use: bool) {
        if let Some(Some(byte)) = self.int3s.remove(&addr) {
            lift_one(&self.memory, tid, addr, byte, self.guardian.as_ref());
            self.retired.extend(in_use.then_some(addr));
        }
    }

    /// Puts the int3 bytes into memory.
    pub(super) fn plant(&mut self, tid: Tid) {
        if self.planted || self.untraced > 0 {
            return;
        }
        self.planted = true;
        if !self.int3s.is_empty() {
            self.be_guarded();
        }
        for (addr, covered) in self.int3s.iter_mut().filter(|(_, covered)| covered.is_none()) {
            *covered = plant_one(&self.memory, tid, *addr, self.guardian.as_ref()).ok();
        }
    }

    /// Looks which int3 bytes are still there while all stand still: the program may have written or mapped something else over
    /// them. The next [`plant`](Space::plant) puts those back.
    pub(super) fn look_after_planted(&mut self) {
        for (addr, covered) in &mut self.int3s {
            let mut byte = [0];
            if self.memory.read(*addr, &mut byte).is_err() || byte != [INT3] {
                *covered = None;
            }
            self.planted &= covered.is_some();
        }
    }

    /// Takes the int3 bytes out of memory, but for those at `left`.
    pub(super) fn lift_but(&mut self, tid: Tid, in_use: bool, left: &[VirtAddr]) {
        self.planted = false;
        for (addr, covered) in self.int3s.iter_mut().filter(|(addr, _)| !left.contains(addr)) {
            if let Some(byte) = covered.take() {
                lift_one(&self.memory, tid, *addr, byte, self.guardian.as_ref());
                self.retired.extend(in_use.then_some(*addr));
            }
        }
    }

    /// What was launched dies with rdbg; what was attached to must not.
    fn be_guarded(&mut self) {
        if let Some(pid) = self.guarded.filter(|_| self.guardian.is_none()) {
            self.guardian = Guardian::start(pid, self.memory.descriptor());
        }
    }

    /// Says whether debug registers are set.
    pub(super) fn watches(&mut self, in_use: bool) {
        if in_use {
            self.be_guarded();
        }
        if let Some(guardian) = &self.guardian {
            guardian.watches(in_use);
        }
    }

    /// Whether an int3 is wanted, or may have been run.
    pub(super) fn has_int3s(&self) -> bool {
        !self.int3s.is_empty() || !self.retired.is_empty()
    }

    /// Wants no int3 any more; they have been lifted.
    pub(super) fn forget_int3s(&mut self) {
        self.int3s.clear();
    }

    /// Notes that all threads have stopped, and whoever ran an int3 was set back.
    pub(super) fn all_stopped(&mut self) {
        self.retired.clear();
    }

    /// Whether an int3 of ours is here, or was when a thread ran it, and has been taken out since.
    pub(super) fn is_ours(&self, at: VirtAddr) -> bool {
        let mut byte = [INT3];
        matches!(self.int3s.get(&at), Some(Some(_)))
            || self.retired.contains(&at) && self.memory.read(at, &mut byte).is_ok() && byte != [INT3]
    }

    /// Whether a thread may stand behind this int3 of ours without having run it: behind an instruction of one byte that does not
    /// lead elsewhere, or one that is not known any more.
    pub(super) fn may_stand_behind(&self, at: VirtAddr) -> bool {
        let Some(Some(byte)) = self.int3s.get(&at) else { return true };
        matches!(byte, 0x50..=0x5f | 0x6c..=0x6f | 0x90..=0x99 | 0x9b..=0x9f | 0xa4..=0xa7 | 0xaa..=0xaf | 0xc9)
            || matches!(byte, 0xcc | 0xd7 | 0xec..=0xef | 0xf4 | 0xf5 | 0xf8..=0xfd)
    }

    /// Where int3s are in memory.
    pub(super) fn hidden(&self) -> Vec<AddrRange> {
        let covered = self.int3s.iter().filter(|(_, byte)| byte.is_some());
        covered.map(|(addr, _)| AddrRange::with_len(*addr, 1)).collect()
    }
}

//! Where int3s and debug registers are wanted, and putting them there.

use std::collections::{BTreeMap, BTreeSet};

use crate::base::{Error, Result, VirtAddr};
use crate::symbols::Raise;
use crate::target::{Trap, TrapKind};

use super::breakpoints::{Catch, Kind};
use super::inject::Call;
use super::session::Session;
use super::sites::Owner;
use super::watchpoint::WatchKind;

/// Sites of plans that nobody waits for any more are left for the next plan, up to this number.
const MOST_IDLE: usize = 16;

impl Session {
    /// Makes int3s and debug registers what breakpoints, catchpoints, plans and the following of libraries want.
    pub(super) fn sync_sites(&mut self) -> Result<()> {
        self.forget_blocks()?;
        // Once an exec is told, the sites of the new program are wanted.
        if self.process_mut()?.control()?.has_lost_memory() {
            return Ok(());
        }
        let wanted = self.wanted_sites();
        let traps = self.wanted_traps();
        let process = self.process_mut()?;
        // A forked child is not rdbg's: when the function returns there, it must not start the program anew.
        let deadly = process.calls.iter().map(Call::return_to).collect();
        process.control()?.keep_in_children(deadly);
        let mut stale: Vec<VirtAddr> = process.sites.addresses().filter(|a| !wanted.contains_key(a)).collect();
        // What one step needed, the next one may need again: in loops it does.
        if process.plan.is_some() && stale.len() <= MOST_IDLE {
            stale.retain(|addr| !process.sites.make_idle(*addr));
        }
        for addr in stale {
            process.sites.remove(addr);
            process.control()?.remove(Trap { addr, kind: TrapKind::Int3 })?;
        }
        for (addr, owners) in wanted {
            if process.sites.get(addr).is_none() {
                match process.control()?.insert(Trap { addr, kind: TrapKind::Int3 }) {
                    Ok(()) => {}
                    Err(Error::Fault { addr }) => return Err(cannot_insert(&owners, addr)),
                    Err(e) => return Err(e),
                }
            }
            process.sites.put(addr, owners, &*process.target);
        }
        let gone: Vec<Trap> = process.hardware.iter().filter(|t| !traps.contains(t)).copied().collect();
        for trap in gone {
            process.control()?.remove(trap)?;
            process.hardware.retain(|t| *t != trap);
        }
        for trap in traps {
            if !process.hardware.contains(&trap) {
                process.control()?.insert(trap)?;
                process.hardware.push(trap);
            }
        }
        Ok(())
    }

    pub(super) fn wanted_sites(&self) -> BTreeMap<VirtAddr, Vec<Owner>> {
        let mut wanted: BTreeMap<VirtAddr, Vec<Owner>> = BTreeMap::new();
        let mut want = |addr: VirtAddr, owner: Owner| wanted.entry(addr).or_default().push(owner);
        let (number, is_elsewhere) = (self.breakpoints_of(), self.inferior.recorded);
        for b in self.breakpoints.iter().filter(|b| b.enabled && !is_elsewhere) {
            if let Kind::Code { hardware: false } = b.kind {
                b.locations.iter().filter(|l| l.is_wanted(number)).for_each(|l| want(l.addr, Owner::User(b.id)));
            }
            if let Kind::Watch(watch) = &b.kind
                && watch.inferior == number
                && let Some(end) = watch.scope.as_ref().and_then(|s| s.end())
            {
                want(end, Owner::WatchEnd);
            }
        }
        let is_bind = |k: &Kind| matches!(k, Kind::Catch(Catch::Bind { .. }));
        if !is_elsewhere && self.breakpoints.iter().any(|b| b.enabled && is_bind(&b.kind)) {
            self.inferior.modules.plt_heads().into_iter().for_each(|head| want(head, Owner::Bind));
        }
        let is_init = |k: &Kind| matches!(k, Kind::Catch(Catch::Init(_)));
        if self.breakpoints.iter().any(|b| b.enabled && is_init(&b.kind)) {
            self.constructor_places().into_iter().for_each(|at| want(at, Owner::Init));
        }
        let raise = |k: &Kind| if let Kind::Catch(Catch::Raise { what, .. }) = k { Some(*what) } else { None };
        let raises: Vec<Raise> =
            self.breakpoints.iter().filter(|b| b.enabled && !is_elsewhere).filter_map(|b| raise(&b.kind)).collect();
        self.raise_places(&raises).into_iter().for_each(|at| want(at, Owner::Raise));
        if let Some(process) = &self.inferior.process {
            self.timeline.places(process.target.pid()).for_each(|at| want(at, Owner::Timeline));
            if let Some(brk) = process.libraries.brk {
                want(brk, Owner::Libraries);
            }
            if let Some(plan) = &process.plan {
                plan.places().for_each(|p| want(p.addr, Owner::Plan(plan.tid())));
                self.escape_places().into_iter().for_each(|at| want(at, Owner::Escape(plan.tid())));
            }
            let places: BTreeSet<VirtAddr> = process.calls.iter().flat_map(Call::places).collect();
            places.into_iter().for_each(|at| want(at, Owner::Call));
        }
        wanted
    }

    pub(super) fn wanted_traps(&self) -> Vec<Trap> {
        let mut traps = Vec::new();
        let number = self.breakpoints_of();
        for b in self.breakpoints.iter().filter(|b| b.enabled && !self.inferior.recorded) {
            match &b.kind {
                Kind::Code { hardware: true } => {
                    let on = b.locations.iter().filter(|l| l.is_wanted(number));
                    traps.extend(on.map(|l| Trap { addr: l.addr, kind: TrapKind::HardwareExecute }));
                }
                Kind::Watch(watch) if watch.inferior == number => traps.extend(watch.pieces.iter().map(|(addr, len)| Trap {
                    addr: *addr,
                    kind: match watch.kind {
                        WatchKind::Write => TrapKind::Write { len: *len },
                        WatchKind::Read | WatchKind::Access => TrapKind::Access { len: *len },
                    },
                })),
                _ => {}
            }
        }
        traps.sort();
        traps.dedup();
        traps
    }
}

/// gdb's words for a breakpoint that cannot be planted.
fn cannot_insert(owners: &[Owner], addr: VirtAddr) -> Error {
    let ids: Vec<String> = owners
        .iter()
        .filter_map(|o| if let Owner::User(id) = o { Some(format!("Cannot insert breakpoint {id}.\n")) } else { None })
        .collect();
    Error::user(format!("Warning:\n{}Cannot access memory at address {addr}\n", ids.concat()))
}

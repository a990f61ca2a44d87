//! The calls of a process, as its modules' debug information tells them.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::sync::Arc;

use super::tail_calls::{CallGraph, TailCall, left_by_tail_calls, may_call_itself};
use crate::base::VirtAddr;
use crate::dwarf::{CallSite, Callee, DebugInfo, Function};
use crate::symbols::{Module, Modules};

/// The calls that a process's modules know of.
pub struct ProcessCalls<'a>(pub &'a Modules);

impl ProcessCalls<'_> {
    fn function(&self, at: VirtAddr) -> Option<(&Arc<Module>, &Arc<DebugInfo>, Arc<Function>)> {
        let module = self.0.at(at)?;
        Some((module, module.debug()?, module.function(at)?))
    }

    fn resolve(&self, module: &Module, debug: &DebugInfo, call: &CallSite) -> Option<VirtAddr> {
        match debug.callee(call) {
            Callee::Entry(at) => Some(module.virt(at)),
            Callee::Named(name) => module.address_of(&name).or_else(|| self.0.iter().find_map(|m| m.address_of(&name))),
            Callee::Unknown => None,
        }
    }
}

impl CallGraph for ProcessCalls<'_> {
    fn target(&self, returns_to: VirtAddr) -> Option<VirtAddr> {
        let (module, debug, function) = self.function(returns_to - 1)?;
        let call = debug.call_site(&function, module.to_file(returns_to)).ok()??;
        self.resolve(module, debug, &call)
    }

    fn tail_calls(&self, function: VirtAddr) -> Option<Vec<TailCall>> {
        let (module, debug, of) = self.function(function)?;
        let calls = debug.call_sites(&of).ok()?;
        let tail_calls = calls.iter().filter(|c| c.is_tail).map(|call| {
            let target = self.resolve(module, debug, call)?;
            Some(TailCall { returns_to: module.virt(call.returns_to), target })
        });
        tail_calls.collect()
    }
}

/// A return address, and where in the code the next frame further in is.
type Between = (VirtAddr, VirtAddr);

/// More places are not kept.
const LIMIT: usize = 1 << 16;

/// What was found out about tail calls, for one generation of the modules.
#[derive(Debug, Default)]
pub struct TailCallCache {
    generation: Cell<u64>,
    left: RefCell<HashMap<Between, Arc<[VirtAddr]>>>,
    again: RefCell<HashMap<VirtAddr, bool>>,
}

impl TailCallCache {
    fn refresh(&self, modules: &Modules) {
        if self.generation.replace(modules.generation()) != modules.generation() {
            self.left.borrow_mut().clear();
            self.again.borrow_mut().clear();
        }
    }

    /// What [`left_by_tail_calls`] says of the frame that is at `at` and returns to `returns_to`, asked once.
    pub fn left(&self, modules: &Modules, returns_to: VirtAddr, at: VirtAddr) -> Arc<[VirtAddr]> {
        self.refresh(modules);
        let calls = ProcessCalls(modules);
        let find = || {
            // Most calls are of the function itself, and most code has no entries.
            let Some(target) = calls.target(returns_to) else { return Arc::new([]) as Arc<[VirtAddr]> };
            let by_debug = calls.function(at).map(|(module, _, function)| module.virt(function.entry));
            let callee = by_debug.or_else(|| modules.locate(at).filter(|l| l.is_code).map(|l| l.start));
            callee.filter(|c| *c != target).map_or(Vec::new(), |c| left_by_tail_calls(&calls, returns_to, c)).into()
        };
        let mut left = self.left.borrow_mut();
        if left.len() >= LIMIT {
            left.clear();
        }
        left.entry((returns_to, at)).or_insert_with(find).clone()
    }

    /// What [`may_call_itself`] says, asked once.
    pub fn may_call_itself(&self, modules: &Modules, function: VirtAddr) -> bool {
        self.refresh(modules);
        *self.again.borrow_mut().entry(function).or_insert_with(|| may_call_itself(&ProcessCalls(modules), function))
    }
}

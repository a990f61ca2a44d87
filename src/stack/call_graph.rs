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

/// A return address, and the function that runs.
type Between = (VirtAddr, VirtAddr);

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

    /// What [`left_by_tail_calls`] says, asked once.
    pub fn left(&self, modules: &Modules, returns_to: VirtAddr, callee: VirtAddr) -> Arc<[VirtAddr]> {
        self.refresh(modules);
        let find = || left_by_tail_calls(&ProcessCalls(modules), returns_to, callee).into();
        self.left.borrow_mut().entry((returns_to, callee)).or_insert_with(find).clone()
    }

    /// What [`may_call_itself`] says, asked once.
    pub fn may_call_itself(&self, modules: &Modules, function: VirtAddr) -> bool {
        self.refresh(modules);
        *self.again.borrow_mut().entry(function).or_insert_with(|| may_call_itself(&ProcessCalls(modules), function))
    }
}

//! Where a step by lines runs: the code of its line, the ways out of that, and the functions that it enters.

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use crate::base::{AddrRange, Result, VirtAddr, read_u64};
use crate::dwarf::BlockKind;
use crate::stack::{Frame, FramePc};
use crate::symbols::{Module, ModuleRole};

use super::exits::{Exits, exits};
use super::session::Session;
use super::step::{LineStep, LineStepKind, Plan, Return};

impl Session {
    /// The code of the step's line in its frame: all of its pieces, and for a step over calls what was inlined into the line.
    pub(super) fn find_ranges(&self, step: &mut LineStep, frame: &Frame) {
        step.ranges.clear();
        let pc = frame.pc.lookup();
        let Some(module) = self.inferior.modules.at(pc) else { return };
        let Some(span) = module.source_line(pc) else { return };
        let (Some(code), Some(table)) = (&frame.code, module.line_table(pc)) else {
            step.ranges.push(span.range);
            return;
        };
        if step.kind == LineStepKind::Until {
            let start = module.virt(code.own_block().and_then(|b| b.entry).unwrap_or(code.function.entry));
            step.ranges.push(AddrRange::new(start.min(span.range.start), span.range.end));
            return;
        }
        let own = code.block;
        for range in &code.function.ranges {
            for row in table.starts_in(range.start, range.end) {
                let Some(found) = table.at(row.addr).filter(|f| f.start == row.addr && f.line == step.line) else { continue };
                let is_file = table.file(found.file).is_some_and(|f| f.path == step.file);
                let around = code.body.around(row.addr);
                let call = around.iter().copied().find(|b| *b == 0 || code.body.blocks.get(*b).is_some_and(|b| b.is_inlined()));
                if is_file && call.unwrap_or(0) == own {
                    step.ranges.push(AddrRange::new(module.virt(found.start), module.virt(found.end)));
                }
            }
        }
        if step.kind == LineStepKind::Over {
            for block in &code.body.blocks {
                let BlockKind::Inlined { call: Some(call), .. } = &block.kind else { continue };
                let is_line = call.line == step.line && table.file(call.file).is_some_and(|f| f.path == step.file);
                if is_line && code.body.is_inside(block, own) {
                    step.ranges.extend(block.ranges.iter().map(|r| AddrRange::new(module.virt(r.start), module.virt(r.end))));
                }
            }
        }
        if !step.ranges.iter().any(|r| r.contains(pc)) {
            step.ranges.push(span.range);
        }
        merge(&mut step.ranges);
    }

    /// The ways out of the step's code: where jumps lead, where it ends, where its function returns to, and for `step` its calls.
    pub(super) fn plan_out_of(&self, step: &LineStep, frames: &[Frame]) -> Result<Plan> {
        let tid = step.tid;
        let one = |over_calls| Plan::Instructions { tid, left: 1, over_calls, until: None };
        let over_calls = step.kind != LineStepKind::Into;
        let Some(frame) = frames.first() else { return Ok(one(over_calls)) };
        let pc = frame.pc.addr();
        let is_inside = |at: VirtAddr| step.ranges.iter().any(|r| r.contains(at));
        if !is_inside(pc) {
            return Ok(one(over_calls));
        }
        let follows = |to: Option<VirtAddr>| !over_calls && to.is_none_or(|to| self.has_lines_behind(to));
        let exits = self.exits_of(step, &follows)?;
        if exits.undecided.contains(&pc) {
            return Ok(one(over_calls));
        }
        let places = exits.outside.union(&exits.undecided);
        let mut places: Vec<Return> = places.copied().map(Return::anywhere).collect();
        // Also without a return in the line: what it calls may end the function by an exception or a tail call.
        if let Some(caller) = frames.iter().find(|f| f.cfa != frame.cfa && matches!(f.pc, FramePc::Return(_))) {
            places.push(Return::back(caller.pc.addr(), caller.registers.sp()));
        } else if exits.returns {
            return Ok(one(over_calls));
        }
        Ok(Plan::Reach { tid, places })
    }

    /// The ways out of the step's code. What runs over calls is decoded once.
    fn exits_of(&self, step: &LineStep, follows: &dyn Fn(Option<VirtAddr>) -> bool) -> Result<Rc<Exits>> {
        let process = self.process()?;
        if step.kind == LineStepKind::Into {
            return Ok(Rc::new(exits(&*process.target, &step.ranges, follows)));
        }
        let mut known = process.exits.borrow_mut();
        if known.0 != self.inferior.modules.generation() {
            *known = (self.inferior.modules.generation(), HashMap::new());
        }
        if let Some(known) = known.1.get(&step.ranges) {
            return Ok(known.clone());
        }
        let found = Rc::new(exits(&*process.target, &step.ranges, follows));
        known.1.insert(step.ranges.clone(), found.clone());
        Ok(found)
    }

    /// Where a call of this address arrives once stubs and the lazy resolver have been passed; `None` where that cannot be told.
    pub(super) fn behind_stubs(&self, at: VirtAddr) -> Option<VirtAddr> {
        let modules = &self.inferior.modules;
        let module = modules.at(at)?;
        let Some(stub) = module.plt().stub_at(module.to_file(at)) else { return Some(behind_thunk(module, at).unwrap_or(at)) };
        let slot = module.virt(stub.slot);
        let value = VirtAddr(read_u64(&*self.process().ok()?.target, slot).ok()?);
        let target = modules.at(value)?;
        // Bound, or still pointing back into its own PLT.
        let is_bound = target.id != module.id || target.plt().stub_at(target.to_file(value)).is_none();
        if is_bound && target.role != ModuleRole::Interpreter {
            return Some(value);
        }
        let name = stub.label();
        let name = name.split('@').next()?;
        modules
            .iter()
            .filter(|m| m.id != module.id || m.symbols_named(name).iter().any(|s| s.has_place()))
            .find_map(|m| m.address_of(name))
    }

    /// Whether the PLT is at this address.
    pub(super) fn is_stub(&self, at: VirtAddr) -> bool {
        self.inferior.modules.at(at).is_some_and(|m| m.plt().stub_at(m.to_file(at)).is_some())
    }

    /// Where `step` stops in the function that a call of this address enters: behind its prologue, if it has lines.
    pub(super) fn lines_behind(&self, at: VirtAddr) -> Option<VirtAddr> {
        let entry = self.behind_stubs(at)?;
        let module = self.inferior.modules.at(entry)?;
        let start = function_start(module, entry);
        let place = module.virt(module.past_prologue(module.to_file(start)));
        module.source_line(place)?;
        let name = module.function(entry).map_or(String::new(), |f| f.name.to_string());
        (!self.is_skipped(&name, place)).then_some(place)
    }

    /// Whether a step is not to stop in the function whose code is at an address.
    fn is_skipped(&self, function: &str, at: VirtAddr) -> bool {
        self.skips.has(function, || self.inferior.modules.source_line(at).map(|l| l.file.path))
    }

    /// Whether the outermost inlined call that begins at `pc` and has not been entered is to be skipped.
    pub(super) fn skips_inlined(&self, pc: VirtAddr) -> bool {
        let Some(module) = self.inferior.modules.at(pc) else { return false };
        let Some((_, body, around)) = module.function_body(pc) else { return false };
        let at = self.frames.not_entered.get().wrapping_sub(1);
        let inlined = around.iter().filter_map(|b| body.blocks.get(*b)).filter(|b| b.is_inlined()).nth(at);
        let Some(BlockKind::Inlined { name, .. }) = inlined.map(|b| &b.kind) else { return false };
        self.is_skipped(name, pc)
    }

    pub(super) fn has_lines_behind(&self, at: VirtAddr) -> bool {
        self.settings.step_mode || self.lines_behind(at).is_some()
    }
}

/// The function that a C++ thunk at this address leads to: `_ZThn8_N1D1fEi` (this is moved by 8) to `_ZN1D1fEi` (Itanium C++ ABI,
/// "Virtual Override Thunks"; `_ZTv` has two numbers).
fn behind_thunk(module: &Arc<Module>, at: VirtAddr) -> Option<VirtAddr> {
    let location = module.locate(at).filter(|l| l.offset == 0)?;
    let (numbers, rest) = match location.raw_name.strip_prefix("_ZT")?.split_at_checked(1)? {
        ("h", rest) => (1, rest),
        ("v", rest) => (2, rest),
        _ => return None,
    };
    let encoding = rest.splitn(numbers + 1, '_').nth(numbers)?;
    module.address_of(&format!("_Z{encoding}"))
}

/// Where a function is entered; of a part of it that lies elsewhere, where that begins.
fn function_start(module: &Module, at: VirtAddr) -> VirtAddr {
    module.function(at).map_or(at, |f| module.virt(f.range_at(module.to_file(at)).start))
}

/// Sorts ranges and joins those that touch.
pub(super) fn merge(ranges: &mut Vec<AddrRange>) {
    ranges.sort_by_key(|r| r.start);
    let mut merged: Vec<AddrRange> = Vec::new();
    for range in ranges.drain(..) {
        match merged.last_mut().filter(|last| range.start <= last.end) {
            Some(last) => last.end = last.end.max(range.end),
            None => merged.push(range),
        }
    }
    *ranges = merged;
}

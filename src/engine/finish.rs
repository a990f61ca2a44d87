//! `finish`: a frame runs until it has returned; and what it has returned.

use std::sync::Arc;

use crate::arch::abi::{ResultPlace, place_result};
use crate::arch::regs::Gpr;
use crate::base::{Error, Result, Tid, VirtAddr};
use crate::expr::Host;
use crate::stack::Frame;
use crate::value::{Type, Value, type_of_variable};

use super::inject::{Convention, gather, layout_in};
use super::session::Session;
use super::step::{Finished, Plan, Return};

/// How far a caller's variables may be from the top of the stack, in bytes.
const MAX_STACK: u64 = 64 << 20;

/// What a function has returned.
#[derive(Clone, Debug)]
pub struct ReturnedValue {
    /// Its type.
    pub ty: Arc<Type>,
    /// The value; `None` where nobody knows where it lies.
    pub value: Option<Value>,
}

impl Session {
    /// The plan that runs until the selected frame has returned. Out of an inlined call it goes on to the next line outside.
    pub fn begin_finish(&mut self) -> Result<Plan> {
        let tid = self.selected_thread()?;
        let frame = self.selected_frame()?;
        let caller = self.frame(frame.level + 1);
        let caller = caller.map_err(|_| Error::user("\"finish\" not meaningful in the outermost frame."))?;
        if frame.code.as_ref().is_some_and(|c| c.is_inlined()) {
            return self.begin_step_out(tid, &frame, &caller);
        }
        self.line_step = None;
        let caller = self.physical_caller(&frame).unwrap_or(caller);
        self.ends_with(Some(&caller));
        // Back in the caller the stack is as high as before the call: the CFA. A deeper activation that returns to the same
        // place has a lower one.
        let min_sp = frame.cfa.map_or_else(|| frame.registers.sp().wrapping_add(1), |cfa| cfa.0);
        let place = Return::back(caller.pc.addr(), min_sp);
        Ok(Plan::Finish { tid, place, function: self.identity(&frame).function, since: self.process()?.generation })
    }

    /// A function has returned to a `finish`: its value is to be looked at as soon as the program stands still.
    pub(super) fn note_finished(&mut self, tid: Tid, function: Option<VirtAddr>) {
        self.finished = Some(Finished { tid, function, resumes: self.resumes, into_call: false });
    }

    /// What the function has returned that a `finish` has just ended; `None` for `void` and functions without debug information.
    pub fn take_returned(&mut self) -> Option<ReturnedValue> {
        let finished = self.finished.take().filter(|f| f.resumes == self.resumes)?;
        let entry = finished.function?;
        let module = self.inferior.modules.at(entry)?;
        let function = module.function(entry)?;
        let ty = type_of_variable(module.debug()?, function.die).ok()?;
        if ty.stripped().is_void() {
            return None;
        }
        Some(ReturnedValue { value: self.returned_value(&finished, entry, &ty).ok(), ty })
    }

    /// The value of this type that a function has just returned (psABI §3.2.3, or as Rust has it).
    fn returned_value(&self, finished: &Finished, function: VirtAddr, ty: &Arc<Type>) -> Result<Value> {
        let process = self.process()?;
        let convention = self.convention(function);
        let layout = layout_in(convention, ty)?;
        let kept = process.returned.iter().rev().find_map(|r| r.of(finished.tid));
        let (registers, xstate) = match kept.filter(|_| finished.into_call) {
            Some(kept) => kept,
            None => (process.target.registers(finished.tid)?, process.target.xstate(finished.tid)?),
        };
        match place_result(&layout) {
            ResultPlace::Registers(pieces) => {
                let bytes = gather(&pieces, layout.size, &registers, &xstate)?;
                Ok(Value::computed(ty, bytes))
            }
            // *Folklore*: what rustc has optimised does not return the address of the result in rax, as C does it. One that is not
            // in the frames that are left is none.
            ResultPlace::Memory
                if convention == Convention::Rust
                    && registers.get(Gpr::Rax).is_none_or(|at| at < registers.sp() || at - registers.sp() > MAX_STACK) =>
            {
                Err(Error::user("Cannot determine contents"))
            }
            ResultPlace::Memory => {
                let value = Value::at(ty, VirtAddr(registers.get(Gpr::Rax).unwrap_or(0)));
                value.fetched(self.memory(), self.options().max_value_size)
            }
        }
    }

    /// The frame's caller as the plan sees it: the place behind the call, in that activation only.
    pub(super) fn return_to(&self, frame: &Frame) -> Option<Return> {
        let caller = self.physical_caller(frame)?;
        Some(Return::back(caller.pc.addr(), frame.cfa?.0))
    }

    /// The plan that runs so many instructions of the selected thread.
    pub fn begin_instructions(&mut self, count: u64, over_calls: bool) -> Result<Plan> {
        let tid = self.selected_thread()?;
        self.line_step = None;
        let frame = self.frame(0).ok().filter(|_| over_calls);
        self.ends_with(frame.as_ref());
        Ok(Plan::Instructions { tid, left: count, over_calls, until: None })
    }

    /// The plan that runs to one of these places, or until the selected frame has returned. With `in_frame` the places count only
    /// in the selected frame's own activation.
    pub fn begin_until(&mut self, places: Vec<VirtAddr>, in_frame: bool) -> Result<Plan> {
        let tid = self.selected_thread()?;
        let frame = self.selected_frame()?;
        self.line_step = None;
        let cfa = frame.cfa.filter(|_| in_frame);
        let mut places: Vec<Return> = places.into_iter().map(|addr| Return { cfa, ..Return::anywhere(addr) }).collect();
        places.extend(self.return_to(&frame));
        self.ends_with(self.physical_caller(&frame).as_ref());
        Ok(Plan::Reach { tid, places })
    }
}

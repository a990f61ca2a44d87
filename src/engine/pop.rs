//! Ending frames before they end themselves: `return`.

use std::sync::Arc;

use crate::arch::abi::{ResultPlace, place_result};
use crate::arch::regs::{Gpr, Registers, XState};
use crate::base::{Error, Result};
use crate::expr::Host;
use crate::stack::{Frame, FrameHow};
use crate::value::{Type, Value, type_of_variable};

use super::inject::{Convention, layout_in, scatter};
use super::session::Session;

impl Session {
    /// Puts the selected thread back into the caller of the selected frame, which gets `value`. What the frame has saved is
    /// restored, and nothing else is undone. Where the caller is rdbg itself, by a call, that call is given up.
    pub fn return_from_frame(&mut self, value: Option<&Value>) -> Result<()> {
        let tid = self.selected_thread()?;
        let frame = self.selected_frame()?;
        if frame.how == FrameHow::Call {
            return self.unwind_call_to(tid, frame.registers.sp());
        }
        let caller = self.physical_caller(&frame).ok_or_else(|| Error::user("Cannot pop the initial frame."))?;
        let convention = self.convention_of(&frame);
        let process = self.process_mut()?;
        let mut registers = process.target.registers(tid)?;
        let mut xstate = process.target.xstate(tid)?;
        let before = xstate.clone();
        for number in 0..=16 {
            if let Some((register, word)) = Gpr::from_dwarf(number).and_then(|r| Some((r, caller.registers.get(r)?))) {
                registers.set(register, word);
            }
        }
        registers.set(Gpr::Rip, caller.pc.addr().0);
        // *Folklore*: an interrupted system call is not to be restarted there.
        registers.set(Gpr::OrigRax, u64::MAX);
        if let Some(value) = value {
            self.store_result(convention, value, &mut registers, &mut xstate)?;
        }
        let control = self.process_mut()?.control()?;
        control.set_registers(tid, &registers)?;
        if xstate != before {
            control.set_xstate(tid, &xstate)?;
        }
        self.process_mut()?.generation += 1;
        self.drop_frames();
        self.selection.level = 0;
        if caller.how == FrameHow::Call { self.unwind_call_to(tid, caller.registers.sp()) } else { Ok(()) }
    }

    /// What the function of a frame returns; `None` without debug information.
    pub fn result_type(&self, frame: &Frame) -> Option<Arc<Type>> {
        let (_, debug) = self.frame_module(frame)?;
        type_of_variable(debug, frame.code.as_ref()?.function.die).ok()
    }

    /// Whether a result goes by memory: nobody knows any more where the caller wanted it.
    pub fn is_result_in_memory(&self, frame: &Frame, value: &Value) -> bool {
        layout_in(self.convention_of(frame), &value.ty).is_ok_and(|l| place_result(&l) == ResultPlace::Memory)
    }

    fn convention_of(&self, frame: &Frame) -> Convention {
        self.identity(frame).function.map_or(Convention::C, |entry| self.convention(entry))
    }

    /// Puts a result where a caller looks for it.
    fn store_result(
        &mut self,
        convention: Convention,
        value: &Value,
        registers: &mut Registers,
        xstate: &mut XState,
    ) -> Result<()> {
        let bytes = value.whole_bytes(self.memory(), self.options().max_value_size)?;
        if let ResultPlace::Registers(pieces) = place_result(&layout_in(convention, &value.ty)?) {
            scatter(&pieces, &bytes, registers, xstate);
        }
        Ok(())
    }
}

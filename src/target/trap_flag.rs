//! What a single step must not leave behind: the trap flag.
//!
//! *Folklore*: a step runs with TF set in the processor's own flags. The kernel hides that in what ptrace shows, but `pushf`
//! writes it to the stack and `syscall` to r11; a later `popf` then takes it for the program's, which dies of SIGTRAP (so it does
//! under gdb 13). After `mov %ss` the processor takes no trap before the next instruction has run as well (Intel SDM vol. 3A,
//! 6.8.3), so that a `pushf` there is stepped with it. And of a `popf` that is stepped the kernel believes that the program has
//! set TF itself, whatever it has popped (Linux arch/x86/kernel/step.c `is_setting_trap_flag`): it takes the flag out no more.
//! So a `popf` is carried out in the registers.

use super::flags_copy::{FlagsCopy, copies_flags};
use super::gone::{alive, known};
use super::live::Live;
use super::traits::{Control, Target};
use crate::arch::insn::MAX_LEN;
use crate::arch::regs::{Gpr, RESUME_FLAG, Registers, TRAP_FLAG};
use crate::base::{Memory, Result, Tid, VirtAddr};
use crate::os::ptrace;

/// What `popf` takes from the stack in a program: CF PF AF ZF SF TF DF OF NT AC ID (Intel SDM vol. 2B, POPF).
const POPPED: u64 = 0x0024_4dd5;

impl Live {
    /// What the step that a thread is about to make will copy the flags to.
    pub(super) fn flags_copy(&self, tid: Tid) -> Option<FlagsCopy> {
        let registers = self.registers(tid).ok()?;
        // A program that steps itself sees what it has set.
        if registers.get(Gpr::Eflags)? & TRAP_FLAG != 0 {
            return None;
        }
        if registers.restart_call() {
            return Some(FlagsCopy::R11);
        }
        let mut code = [0; 2 * MAX_LEN];
        let n = self.space.borrow().memory.read_partial(VirtAddr(registers.pc()), &mut code).ok()?;
        copies_flags(code.get(..n)?, registers.pc())
    }

    /// Carries out a `popf` in the registers; false where a thread is about to do something else.
    pub(super) fn pop_flags(&mut self, tid: Tid) -> Result<bool> {
        let Some(mut registers) = known(self.registers(tid))? else { return Ok(false) };
        // As it is in memory, and not as it is shown: rdbg's own code is stepped too.
        let mut code = [0; 3];
        let n = self.space.borrow().memory.read_partial(VirtAddr(registers.pc()), &mut code)?;
        let (len, size) = match code.get(..n) {
            Some([0x9d, ..]) => (1, 8),
            Some([0x66, 0x9d, ..]) => (2, 2),
            Some([0x48..=0x4f, 0x9d, ..]) => (2, 8),
            _ => return Ok(false),
        };
        let mut word = [0; 8];
        let popped = word.get_mut(..size).unwrap_or_default();
        if registers.restart_call() || self.space.borrow().memory.read(VirtAddr(registers.sp()), popped).is_err() {
            return Ok(false);
        }
        let may = if size == 2 { POPPED & 0xffff } else { POPPED };
        let flags = registers.get(Gpr::Eflags).unwrap_or(0) & !may & !RESUME_FLAG | u64::from_le_bytes(word) & may;
        registers.set(Gpr::Eflags, flags);
        registers.set(Gpr::Rip, registers.pc().wrapping_add(len));
        registers.set(Gpr::Rsp, registers.sp().wrapping_add(size as u64));
        alive(self.set_registers(tid, &registers))?;
        Ok(true)
    }

    /// A step has ended that has copied the flags.
    pub(super) fn clear_copied_flag(&mut self, tid: Tid, copy: FlagsCopy) -> Result<()> {
        let Some(words) = known(ptrace::get_registers(tid))? else { return Ok(()) };
        let registers = Registers::from_user(words);
        match copy {
            FlagsCopy::R11 => match registers.get(Gpr::R11) {
                Some(r11) if r11 & TRAP_FLAG != 0 => alive(ptrace::poke_register(tid, Gpr::R11, r11 & !TRAP_FLAG)),
                _ => Ok(()),
            },
            FlagsCopy::Stack => {
                // The flag is in the second byte, whatever the size that was pushed.
                let at = VirtAddr(registers.sp().wrapping_add(1));
                let mut byte = [0];
                if self.space.borrow().memory.read(at, &mut byte).is_ok() {
                    let [flags] = byte;
                    // Where it cannot be written it could not be pushed.
                    let _ = self.space.borrow().memory.write(self.pid, at, &[flags & !((TRAP_FLAG >> 8) as u8)]);
                }
                Ok(())
            }
        }
    }
}

//! Near calls, jumps and returns carried out in the registers (Intel SDM vol. 2, CALL, JMP, Jcc, RET, LOOPcc).

use iced_x86::{ConditionCode, FlowControl, Instruction, Mnemonic, OpKind, Register};

use super::displace::decode;
use crate::arch::insn;
use crate::arch::regs::{Gpr, Registers};
use crate::base::{Error, Memory, Result, VirtAddr, read_u64};

/// What remains to be done in memory after an emulated instruction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Push {
    /// Where the word goes.
    pub at: VirtAddr,
    /// The word: a return address.
    pub word: u64,
}

/// Carries out the instruction at the start of `code` (at `at`), one for which [`super::way`] said `Emulate`: registers are
/// changed, and the word that a call pushes is returned. A fault is the program's own: nothing was changed then, and the
/// instruction has to run where it is, so that the program gets its signal.
pub fn emulate(code: &[u8], at: VirtAddr, registers: &mut Registers, memory: &dyn Memory) -> Result<Option<Push>> {
    let insn = decode(code, at).ok_or(Error::Fault { addr: at })?;
    let next = insn.next_ip();
    let target = |registers: &Registers| match insn.op0_kind() {
        OpKind::NearBranch64 => Ok(insn.near_branch_target()),
        OpKind::Register => value(registers, insn.op0_register()).ok_or(Error::Fault { addr: at }),
        _ => {
            let operand = insn.virtual_address(0, 0, |r, _, _| value(registers, r)).ok_or(Error::Fault { addr: at })?;
            read_u64(memory, VirtAddr(operand))
        }
    };
    match insn.flow_control() {
        FlowControl::UnconditionalBranch | FlowControl::IndirectBranch => {
            let to = target(registers)?;
            registers.set(Gpr::Rip, to);
            Ok(None)
        }
        FlowControl::ConditionalBranch => {
            let to = if taken(&insn, registers) { insn.near_branch_target() } else { next };
            registers.set(Gpr::Rip, to);
            Ok(None)
        }
        FlowControl::Return => {
            let to = read_u64(memory, VirtAddr(registers.sp()))?;
            let popped = 8 + if insn.op_count() > 0 { u64::from(insn.immediate16()) } else { 0 };
            registers.set(Gpr::Rsp, registers.sp().wrapping_add(popped));
            registers.set(Gpr::Rip, to);
            Ok(None)
        }
        _ => {
            let to = target(registers)?;
            let push = Push { at: VirtAddr(registers.sp().wrapping_sub(8)), word: next };
            registers.set(Gpr::Rsp, push.at.0);
            registers.set(Gpr::Rip, to);
            Ok(Some(push))
        }
    }
}

/// Whether a conditional branch is taken. LOOP and JRCXZ count in rcx.
fn taken(insn: &Instruction, registers: &mut Registers) -> bool {
    let flags = registers.get(Gpr::Eflags).unwrap_or(0);
    let zero = flags >> 6 & 1 != 0;
    // An address-size prefix makes them count in ecx.
    let short = matches!(insn.mnemonic(), Mnemonic::Jecxz) || format!("{:?}", insn.code()).ends_with("_ECX");
    let count = registers.get(Gpr::Rcx).unwrap_or(0);
    let cut = |n: u64| if short { n & 0xffff_ffff } else { n };
    match insn.mnemonic() {
        Mnemonic::Jrcxz | Mnemonic::Jecxz => return cut(count) == 0,
        Mnemonic::Loop | Mnemonic::Loope | Mnemonic::Loopne => {
            let left = cut(count.wrapping_sub(1));
            registers.set(Gpr::Rcx, left);
            return left != 0
                && match insn.mnemonic() {
                    Mnemonic::Loope => zero,
                    Mnemonic::Loopne => !zero,
                    _ => true,
                };
        }
        _ => {}
    }
    let flag = |bit: u32| flags >> bit & 1 != 0;
    let (carry, parity, sign, overflow) = (flag(0), flag(2), flag(7), flag(11));
    match insn.condition_code() {
        ConditionCode::None => true,
        ConditionCode::o => overflow,
        ConditionCode::no => !overflow,
        ConditionCode::b => carry,
        ConditionCode::ae => !carry,
        ConditionCode::e => zero,
        ConditionCode::ne => !zero,
        ConditionCode::be => carry || zero,
        ConditionCode::a => !carry && !zero,
        ConditionCode::s => sign,
        ConditionCode::ns => !sign,
        ConditionCode::p => parity,
        ConditionCode::np => !parity,
        ConditionCode::l => sign != overflow,
        ConditionCode::ge => sign == overflow,
        ConditionCode::le => zero || sign != overflow,
        ConditionCode::g => !zero && sign == overflow,
    }
}

/// The value of a register in an operand.
fn value(registers: &Registers, register: Register) -> Option<u64> {
    let gpr = match register {
        // 64-bit code has no base in these.
        Register::ES | Register::CS | Register::SS | Register::DS => return Some(0),
        Register::FS => Gpr::FsBase,
        Register::GS => Gpr::GsBase,
        Register::RIP => Gpr::Rip,
        _ => insn::gpr(register)?,
    };
    let whole = registers.get(gpr)?;
    Some(if register.is_gpr32() { whole & 0xffff_ffff } else { whole })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arch::regs::GPR_COUNT;
    use crate::base::SliceMemory;

    fn run(code: &[u8], prepare: impl FnOnce(&mut Registers), stack: &[u64]) -> (Registers, Option<Push>) {
        let mut registers = Registers::from_user([0; GPR_COUNT]);
        registers.set(Gpr::Rsp, 0x7000);
        prepare(&mut registers);
        let bytes = stack.iter().flat_map(|w| w.to_le_bytes()).collect();
        let memory = SliceMemory { start: VirtAddr(0x7000), bytes };
        let push = emulate(code, VirtAddr(0x1000), &mut registers, &memory).unwrap();
        (registers, push)
    }

    #[test]
    fn a_call_pushes_the_address_behind_its_own_place() {
        let (registers, push) = run(&[0xe8, 0x0b, 0, 0, 0], |_| {}, &[]);
        assert_eq!((registers.pc(), registers.sp()), (0x1010, 0x6ff8));
        assert_eq!(push, Some(Push { at: VirtAddr(0x6ff8), word: 0x1005 }));
    }

    #[test]
    fn a_return_pops_and_drops() {
        let (registers, push) = run(&[0xc2, 0x10, 0], |_| {}, &[0x1234]);
        assert_eq!((registers.pc(), registers.sp(), push), (0x1234, 0x7018, None));
    }

    #[test]
    fn an_indirect_jump_reads_its_target() {
        // jmp *8(%rsp)
        let (registers, _) = run(&[0xff, 0x64, 0x24, 0x08], |_| {}, &[1, 0x4242]);
        assert_eq!(registers.pc(), 0x4242);
        // call *%fs:0x10 with fs_base = 0x6ff8
        let code = [0x64, 0xff, 0x14, 0x25, 0x10, 0, 0, 0];
        let (registers, push) = run(&code, |r| r.set(Gpr::FsBase, 0x6ff8), &[1, 0x5555]);
        assert_eq!((registers.pc(), push.unwrap().word), (0x5555, 0x1008));
    }

    #[test]
    fn conditions_follow_the_flags() {
        let jump = |code: u8, flags: u64| run(&[code, 0x10], |r| r.set(Gpr::Eflags, flags), &[]).0.pc() == 0x1012;
        let (zero, sign, overflow) = (1 << 6, 1 << 7, 1 << 11);
        assert!(jump(0x74, zero) && !jump(0x74, 0));
        assert!(jump(0x7c, sign) && !jump(0x7c, sign | overflow));
        assert!(jump(0x7f, 0) && !jump(0x7f, zero));
        // loop: counts first
        let (registers, _) = run(&[0xe2, 0x10], |r| r.set(Gpr::Rcx, 1), &[]);
        assert_eq!((registers.pc(), registers.get(Gpr::Rcx)), (0x1002, Some(0)));
    }
}

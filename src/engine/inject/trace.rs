//! Stretches of code whose way is known beforehand: from an address to the next instruction that may go one way or another.

use iced_x86::{Code, FlowControl, Instruction, Mnemonic, OpKind, Register};

use super::displace::{Way, decode, way};
use crate::arch::insn::MAX_LEN;
use crate::base::{Memory, VirtAddr};

/// Longer traces are cut: a signal's pc is looked for in them one by one.
const LONGEST: usize = 512;

/// What stands at the end of a trace.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum End {
    /// An instruction that can be carried out in the registers: its bytes.
    Emulate([u8; MAX_LEN]),
    /// One that has to be stepped: a system call, a repeated string instruction, one that is not understood or not to be
    /// passed.
    Step,
    /// Nothing of note: the trace was long enough.
    Cut,
}

/// The instructions from an address on that run one after the other, whatever the data: direct jumps and calls are followed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Trace {
    /// Address and length of each instruction, in the order in which they run. No address comes twice.
    pub steps: Vec<(VirtAddr, u8)>,
    /// Where control is when all of them have run.
    pub end: VirtAddr,
    /// What is there.
    pub last: End,
}

impl Trace {
    /// Follows the code from `start`. `may_pass` says whether an address belongs to code that does not change, and at which
    /// nobody wants to stop; the start is not asked about.
    pub fn follow(memory: &dyn Memory, start: VirtAddr, may_pass: &dyn Fn(VirtAddr) -> bool) -> Trace {
        let mut steps: Vec<(VirtAddr, u8)> = Vec::new();
        let mut at = start;
        let last = loop {
            if at != start && !may_pass(at) {
                break End::Step;
            }
            if steps.len() >= LONGEST || steps.iter().any(|(known, _)| *known == at) {
                break End::Cut;
            }
            let mut code = [0; MAX_LEN];
            let got = memory.read_partial(at, &mut code).unwrap_or(0);
            let Some(insn) = code.get(..got).and_then(|c| decode(c, at)) else { break End::Step };
            match next(&insn) {
                Some(to) => {
                    steps.push((at, insn.len() as u8));
                    at = VirtAddr(to);
                }
                None if way(&code, at) == Way::Emulate => break End::Emulate(code),
                None => break End::Step,
            }
        };
        Trace { steps, end: at, last }
    }

    /// How many instructions have run when control is at `pc`; `None` if it cannot be there.
    pub fn passed(&self, pc: VirtAddr) -> Option<usize> {
        let at = self.steps.iter().position(|(at, _)| *at == pc);
        at.or_else(|| (pc == self.end).then_some(self.steps.len()))
    }

    /// Where control is when `count` instructions have run.
    pub fn place(&self, count: usize) -> VirtAddr {
        self.steps.get(count).map_or(self.end, |(at, _)| *at)
    }
}

/// The address of the instruction that runs after this one, if that is certain and running both in one go is the same as
/// stepping them one after the other.
fn next(insn: &Instruction) -> Option<u64> {
    let near = insn.op0_kind() == OpKind::NearBranch64;
    match insn.flow_control() {
        FlowControl::Next if is_plain(insn) => Some(insn.next_ip()),
        FlowControl::UnconditionalBranch if near => Some(insn.near_branch_target()),
        // syscall counts among the calls.
        FlowControl::Call if near && insn.code() == Code::Call_rel32_64 => Some(insn.near_branch_target()),
        _ => None,
    }
}

fn is_plain(insn: &Instruction) -> bool {
    // A single step runs one turn of a repeated string instruction.
    let repeated = insn.is_string_instruction() && (insn.has_rep_prefix() || insn.has_repne_prefix());
    // *Folklore*: after a load of ss the processor holds traps back for one instruction, so that one step runs two.
    let loads_ss = insn.op_count() > 0 && insn.op0_kind() == OpKind::Register && insn.op0_register() == Register::SS;
    // These read or write the trap flag, which single-stepping sets.
    let sees_trap_flag = matches!(insn.mnemonic(), Mnemonic::Popf | Mnemonic::Popfq | Mnemonic::Pushf | Mnemonic::Pushfq);
    let privileged = matches!(insn.mnemonic(), Mnemonic::Hlt | Mnemonic::Sti | Mnemonic::Cli) || insn.is_privileged();
    !repeated && !loads_ss && !sees_trap_flag && !privileged
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::SliceMemory;

    fn trace(code: &[u8]) -> Trace {
        let memory = SliceMemory { start: VirtAddr(0x1000), bytes: code.to_vec() };
        Trace::follow(&memory, VirtAddr(0x1000), &|_| true)
    }

    #[test]
    fn direct_jumps_and_calls_are_followed() {
        // push %rbp; jmp +1; (int3); call +0; je
        let trace = trace(&[0x55, 0xeb, 0x01, 0xcc, 0xe8, 0, 0, 0, 0, 0x74, 0x00]);
        let at: Vec<u64> = trace.steps.iter().map(|(a, _)| a.0).collect();
        assert_eq!(at, [0x1000, 0x1001, 0x1004]);
        assert_eq!(trace.end, VirtAddr(0x1009));
        assert!(matches!(trace.last, End::Emulate(code) if code.starts_with(&[0x74, 0])));
        assert_eq!((trace.passed(VirtAddr(0x1004)), trace.passed(VirtAddr(0x1009))), (Some(2), Some(3)));
        assert_eq!((trace.passed(VirtAddr(0x1003)), trace.place(1), trace.place(3)), (None, VirtAddr(0x1001), VirtAddr(0x1009)));
    }

    #[test]
    fn what_is_different_when_stepped_ends_a_trace() {
        for special in [
            &[0x0f, 0x05][..],
            &[0xf3, 0xa4],
            &[0x9d],
            &[0x9c],
            &[0x8e, 0xd0],
            &[0xcc],
            &[0xcd, 0x80],
            &[0x0f, 0x0b],
            &[0x06],
            &[0xf4],
        ] {
            let code = [&[0x90], special].concat();
            let trace = trace(&code);
            assert_eq!((trace.steps.len(), trace.last), (1, End::Step), "{special:x?}");
        }
        // Behind what can be read.
        assert_eq!(trace(&[0x90]).last, End::Step);
        // movsb without a prefix is an instruction like others.
        assert_eq!(trace(&[0xa4, 0xc3]).steps.len(), 1);
    }

    #[test]
    fn a_loop_is_cut_where_it_closes() {
        let trace = trace(&[0x90, 0xeb, 0xfd]);
        assert_eq!((trace.steps.len(), trace.end, trace.last), (2, VirtAddr(0x1000), End::Cut));
    }
}

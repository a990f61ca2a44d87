//! Single instructions: their length, where control goes after them, and what memory they touch.

use iced_x86::{Decoder, DecoderOptions, FlowControl, Instruction, InstructionInfoFactory, Mnemonic, OpAccess, OpKind, Register};

use super::regs::{Gpr, Registers};

/// The longest instruction, in bytes (Intel SDM vol. 2, 2.3.11).
pub const MAX_LEN: usize = 15;

/// A decoded instruction.
#[derive(Clone, Copy, Debug)]
pub struct Insn(Instruction);

/// Where an indirect jump or call gets its target from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Target {
    /// This run-time address.
    Direct(u64),
    /// A register.
    Register(Gpr),
    /// The word at this operand's address.
    Memory(MemOperand),
    /// Something that 64-bit programs do not do (a far pointer).
    Other,
}

/// Where control goes after an instruction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Flow {
    /// To the next instruction.
    Next,
    /// Always to the target.
    Jump(Target),
    /// To this address or to the next instruction (jcc, loop, jrcxz, xbegin).
    Branch(u64),
    /// To the target, which normally comes back.
    Call(Target),
    /// To the address on the stack (ret, iret).
    Return,
    /// Into the kernel and back (syscall, sysenter, int N).
    Syscall,
    /// A trap: int3, int1, ud2, hlt; it does not go on by itself.
    Trap,
}

/// A memory operand: segment base + base + index * scale + displacement.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MemOperand {
    /// FsBase or GsBase where the operand is relative to one.
    pub segment: Option<Gpr>,
    /// The base register.
    pub base: Option<Gpr>,
    /// The index register.
    pub index: Option<Gpr>,
    /// 1, 2, 4 or 8.
    pub scale: u8,
    /// The displacement; with a rip-relative operand the whole address.
    pub displacement: u64,
    /// How many bytes are read or written; 0 where none are (lea, nop) or their number varies.
    pub size: usize,
    /// Whether the address was given relative to rip.
    pub rip_relative: bool,
    /// Whether addresses are cut to 32 bits (an address-size prefix).
    pub short: bool,
    /// Whether it is read.
    pub read: bool,
    /// Whether it is written.
    pub written: bool,
}

impl Insn {
    /// The instruction at the start of `code`, which lies at `ip`; `None` if it is invalid or cut off.
    pub fn decode(code: &[u8], ip: u64) -> Option<Insn> {
        let code = code.get(..MAX_LEN).unwrap_or(code);
        let mut decoder = Decoder::with_ip(64, code, ip, DecoderOptions::NONE);
        let insn = decoder.decode();
        (!insn.is_invalid()).then_some(Insn(insn))
    }

    /// Its address.
    pub fn ip(&self) -> u64 {
        self.0.ip()
    }

    /// Its length in bytes, at most [`MAX_LEN`].
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Never: an instruction has bytes.
    pub fn is_empty(&self) -> bool {
        false
    }

    /// The address of the next instruction.
    pub fn next_ip(&self) -> u64 {
        self.0.next_ip()
    }

    /// Where control goes.
    pub fn flow(&self) -> Flow {
        match self.0.flow_control() {
            FlowControl::Next => Flow::Next,
            FlowControl::UnconditionalBranch | FlowControl::IndirectBranch => Flow::Jump(self.target()),
            FlowControl::ConditionalBranch | FlowControl::XbeginXabortXend if self.0.op0_kind() == OpKind::NearBranch64 => {
                Flow::Branch(self.0.near_branch_target())
            }
            FlowControl::ConditionalBranch | FlowControl::XbeginXabortXend => Flow::Next,
            FlowControl::Return => Flow::Return,
            // iced counts syscall among the calls.
            FlowControl::Call | FlowControl::IndirectCall if !self.is_system_call() => Flow::Call(self.target()),
            FlowControl::Call | FlowControl::IndirectCall => Flow::Syscall,
            FlowControl::Interrupt if matches!(self.0.mnemonic(), Mnemonic::Int3 | Mnemonic::Int1) => Flow::Trap,
            FlowControl::Interrupt => Flow::Syscall,
            FlowControl::Exception => Flow::Trap,
        }
    }

    /// Whether it is syscall or sysenter.
    pub fn is_system_call(&self) -> bool {
        matches!(self.0.mnemonic(), Mnemonic::Syscall | Mnemonic::Sysenter)
    }

    /// Whether it is a string instruction with a repeat prefix: a single step runs one turn of it.
    pub fn is_rep(&self) -> bool {
        self.0.is_string_instruction() && (self.0.has_rep_prefix() || self.0.has_repne_prefix())
    }

    fn target(&self) -> Target {
        match self.0.op0_kind() {
            OpKind::NearBranch16 | OpKind::NearBranch32 | OpKind::NearBranch64 => Target::Direct(self.0.near_branch_target()),
            OpKind::Register => gpr(self.0.op0_register()).map_or(Target::Other, Target::Register),
            OpKind::Memory => self.memory().next().map_or(Target::Other, Target::Memory),
            _ => Target::Other,
        }
    }

    /// Where a rip-relative operand points to.
    pub fn rip_target(&self) -> Option<u64> {
        self.0.is_ip_rel_memory_operand().then(|| self.0.ip_rel_memory_address())
    }

    /// The memory that it touches, pushes and string operands included; the operand of lea, which is not touched, too.
    pub fn memory(&self) -> impl Iterator<Item = MemOperand> {
        let mut factory = InstructionInfoFactory::new();
        let used: Vec<MemOperand> = factory.info(&self.0).used_memory().iter().map(|m| self.operand(m)).collect();
        let lea = used.is_empty() && (0..self.0.op_count()).any(|i| self.0.op_kind(i) == OpKind::Memory);
        used.into_iter().chain(lea.then(|| self.plain_operand()))
    }

    /// The memory operand as it is written.
    fn plain_operand(&self) -> MemOperand {
        let base = self.0.memory_base();
        MemOperand {
            segment: segment(self.0.memory_segment()),
            base: gpr(base),
            index: gpr(self.0.memory_index()),
            scale: self.0.memory_index_scale() as u8,
            displacement: self.0.memory_displacement64(),
            size: 0,
            rip_relative: self.0.is_ip_rel_memory_operand(),
            short: base.is_gpr32() || base == Register::EIP,
            read: false,
            written: false,
        }
    }

    /// Whether it may write any of this general register's bytes.
    pub fn writes(&self, reg: Gpr) -> bool {
        self.uses(reg, |a| !matches!(a, OpAccess::None | OpAccess::Read | OpAccess::CondRead | OpAccess::NoMemAccess))
    }

    /// Whether it may read any of this general register's bytes.
    pub fn reads(&self, reg: Gpr) -> bool {
        self.uses(reg, |a| matches!(a, OpAccess::Read | OpAccess::CondRead | OpAccess::ReadWrite | OpAccess::ReadCondWrite))
    }

    fn operand(&self, m: &iced_x86::UsedMemory) -> MemOperand {
        use OpAccess::{CondRead, CondWrite, Read, ReadCondWrite, ReadWrite, Write};
        MemOperand {
            segment: segment(m.segment()),
            base: gpr(m.base()),
            index: gpr(m.index()),
            scale: m.scale() as u8,
            displacement: m.displacement(),
            size: m.memory_size().size(),
            // iced has already added rip to the displacement.
            rip_relative: m.base() == Register::None && self.rip_target() == Some(m.displacement()),
            short: m.base().is_gpr32(),
            read: matches!(m.access(), Read | CondRead | ReadWrite | ReadCondWrite),
            written: matches!(m.access(), Write | CondWrite | ReadWrite | ReadCondWrite),
        }
    }

    /// What it pushes: `Some(None)` for a push of something other than a whole general register.
    pub fn pushed(&self) -> Option<Option<Gpr>> {
        let is_push = self.0.mnemonic() == Mnemonic::Push && self.0.stack_pointer_increment() == -8;
        is_push.then(|| if self.0.op0_kind() == OpKind::Register { gpr(self.0.op0_register()) } else { None })
    }

    /// Whether it is endbr64.
    pub fn is_landing_pad(&self) -> bool {
        self.0.mnemonic() == Mnemonic::Endbr64
    }

    /// Whether it is `mov %rsp,%rbp`.
    pub fn sets_frame_pointer(&self) -> bool {
        self.0.mnemonic() == Mnemonic::Mov && self.0.op0_register() == Register::RBP && self.0.op1_register() == Register::RSP
    }

    /// The number of bytes by which it lowers rsp: `sub $N,%rsp`, `add $-N,%rsp`, `lea -N(%rsp),%rsp`.
    pub fn stack_allocation(&self) -> Option<u64> {
        if self.0.op0_register() != Register::RSP {
            return None;
        }
        let n = match self.0.mnemonic() {
            Mnemonic::Sub if self.0.op1_kind() != OpKind::Register => self.0.try_immediate(1).ok()? as i64,
            Mnemonic::Add if self.0.op1_kind() != OpKind::Register => (self.0.try_immediate(1).ok()? as i64).checked_neg()?,
            Mnemonic::Lea if self.0.memory_base() == Register::RSP && self.0.memory_index() == Register::None => {
                (self.0.memory_displacement64() as i64).checked_neg()?
            }
            _ => return None,
        };
        u64::try_from(n).ok()
    }

    fn uses(&self, reg: Gpr, how: impl Fn(OpAccess) -> bool) -> bool {
        let mut factory = InstructionInfoFactory::new();
        let info = factory.info(&self.0);
        info.used_registers().iter().any(|u| gpr(u.register().full_register()) == Some(reg) && how(u.access()))
    }
}

impl MemOperand {
    /// The run-time address, with the registers as they are before the instruction; `None` if one of them is not known.
    pub fn address(&self, registers: &Registers) -> Option<u64> {
        let mut at = self.displacement;
        if let Some(base) = self.base {
            at = at.wrapping_add(registers.get(base)?);
        }
        if let Some(index) = self.index {
            at = at.wrapping_add(registers.get(index)?.wrapping_mul(self.scale.into()));
        }
        if self.short {
            at &= 0xffff_ffff;
        }
        match self.segment {
            Some(segment) => Some(at.wrapping_add(registers.get(segment)?)),
            None => Some(at),
        }
    }
}

fn segment(r: Register) -> Option<Gpr> {
    match r {
        Register::FS => Some(Gpr::FsBase),
        Register::GS => Some(Gpr::GsBase),
        _ => None,
    }
}

/// The general register of which a register of an operand is the whole or a part.
pub fn gpr(r: Register) -> Option<Gpr> {
    Some(match r.full_register() {
        Register::RAX => Gpr::Rax,
        Register::RBX => Gpr::Rbx,
        Register::RCX => Gpr::Rcx,
        Register::RDX => Gpr::Rdx,
        Register::RSI => Gpr::Rsi,
        Register::RDI => Gpr::Rdi,
        Register::RBP => Gpr::Rbp,
        Register::RSP => Gpr::Rsp,
        Register::R8 => Gpr::R8,
        Register::R9 => Gpr::R9,
        Register::R10 => Gpr::R10,
        Register::R11 => Gpr::R11,
        Register::R12 => Gpr::R12,
        Register::R13 => Gpr::R13,
        Register::R14 => Gpr::R14,
        Register::R15 => Gpr::R15,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn insn(code: &[u8]) -> Insn {
        Insn::decode(code, 0x1000).unwrap()
    }

    #[test]
    fn control_flow_is_told_apart() {
        assert_eq!(insn(&[0xe8, 0xfb, 0x0f, 0, 0]).flow(), Flow::Call(Target::Direct(0x2000)));
        assert_eq!(insn(&[0xff, 0xd0]).flow(), Flow::Call(Target::Register(Gpr::Rax)));
        assert_eq!(insn(&[0xeb, 0xfe]).flow(), Flow::Jump(Target::Direct(0x1000)));
        assert_eq!(insn(&[0x75, 0x02]).flow(), Flow::Branch(0x1004));
        assert_eq!(insn(&[0xe2, 0xfe]).flow(), Flow::Branch(0x1000));
        assert_eq!(insn(&[0xc3]).flow(), Flow::Return);
        assert_eq!(insn(&[0x0f, 0x05]).flow(), Flow::Syscall);
        assert_eq!(insn(&[0xcd, 0x80]).flow(), Flow::Syscall);
        assert_eq!(insn(&[0xcc]).flow(), Flow::Trap);
        assert_eq!(insn(&[0x0f, 0x0b]).flow(), Flow::Trap);
        assert_eq!(insn(&[0x90]).flow(), Flow::Next);
    }

    #[test]
    fn a_jump_through_the_got_names_its_slot() {
        let jump = insn(&[0xff, 0x25, 0xfa, 0x2f, 0, 0]);
        let Flow::Jump(Target::Memory(slot)) = jump.flow() else { panic!("{:?}", jump.flow()) };
        assert!(slot.rip_relative && slot.read && !slot.written && slot.size == 8);
        assert_eq!(slot.address(&Registers::unknown()), Some(0x4000));
        assert_eq!(jump.rip_target(), Some(0x4000));
    }

    #[test]
    fn addresses_come_from_registers_and_segments() {
        let mut registers = Registers::unknown();
        // mov %fs:-8(%rax,%rbx,4),%rcx
        let load = insn(&[0x64, 0x48, 0x8b, 0x4c, 0x98, 0xf8]).memory().next().unwrap();
        assert_eq!(load.address(&registers), None);
        for (register, value) in [(Gpr::Rax, 0x100), (Gpr::Rbx, 2), (Gpr::FsBase, 0x7000_0000)] {
            registers.set(register, value);
        }
        assert_eq!(load.address(&registers), Some(0x7000_0100));
        // push %rax writes below rsp
        registers.set(Gpr::Rsp, 0x2000);
        let push = insn(&[0x50]);
        let slot = push.memory().next().unwrap();
        assert!(slot.written && !slot.read);
        assert_eq!(slot.address(&registers), Some(0x1ff8));
        assert_eq!(push.pushed(), Some(Some(Gpr::Rax)));
    }

    #[test]
    fn reads_and_writes_cover_parts_of_registers() {
        let mov = insn(&[0x88, 0xe0]); // mov %ah,%al
        assert!(mov.writes(Gpr::Rax) && mov.reads(Gpr::Rax) && !mov.writes(Gpr::Rcx));
        assert!(insn(&[0xf3, 0xa4]).is_rep() && !insn(&[0xf3, 0xc3]).is_rep());
        assert_eq!(insn(&[0x48, 0x83, 0xec, 0x18]).stack_allocation(), Some(0x18));
        assert!(insn(&[0x48, 0x89, 0xe5]).sets_frame_pointer());
    }

    #[test]
    fn what_is_no_instruction_is_none() {
        assert!(Insn::decode(&[], 0).is_none());
        assert!(Insn::decode(&[0x48], 0).is_none());
        assert!(Insn::decode(&[0x06], 0).is_none());
        assert!(Insn::decode(&[0x66; 40], 0).is_none());
    }
}

//! The prefixes of an instruction: which of them the mnemonic and the operands express already, and which are written before
//! it by name, as binutils does.

use iced_x86::{FlowControl, Instruction, MandatoryPrefix, Mnemonic, OpKind, Register};

/// Where an instruction's opcode begins and what lies before it.
#[derive(Clone, Copy, Default, Debug)]
pub(super) struct Prefixes {
    /// How many legacy prefixes there are.
    pub legacy: usize,
    /// The REX byte, or 0.
    pub rex: u8,
    /// Offset of the first byte after all prefixes.
    pub opcode: usize,
}

/// Whether the byte is a prefix other than REX.
fn is_legacy(byte: u8) -> bool {
    matches!(byte, 0x26 | 0x2e | 0x36 | 0x3e | 0x64 | 0x65 | 0x66 | 0x67 | 0xf0 | 0xf2 | 0xf3)
}

/// Looks at the first bytes of an instruction.
pub(super) fn scan(code: &[u8]) -> Prefixes {
    let legacy = code.iter().take_while(|b| is_legacy(**b)).count();
    let rex = code.get(legacy).copied().filter(|b| b & 0xf0 == 0x40).unwrap_or(0);
    Prefixes { legacy, rex, opcode: legacy + usize::from(rex != 0) }
}

impl Prefixes {
    /// Whether the instruction has a SIB byte; `code` is the instruction.
    pub(super) fn has_sib(&self, code: &[u8]) -> bool {
        let at = |i: usize| code.get(self.opcode + i).copied().unwrap_or(0);
        let modrm = match (at(0), at(1)) {
            (0x0f, 0x38 | 0x3a) => at(3),
            (0x0f, _) => at(2),
            (0xc5, _) => at(3),
            (0xc4, _) | (0x8f, 8..) if at(0) == 0xc4 || at(1) & 0x1f >= 8 => at(4),
            (0x62, _) => at(5),
            _ => at(1),
        };
        modrm >> 6 != 3 && modrm & 7 == 4
    }

    /// Appends the names of those that nothing else expresses, each with a blank.
    pub(super) fn write(&self, insn: &Instruction, code: &[u8], out: &mut String) {
        let list = code.get(..self.legacy).unwrap_or_default();
        for (i, &byte) in list.iter().enumerate() {
            let is_last = !list.iter().skip(i + 1).any(|b| same_group(*b, byte));
            if let Some(name) = name(insn, byte, is_last) {
                out.push_str(name);
                out.push(' ');
            }
        }
        if self.rex != 0 {
            self.write_rex(insn, out);
        }
    }

    /// `rex.W ` and the like, where a bit of it changes nothing.
    fn write_rex(&self, insn: &Instruction, out: &mut String) {
        let op = insn.op_code();
        let w_used = op.operand_size() == 64 && !op.default_op_size64() && !op.force_op_size64() || op.w() == 1;
        let unused = if self.rex == 0x40 { !has_low_byte_register(insn) } else { self.rex & 8 != 0 && !w_used };
        if unused {
            out.push_str("rex");
            if self.rex & 15 != 0 {
                out.push('.');
                for (bit, letter) in [(8, 'W'), (4, 'R'), (2, 'X'), (1, 'B')] {
                    if self.rex & bit != 0 {
                        out.push(letter);
                    }
                }
            }
            out.push(' ');
        }
    }
}

/// Whether of the two prefixes only the last counts.
fn same_group(a: u8, b: u8) -> bool {
    let group = |byte| match byte {
        0x26 | 0x2e | 0x36 | 0x3e | 0x64 | 0x65 => 1,
        0xf2 | 0xf3 => 2,
        other => other,
    };
    group(a) == group(b)
}

fn has_low_byte_register(insn: &Instruction) -> bool {
    (0..insn.op_count()).any(|i| insn.op_kind(i) == OpKind::Register && insn.op_register(i).is_gpr8())
}

/// Whether an operand is an address that the address-size and segment prefixes apply to.
fn has_memory(insn: &Instruction) -> bool {
    use OpKind::{
        Memory, MemoryESDI, MemoryESEDI, MemoryESRDI, MemorySegDI, MemorySegEDI, MemorySegESI, MemorySegRDI, MemorySegRSI,
    };
    (0..insn.op_count()).any(|i| {
        matches!(
            insn.op_kind(i),
            Memory
                | MemoryESDI
                | MemoryESEDI
                | MemoryESRDI
                | MemorySegDI
                | MemorySegEDI
                | MemorySegESI
                | MemorySegRDI
                | MemorySegRSI
        )
    })
}

/// What the prefix is written as, if it is.
fn name(insn: &Instruction, byte: u8, is_last: bool) -> Option<&'static str> {
    let op = insn.op_code();
    let mandatory = op.mandatory_prefix();
    let branch = matches!(
        insn.flow_control(),
        FlowControl::UnconditionalBranch
            | FlowControl::ConditionalBranch
            | FlowControl::IndirectBranch
            | FlowControl::Call
            | FlowControl::IndirectCall
            | FlowControl::Return
    );
    let conditional = insn.flow_control() == FlowControl::ConditionalBranch && insn.is_jcc_short_or_near();
    let indirect = matches!(insn.flow_control(), FlowControl::IndirectBranch | FlowControl::IndirectCall);
    match byte {
        0x66 if is_last && (mandatory == MandatoryPrefix::P66 || op.operand_size() == 16) => None,
        0x66 => Some("data16"),
        0x67 if is_last && (has_memory(insn) || matches!(insn.mnemonic(), Mnemonic::Jecxz)) => None,
        0x67 => Some("addr32"),
        0xf0 => Some("lock"),
        0xf3 if is_last && mandatory == MandatoryPrefix::PF3 => None,
        0xf2 if is_last && mandatory == MandatoryPrefix::PF2 => None,
        0xf3 if insn.has_xrelease_prefix() => Some("xrelease"),
        0xf2 if insn.has_xacquire_prefix() => Some("xacquire"),
        0xf3 if is_rep(insn) => Some("rep"),
        0xf3 => Some("repz"),
        0xf2 if branch => Some("bnd"),
        0xf2 => Some("repnz"),
        0x2e | 0x3e if conditional && is_last => None,
        0x3e if indirect && is_last => Some("notrack"),
        0x26 => Some("es"),
        0x2e => Some("cs"),
        0x36 => Some("ss"),
        0x3e => Some("ds"),
        0x64 | 0x65 if is_last && has_memory(insn) && matches!(insn.segment_prefix(), Register::FS | Register::GS) => None,
        0x64 => Some("fs"),
        _ => Some("gs"),
    }
}

/// Whether f3 before it is `rep` and not `repz`.
fn is_rep(insn: &Instruction) -> bool {
    use Mnemonic::{
        Insb, Insd, Insw, Lodsb, Lodsd, Lodsq, Lodsw, Movsb, Movsd, Movsq, Movsw, Outsb, Outsd, Outsw, Stosb, Stosd, Stosq, Stosw,
    };
    insn.is_string_instruction()
        && matches!(
            insn.mnemonic(),
            Insb | Insd
                | Insw
                | Lodsb
                | Lodsd
                | Lodsq
                | Lodsw
                | Movsb
                | Movsd
                | Movsq
                | Movsw
                | Outsb
                | Outsd
                | Outsw
                | Stosb
                | Stosd
                | Stosq
                | Stosw
        )
}

//! The prefixes of an instruction: which of them the mnemonic and the operands express already, and which are written before
//! it by name, as binutils does.

use super::flavor::Flavor;
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
    pub(super) fn write(&self, insn: &Instruction, code: &[u8], flavor: Flavor, out: &mut String) {
        let list = code.get(..self.legacy).unwrap_or_default();
        for (i, &byte) in list.iter().enumerate() {
            let is_last = !list.iter().skip(i + 1).any(|b| same_group(*b, byte));
            if let Some(name) = name(insn, byte, is_last, flavor) {
                out.push_str(name);
                out.push(' ');
            }
        }
        if self.rex != 0 {
            self.write_rex(insn, code, out);
        }
    }

    /// `rex.W ` and the like, where a bit of it changes nothing.
    fn write_rex(&self, insn: &Instruction, code: &[u8], out: &mut String) {
        let op = insn.op_code();
        let w_used = op.operand_size() == 64 && !op.default_op_size64() && !op.force_op_size64() || op.w() == 1;
        let has_memory = (0..insn.op_count()).any(|i| insn.op_kind(i) == OpKind::Memory);
        // R and B are used by as many registers from 8 on; a memory operand uses B, and with a SIB byte X, whatever it is.
        let needed = u32::from(self.rex & 4 != 0) + u32::from(self.rex & 1 != 0 && !has_memory);
        let rxb_used = extended_registers(insn) >= needed && (self.rex & 2 == 0 || has_memory && self.has_sib(code));
        let used = (self.rex & 8 == 0 || w_used) && rxb_used && (self.rex != 0x40 || has_low_byte_register(insn));
        if !used {
            push_rex(self.rex, out);
            out.push(' ');
        }
    }

    /// Appends the names of all of them, with blanks after each: for bytes that are no instruction.
    pub(super) fn write_all(&self, code: &[u8], out: &mut String) {
        for &byte in code.get(..self.legacy).unwrap_or_default() {
            out.push_str(plain_name(byte));
            out.push(' ');
        }
        if self.rex != 0 {
            push_rex(self.rex, out);
            out.push(' ');
        }
    }

    /// Whether a REX byte is followed by another prefix, which makes it meaningless: binutils shows the prefixes up to it alone.
    pub(super) fn is_cut_short(&self, code: &[u8]) -> bool {
        self.rex != 0 && code.get(self.opcode).is_some_and(|b| is_legacy(*b) || b & 0xf0 == 0x40)
    }
}

fn push_rex(rex: u8, out: &mut String) {
    out.push_str("rex");
    if rex & 15 != 0 {
        out.push('.');
        for (bit, letter) in [(8, 'W'), (4, 'R'), (2, 'X'), (1, 'B')] {
            if rex & bit != 0 {
                out.push(letter);
            }
        }
    }
}

fn plain_name(byte: u8) -> &'static str {
    match byte {
        0x26 => "es",
        0x2e => "cs",
        0x36 => "ss",
        0x3e => "ds",
        0x64 => "fs",
        0x65 => "gs",
        0x66 => "data16",
        0x67 => "addr32",
        0xf0 => "lock",
        0xf2 => "repnz",
        _ => "repz",
    }
}

/// How many register operands are ones that only REX reaches.
fn extended_registers(insn: &Instruction) -> u32 {
    let is_extended = |r: Register| {
        (r.is_gpr() || r.is_vector_register() || r.is_cr() || r.is_dr()) && r.number() >= 8 && !r.is_gpr8()
            || r.is_gpr8() && r.full_register().number() >= 8
    };
    (0..insn.op_count()).filter(|i| insn.op_kind(*i) == OpKind::Register && is_extended(insn.op_register(*i))).count() as u32
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
    use Register::{BPL, DIL, SIL, SPL};
    (0..insn.op_count()).any(|i| insn.op_kind(i) == OpKind::Register && matches!(insn.op_register(i), SPL | BPL | SIL | DIL))
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
fn name(insn: &Instruction, byte: u8, is_last: bool, flavor: Flavor) -> Option<&'static str> {
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
    let conditional =
        insn.flow_control() == FlowControl::ConditionalBranch && insn.is_jcc_short_or_near() && flavor == Flavor::Att;
    let indirect = matches!(insn.flow_control(), FlowControl::IndirectBranch | FlowControl::IndirectCall);
    match byte {
        0x66 if is_last && (mandatory == MandatoryPrefix::P66 || op.operand_size() == 16) => None,
        0x67 if is_last && (has_memory(insn) || matches!(insn.mnemonic(), Mnemonic::Jecxz)) => None,
        0xf3 if is_last && mandatory == MandatoryPrefix::PF3 => None,
        0xf2 if is_last && mandatory == MandatoryPrefix::PF2 => None,
        0xf3 if insn.has_xrelease_prefix() => Some("xrelease"),
        0xf2 if insn.has_xacquire_prefix() => Some("xacquire"),
        0xf3 if is_rep(insn) => Some("rep"),
        0xf2 if branch => Some("bnd"),
        0x2e | 0x3e if conditional && is_last => None,
        0x3e if indirect && is_last => Some("notrack"),
        0x64 | 0x65 if is_last && has_memory(insn) && matches!(insn.segment_prefix(), Register::FS | Register::GS) => None,
        _ => Some(plain_name(byte)),
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

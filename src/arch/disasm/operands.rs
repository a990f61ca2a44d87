//! Operands, in both flavors.

use iced_x86::{Code, Instruction, OpKind, Register, RoundingControl};

use super::flavor::Flavor;
use super::prefixes::Prefixes;

/// What it takes to write the operands of one instruction.
pub(super) struct Operands<'a> {
    pub flavor: Flavor,
    pub insn: &'a Instruction,
    /// Exactly the instruction's bytes.
    pub code: &'a [u8],
    pub prefixes: Prefixes,
    /// The registers' names by iced's numbers, with `%` in AT&T.
    pub names: &'a [Box<str>],
}

/// Appends `0x` and the number.
pub(super) fn push_hex(out: &mut String, value: u64) {
    out.push_str("0x");
    push_hex_digits(out, value);
}

fn push_hex_digits(out: &mut String, value: u64) {
    let digits = (16 - (value | 1).leading_zeros() / 4) as usize;
    for i in (0..digits).rev() {
        let digit = (value >> (4 * i) & 15) as u8;
        out.push(char::from(if digit < 10 { b'0' + digit } else { b'a' - 10 + digit }));
    }
}

impl Operands<'_> {
    fn is_att(&self) -> bool {
        self.flavor == Flavor::Att
    }

    fn register(&self, r: Register, out: &mut String) {
        out.push_str(self.names.get(r as usize).map_or("", |n| n));
    }

    /// Appends operand `i` of the instruction. Direct branch targets are left to the caller.
    pub(super) fn write(&self, i: u32, out: &mut String) {
        let insn = self.insn;
        match insn.op_kind(i) {
            OpKind::Register => self.register_operand(i, out),
            OpKind::Memory => self.memory(out),
            OpKind::Immediate8 => self.immediate(insn.immediate8().into(), out),
            OpKind::Immediate8_2nd => self.immediate(insn.immediate8_2nd().into(), out),
            OpKind::Immediate16 => self.immediate(insn.immediate16().into(), out),
            OpKind::Immediate32 => self.immediate(insn.immediate32().into(), out),
            OpKind::Immediate64 => self.immediate(insn.immediate64(), out),
            OpKind::Immediate8to16 => self.immediate(insn.immediate8to16() as u16 as u64, out),
            OpKind::Immediate8to32 => self.immediate(insn.immediate8to32() as u32 as u64, out),
            OpKind::Immediate8to64 => self.immediate(insn.immediate8to64() as u64, out),
            OpKind::Immediate32to64 => self.immediate(insn.immediate32to64() as u64, out),
            OpKind::MemorySegSI => self.string(false, Register::SI, out),
            OpKind::MemorySegESI => self.string(false, Register::ESI, out),
            OpKind::MemorySegRSI => self.string(false, Register::RSI, out),
            OpKind::MemorySegDI => self.string(false, Register::DI, out),
            OpKind::MemorySegEDI => self.string(false, Register::EDI, out),
            OpKind::MemorySegRDI => self.string(false, Register::RDI, out),
            OpKind::MemoryESDI => self.string(true, Register::DI, out),
            OpKind::MemoryESEDI => self.string(true, Register::EDI, out),
            OpKind::MemoryESRDI => self.string(true, Register::RDI, out),
            OpKind::FarBranch16 | OpKind::FarBranch32 | OpKind::NearBranch16 | OpKind::NearBranch32 | OpKind::NearBranch64 => {
                push_hex(out, insn.near_branch_target());
            }
        }
        if i == 0 {
            self.decorators(out);
        }
    }

    fn register_operand(&self, i: u32, out: &mut String) {
        let r = self.insn.op_register(i);
        use iced_x86::Mnemonic::{Lldt, Lmsw, Ltr, Verr, Verw};
        if r.is_gpr() && matches!(self.insn.mnemonic(), Lldt | Lmsw | Ltr | Verr | Verw) {
            // They take 16 bits whatever the operand size.
            return self.register(Register::AX + r.number() as u32, out);
        }
        if self.is_att() && r == Register::DX && is_port_io(self.insn) {
            out.push_str("(%dx)");
            return;
        }
        if self.is_att() && r.is_gpr() && is_indirect(self.insn) {
            out.push('*');
        }
        if r == Register::ST0 && self.is_modrm_x87(i) {
            out.push_str(if self.is_att() { "%st(0)" } else { "st(0)" });
            return;
        }
        self.register(r, out);
    }

    /// Whether an x87 operand is the one that the instruction names: it is `st(0)` where the implied one is `st`.
    pub(super) fn is_modrm_x87(&self, i: u32) -> bool {
        let opcode = self.code.get(self.prefixes.opcode);
        self.insn.op_count() == 1 || (i == 0) == matches!(opcode, Some(0xdc | 0xde))
    }

    fn immediate(&self, value: u64, out: &mut String) {
        if self.is_att() {
            out.push('$');
        }
        push_hex(out, value);
    }

    /// `{%k1}{z}` after the destination.
    fn decorators(&self, out: &mut String) {
        if self.insn.has_op_mask() {
            out.push('{');
            self.register(self.insn.op_mask(), out);
            out.push('}');
        }
        if self.insn.zeroing_masking() {
            out.push_str("{z}");
        }
    }

    /// `{rn-sae}` or `{sae}`, an operand of its own.
    pub(super) fn rounding(&self) -> Option<&'static str> {
        match self.insn.rounding_control() {
            RoundingControl::RoundToNearest => Some("{rn-sae}"),
            RoundingControl::RoundDown => Some("{rd-sae}"),
            RoundingControl::RoundUp => Some("{ru-sae}"),
            RoundingControl::RoundTowardZero => Some("{rz-sae}"),
            _ => self.insn.suppress_all_exceptions().then_some("{sae}"),
        }
    }

    /// The operand of a string instruction.
    fn string(&self, is_es: bool, base: Register, out: &mut String) {
        let segment = match self.insn.segment_prefix() {
            s @ (Register::FS | Register::GS) if !is_es => s,
            _ if is_es => Register::ES,
            _ => Register::DS,
        };
        if self.is_att() {
            self.register(segment, out);
            out.push_str(":(");
            self.register(base, out);
            out.push(')');
        } else {
            out.push_str(self.size_keyword());
            self.register(segment, out);
            out.push_str(":[");
            self.register(base, out);
            out.push(']');
        }
    }

    fn memory(&self, out: &mut String) {
        if self.insn.mnemonic() == iced_x86::Mnemonic::Xlatb {
            out.push_str(if self.is_att() { "%ds:(%rbx)" } else { "BYTE PTR ds:[rbx]" });
            return;
        }
        if self.is_att() {
            self.att_memory(out)
        } else {
            self.intel_memory(out)
        }
        if self.is_att() && self.insn.is_broadcast() {
            out.push_str(self.broadcast());
        }
    }

    /// The displacement as it is written: sign and magnitude where there is a register, else the address.
    fn displacement(&self) -> (bool, u64) {
        let insn = self.insn;
        let value = if insn.is_ip_rel_memory_operand() {
            insn.memory_displacement64().wrapping_sub(insn.next_ip())
        } else {
            insn.memory_displacement64()
        };
        let short = insn.memory_base().is_gpr32() || insn.memory_index().is_gpr32() || insn.memory_base() == Register::EIP;
        let value = if short { value as u32 as i32 as i64 } else { value as i64 };
        (value < 0, value.unsigned_abs())
    }

    /// binutils' name for "no index" where there is a SIB byte that needs none.
    fn no_index(&self) -> Option<&'static str> {
        let base = self.insn.memory_base();
        let needs_sib = matches!(base, Register::RSP | Register::R12 | Register::ESP | Register::R12D);
        if self.insn.memory_index() != Register::None || self.insn.is_vsib() || !self.prefixes.has_sib(self.code) {
            return None;
        }
        if needs_sib && self.insn.memory_index_scale() == 1 {
            return None;
        }
        if base == Register::None && self.insn.memory_index_scale() == 1 {
            return None;
        }
        Some(match (base.is_gpr32(), self.is_att()) {
            (true, true) => "%eiz",
            (false, true) => "%riz",
            (true, false) => "eiz",
            (false, false) => "riz",
        })
    }

    fn att_memory(&self, out: &mut String) {
        let insn = self.insn;
        if is_indirect(insn) {
            out.push('*');
        }
        if let s @ (Register::FS | Register::GS) = insn.segment_prefix() {
            self.register(s, out);
            out.push(':');
        }
        let (base, index) = (insn.memory_base(), insn.memory_index());
        if base == Register::None && index == Register::None && self.no_index().is_none() {
            push_hex(out, insn.memory_displacement64());
            return;
        }
        if insn.memory_displ_size() != 0 || base == Register::None {
            let (negative, magnitude) = self.displacement();
            if negative {
                out.push('-');
            }
            push_hex(out, magnitude);
        }
        out.push('(');
        if base != Register::None {
            self.register(base, out);
        }
        if index != Register::None {
            out.push(',');
            self.register(index, out);
            out.push(',');
            out.push(char::from(b'0' + insn.memory_index_scale() as u8));
        } else if let Some(name) = self.no_index() {
            out.push(',');
            out.push_str(name);
            out.push(',');
            out.push(char::from(b'0' + insn.memory_index_scale() as u8));
        }
        out.push(')');
    }

    fn intel_memory(&self, out: &mut String) {
        let insn = self.insn;
        out.push_str(self.size_keyword());
        let (base, index) = (insn.memory_base(), insn.memory_index());
        let segment = match insn.segment_prefix() {
            s @ (Register::FS | Register::GS) => Some(s),
            _ if base == Register::None && index == Register::None => Some(Register::DS),
            _ => None,
        };
        if let Some(s) = segment {
            self.register(s, out);
            out.push(':');
        }
        if base == Register::None && index == Register::None && self.no_index().is_none() {
            push_hex(out, insn.memory_displacement64());
            return;
        }
        out.push('[');
        if base != Register::None {
            self.register(base, out);
        }
        let index_name = if index == Register::None { self.no_index() } else { self.names.get(index as usize).map(|n| &**n) };
        if let Some(name) = index_name {
            if base != Register::None {
                out.push('+');
            }
            out.push_str(name);
            out.push('*');
            out.push(char::from(b'0' + insn.memory_index_scale() as u8));
        }
        if insn.memory_displ_size() != 0 || base == Register::None {
            let (negative, magnitude) = self.displacement();
            // binutils does not give rip a negative displacement in Intel's flavor.
            let wraps = negative && insn.is_ip_rel_memory_operand();
            out.push(if negative && !wraps { '-' } else { '+' });
            push_hex(out, if wraps { magnitude.wrapping_neg() } else { magnitude });
        }
        out.push(']');
    }

    /// `QWORD PTR ` and the like.
    fn size_keyword(&self) -> &'static str {
        let info = self.insn.memory_size().info();
        if self.insn.mnemonic() == iced_x86::Mnemonic::Lea || is_moffs(self.insn.code()) {
            return "";
        }
        use iced_x86::Mnemonic::{
            Cmpxchg16b, Enqcmd, Enqcmds, Invlpg, Invpcid, Ldtilecfg, Lgdt, Lidt, Movdir64b, Sgdt, Sidt, Sttilecfg,
        };
        match self.insn.mnemonic() {
            Enqcmd | Enqcmds | Invpcid | Ldtilecfg | Sttilecfg | Lgdt | Lidt | Sgdt | Sidt | Movdir64b => return "",
            Invlpg => return "BYTE PTR ",
            Cmpxchg16b => return "OWORD PTR ",
            _ => {}
        }
        if info.is_broadcast() {
            return match info.size() {
                2 => "WORD BCST ",
                4 => "DWORD BCST ",
                _ => "QWORD BCST ",
            };
        }
        match info.size() {
            1 => "BYTE PTR ",
            2 => "WORD PTR ",
            4 => "DWORD PTR ",
            6 => "FWORD PTR ",
            8 => "QWORD PTR ",
            10 => "TBYTE PTR ",
            16 => "XMMWORD PTR ",
            32 => "YMMWORD PTR ",
            64 => "ZMMWORD PTR ",
            _ => "",
        }
    }

    /// `{1to8}`: how many copies the vector gets.
    fn broadcast(&self) -> &'static str {
        let op = self.insn.op_code();
        let whole = op.memory_size().size();
        let one = self.insn.memory_size().size();
        match whole.checked_div(one) {
            Some(2) => "{1to2}",
            Some(4) => "{1to4}",
            Some(8) => "{1to8}",
            Some(16) => "{1to16}",
            Some(32) => "{1to32}",
            _ => "",
        }
    }
}

/// Whether it is a mov between the accumulator and a 64-bit address.
pub(super) fn is_moffs(code: Code) -> bool {
    use Code::{
        Mov_AL_moffs8, Mov_AX_moffs16, Mov_EAX_moffs32, Mov_RAX_moffs64, Mov_moffs8_AL, Mov_moffs16_AX, Mov_moffs32_EAX,
        Mov_moffs64_RAX,
    };
    matches!(code, Mov_AL_moffs8 | Mov_AX_moffs16 | Mov_EAX_moffs32 | Mov_RAX_moffs64)
        || matches!(code, Mov_moffs8_AL | Mov_moffs16_AX | Mov_moffs32_EAX | Mov_moffs64_RAX)
}

fn is_port_io(insn: &Instruction) -> bool {
    use iced_x86::Mnemonic::{In, Insb, Insd, Insw, Out, Outsb, Outsd, Outsw};
    matches!(insn.mnemonic(), In | Out | Insb | Insd | Insw | Outsb | Outsd | Outsw)
}

/// Whether the operand of a jump or call is where the target is found.
fn is_indirect(insn: &Instruction) -> bool {
    use iced_x86::FlowControl::{IndirectBranch, IndirectCall};
    matches!(insn.flow_control(), IndirectBranch | IndirectCall)
}

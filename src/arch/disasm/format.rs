//! The formatter.

use iced_x86::{
    Code, Decoder, DecoderOptions, FormatMnemonicOptions, GasFormatter, Instruction, IntelFormatter, Mnemonic, OpKind, Register,
};

use super::operands::{Operands, push_hex};
use super::prefixes;
use crate::arch::insn::MAX_LEN;

/// The two ways of writing instructions (`set disassembly-flavor`).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Flavor {
    /// `mov    %rsp,%rbp`
    #[default]
    Att,
    /// `mov    rbp,rsp`
    Intel,
}

/// Writes instructions. Make one and use it for many: it keeps its buffers.
pub struct Formatter {
    flavor: Flavor,
    insn: Instruction,
    /// iced's, for the mnemonics.
    mnemonics: Box<dyn iced_x86::Formatter>,
    names: Vec<Box<str>>,
}

impl Formatter {
    /// A formatter of this flavor.
    pub fn new(flavor: Flavor) -> Formatter {
        let mut mnemonics: Box<dyn iced_x86::Formatter> = match flavor {
            Flavor::Att => Box::new(GasFormatter::new()),
            Flavor::Intel => Box::new(IntelFormatter::new()),
        };
        let names = Register::values()
            .map(|r| match (r, flavor) {
                (Register::ST0, Flavor::Att) => "%st".into(),
                (Register::ST0, Flavor::Intel) => "st".into(),
                _ => mnemonics.format_register(r).into(),
            })
            .collect();
        Formatter { flavor, insn: Instruction::default(), mnemonics, names }
    }

    /// Appends the instruction at the start of `code`, which lies at `ip`, to `out` and returns its length; 1 and `(bad)` where
    /// the bytes are no instruction; 0 if `code` is empty. `symbol` gives the text between the angle brackets for an address
    /// (`main+4`), or `None`.
    pub fn format(&mut self, code: &[u8], ip: u64, symbol: &mut dyn FnMut(u64) -> Option<String>, out: &mut String) -> usize {
        if code.is_empty() {
            return 0;
        }
        let code = code.get(..MAX_LEN).unwrap_or(code);
        let wait = self.decode(code, ip);
        let insn = &self.insn;
        if insn.is_invalid() {
            out.push_str("(bad)");
            return 1;
        }
        let len = insn.len() + wait;
        let code = code.get(wait..len).unwrap_or(code);
        let prefixes = prefixes::scan(code);
        let start = out.len();
        if prefixes.opcode != 0 {
            prefixes.write(insn, code, out);
        }
        let before = out.len();
        self.mnemonics.format_mnemonic_options(insn, out, FormatMnemonicOptions::NO_PREFIXES);
        let is_pseudo = has_predicate(insn) && self.mnemonics.operand_count(insn) < insn.op_count();
        fix_mnemonic(insn, self.flavor, wait != 0, before, out);
        let operands = Operands { flavor: self.flavor, insn, code, prefixes, names: &self.names };
        write_operands(&operands, start, is_pseudo, symbol, out);
        len
    }

    /// Decodes into `self.insn`; 1 where an fwait before it is a part of it, as binutils sees it (fstcw is 9b and fnstcw).
    fn decode(&mut self, code: &[u8], ip: u64) -> usize {
        if let [0x9b, rest @ ..] = code {
            Decoder::with_ip(64, rest, ip.wrapping_add(1), DecoderOptions::NONE).decode_out(&mut self.insn);
            use Mnemonic::{Fnclex, Fninit, Fnsave, Fnstcw, Fnstenv, Fnstsw};
            if matches!(self.insn.mnemonic(), Fnclex | Fninit | Fnsave | Fnstcw | Fnstenv | Fnstsw) {
                return 1;
            }
        }
        Decoder::with_ip(64, code, ip, DecoderOptions::NONE).decode_out(&mut self.insn);
        0
    }
}

/// Pads the mnemonic and appends the operands in the flavor's order, and what a rip-relative one refers to.
fn write_operands(
    operands: &Operands<'_>,
    start: usize,
    is_pseudo: bool,
    symbol: &mut dyn FnMut(u64) -> Option<String>,
    out: &mut String,
) {
    let insn = operands.insn;
    let att = operands.flavor == Flavor::Att;
    let count = insn.op_count() - u32::from(is_pseudo);
    if insn.code() == Code::Nopw {
        out.push_str(if att { "   %ax,%ax" } else { "   ax,ax" });
    }
    if count == 0 {
        return;
    }
    while out.len() - start < 6 {
        out.push(' ');
    }
    out.push(' ');
    if matches!(insn.op0_kind(), OpKind::NearBranch16 | OpKind::NearBranch32 | OpKind::NearBranch64) {
        push_address(insn.near_branch_target(), symbol, out);
        return;
    }
    let hidden = hidden_operand(operands);
    // {sae} and rounding stand before the registers in AT&T, after them in Intel; an immediate keeps the outermost place.
    let rounding = operands.rounding();
    let last_immediate = insn.op_kind(insn.op_count() - 1) == OpKind::Immediate8 && !is_pseudo;
    let rounding_at = match (att, last_immediate) {
        (true, false) => 0,
        (true, true) => 1,
        (false, true) => count - 1,
        (false, false) => count,
    };
    let mut first = true;
    for n in 0..=count {
        if n == rounding_at
            && let Some(rounding) = rounding
        {
            if !first {
                out.push(',');
            }
            first = false;
            out.push_str(rounding);
        }
        if n == count {
            break;
        }
        let i = if att { count - 1 - n } else { n };
        if Some(i) == hidden {
            continue;
        }
        if !first {
            out.push(',');
        }
        first = false;
        if !att && i == 1 && is_shift_by_one(operands) {
            out.push('1');
        } else {
            operands.write(i, out);
        }
    }
    if insn.is_ip_rel_memory_operand() {
        out.push_str("        # ");
        push_address(insn.ip_rel_memory_address(), symbol, out);
    }
}

/// The operand that binutils does not write: the 1 of a shift by one in AT&T, the %st of fxch.
fn hidden_operand(operands: &Operands<'_>) -> Option<u32> {
    match operands.insn.mnemonic() {
        Mnemonic::Fxch => Some(0),
        _ => (operands.flavor == Flavor::Att && is_shift_by_one(operands)).then_some(1),
    }
}

/// Whether it is one of the shifts whose opcode means "by 1", without an immediate byte.
fn is_shift_by_one(operands: &Operands<'_>) -> bool {
    use Mnemonic::{Rcl, Rcr, Rol, Ror, Sal, Sar, Shl, Shr};
    matches!(operands.insn.mnemonic(), Shl | Shr | Sar | Rol | Ror | Rcl | Rcr | Sal)
        && operands.code.get(operands.prefixes.opcode).is_some_and(|b| matches!(b, 0xd0 | 0xd1))
}

/// `0x401030 <puts@plt>`
fn push_address(at: u64, symbol: &mut dyn FnMut(u64) -> Option<String>, out: &mut String) {
    push_hex(out, at);
    if let Some(name) = symbol(at) {
        out.push_str(" <");
        out.push_str(&name);
        out.push('>');
    }
}

/// Whether the last operand is a predicate that may be part of the mnemonic (cmpltsd, vpcmpnequb, pclmullqlqdq).
fn has_predicate(insn: &Instruction) -> bool {
    let count = insn.op_count();
    count >= 3 && insn.mnemonic() != Mnemonic::Imul && insn.op_kind(count - 1) == OpKind::Immediate8
}

/// Where binutils has another mnemonic than iced.
fn fix_mnemonic(insn: &Instruction, flavor: Flavor, waits: bool, before: usize, out: &mut String) {
    use Mnemonic::{Call, Jmp, Pop, Push};
    if flavor == Flavor::Att && matches!(insn.mnemonic(), Jmp | Call | Push | Pop) && out.ends_with('q') {
        out.truncate(out.len() - 1);
    }
    if flavor == Flavor::Intel {
        match insn.code() {
            Code::Mov_r64_imm64 | Code::Mov_RAX_moffs64 | Code::Mov_EAX_moffs32 | Code::Mov_AX_moffs16 => out.push_str("abs"),
            Code::Mov_AL_moffs8 | Code::Mov_moffs8_AL | Code::Mov_moffs16_AX => out.push_str("abs"),
            Code::Mov_moffs32_EAX | Code::Mov_moffs64_RAX => out.push_str("abs"),
            _ if insn.is_string_instruction() => out.truncate(out.len() - 1),
            _ => {}
        }
    }
    if waits && out.get(before..).is_some_and(|m| m.starts_with("fn")) {
        out.remove(before + 1);
    }
}

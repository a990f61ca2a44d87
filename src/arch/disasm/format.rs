//! The formatter.

use iced_x86::{
    Code, Decoder, DecoderOptions, FormatMnemonicOptions, GasFormatter, Instruction, IntelFormatter, Mnemonic, OpKind, Register,
    RoundingControl,
};

use super::flavor::Flavor;
use super::operands::{Operands, is_moffs, push_hex};
use super::prefixes;
use crate::arch::insn::MAX_LEN;

/// binutils disassembles what no processor runs (lock on a register), what few had (MPX), and branches as AMD does.
const OPTIONS: u32 = DecoderOptions::NO_INVALID_CHECK | DecoderOptions::MPX | DecoderOptions::AMD;

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
                (_, Flavor::Att) if r.is_dr() => format!("%db{}", r.number()).into(),
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
        let prefixes = prefixes::scan(code);
        if prefixes.is_cut_short(code) {
            prefixes.write_all(code, out);
            out.truncate(out.trim_end().len());
            return prefixes.opcode;
        }
        let wait = self.decode(code, ip);
        let insn = &self.insn;
        if insn.is_invalid() {
            prefixes.write_all(code, out);
            out.push_str("(bad)");
            return (prefixes.opcode + 1).min(code.len());
        }
        let len = insn.len() + wait;
        let code = code.get(wait..len).unwrap_or(code);
        let prefixes = prefixes::scan(code);
        let start = out.len();
        if prefixes.opcode != 0 {
            prefixes.write(insn, code, self.flavor, out);
        }
        let before = out.len();
        let predicate = has_predicate(insn);
        self.mnemonics.options_mut().set_use_pseudo_ops(predicate && !is_constant_predicate(insn));
        self.mnemonics.format_mnemonic_options(insn, out, FormatMnemonicOptions::NO_PREFIXES);
        let operand_count = insn.op_count() + u32::from(self.flavor == Flavor::Att && has_rounding(insn));
        let is_pseudo = predicate && self.mnemonics.operand_count(insn) < operand_count;
        fix_mnemonic(insn, self.flavor, wait != 0, before, out);
        let operands = Operands { flavor: self.flavor, insn, code, prefixes, names: &self.names };
        write_operands(&operands, start, is_pseudo, symbol, out);
        len
    }

    /// Decodes into `self.insn`; 1 where an fwait before it is a part of it: in binutils' eyes it is a
    /// prefix of every x87 instruction (fstcw is 9b and fnstcw).
    fn decode(&mut self, code: &[u8], ip: u64) -> usize {
        if let [0x9b, 0xd8..=0xdf, ..] = code {
            let rest = code.get(1..).unwrap_or_default();
            Decoder::with_ip(64, rest, ip.wrapping_add(1), OPTIONS).decode_out(&mut self.insn);
            if !self.insn.is_invalid() {
                return 1;
            }
        }
        Decoder::with_ip(64, code, ip, OPTIONS).decode_out(&mut self.insn);
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
    if let Some(fixed) = fixed_operands(insn.mnemonic()).filter(|_| att) {
        out.push_str(fixed);
    }
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
    write_list(operands, count, is_pseudo, out);
    if insn.is_ip_rel_memory_operand() {
        out.push_str("        # ");
        push_address(insn.ip_rel_memory_address(), symbol, out);
    }
}

/// The operands with commas between them, in the flavor's order.
fn write_list(operands: &Operands<'_>, count: u32, is_pseudo: bool, out: &mut String) {
    let insn = operands.insn;
    let att = operands.flavor == Flavor::Att;
    let hidden = hidden_operand(operands);
    let rounding = operands.rounding().map(|text| (rounding_place(insn, att, count, is_pseudo), text));
    let implied = has_implied_xmm0(insn.code());
    let mut first = true;
    if implied && att {
        out.push_str("%xmm0");
        first = false;
    }
    for n in 0..=count {
        if let Some((_, text)) = rounding.filter(|(place, _)| *place == n) {
            // In Intel's flavor it clings to the operand before it.
            if !first && att {
                out.push(',');
            }
            first = false;
            out.push_str(text);
        }
        // enter has its operands in the same order in both flavors.
        let i = if att && insn.mnemonic() != Mnemonic::Enter { count.wrapping_sub(1 + n) } else { n };
        if n == count || Some(i) == hidden {
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
    if implied && !att {
        out.push_str(",xmm0");
    }
}

/// Before which operand {sae} and {rn-sae} stand: before the registers in AT&T, after them in Intel; an immediate, and in AT&T a
/// general register, keeps the outermost place.
fn rounding_place(insn: &Instruction, att: bool, count: u32, is_pseudo: bool) -> u32 {
    let last = insn.op_count() - 1;
    let immediate_last = insn.op_kind(last) == OpKind::Immediate8 && !is_pseudo;
    let general_last = insn.op_kind(last) == OpKind::Register && insn.op_register(last).is_gpr();
    match (att, immediate_last) {
        (true, immediate) => u32::from(immediate || general_last),
        (false, true) => count - 1,
        (false, false) => count,
    }
}

/// Whether xmm0 is an operand that iced leaves out.
fn has_implied_xmm0(code: Code) -> bool {
    use Code::{Blendvpd_xmm_xmmm128, Blendvps_xmm_xmmm128, Pblendvb_xmm_xmmm128, Sha256rnds2_xmm_xmmm128};
    matches!(code, Blendvpd_xmm_xmmm128 | Blendvps_xmm_xmmm128 | Pblendvb_xmm_xmmm128 | Sha256rnds2_xmm_xmmm128)
}

/// Implied operands that binutils writes in AT&T, with the padding before them.
fn fixed_operands(mnemonic: Mnemonic) -> Option<&'static str> {
    match mnemonic {
        Mnemonic::Monitor => Some(" %rax,%ecx,%edx"),
        Mnemonic::Mwait => Some("  %eax,%ecx"),
        _ => None,
    }
}

/// The operand that binutils does not write: the 1 of a shift by one in AT&T, the %st of fxch.
fn hidden_operand(operands: &Operands<'_>) -> Option<u32> {
    match operands.insn.mnemonic() {
        Mnemonic::Fxch | Mnemonic::Fcom | Mnemonic::Fcomp | Mnemonic::Fucom | Mnemonic::Fucomp
            if operands.insn.op_count() == 2 =>
        {
            (0..2).find(|i| !operands.is_modrm_x87(*i))
        }
        Mnemonic::Maskmovq | Mnemonic::Maskmovdqu => Some(0),
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

/// Whether the predicate is "always" or "never", for which binutils has no names in the integer comparisons.
fn is_constant_predicate(insn: &Instruction) -> bool {
    use Mnemonic::{Vpcmpb, Vpcmpd, Vpcmpq, Vpcmpub, Vpcmpud, Vpcmpuq, Vpcmpuw, Vpcmpw};
    matches!(insn.mnemonic(), Vpcmpb | Vpcmpd | Vpcmpq | Vpcmpub | Vpcmpud | Vpcmpuq | Vpcmpuw | Vpcmpw)
        && insn.immediate8() & 3 == 3
}

fn has_rounding(insn: &Instruction) -> bool {
    insn.suppress_all_exceptions() || insn.rounding_control() != RoundingControl::None
}

/// Where binutils has another mnemonic than iced.
fn fix_mnemonic(insn: &Instruction, flavor: Flavor, waits: bool, before: usize, out: &mut String) {
    use Mnemonic::{Call, Jmp, Pop, Push};
    let replace = |out: &mut String, with: &str| {
        out.truncate(before);
        out.push_str(with);
    };
    match (insn.mnemonic(), flavor) {
        (Jmp | Call | Push | Pop, Flavor::Att) if out.ends_with('q') => out.truncate(out.len() - 1),
        (Jmp | Call, Flavor::Att) if insn.op0_kind() == OpKind::Memory && out.ends_with("ll") => out.truncate(out.len() - 1),
        (Jmp | Call, Flavor::Att) if insn.op0_kind() == OpKind::Memory && out.ends_with("ljmpl") => out.truncate(out.len() - 1),
        (Jmp | Call, Flavor::Intel) if out.ends_with(" far") => out.truncate(out.len() - 4),
        (Mnemonic::Retf, Flavor::Att) => replace(out, if insn.code().op_code().operand_size() == 64 { "lretq" } else { "lret" }),
        (Mnemonic::Retf, Flavor::Intel) => {
            replace(out, if insn.code().op_code().operand_size() == 64 { "retfq" } else { "retf" })
        }
        (Mnemonic::Sysret, Flavor::Intel) => replace(out, "sysretd"),
        (Mnemonic::Push, Flavor::Intel) if insn.code() == Code::Pushw_imm8 || insn.code() == Code::Push_imm16 => out.push('w'),
        (Mnemonic::Iretd, _) => replace(out, "iret"),
        (Mnemonic::Pushfq, Flavor::Intel) => replace(out, "pushf"),
        (Mnemonic::Popfq, Flavor::Intel) => replace(out, "popf"),
        (Mnemonic::Pushfq, Flavor::Att) => replace(out, "pushf"),
        (Mnemonic::Popfq, Flavor::Att) => replace(out, "popf"),
        (Mnemonic::Sal, _) => {
            let suffix = out.get(before + 3..).unwrap_or_default().to_owned();
            out.truncate(before);
            out.push_str("shl");
            out.push_str(&suffix);
        }
        (Mnemonic::Xlatb, _) => replace(out, "xlat"),
        (Mnemonic::Mov, Flavor::Intel) if insn.code() == Code::Mov_r64_imm64 || is_moffs(insn.code()) => out.push_str("abs"),
        (_, Flavor::Intel) if insn.is_string_instruction() => out.truncate(out.len() - 1),
        _ => {}
    }
    match (insn.is_jcc_short_or_near(), insn.segment_prefix()) {
        (true, Register::CS) if flavor == Flavor::Att => out.push_str(",pn"),
        (true, Register::DS) if flavor == Flavor::Att => out.push_str(",pt"),
        _ => {}
    }
    if waits && out.get(before..).is_some_and(|m| m.starts_with("fn")) {
        out.remove(before + 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(flavor: Flavor, code: &[u8]) -> (String, usize) {
        let mut out = String::new();
        let name = |at| Some(format!("f+{}", at & 0xff));
        let len = Formatter::new(flavor).format(code, 0x401000, &mut { name }, &mut out);
        (out, len)
    }

    #[test]
    fn targets_have_names() {
        assert_eq!(text(Flavor::Att, &[0xe8, 0x0b, 0, 0, 0]).0, "call   0x401010 <f+16>");
        let lea = [0x48, 0x8d, 0x05, 0x2e, 0, 0, 0];
        assert_eq!(text(Flavor::Att, &lea).0, "lea    0x2e(%rip),%rax        # 0x401035 <f+53>");
        assert_eq!(text(Flavor::Intel, &lea).0, "lea    rax,[rip+0x2e]        # 0x401035 <f+53>");
    }

    #[test]
    fn what_is_no_instruction_takes_its_prefixes_along() {
        assert_eq!(text(Flavor::Att, &[0x06, 0x90]), ("(bad)".to_owned(), 1));
        assert_eq!(text(Flavor::Att, &[0x66, 0x06]), ("data16 (bad)".to_owned(), 2));
        assert_eq!(text(Flavor::Att, &[]), (String::new(), 0));
    }

    #[test]
    fn any_bytes_give_a_line() {
        // xorshift: the same bytes at every run.
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        let mut byte = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 32) as u8
        };
        let code: Vec<u8> = (0..30_000).map(|_| byte()).collect();
        for flavor in [Flavor::Att, Flavor::Intel] {
            let mut formatter = Formatter::new(flavor);
            for at in 0..code.len() {
                let (mut out, rest) = (String::new(), &code[at..code.len().min(at + 1 + at % 17)]);
                let len = formatter.format(rest, u64::MAX - 8, &mut |_| None, &mut out);
                assert!(len >= 1 && len <= rest.len() && !out.is_empty(), "{rest:x?}: {out}");
            }
        }
    }
}

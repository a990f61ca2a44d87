//! Instructions as gdb shows them.

use crate::arch::disasm::{Flavor, Formatter};
use crate::arch::insn::MAX_LEN;
use crate::base::{AddrRange, Error, Result, VirtAddr};
use crate::engine::Session;
use crate::expr::Host;
use crate::stack::Frame;
use crate::symbols::Location;
use crate::value::Symbols;

/// How far back instructions are looked for where no function begins nearer.
const FARTHEST: u64 = 1 << 20;

/// Disassembles a session's memory.
pub struct Disassembler<'a> {
    session: &'a Session,
    formatter: Formatter,
    /// The pc of the selected frame, which is marked.
    pc: Option<VirtAddr>,
}

/// One instruction.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Instruction {
    /// Its run-time address.
    pub addr: VirtAddr,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Mnemonic and operands: `call   0x555555555030 <puts@plt>`.
    pub text: String,
}

impl<'a> Disassembler<'a> {
    /// A disassembler in the flavor of the settings.
    pub fn new(session: &'a Session) -> Disassembler<'a> {
        let flavor = if session.settings.disassembly_flavor == "intel" { Flavor::Intel } else { Flavor::Att };
        let pc = session.process().and_then(|_| session.selected_frame()).ok().map(|f| f.pc.addr());
        Disassembler { session, formatter: Formatter::new(flavor), pc }
    }

    /// The instruction at a run-time address. Bytes that are none give `(bad)`; an unreadable address is a fault.
    pub fn instruction(&mut self, addr: VirtAddr) -> Result<Instruction> {
        let mut code = [0; MAX_LEN];
        let got = self.session.memory().read_partial(addr, &mut code)?;
        let code = code.get(..got).unwrap_or_default();
        let mut text = String::new();
        let session = self.session;
        let len = self.formatter.format(code, addr.0, &mut |a| session.symbol(VirtAddr(a)), &mut text);
        if len == 0 {
            return Err(Error::Fault { addr });
        }
        Ok(Instruction { addr, bytes: code.get(..len).unwrap_or(code).to_vec(), text })
    }

    /// The pc of the selected frame.
    pub fn pc(&self) -> Option<VirtAddr> {
        self.pc
    }

    /// `=> ` before the instruction that the selected frame is at, blanks before others.
    pub fn marker(&self, addr: VirtAddr) -> &'static str {
        if self.pc == Some(addr) { "=> " } else { "   " }
    }

    /// The row of `x/i`: `=> 0x555555555176 <main+4>:\tsub    $0x10,%rsp`, and the instruction's length in bytes.
    pub fn row(&mut self, addr: VirtAddr) -> Result<(String, u64)> {
        let insn = self.instruction(addr)?;
        let name = self.session.symbol(addr).map_or(String::new(), |s| format!(" <{s}>"));
        Ok((format!("{}{addr}{name}:\t{}", self.marker(addr), insn.text), insn.bytes.len() as u64))
    }
}

/// What `disassemble-next-line` adds to a frame: the instructions of its line with their bytes; where there is no line, its next
/// instruction, with `auto` too.
pub fn next_line(session: &Session, frame: &Frame) -> Option<String> {
    let has_source = session.frame_source(frame).is_some();
    let range = match session.settings.disassemble_next_line {
        Some(false) => return None,
        None if has_source => return None,
        _ if !has_source => AddrRange::with_len(frame.pc.addr(), 1),
        // The caller of an inlined call stands in the midst of its line, of which nothing is known but the number.
        _ if frame.code.as_ref().is_some_and(|c| c.callee.is_some()) => return None,
        _ => session.inferior.modules.source_line(frame.pc.lookup())?.range,
    };
    Some(instructions_text(session, frame, range))
}

/// The instructions in a range with their bytes, the one that the frame is at marked.
fn instructions_text(session: &Session, frame: &Frame, range: AddrRange) -> String {
    let mut disassembler = Disassembler::new(session);
    let mut text = String::new();
    let mut at = range.start;
    while at < range.end {
        let insn = match disassembler.instruction(at) {
            Ok(insn) => insn,
            Err(e) => return format!("{text}{e}\n"),
        };
        let bytes: Vec<String> = insn.bytes.iter().map(|b| format!("{b:02x}")).collect();
        // As in `disassemble`, with an offset at the function's start too.
        let bare = |l: &Location| session.code_name(&Location { offset: 0, ..l.clone() });
        let name = session.location(at).map_or(String::new(), |l| format!(" <{}+{}>", bare(&l), l.offset));
        // gdb pads the bytes to six of them and a blank, and looks at the frame's own pc, not at the selected one.
        let marker = if at == frame.pc.addr() { "=>" } else { "  " };
        text.push_str(&format!("{marker} {:#018x}{name}:\t{:<19}\t{}\n", at.0, bytes.join(" "), insn.text));
        at = at + insn.bytes.len().max(1) as u64;
    }
    text
}

/// A frame's next instruction, as `disassemble-next-line` shows it.
pub(super) fn instruction_line(session: &Session, frame: &Frame) -> String {
    instructions_text(session, frame, AddrRange::with_len(frame.pc.addr(), 1))
}

/// The address that lies `count` instructions before `at`: instructions are counted from the beginning of the function that
/// stands there. gdb's error where no function is known.
pub fn instructions_back(session: &Session, at: VirtAddr, count: u64) -> Result<VirtAddr> {
    let mut disassembler = Disassembler::new(session);
    let (mut end, mut left) = (at, count);
    while left > 0 {
        let before = end - 1;
        let start = session.location(before).filter(|l| l.is_code && end - l.start <= FARTHEST).map(|l| l.start);
        let Some(start) = start else {
            let name = session.symbol(before).map_or(String::new(), |s| format!(" <{s}>"));
            return Err(Error::user(format!("No line number information available for address {before}{name}")));
        };
        let mut starts = Vec::new();
        let mut addr = start;
        while addr < end {
            starts.push(addr);
            addr = addr + disassembler.instruction(addr)?.bytes.len() as u64;
        }
        let taken = left.min(starts.len() as u64);
        end = starts.get(starts.len() - taken as usize).copied().unwrap_or(start);
        left -= taken;
    }
    Ok(end)
}

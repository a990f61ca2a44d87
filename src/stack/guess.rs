//! Finding the caller where no table tells: by what the instructions do, by saved frame pointers, by looks.

use super::frame::{FrameHow, FramePc};
use super::unwind::CodeMap;
use crate::arch::insn::{Flow, Insn, MAX_LEN};
use crate::arch::regs::{Gpr, Registers};
use crate::base::{Memory, VirtAddr, read_u64};

/// Where a frame's CFA and saved rbp seem to be. The return address is at CFA - 8.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Guess {
    pub cfa: VirtAddr,
    /// Where the caller's rbp is saved; `None`: rbp is still the caller's.
    pub saved_rbp: Option<VirtAddr>,
    pub how: FrameHow,
}

/// No prologue is longer, in instructions and in bytes.
const PROLOGUE_INSNS: usize = 64;
const PROLOGUE_BYTES: u64 = 512;
/// How many words of stack are looked at for a return address when all else fails.
const SCAN_WORDS: u64 = 128;

/// The best guess, or `None` where nothing on the stack looks like a return address.
pub(super) fn guess(memory: &dyn Memory, code: &dyn CodeMap, pc: FramePc, registers: &Registers) -> Option<Guess> {
    let rsp = VirtAddr(registers.get(Gpr::Rsp)?);
    let start = code.function_start(pc.lookup());
    let by_code = start.and_then(|start| by_prologue(memory, start, pc.addr(), registers)).or_else(|| at_return(memory, pc, rsp));
    if let Some(found) = by_code.filter(|g| returns_to_code(memory, code, g.cfa)) {
        return Some(found);
    }
    let at_rsp = Guess { cfa: rsp + 8, saved_rbp: None, how: FrameHow::Guess };
    // A call through a bad pointer: nothing has run since.
    if matches!(pc, FramePc::Pc(at) if !code.is_code(at)) && returns_after_call(memory, code, at_rsp.cfa) {
        return Some(at_rsp);
    }
    if let Some(found) = by_frame_pointer(memory, code, rsp, registers) {
        return Some(found);
    }
    (0..SCAN_WORDS)
        .map(|n| Guess { cfa: rsp + 8 * (n + 1), ..at_rsp })
        .take_while(|g| read_u64(memory, g.cfa - 8).is_ok())
        .find(|g| returns_after_call(memory, code, g.cfa))
}

/// A function that is about to return has its return address on top.
fn at_return(memory: &dyn Memory, pc: FramePc, rsp: VirtAddr) -> Option<Guess> {
    let FramePc::Pc(at) = pc else { return None };
    (insn_at(memory, at)?.flow() == Flow::Return).then_some(Guess { cfa: rsp + 8, saved_rbp: None, how: FrameHow::Guess })
}

/// Follows what the function has done to rsp and rbp from its first instruction to the pc.
fn by_prologue(memory: &dyn Memory, start: VirtAddr, pc: VirtAddr, registers: &Registers) -> Option<Guess> {
    if pc < start {
        return None;
    }
    let mut at = start;
    // rsp's distance below the CFA, and where rbp is saved, as a distance too.
    let (mut depth, mut saved_rbp, mut framed) = (8u64, None, false);
    for _ in 0..PROLOGUE_INSNS {
        if at >= pc || at - start >= PROLOGUE_BYTES {
            break;
        }
        let insn = insn_at(memory, at)?;
        if let Some(pushed) = insn.pushed() {
            depth += 8;
            if pushed == Some(Gpr::Rbp) && saved_rbp.is_none() {
                saved_rbp = Some(depth);
            }
        } else if insn.sets_frame_pointer() {
            framed = saved_rbp == Some(depth);
        } else if let Some(n) = insn.stack_allocation() {
            depth += n;
        } else if insn.writes(Gpr::Rsp) && !matches!(insn.flow(), Flow::Call(_)) || !matches!(insn.flow(), Flow::Next) {
            // The prologue is over: rbp holds if it was set up, else rsp does.
            break;
        }
        at = VirtAddr(insn.next_ip());
    }
    let at_return = insn_at(memory, pc).is_some_and(|i| i.flow() == Flow::Return);
    let (rsp, rbp) = (registers.get(Gpr::Rsp)?, registers.get(Gpr::Rbp));
    let cfa = match (framed && !at_return, rbp) {
        (true, Some(rbp)) => VirtAddr(rbp) + 16,
        _ if at_return => VirtAddr(rsp) + 8,
        _ => VirtAddr(rsp) + depth,
    };
    let how = if framed && !at_return { FrameHow::FramePointer } else { FrameHow::Guess };
    Some(Guess { cfa, saved_rbp: saved_rbp.filter(|_| !at_return).map(|d| cfa - d), how })
}

/// `[rbp]` is the caller's rbp and `[rbp+8]` the return address, if they look like it.
fn by_frame_pointer(memory: &dyn Memory, code: &dyn CodeMap, rsp: VirtAddr, registers: &Registers) -> Option<Guess> {
    let rbp = VirtAddr(registers.get(Gpr::Rbp)?);
    let found = Guess { cfa: rbp + 16, saved_rbp: Some(rbp), how: FrameHow::FramePointer };
    (rbp >= rsp && rbp.0 % 8 == 0 && returns_after_call(memory, code, found.cfa)).then_some(found)
}

/// Whether the word below the CFA is an address where code may be.
fn returns_to_code(memory: &dyn Memory, code: &dyn CodeMap, cfa: VirtAddr) -> bool {
    read_u64(memory, cfa - 8).is_ok_and(|to| code.is_code(VirtAddr(to)))
}

/// Whether the word below the CFA is the address after a call.
fn returns_after_call(memory: &dyn Memory, code: &dyn CodeMap, cfa: VirtAddr) -> bool {
    let Ok(to) = read_u64(memory, cfa - 8) else { return false };
    code.is_code(VirtAddr(to)) && follows_call(memory, VirtAddr(to))
}

/// Whether a call instruction ends at this address: 2 to 8 bytes before it.
fn follows_call(memory: &dyn Memory, at: VirtAddr) -> bool {
    let mut before = [0; 8];
    if memory.read(at - 8, &mut before).is_err() {
        return false;
    }
    (2..=before.len()).any(|len| {
        let bytes = before.get(before.len() - len..).unwrap_or_default();
        Insn::decode(bytes, at.0.wrapping_sub(len as u64)).is_some_and(|i| i.len() == len && matches!(i.flow(), Flow::Call(_)))
    })
}

fn insn_at(memory: &dyn Memory, at: VirtAddr) -> Option<Insn> {
    let mut code = [0; MAX_LEN];
    let n = memory.read_partial(at, &mut code).ok()?;
    Insn::decode(code.get(..n)?, at.0)
}

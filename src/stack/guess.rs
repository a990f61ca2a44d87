//! Finding the caller where no table tells: by what the instructions do, by saved frame pointers, by looks.

use super::code_map::CodeMap;
use super::frame::{FrameHow, FramePc};
use crate::arch::insn::{Flow, Insn, MAX_LEN, Target};
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
const SCAN_WORDS: u64 = 512;

/// The best guess, or `None` where nothing on the stack looks like a return address.
pub(super) fn guess(memory: &dyn Memory, code: &dyn CodeMap, pc: FramePc, registers: &Registers) -> Option<Guess> {
    let rsp = VirtAddr(registers.get(Gpr::Rsp)?);
    let start = code.function_start(pc.lookup());
    let by_code = start.and_then(|start| by_prologue(memory, start, pc.addr(), registers)).or_else(|| at_return(memory, pc, rsp));
    if let Some(found) = by_code.filter(|g| is_return_address(memory, code, g.cfa)) {
        return Some(found);
    }
    // The prologue's CFA is too low by what was pushed since, as arguments.
    if let Some(lowest) = by_code.filter(|g| g.cfa > rsp)
        && let Some(found) = by_scan(memory, code, pc, lowest, registers)
    {
        return Some(found);
    }
    let at_rsp = Guess { cfa: rsp + 8, saved_rbp: None, how: FrameHow::Guess };
    // A call through a bad pointer: nothing has run since.
    if matches!(pc, FramePc::Pc(at) if !code.is_code(at)) {
        return is_return_address(memory, code, at_rsp.cfa).then_some(at_rsp);
    }
    by_frame_pointer(memory, code, pc, rsp, registers).or_else(|| by_scan(memory, code, pc, at_rsp, registers))
}

/// The nearest word on the stack, from the lowest possible CFA on, that may be this frame's return address. Old ones of functions that have returned lie there too:
/// one whose call led to this function, by whose prologue it is in its place, goes before all others.
fn by_scan(memory: &dyn Memory, code: &dyn CodeMap, pc: FramePc, lowest: Guess, registers: &Registers) -> Option<Guess> {
    let mut nearest = None;
    for n in 0..SCAN_WORDS {
        let saved_rbp = lowest.saved_rbp.map(|at| at + 8 * n);
        let at = Guess { cfa: lowest.cfa + 8 * n, saved_rbp, how: FrameHow::Guess };
        let Ok(to) = read_u64(memory, at.cfa - 8) else { break };
        match call_before(memory, code, VirtAddr(to)).map(|call| fit(memory, &call, pc)) {
            Some(Fit::Starts(start)) => {
                let exact = by_prologue(memory, start, pc.addr(), registers).filter(|g| g.cfa == at.cfa);
                if exact.is_some() {
                    return exact;
                }
                nearest = nearest.or(Some(at));
            }
            Some(Fit::Maybe) => nearest = nearest.or(Some(at)),
            Some(Fit::No) | None => {}
        }
    }
    nearest
}

/// Whether a call can have led to a pc.
enum Fit {
    /// It calls this address, a little before the pc.
    Starts(VirtAddr),
    /// Its target is not known: indirect, or through a PLT stub.
    Maybe,
    No,
}

/// Functions are not longer than this, in bytes.
const FUNCTION_BYTES: u64 = 1 << 16;

fn fit(memory: &dyn Memory, call: &Insn, pc: FramePc) -> Fit {
    let Flow::Call(Target::Direct(target)) = call.flow() else { return Fit::Maybe };
    let target = VirtAddr(target);
    if target <= pc.lookup() && pc.lookup() - target < FUNCTION_BYTES {
        return Fit::Starts(target);
    }
    let stub = insn_at(memory, target).filter(|i| i.is_landing_pad()).map_or(target, |i| VirtAddr(i.next_ip()));
    match insn_at(memory, stub).map(|i| i.flow()) {
        Some(Flow::Jump(_)) => Fit::Maybe,
        _ => Fit::No,
    }
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
fn by_frame_pointer(memory: &dyn Memory, code: &dyn CodeMap, pc: FramePc, rsp: VirtAddr, regs: &Registers) -> Option<Guess> {
    let rbp = VirtAddr(regs.get(Gpr::Rbp)?);
    if rbp < rsp || !rbp.0.is_multiple_of(8) {
        return None;
    }
    let call = call_before(memory, code, VirtAddr(read_u64(memory, rbp + 8).ok()?))?;
    let fits = !matches!(fit(memory, &call, pc), Fit::No);
    fits.then_some(Guess { cfa: rbp + 16, saved_rbp: Some(rbp), how: FrameHow::FramePointer })
}

/// Whether the word below the CFA is what calls and signals leave there: the address after a call, or of the trampoline that
/// signal handlers return to.
fn is_return_address(memory: &dyn Memory, code: &dyn CodeMap, cfa: VirtAddr) -> bool {
    let Ok(to) = read_u64(memory, cfa - 8) else { return false };
    call_before(memory, code, VirtAddr(to)).is_some() || code.is_code(VirtAddr(to)) && is_sigreturn(memory, VirtAddr(to))
}

/// The call instruction that ends at this address: the 2 to 8 bytes before it.
fn call_before(memory: &dyn Memory, code: &dyn CodeMap, at: VirtAddr) -> Option<Insn> {
    let mut before = [0; 8];
    if !code.is_code(at) || memory.read(at - 8, &mut before).is_err() {
        return None;
    }
    // The common direct call first: its five bytes may look like a shorter indirect one's end.
    [5, 2, 3, 4, 6, 7, 8].into_iter().find_map(|len| {
        let bytes = before.get(before.len() - len..)?;
        let insn = Insn::decode(bytes, at.0.wrapping_sub(len as u64))?;
        (insn.len() == len && matches!(insn.flow(), Flow::Call(_))).then_some(insn)
    })
}

/// `mov $__NR_rt_sigreturn,%rax; syscall`: what every x86-64 signal handler returns to.
const SIGRETURN: [u8; 9] = [0x48, 0xc7, 0xc0, 0x0f, 0, 0, 0, 0x0f, 0x05];

/// *Folklore*: musl's `__restore_rt` has no unwind table and glibc's says less than the kernel's record (no eflags), so the
/// trampoline is known by its bytes, which are the same in every libc and in gdb's own check.
pub(super) fn is_sigreturn(memory: &dyn Memory, at: VirtAddr) -> bool {
    let mut code = [0; SIGRETURN.len()];
    memory.read(at, &mut code).is_ok() && code == SIGRETURN
}

fn insn_at(memory: &dyn Memory, at: VirtAddr) -> Option<Insn> {
    let mut code = [0; MAX_LEN];
    let n = memory.read_partial(at, &mut code).ok()?;
    Insn::decode(code.get(..n)?, at.0)
}

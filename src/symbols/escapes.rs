//! Where libraries tell that they are about to leave frames without returning: longjmp, and the unwinder before it enters a handler.

use crate::arch::insn::{Flow, Insn, MAX_LEN, Target};
use crate::arch::regs::{Gpr, find};
use crate::base::FileAddr;
use crate::elf::{Image, Probe};

/// How the address to which control will go is told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Tells {
    /// It is in this register.
    Register(Gpr),
    /// This register points to a jmp_buf, in which glibc has mangled it.
    JumpBuffer(Gpr),
}

/// A place that a thread passes before it leaves frames.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Escape {
    /// Its link-time address.
    pub addr: FileAddr,
    /// How it tells where to.
    pub tells: Tells,
}

/// The names of longjmp; all take the jmp_buf as first argument.
const JUMPS: [&str; 4] = ["longjmp", "_longjmp", "siglongjmp", "__longjmp_chk"];

/// Instructions of the unwinder that are looked through for its hook.
const MOST: usize = 1000;

/// The places in a file; `named` finds its symbols.
pub(super) fn escapes_in(image: &Image, named: impl Fn(&str) -> Option<FileAddr>) -> Vec<Escape> {
    let by_probe = |provider| image.probes().filter(move |p| p.provider == provider).filter_map(escape_of);
    let mut jumps: Vec<Escape> = by_probe("libc").collect();
    if jumps.is_empty() {
        let tells = Tells::JumpBuffer(Gpr::Rdi);
        jumps.extend(JUMPS.iter().filter_map(|n| named(n)).map(|addr| Escape { addr, tells }));
    }
    let mut found: Vec<Escape> = by_probe("libgcc").collect();
    if found.is_empty() {
        let hook = named("_Unwind_DebugHook").or_else(|| find_hook(image, named("_Unwind_RaiseException")?));
        found.extend(hook.map(|addr| Escape { addr, tells: Tells::Register(Gpr::Rsi) }));
    }
    found.extend(jumps);
    found.sort_by_key(|e| e.addr);
    found.dedup_by_key(|e| e.addr);
    found
}

/// libgcc's `_Unwind_DebugHook (cfa, handler)` where no symbol names it.
///
/// *Folklore*: distributions strip it from libgcc_s.so.1, and not all build that with probes. It is the one function without
/// any code that the unwinder calls directly, from `_Unwind_RaiseException` too.
fn find_hook(image: &Image, from: FileAddr) -> Option<FileAddr> {
    let code = image.read_from(from)?;
    let mut at = 0;
    for _ in 0..MOST {
        let insn = Insn::decode(code.get(at..code.len().min(at + MAX_LEN))?, from.0 + at as u64)?;
        if let Flow::Call(Target::Direct(to)) = insn.flow()
            && let Some(callee) = image.read_from(FileAddr(to))
            && callee.strip_prefix(&[0xf3, 0x0f, 0x1e, 0xfa]).unwrap_or(callee).first() == Some(&0xc3)
        {
            return Some(FileAddr(to));
        }
        at += insn.len();
    }
    None
}

/// The places among the probes of systemtap: libc's `longjmp` (its third argument is the address) and libgcc's `unwind` (the
/// second).
fn escape_of(probe: Probe<'_>) -> Option<Escape> {
    let argument = match (probe.provider, probe.name) {
        ("libc", "longjmp") => 2,
        ("libgcc", "unwind") => 1,
        _ => return None,
    };
    // `8@%rdx`
    let text = probe.arguments.split_whitespace().nth(argument)?;
    let register = text.split_once("@%").map(|(_, name)| name)?;
    Some(Escape { addr: probe.addr, tells: Tells::Register(find(register)?.info().gpr()?) })
}

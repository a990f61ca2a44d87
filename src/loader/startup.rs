//! The stack as the kernel leaves it for a new program (psABI §3.4.1 "Initial Stack and Register State", Linux fs/binfmt_elf.c
//! `create_elf_tables`).

use crate::base::{Memory, Result, VirtAddr, read_cstr, read_u64};
use crate::elf::{AuxEntry, aux};

/// One of argv or envp.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Pointer {
    /// Where the pointer is.
    pub at: VirtAddr,
    /// Where it points.
    pub value: VirtAddr,
    /// The string there; `None` if it cannot be read (any more).
    pub string: Option<Vec<u8>>,
}

/// The parts of the initial stack, in order of addresses.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct InitialStack {
    /// Where argc is: rsp at the first instruction.
    pub at: VirtAddr,
    /// argc.
    pub argc: u64,
    /// argv, without its null pointer.
    pub argv: Vec<Pointer>,
    /// envp, without its null pointer.
    pub envp: Vec<Pointer>,
    /// The auxiliary vector, AT_NULL included, each with its place.
    pub auxv: Vec<(VirtAddr, AuxEntry)>,
    /// One past the auxiliary vector.
    pub end: VirtAddr,
}

/// More pointers than this are not what a kernel has left: MAX_ARG_STRINGS is larger, real stacks are not.
const MAX_POINTERS: u64 = 1 << 20;
/// Pairs of an auxiliary vector: the kernel has about 25.
const MAX_AUX: u64 = 256;
/// MAX_ARG_STRLEN: the longest argument.
const MAX_STRING: usize = 128 << 10;
/// How much of a stack is searched for its beginning: more than the kernel lets arguments take up.
const MAX_STACK: usize = 8 << 20;

impl InitialStack {
    /// Reads it from where argc is. What the program has overwritten since is shown as it is now.
    pub fn read(memory: &dyn Memory, at: VirtAddr) -> Result<InitialStack> {
        let argc = read_u64(memory, at)?;
        let argv = pointers(memory, at + 8)?;
        let envp_at = at + 16 + 8 * argv.len() as u64;
        let envp = pointers(memory, envp_at)?;
        let auxv_at = envp_at + 8 + 8 * envp.len() as u64;
        let mut auxv = Vec::new();
        for i in 0..MAX_AUX {
            let place = auxv_at + 16 * i;
            let entry = AuxEntry { key: read_u64(memory, place)?, value: read_u64(memory, place + 8)? };
            auxv.push((place, entry));
            if entry.key == aux::AT_NULL {
                break;
            }
        }
        let end = auxv_at + 16 * auxv.len() as u64;
        Ok(InitialStack { at, argc, argv, envp, auxv, end })
    }
}

/// Where argc is, found by the auxiliary vector, whose bytes are known: it lies above envp and argv on the stack, of which
/// `[start, end)` is searched.
pub fn find_initial_stack(memory: &dyn Memory, start: VirtAddr, end: VirtAddr, auxv: &[u8]) -> Option<VirtAddr> {
    let len = usize::try_from(end.0.checked_sub(start.0)?).ok()?.min(MAX_STACK);
    let start = VirtAddr(end.0 - len as u64);
    let mut stack = vec![0; len];
    let n = memory.read_partial(start, &mut stack).ok()?;
    let at = memchr::memmem::rfind(stack.get(..n)?, auxv.get(..auxv.len().min(64)).filter(|a| a.len() >= 32)?)?;
    let word = |i: usize| stack.get(8 * i..)?.first_chunk().map(|w| u64::from_le_bytes(*w));
    // Downwards: envp's null, its pointers, argv's null, its pointers, argc.
    let mut i = (at / 8).checked_sub(2)?;
    while word(i)? != 0 {
        i = i.checked_sub(1)?;
    }
    for count in 0u64.. {
        i = i.checked_sub(1)?;
        if word(i)? == count {
            return Some(start + 8 * i as u64);
        }
    }
    None
}

/// Pointers up to a null one.
fn pointers(memory: &dyn Memory, at: VirtAddr) -> Result<Vec<Pointer>> {
    let mut out = Vec::new();
    for i in 0..MAX_POINTERS {
        let place = at + 8 * i;
        let value = VirtAddr(read_u64(memory, place)?);
        if value.0 == 0 {
            break;
        }
        out.push(Pointer { at: place, value, string: read_cstr(memory, value, MAX_STRING).ok() });
    }
    Ok(out)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;
    use crate::base::SliceMemory;

    #[test]
    fn the_parts_are_found_one_behind_the_other() {
        let words = [2u64, 0x1060, 0x1064, 0, 0x1068, 0, 6, 4096, 0, 0, 0, 0];
        let mut bytes: Vec<u8> = words.iter().flat_map(|w| w.to_le_bytes()).collect();
        bytes.extend(b"abc\0def\0A=1\0");
        let stack = InitialStack::read(&SliceMemory { start: VirtAddr(0x1000), bytes }, VirtAddr(0x1000)).unwrap();
        assert_eq!(stack.argc, 2);
        assert_eq!(stack.argv[1].string.as_deref(), Some(&b"def"[..]));
        assert_eq!(stack.envp[0].at, VirtAddr(0x1020));
        assert_eq!(stack.envp[0].string.as_deref(), Some(&b"A=1"[..]));
        assert_eq!(
            stack.auxv,
            [(VirtAddr(0x1030), AuxEntry { key: 6, value: 4096 }), (VirtAddr(0x1040), AuxEntry { key: 0, value: 0 })]
        );
        assert_eq!(stack.end, VirtAddr(0x1050));
    }

    #[test]
    fn a_stack_without_an_end_is_a_fault() {
        let bytes = vec![1; 64];
        assert!(InitialStack::read(&SliceMemory { start: VirtAddr(0x1000), bytes }, VirtAddr(0x1000)).is_err());
    }
}

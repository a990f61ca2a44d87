//! `main` in stripped programs: what the start-up code hands to `__libc_start_main`.

use crate::base::FileAddr;
use crate::elf::Image;

/// How far start-up code is read, in bytes: glibc's `_start` has 34 to 48, musl's `_start_c` 40.
const WINDOW: usize = 96;

/// The link-time address of `main`: what `_start`, or the function of musl's that it calls (`_start_c`), loads into rdi before
/// it calls `__libc_start_main`. `None` for libraries and for start-up code of another kind.
pub fn find_main(image: &Image) -> Option<FileAddr> {
    let entry = image.entry()?;
    match first_argument(image, entry)? {
        Found::Argument(main) => Some(main),
        Found::Call(next) => match first_argument(image, next)? {
            Found::Argument(main) => Some(main),
            Found::Call(_) => None,
        },
    }
}

enum Found {
    /// rdi was loaded with this address of code.
    Argument(FileAddr),
    /// A call or a jump came first; its target.
    Call(FileAddr),
}

/// Reads code up to the first call. Searching for the bytes of the few instructions that load rdi is enough: the code comes
/// from crt1.o, not from a compiler's whim, and the address must be one of code.
fn first_argument(image: &Image, start: FileAddr) -> Option<Found> {
    let code = image.read_from(start)?;
    let code = code.get(..WINDOW).unwrap_or(code);
    for at in 0..code.len() {
        let rest = code.get(at..)?;
        let pc = start + at as u64;
        let relative = |opcode: usize| {
            let displacement = i32::from_le_bytes(*rest.get(opcode..)?.first_chunk()?);
            Some(pc + opcode as u64 + 4 + displacement as i64 as u64)
        };
        let absolute = |opcode: usize| Some(FileAddr(u32::from_le_bytes(*rest.get(opcode..)?.first_chunk()?).into()));
        let argument = match rest {
            [0x48, 0x8d, 0x3d, ..] => relative(3), // lea main(%rip),%rdi
            [0x48, 0xc7, 0xc7, ..] => absolute(3), // mov $main,%rdi
            [0x48, 0x8b, 0x3d, ..] => relative(3).and_then(|slot| slot_value(image, slot)), // mov main@GOTPCREL(%rip),%rdi
            [0xbf, ..] => absolute(1),             // mov $main,%edi
            _ => None,
        };
        if let Some(main) = argument.filter(|a| is_code(image, *a)) {
            return Some(Found::Argument(main));
        }
        let call = if let [0xe8 | 0xe9, ..] = rest { relative(1) } else { None };
        if let Some(target) = call.filter(|a| is_code(image, *a)) {
            return Some(Found::Call(target));
        }
        if let [0xff, 0x15 | 0x25, ..] = rest {
            return None; // call or jmp *slot(%rip)
        }
    }
    None
}

/// What a slot will hold: the addend of its relative relocation, else the file's value (which RELR relocates in place).
fn slot_value(image: &Image, slot: FileAddr) -> Option<FileAddr> {
    let relocation = image.dyn_relocations().find(|r| r.offset == slot);
    if let Some(symbol) = relocation.and_then(|r| image.relocation_symbol(&r)) {
        return Some(symbol.addr);
    }
    let addend = relocation.map(|r| r.addend as u64).filter(|a| *a != 0);
    addend.or_else(|| image.word_at(slot)).map(FileAddr)
}

fn is_code(image: &Image, addr: FileAddr) -> bool {
    image.load_at(addr).is_some_and(|s| s.is_code())
}

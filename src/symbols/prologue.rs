//! Where a breakpoint at a function without line information goes.

use crate::base::FileAddr;
use crate::elf::Image;

/// The address behind a function's `[endbr64] push %rbp; mov %rsp,%rbp`; the function's start if it does not begin so. This is
/// what gdb does for functions without line information on x86-64.
pub fn skip_prologue(image: &Image, function: FileAddr) -> FileAddr {
    let Some(code) = image.read_from(function) else { return function };
    let (rest, skipped) = match code.strip_prefix(&[0xf3, 0x0f, 0x1e, 0xfa]) {
        Some(rest) => (rest, 4),
        None => (code, 0),
    };
    match rest {
        [0x55, 0x48, 0x89, 0xe5, ..] | [0x55, 0x48, 0x8b, 0xec, ..] => function + skipped + 4,
        // mov %esp,%ebp, of x32
        [0x55, 0x89, 0xe5, ..] | [0x55, 0x8b, 0xec, ..] => function + skipped + 3,
        _ => function,
    }
}

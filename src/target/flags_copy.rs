//! Instructions that copy the processor's flags.

use crate::arch::insn::Insn;

/// Where a step copies the flags to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum FlagsCopy {
    /// The word at the stack pointer.
    Stack,
    /// r11.
    R11,
}

/// Where the code at `pc`, stepped once, copies the flags to.
pub(super) fn copies_flags(code: &[u8], pc: u64) -> Option<FlagsCopy> {
    // Operand size and REX.
    let opcode = code.iter().position(|b| !matches!(b, 0x66 | 0x40..=0x4f)).and_then(|at| code.get(at..))?;
    match opcode {
        [0x9c, ..] => Some(FlagsCopy::Stack),
        [0x0f, 0x05, ..] => Some(FlagsCopy::R11),
        // mov to ss
        [0x8e, modrm, ..] if modrm >> 3 & 7 == 2 => {
            let next = Insn::decode(code, pc)?.next_ip();
            copies_flags(code.get((next - pc) as usize..)?, next)
        }
        _ => None,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;

    #[test]
    fn instructions_that_copy_the_flags() {
        assert_eq!(copies_flags(&[0x9c], 0), Some(FlagsCopy::Stack));
        assert_eq!(copies_flags(&[0x66, 0x9c], 0), Some(FlagsCopy::Stack));
        assert_eq!(copies_flags(&[0x48, 0x9c], 0), Some(FlagsCopy::Stack));
        assert_eq!(copies_flags(&[0x0f, 0x05], 0), Some(FlagsCopy::R11));
        // mov %eax,%ss; pushf
        assert_eq!(copies_flags(&[0x8e, 0xd0, 0x9c], 0), Some(FlagsCopy::Stack));
        // mov (%rax),%ss; nop
        assert_eq!(copies_flags(&[0x8e, 0x10, 0x90], 0), None);
        // mov %eax,%ds; pushf: that is stepped by itself
        assert_eq!(copies_flags(&[0x8e, 0xd8, 0x9c], 0), None);
        assert_eq!(copies_flags(&[0x9d], 0), None);
        assert_eq!(copies_flags(&[0x66], 0), None);
        assert_eq!(copies_flags(&[], 0), None);
    }
}

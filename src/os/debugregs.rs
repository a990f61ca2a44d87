//! The debug registers DR0 to DR7 (Intel SDM vol. 3B, 18.2).

use super::ptrace;
use crate::base::{Result, Tid, VirtAddr};

/// How many addresses can be watched.
pub const SLOTS: usize = 4;

/// What a debug register watches for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Condition {
    /// The instruction at the address is about to run.
    Execute,
    /// Bytes are written.
    Write,
    /// Bytes are read or written.
    Access,
}

/// One debug register's use.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Watch {
    /// The first byte; aligned to `len`.
    pub addr: VirtAddr,
    /// 1, 2, 4 or 8; 1 for [`Condition::Execute`].
    pub len: u8,
    /// When it fires.
    pub condition: Condition,
}

/// The value of DR7 that enables these: L0..L3 in bits 0, 2, 4, 6; R/Wn and LENn from bit 16 on, four bits each.
fn control_word(watches: &[Option<Watch>; SLOTS]) -> u64 {
    let mut word = 0;
    for (i, watch) in watches.iter().enumerate() {
        let Some(watch) = watch else { continue };
        let condition = match watch.condition {
            Condition::Execute => 0,
            Condition::Write => 1,
            Condition::Access => 3,
        };
        let len = match watch.len {
            1 => 0,
            2 => 1,
            4 => 3,
            _ => 2,
        };
        word |= 1 << (2 * i) | (condition | len << 2) << (16 + 4 * i);
    }
    word
}

/// Sets a stopped thread's debug registers.
pub fn set(tid: Tid, watches: &[Option<Watch>; SLOTS]) -> Result<()> {
    // Off first: the kernel checks each address against the length that DR7 holds at that moment.
    ptrace::poke_debug_register(tid, 7, 0)?;
    for (i, watch) in watches.iter().enumerate() {
        if let Some(watch) = watch {
            ptrace::poke_debug_register(tid, i, watch.addr.0)?;
        }
    }
    match control_word(watches) {
        0 => Ok(()),
        word => ptrace::poke_debug_register(tid, 7, word),
    }
}

/// Which of the four fired in a thread that is stopped by a debug exception: bits 0 to 3 of DR6.
///
/// They need not be cleared: the kernel begins each debug exception with a DR6 of its own (arch/x86/kernel/traps.c, exc_debug_user).
/// After a trap of another kind they are those of the last one.
pub fn fired(tid: Tid) -> Result<u8> {
    Ok((ptrace::peek_debug_register(tid, 6)? & 0xf) as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dr7_is_as_the_manual_says() {
        let watch = |len, condition| Some(Watch { addr: VirtAddr(0x1000), len, condition });
        assert_eq!(control_word(&[None; SLOTS]), 0);
        assert_eq!(control_word(&[watch(1, Condition::Execute), None, None, None]), 0x1);
        // DR1: write, 8 bytes (LEN 10b): L1 = bit 2, R/W1 = 01b and LEN1 = 10b from bit 20.
        assert_eq!(control_word(&[None, watch(8, Condition::Write), None, None]), 0x4 | 0b1001 << 20);
        assert_eq!(control_word(&[None, None, None, watch(4, Condition::Access)]), 0x40 | 0b1111 << 28);
    }
}

//! How the instruction under a breakpoint runs while its first byte is an int3.
//!
//! Stepping it in place costs a second stop (a debug exception, several times dearer than an int3) and lets other threads
//! slip past while the int3 is out. So it runs elsewhere: a *slot* holds it, relocated, and a jump back behind the original.
//! A slot's bytes never change, so that any number of threads may be in it at once, and a signal's handler returns to it.
//!
//! *Folklore*: a moved call would push the slot's address, which the callee may look at (`call 1f; 1: pop %rbx`), an unwinder
//! does, and a return would come back to. Calls, jumps and returns are not moved: their effect is carried out in the registers.

use iced_x86::{
    BlockEncoder, BlockEncoderOptions, Code, Decoder, DecoderOptions, FlowControl, Instruction, InstructionBlock, OpKind,
};

use crate::base::{AddrRange, VirtAddr};

/// The bytes of a slot: an instruction of at most 15 bytes, relocated in at most as many, and a jump of 5.
pub const SLOT_SIZE: u64 = 32;

/// How an instruction gets executed away from its place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Way {
    /// Its effect is carried out in the registers: near calls, jumps and returns.
    Emulate,
    /// It is moved to a slot.
    Move,
    /// Neither is safe: it is stepped where it is, while all other threads are stopped.
    InPlace,
}

/// Decodes the instruction at the start of `code`, which belongs at `at`.
pub(super) fn decode(code: &[u8], at: VirtAddr) -> Option<Instruction> {
    let insn = Decoder::with_ip(64, code, at.0, DecoderOptions::NONE).decode();
    (!insn.is_invalid()).then_some(insn)
}

/// How the instruction at the start of `code` gets executed.
pub fn way(code: &[u8], at: VirtAddr) -> Way {
    let Some(insn) = decode(code, at) else { return Way::InPlace };
    let near = || matches!(insn.op0_kind(), OpKind::NearBranch64);
    match insn.flow_control() {
        FlowControl::Next => Way::Move,
        FlowControl::UnconditionalBranch | FlowControl::ConditionalBranch if near() => Way::Emulate,
        FlowControl::IndirectBranch | FlowControl::IndirectCall => {
            if matches!(insn.code(), Code::Jmp_rm64 | Code::Call_rm64) {
                Way::Emulate
            } else {
                Way::InPlace
            }
        }
        FlowControl::Return if matches!(insn.code(), Code::Retnq | Code::Retnq_imm16) => Way::Emulate,
        FlowControl::Call if near() => Way::Emulate,
        // iced counts it among the calls. In a slot the program sees the slot's address in rcx, which it must not rely on.
        FlowControl::Call if insn.code() == Code::Syscall => Way::Move,
        // int3 of the program's own, int N, far transfers, transactions: rare, and each with its own idea of rip.
        _ => Way::InPlace,
    }
}

/// The bytes of the slot at `slot` for the instruction at the start of `code` (at `at`), and the length of the moved
/// instruction in it. `None` where it cannot be expressed there (an operand relative to rip, more than 2 GiB away).
pub fn move_to(code: &[u8], at: VirtAddr, slot: VirtAddr) -> Option<(Vec<u8>, u64)> {
    let insn = decode(code, at)?;
    let back = Instruction::with_branch(Code::Jmp_rel32_64, insn.next_ip()).ok()?;
    let encode = |instructions: &[Instruction], at: u64| {
        BlockEncoder::encode(64, InstructionBlock::new(instructions, at), BlockEncoderOptions::DONT_FIX_BRANCHES).ok()
    };
    // iced would replace an operand that is out of reach by nothing at all: it fails, as it should.
    let mut bytes = encode(&[insn], slot.0)?.code_buffer;
    let moved = bytes.len() as u64;
    bytes.extend(encode(&[back], slot.0 + moved)?.code_buffer);
    (bytes.len() as u64 <= SLOT_SIZE).then_some((bytes, moved))
}

/// A stretch of executable padding, from which slots are taken one after the other.
#[derive(Clone, Debug)]
pub struct Room {
    free: AddrRange,
}

impl Room {
    /// The padding behind a text segment that ends at `end` (exclusive): the rest of its last page, which is mapped and
    /// executable and belongs to nothing. `None` if no slot fits.
    pub fn behind(end: VirtAddr) -> Option<Room> {
        let start = VirtAddr((end.0.checked_add(15)?) & !15);
        let page_end = VirtAddr(end.0.checked_add(4095)? & !4095);
        let free = AddrRange::new(start, page_end);
        (free.len() >= SLOT_SIZE).then_some(Room { free })
    }

    /// Takes a slot that code at `near` can reach with 32-bit displacements.
    pub fn take(&mut self, near: VirtAddr) -> Option<VirtAddr> {
        // A margin for the reach of the moved instruction itself, whose operand may lie on the far side of its place.
        const REACH: u64 = 1 << 30;
        let slot = self.free.start;
        if slot.0.abs_diff(near.0) > REACH || self.free.len() < SLOT_SIZE {
            return None;
        }
        self.free.start = slot + SLOT_SIZE;
        Some(slot)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ways() {
        let way = |code: &[u8]| way(code, VirtAddr(0x401000));
        assert_eq!(way(&[0x55]), Way::Move); // push %rbp
        assert_eq!(way(&[0x48, 0x8b, 0x05, 1, 0, 0, 0]), Way::Move); // mov 1(%rip),%rax
        assert_eq!(way(&[0x0f, 0x05]), Way::Move); // syscall
        assert_eq!(way(&[0xe8, 0, 0, 0, 0]), Way::Emulate); // call
        assert_eq!(way(&[0xff, 0x25, 0, 0, 0, 0]), Way::Emulate); // jmp *0(%rip)
        assert_eq!(way(&[0x74, 5]), Way::Emulate); // je
        assert_eq!(way(&[0xe3, 5]), Way::Emulate); // jrcxz
        assert_eq!(way(&[0xf2, 0xc3]), Way::Emulate); // bnd ret
        assert_eq!(way(&[0xcc]), Way::InPlace);
        assert_eq!(way(&[0xcd, 0x80]), Way::InPlace);
        assert_eq!(way(&[0x06]), Way::InPlace); // invalid
    }

    #[test]
    fn a_moved_operand_still_points_to_the_same_place() {
        let at = VirtAddr(0x401000);
        let slot = VirtAddr(0x405f00);
        let code = [0x48, 0x8b, 0x05, 0x10, 0, 0, 0]; // mov 0x10(%rip),%rax -> 0x401017
        let (bytes, moved) = move_to(&code, at, slot).unwrap();
        let insn = decode(&bytes, slot).unwrap();
        assert_eq!(insn.ip_rel_memory_address(), 0x401017);
        let jump = decode(&bytes[moved as usize..], slot + moved).unwrap();
        assert_eq!(jump.near_branch_target(), 0x401007);
        assert!(move_to(&code, at, VirtAddr(0x7fff_f7f0_0000)).is_none());
    }

    #[test]
    fn padding_is_handed_out_until_it_is_used_up() {
        let mut room = Room::behind(VirtAddr(0x401f91)).unwrap();
        let near = VirtAddr(0x401000);
        assert_eq!(room.take(near), Some(VirtAddr(0x401fa0)));
        assert_eq!(room.take(VirtAddr(0x7fff_0000_0000)), None);
        assert_eq!(room.take(near), Some(VirtAddr(0x401fc0)));
        assert_eq!(room.take(near), Some(VirtAddr(0x401fe0)));
        assert_eq!(room.take(near), None);
        assert!(Room::behind(VirtAddr(0x402000)).is_none());
    }
}

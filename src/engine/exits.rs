//! The ways out of a set of address ranges: where a thread that runs through a source line can come to next.

use std::collections::BTreeSet;

use crate::arch::insn::{Flow, Insn, MAX_LEN, Target};
use crate::base::{AddrRange, Memory, VirtAddr};

/// A line with more code than this is not decoded to its end.
const LONGEST: u64 = 1 << 16;

/// Where control can leave the ranges.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Exits {
    /// Addresses outside to which direct jumps lead, or the code falls through.
    pub outside: BTreeSet<VirtAddr>,
    /// Instructions inside whose way is known only when they run: indirect jumps, and the calls that are to be followed.
    pub undecided: BTreeSet<VirtAddr>,
    /// Whether the function can return from inside.
    pub returns: bool,
}

/// Decodes the ranges. `follows` says of a call whether it is to be looked into, given its target where that is known.
pub(super) fn exits(memory: &dyn Memory, ranges: &[AddrRange], follows: &dyn Fn(Option<VirtAddr>) -> bool) -> Exits {
    let mut exits = Exits::default();
    let is_outside = |at: VirtAddr| !ranges.iter().any(|r| r.contains(at));
    for range in ranges {
        let mut bytes = vec![0; range.len().min(LONGEST) as usize + MAX_LEN];
        let n = memory.read_partial(range.start, &mut bytes).unwrap_or(0);
        let mut at = range.start;
        while at < range.end {
            let code = bytes.get((at - range.start) as usize..n).unwrap_or_default();
            let Some(insn) = Insn::decode(code, at.0) else {
                // Whoever comes here leaves what is understood.
                exits.outside.insert(at);
                break;
            };
            let mut falls_through = true;
            match insn.flow() {
                Flow::Jump(Target::Direct(to)) => {
                    exits.outside.extend(Some(VirtAddr(to)).filter(|to| is_outside(*to)));
                    falls_through = false;
                }
                Flow::Branch(to) => exits.outside.extend(Some(VirtAddr(to)).filter(|to| is_outside(*to))),
                Flow::Call(Target::Direct(to)) => exits.undecided.extend(follows(Some(VirtAddr(to))).then_some(at)),
                Flow::Call(_) => exits.undecided.extend(follows(None).then_some(at)),
                Flow::Jump(_) => {
                    exits.undecided.insert(at);
                    falls_through = false;
                }
                Flow::Return => {
                    exits.returns = true;
                    falls_through = false;
                }
                Flow::Next | Flow::Syscall | Flow::Trap => {}
            }
            at = VirtAddr(insn.next_ip());
            if falls_through && is_outside(at) {
                exits.outside.insert(at);
            }
        }
    }
    exits
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::SliceMemory;

    fn found(code: &[u8], ranges: &[(u64, u64)], into: bool) -> (Vec<u64>, Vec<u64>) {
        let memory = SliceMemory { start: VirtAddr(0x1000), bytes: code.to_vec() };
        let ranges: Vec<_> = ranges.iter().map(|(a, b)| AddrRange::new(VirtAddr(*a), VirtAddr(*b))).collect();
        let exits = exits(&memory, &ranges, &|_| into);
        (exits.outside.iter().map(|a| a.0).collect(), exits.undecided.iter().map(|a| a.0).collect())
    }

    #[test]
    fn jumps_out_and_the_end_are_ways_out() {
        // 1000: je 1010; 1002: jmp 1000; 1004: call +0; 1009: nop; 100a: ret
        let code = [0x74, 0x0e, 0xeb, 0xfc, 0xe8, 0, 0, 0, 0, 0x90, 0xc3];
        assert_eq!(found(&code, &[(0x1000, 0x100a)], false), (vec![0x100a, 0x1010], vec![]));
        assert_eq!(found(&code, &[(0x1000, 0x100b)], true), (vec![0x1010], vec![0x1004]));
        // Two ranges of one line: a jump from one into the other leaves nothing.
        assert_eq!(found(&code, &[(0x1000, 0x1002), (0x1002, 0x1004)], false), (vec![0x1010], vec![]));
    }

    #[test]
    fn what_cannot_be_read_is_outside() {
        assert_eq!(found(&[0x90], &[(0x1000, 0x1005)], false), (vec![0x1001], vec![]));
    }
}

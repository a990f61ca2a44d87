//! Checksums of the blocks of a cached index, looked at when a block is first used: a look-up reads a few pages of a large file.

use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};

/// Bytes in a block.
const BLOCK: usize = 1 << 16;

/// The checksum of some bytes: nobody forges it, disks and crashes damage them.
pub(in crate::dwarf) fn sum(bytes: &[u8]) -> u64 {
    const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
    let mut lanes = [1u64, 2, 3, 4];
    let (chunks, rest) = bytes.as_chunks::<32>();
    for chunk in chunks {
        let (words, _) = chunk.as_chunks::<8>();
        for (lane, word) in lanes.iter_mut().zip(words) {
            *lane = (lane.rotate_left(29) ^ u64::from_le_bytes(*word)).wrapping_mul(FACTOR);
        }
    }
    let mut all = bytes.len() as u64;
    for byte in rest {
        all = (all.rotate_left(29) ^ u64::from(*byte)).wrapping_mul(FACTOR);
    }
    for lane in lanes {
        all = (all.rotate_left(29) ^ lane).wrapping_mul(FACTOR);
    }
    all ^ all >> 32
}

/// The checksums of all blocks of some bytes, as they are written.
pub(in crate::dwarf) fn of_blocks(bytes: &[u8]) -> Vec<u8> {
    bytes.chunks(BLOCK).flat_map(|block| sum(block).to_le_bytes()).collect()
}

/// How many bytes the checksums of so many bytes take up.
pub(in crate::dwarf) fn size(bytes: usize) -> usize {
    bytes.div_ceil(BLOCK) * 8
}

/// Which blocks were looked at.
#[derive(Debug)]
pub(in crate::dwarf) struct Checked {
    sums: Vec<u64>,
    good: Vec<AtomicU8>,
    is_damaged: AtomicBool,
}

impl Checked {
    /// With checksums as they were written.
    pub fn new(sums: &[u8]) -> Checked {
        let (words, _) = sums.as_chunks::<8>();
        let sums: Vec<u64> = words.iter().map(|w| u64::from_le_bytes(*w)).collect();
        Checked { good: sums.iter().map(|_| AtomicU8::new(0)).collect(), sums, is_damaged: AtomicBool::new(false) }
    }

    /// Whether a range of the bytes is as it was written.
    pub fn check(&self, bytes: &[u8], range: Range<usize>) -> bool {
        let blocks = range.start / BLOCK..range.end.div_ceil(BLOCK);
        let is_good = |block: usize| {
            let Some(good) = self.good.get(block) else { return false };
            if good.load(Ordering::Relaxed) != 0 {
                return true;
            }
            let end = ((block + 1) * BLOCK).min(bytes.len());
            let is_good = bytes.get(block * BLOCK..end).map(sum) == self.sums.get(block).copied();
            good.store(u8::from(is_good), Ordering::Relaxed);
            is_good
        };
        let all = blocks.into_iter().all(is_good);
        if !all {
            self.is_damaged.store(true, Ordering::Relaxed);
        }
        all
    }

    /// Whether a block was found damaged.
    pub fn is_damaged(&self) -> bool {
        self.is_damaged.load(Ordering::Relaxed)
    }
}

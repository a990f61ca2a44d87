//! Sorted texts, packed: each one says how much of the one before it repeats. Names of Rust and C++ share long beginnings.

use rayon::prelude::*;

/// Texts in a block: its first one stands alone, so that blocks can be searched.
pub(super) const BLOCK: usize = 16;

/// Longer texts are cut: no name is longer, damaged ones claim to be.
const MAX_TEXT: usize = 1 << 20;

/// Packs sorted texts; returns where each block begins, and the packed bytes.
pub(super) fn pack(texts: &[&[u8]]) -> (Vec<u32>, Vec<u8>) {
    // Some hundred blocks for a thread at a time.
    let packed: Vec<(Vec<u32>, Vec<u8>)> = texts
        .par_chunks(BLOCK * 256)
        .map(|texts| {
            let (mut blocks, mut pool) = (Vec::new(), Vec::new());
            for block in texts.chunks(BLOCK) {
                blocks.push(pool.len() as u32);
                let mut before: &[u8] = &[];
                for text in block {
                    let text = text.get(..MAX_TEXT).unwrap_or(text);
                    let shared = shared(before, text);
                    let rest = text.get(shared..).unwrap_or_default();
                    put(&mut pool, shared);
                    put(&mut pool, rest.len());
                    pool.extend_from_slice(rest);
                    before = text;
                }
            }
            (blocks, pool)
        })
        .collect();
    let (mut blocks, mut pool) = (Vec::new(), Vec::with_capacity(packed.iter().map(|p| p.1.len()).sum()));
    for (starts, bytes) in packed {
        let base = pool.len() as u32;
        blocks.extend(starts.into_iter().map(|s| base.saturating_add(s)));
        pool.extend_from_slice(&bytes);
    }
    (blocks, pool)
}

/// How many bytes two texts begin with together, found eight at a time.
fn shared(a: &[u8], b: &[u8]) -> usize {
    let words = a.chunks_exact(8).zip(b.chunks_exact(8)).take_while(|(a, b)| a == b).count() * 8;
    let tails = a.iter().skip(words).zip(b.iter().skip(words));
    words + tails.take_while(|(a, b)| a == b).count()
}

/// A number in groups of seven bits, the low ones first (LEB128).
fn put(out: &mut Vec<u8>, mut n: usize) {
    while n >= 0x80 {
        out.push(n as u8 | 0x80);
        n >>= 7;
    }
    out.push(n as u8);
}

/// Reads packed texts one after the other, from the beginning of a block.
pub(super) struct Unpack<'t> {
    rest: &'t [u8],
    text: Vec<u8>,
}

impl<'t> Unpack<'t> {
    /// Starts at the beginning of a block.
    pub fn new(block: &'t [u8]) -> Unpack<'t> {
        Unpack { rest: block, text: Vec::new() }
    }

    fn number(&mut self) -> Option<usize> {
        let mut n = 0usize;
        for shift in (0..28).step_by(7) {
            let (byte, rest) = self.rest.split_first()?;
            self.rest = rest;
            n |= usize::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(n);
            }
        }
        None
    }

    /// The next text; `None` at the end, and where the bytes are damaged.
    pub fn next(&mut self) -> Option<&[u8]> {
        let (shared, len) = (self.number()?, self.number()?);
        let (more, rest) = self.rest.split_at_checked(len)?;
        if shared > self.text.len() || shared + len > MAX_TEXT {
            return None;
        }
        self.text.truncate(shared);
        self.text.extend_from_slice(more);
        self.rest = rest;
        Some(&self.text)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;

    #[test]
    fn what_is_packed_comes_out() {
        let long = "x".repeat(300);
        let mut texts: Vec<String> = (0..5000).map(|i| format!("core::option::Option<{long}{}>", i * 7)).collect();
        texts.push(String::new());
        texts.sort();
        let bytes: Vec<&[u8]> = texts.iter().map(|t| t.as_bytes()).collect();
        let (blocks, pool) = pack(&bytes);
        assert_eq!(blocks.len(), texts.len().div_ceil(BLOCK));
        assert!(pool.len() * 5 < texts.iter().map(String::len).sum(), "{}", pool.len());
        let mut from = 0;
        for start in blocks {
            let mut unpack = Unpack::new(&pool[start as usize..]);
            for text in &bytes[from..(from + BLOCK).min(bytes.len())] {
                assert_eq!(unpack.next().unwrap(), *text);
            }
            from += BLOCK;
        }
    }

    #[test]
    fn damage_ends_it() {
        assert!(Unpack::new(&[]).next().is_none());
        assert!(Unpack::new(&[1, 1, b'a']).next().is_none(), "shares with nothing");
        assert!(Unpack::new(&[0, 200, 1, b'a']).next().is_none(), "too short");
        assert!(Unpack::new(&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff]).next().is_none());
    }
}

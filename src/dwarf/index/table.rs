//! The index as it is kept: sorted arrays in one piece of memory, which may be a mapped file.
//!
//! All numbers are little-endian u32, one array after the other: where the blocks of the packed texts begin; `starts`, one more than
//! there are texts: the entries of text `i` are those from `starts[i]` to `starts[i + 1]`; the entries; the scopes; then the
//! packed texts, sorted by their bytes and each there once.

use std::ops::Range;

use super::entry::Entry;
use super::shard::{Info, ROOT, scope_flag};
use super::sums::Checked;
use super::texts::{BLOCK, Unpack};
use crate::dwarf::unit::{DieRef, UnitId};
use crate::elf::MappedFile;

/// What is in front of the arrays.
pub(in crate::dwarf) const HEADER: usize = 96;

/// The words of an entry: unit, offset, scope, kind and flags.
const ENTRY: usize = 4;
/// The words of a scope: the one around it, its name, its flags.
const SCOPE: usize = 3;

/// Scopes that are followed outwards, at most.
const MAX_SCOPES: usize = 300;

/// Where the bytes are.
#[derive(Debug)]
pub(in crate::dwarf) enum Bytes {
    /// Made by this rdbg.
    Own(Vec<u8>),
    /// From the cache, with the checksums behind it.
    Mapped {
        /// The whole file.
        file: MappedFile,
        /// What is good of it.
        checked: Checked,
    },
}

/// How many of each thing there are.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(in crate::dwarf) struct Counts {
    /// Texts.
    pub names: u32,
    /// Entries.
    pub entries: u32,
    /// Scopes.
    pub scopes: u32,
    /// Bytes of the packed texts.
    pub pool: u32,
}

impl Counts {
    fn blocks(self) -> usize {
        (self.names as usize).div_ceil(BLOCK)
    }

    /// The words before the first entry.
    fn before_entries(self) -> usize {
        self.blocks() + self.names as usize + 1
    }

    /// The words before the first scope.
    fn before_scopes(self) -> usize {
        self.before_entries() + ENTRY * self.entries as usize
    }

    /// Where the packed texts begin, in bytes.
    fn before_pool(self) -> usize {
        HEADER + 4 * (self.before_scopes() + SCOPE * self.scopes as usize)
    }

    /// The length of everything in bytes.
    pub fn size(self) -> usize {
        self.before_pool() + self.pool as usize
    }
}

/// A piece of an index as it is written.
#[derive(Debug, Default)]
pub(super) struct Arrays {
    /// Where each block of packed texts begins.
    pub blocks: Vec<u32>,
    /// The first entry of each text, and how many entries there are.
    pub starts: Vec<u32>,
    /// Entries by name.
    pub entries: Vec<[u32; ENTRY]>,
    /// Scopes.
    pub scopes: Vec<[u32; SCOPE]>,
    /// The packed texts.
    pub pool: Vec<u8>,
}

/// The sorted arrays.
#[derive(Debug)]
pub struct Table {
    bytes: Bytes,
    counts: Counts,
}

impl Table {
    /// Takes bytes that begin with a header; `None` if they are not as long as the counts say.
    pub(in crate::dwarf) fn new(bytes: Bytes, counts: Counts) -> Option<Table> {
        let is_whole = match &bytes {
            Bytes::Own(bytes) => bytes.len() == counts.size(),
            Bytes::Mapped { file, .. } => file.len() >= counts.size(),
        };
        is_whole.then_some(Table { bytes, counts })
    }

    /// Puts arrays together, behind an empty header.
    pub(super) fn build(arrays: &Arrays) -> Option<Table> {
        let length = |n: usize| u32::try_from(n).ok();
        let counts = Counts {
            names: length(arrays.starts.len().checked_sub(1)?)?,
            entries: length(arrays.entries.len())?,
            scopes: length(arrays.scopes.len())?,
            pool: length(arrays.pool.len())?,
        };
        let mut bytes = Vec::with_capacity(counts.size());
        bytes.resize(HEADER, 0);
        let mut put = |words: &[u32]| words.iter().for_each(|word| bytes.extend_from_slice(&word.to_le_bytes()));
        put(&arrays.blocks);
        put(&arrays.starts);
        arrays.entries.iter().for_each(|e| put(e));
        arrays.scopes.iter().for_each(|s| put(s));
        bytes.extend_from_slice(&arrays.pool);
        Table::new(Bytes::Own(bytes), counts)
    }

    /// All of it, with the header.
    pub(in crate::dwarf) fn bytes(&self) -> &[u8] {
        match &self.bytes {
            Bytes::Own(bytes) => bytes,
            Bytes::Mapped { file, .. } => file.get(..self.counts.size()).unwrap_or_default(),
        }
    }

    /// How many of each thing there are.
    pub(in crate::dwarf) fn counts(&self) -> Counts {
        self.counts
    }

    /// Whether a part that was looked at is not as it was written: nothing that was found is to be trusted.
    pub(in crate::dwarf) fn is_damaged(&self) -> bool {
        matches!(&self.bytes, Bytes::Mapped { checked, .. } if checked.is_damaged())
    }

    /// Bytes behind the header, if they are as they were written.
    fn range(&self, start: usize, end: usize) -> Option<&[u8]> {
        let arrays = self.bytes().get(HEADER..)?;
        if let Bytes::Mapped { checked, .. } = &self.bytes
            && !checked.check(arrays, start..end)
        {
            return None;
        }
        arrays.get(start..end)
    }

    fn words<const N: usize>(&self, at: usize) -> Option<[u32; N]> {
        let start = at.checked_mul(4)?;
        let bytes = self.range(start, start.checked_add(4 * N)?)?;
        let mut words = [0; N];
        for (word, chunk) in words.iter_mut().zip(bytes.chunks_exact(4)) {
            *word = u32::from_le_bytes(chunk.try_into().ok()?);
        }
        Some(words)
    }

    /// The texts of a block from its first one on.
    fn block(&self, block: usize) -> Unpack<'_> {
        let bytes = || {
            let pool = self.counts.before_pool() - HEADER;
            let start = |block| pool.checked_add(self.words::<1>(block)?[0] as usize);
            let end = if block + 1 < self.counts.blocks() { start(block + 1)? } else { pool + self.counts.pool as usize };
            if block < self.counts.blocks() { self.range(start(block)?, end) } else { None }
        };
        Unpack::new(bytes().unwrap_or_default())
    }

    /// A text; empty if there is none of this number.
    pub(super) fn name(&self, index: u32) -> Vec<u8> {
        let mut found = Vec::new();
        self.each_name(index..index.saturating_add(1), &mut |_, text| {
            found = text.to_vec();
            true
        });
        found
    }

    /// Calls `each` with the texts of a range, in their order, until it says no.
    pub(in crate::dwarf) fn each_name(&self, range: Range<u32>, each: &mut dyn FnMut(u32, &[u8]) -> bool) {
        let end = range.end.min(self.counts.names);
        let mut at = range.start - range.start % BLOCK as u32;
        while at < end {
            let mut block = self.block(at as usize / BLOCK);
            for index in at..(at + BLOCK as u32).min(end) {
                let Some(text) = block.next() else { break };
                if index >= range.start && !each(index, text) {
                    return;
                }
            }
            at += BLOCK as u32;
        }
    }

    /// The number of the first text for which a test is false that is true up to there.
    fn partition_point(&self, is_before: impl Fn(&[u8]) -> bool) -> u32 {
        let (mut low, mut high) = (0, self.counts.blocks());
        while low < high {
            let middle = low + (high - low) / 2;
            if self.block(middle).next().is_some_and(&is_before) { low = middle + 1 } else { high = middle }
        }
        // In the block before, if not at its end.
        let Some(block) = low.checked_sub(1) else { return 0 };
        let mut found = ((low * BLOCK) as u32).min(self.counts.names);
        let start = (block * BLOCK) as u32;
        self.each_name(start..found, &mut |index, text| {
            let goes_on = is_before(text);
            if !goes_on {
                found = index;
            }
            goes_on
        });
        found
    }

    /// The number of a text.
    pub(in crate::dwarf) fn find(&self, text: &[u8]) -> Option<u32> {
        let at = self.partition_point(|name| name < text);
        (at < self.counts.names && self.name(at) == text).then_some(at)
    }

    /// The numbers of the texts that begin so.
    pub(super) fn with_prefix(&self, prefix: &[u8]) -> Range<u32> {
        let start = self.partition_point(|name| name < prefix);
        let end = self.partition_point(|name| name < prefix || name.starts_with(prefix));
        start..end
    }

    /// The entries of a text, each with its scope.
    pub(in crate::dwarf) fn entries(&self, name: u32) -> impl Iterator<Item = (Entry, u32)> + '_ {
        let base = self.counts.blocks() + name as usize;
        let [start, end] = if name < self.counts.names { self.words(base).unwrap_or_default() } else { [0, 0] };
        (start..end.min(self.counts.entries)).filter_map(|i| self.entry(i))
    }

    fn entry(&self, index: u32) -> Option<(Entry, u32)> {
        let base = self.counts.before_entries();
        let [unit, offset, scope, info] = self.words(base + ENTRY * index as usize)?;
        let info = Info(info);
        let entry = Entry {
            die: DieRef { unit: UnitId(unit), offset },
            kind: info.kind()?,
            is_declaration: info.has(Info::DECLARATION),
            is_external: info.has(Info::EXTERNAL),
            is_inlined: info.has(Info::INLINED),
            language: info.language(),
        };
        Some((entry, scope))
    }

    /// The scope around another one, its name, and whether names are found without it; `None` for what is around all.
    pub(in crate::dwarf) fn scope(&self, scope: u32) -> Option<Scope> {
        if scope == ROOT || scope >= self.counts.scopes {
            return None;
        }
        let base = self.counts.before_scopes();
        let [parent, name, flags] = self.words(base + SCOPE * scope as usize)?;
        Some(Scope { parent, name: self.name(name), is_transparent: flags & scope_flag::TRANSPARENT != 0 })
    }

    /// The scopes around something, from the inside.
    pub(super) fn outwards(&self, scope: u32) -> impl Iterator<Item = Scope> + '_ {
        let mut next = scope;
        std::iter::from_fn(move || {
            let scope = self.scope(next)?;
            next = scope.parent;
            Some(scope)
        })
        .take(MAX_SCOPES)
    }

    /// The name of a scope with those around it: `ns::Class`.
    pub(super) fn scoped_name(&self, scope: u32) -> String {
        let around = self.scope(scope);
        around.map_or_else(String::new, |s| self.scoped(s.parent, &s.name))
    }

    /// Which scopes have a name among `names` and pass a test, and all that lie in those; by their numbers. `None` if there are none.
    pub(super) fn scopes_from(&self, names: &dyn Fn(u32) -> bool, test: &dyn Fn(u32) -> bool) -> Option<Vec<bool>> {
        let base = 4 * self.counts.before_scopes();
        let (scopes, _) = self.range(base, base + 4 * SCOPE * self.counts.scopes as usize)?.as_chunks::<{ 4 * SCOPE }>();
        let mut inside = vec![false; scopes.len()];
        let mut has_some = false;
        for (number, scope) in (0u32..).zip(scopes).skip(1) {
            let word = |at: usize| scope.get(4 * at..).and_then(|w| w.first_chunk()).map_or(0, |w| u32::from_le_bytes(*w));
            // A scope comes after the one around it.
            let is_inside = inside.get(word(0) as usize).copied().unwrap_or(false) || names(word(1)) && test(number);
            if let Some(slot) = inside.get_mut(number as usize).filter(|_| is_inside) {
                (*slot, has_some) = (true, true);
            }
        }
        has_some.then_some(inside)
    }

    /// Calls `each` with the text, the scope and the entry of all that is in some scopes, until it says no.
    pub(super) fn each_inside(&self, scopes: &[bool], each: &mut dyn FnMut(u32, u32, Entry) -> bool) {
        let (starts, entries) = (4 * self.counts.blocks(), 4 * self.counts.before_entries());
        let starts = self.range(starts, entries).unwrap_or_default();
        let start = |text: u32| Some(u32::from_le_bytes(*starts.get(4 * text as usize..)?.first_chunk()?));
        let (entries, _) = self.range(entries, 4 * self.counts.before_scopes()).unwrap_or_default().as_chunks::<{ 4 * ENTRY }>();
        let mut text = 0;
        for (number, bytes) in (0u32..).zip(entries) {
            let scope = bytes.get(8..).and_then(|w| w.first_chunk()).map_or(0, |w| u32::from_le_bytes(*w));
            if scopes.get(scope as usize).copied() != Some(true) {
                continue;
            }
            while start(text + 1).is_some_and(|next| next <= number) {
                text += 1;
            }
            if self.entry(number).is_some_and(|(entry, scope)| !each(text, scope, entry)) {
                return;
            }
        }
    }

    /// What stands before the names in each scope, by its number: `ns::Class::`.
    pub(super) fn prefixes(&self) -> Vec<String> {
        let mut all: Vec<String> = vec![String::new()];
        for number in 1..self.counts.scopes {
            let scope = self.scope(number);
            // A scope comes after the one around it.
            let whole = scope.map(|s| {
                let outer = all.get(s.parent as usize).map_or("", String::as_str);
                format!("{outer}{}::", String::from_utf8_lossy(&s.name))
            });
            all.push(whole.unwrap_or_default());
        }
        all
    }

    /// A text with its scopes: `ns::Class::name`.
    pub(super) fn qualified(&self, scope: u32, name: u32) -> String {
        self.scoped(scope, &self.name(name))
    }

    /// The same of the text itself.
    pub(super) fn scoped(&self, scope: u32, text: &[u8]) -> String {
        let mut parts: Vec<Vec<u8>> = self.outwards(scope).map(|s| s.name).collect();
        parts.reverse();
        parts.push(text.to_vec());
        String::from_utf8_lossy(&parts.join(&b"::"[..])).into_owned()
    }
}

/// A namespace or class.
pub(in crate::dwarf) struct Scope {
    /// The number of the one around it.
    pub parent: u32,
    /// Its name.
    pub name: Vec<u8>,
    /// Whether names in it are found without its own.
    pub is_transparent: bool,
}

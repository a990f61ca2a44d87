//! The index as it is kept: sorted arrays in one piece of memory, which may be a mapped file.
//!
//! All numbers are little-endian u32. `names` texts, sorted by their bytes and each there once, lie end to end in the pool; text `i`
//! ends at `ends[i]`, and its entries are those from `starts[i]` to `starts[i + 1]`.

use super::entry::Entry;
use super::shard::{Info, ROOT, scope_flag};
use crate::dwarf::unit::{DieRef, UnitId};
use crate::elf::MappedFile;

/// What is in front of the arrays.
pub(super) const HEADER: usize = 96;

/// The words of an entry: unit, offset, scope, kind and flags.
const ENTRY: usize = 4;
/// The words of a scope: the one around it, its name, its flags.
const SCOPE: usize = 3;

/// Scopes that are followed outwards, at most.
const MAX_SCOPES: usize = 300;

/// Where the bytes are.
#[derive(Debug)]
pub(super) enum Bytes {
    /// Made by this rdbg.
    Own(Vec<u8>),
    /// From the cache.
    Mapped(MappedFile),
}

/// How many of each thing there are.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Counts {
    /// Texts.
    pub names: u32,
    /// Entries.
    pub entries: u32,
    /// Scopes.
    pub scopes: u32,
    /// Bytes of all texts.
    pub pool: u32,
}

impl Counts {
    /// Where the pool begins, and how long everything is.
    fn layout(self) -> Option<(usize, usize)> {
        let words =
            1u64 + 2 * u64::from(self.names) + ENTRY as u64 * u64::from(self.entries) + SCOPE as u64 * u64::from(self.scopes);
        let pool = HEADER as u64 + 4 * words;
        Some((usize::try_from(pool).ok()?, usize::try_from(pool.checked_add(self.pool.into())?).ok()?))
    }

    /// The length of header and arrays in bytes.
    pub fn size(self) -> Option<usize> {
        self.layout().map(|(_, end)| end)
    }
}

/// A piece of an index as it is written.
#[derive(Debug, Default)]
pub(super) struct Arrays {
    /// One past the end of each text in the pool.
    pub ends: Vec<u32>,
    /// The first entry of each text, and how many entries there are.
    pub starts: Vec<u32>,
    /// Entries by name.
    pub entries: Vec<[u32; ENTRY]>,
    /// Scopes.
    pub scopes: Vec<[u32; SCOPE]>,
    /// The texts.
    pub pool: Vec<u8>,
}

/// The sorted arrays.
#[derive(Debug)]
pub struct Table {
    bytes: Bytes,
    counts: Counts,
    pool: usize,
}

impl Table {
    /// Takes bytes that begin with a header; `None` if they are not as long as the counts say.
    pub(super) fn new(bytes: Bytes, counts: Counts) -> Option<Table> {
        let (pool, size) = counts.layout()?;
        let table = Table { bytes, counts, pool };
        (table.bytes().len() == size).then_some(table)
    }

    /// Puts arrays together, behind an empty header.
    pub(super) fn build(arrays: &Arrays) -> Option<Table> {
        let length = |n: usize| u32::try_from(n).ok();
        let counts = Counts {
            names: length(arrays.ends.len())?,
            entries: length(arrays.entries.len())?,
            scopes: length(arrays.scopes.len())?,
            pool: length(arrays.pool.len())?,
        };
        let mut bytes = Vec::with_capacity(counts.size()?);
        bytes.resize(HEADER, 0);
        let words =
            arrays.ends.iter().chain(&arrays.starts).chain(arrays.entries.iter().flatten()).chain(arrays.scopes.iter().flatten());
        for word in words {
            bytes.extend_from_slice(&word.to_le_bytes());
        }
        bytes.extend_from_slice(&arrays.pool);
        Table::new(Bytes::Own(bytes), counts)
    }

    /// All of it, with the header.
    pub(super) fn bytes(&self) -> &[u8] {
        match &self.bytes {
            Bytes::Own(bytes) => bytes,
            Bytes::Mapped(file) => file,
        }
    }

    /// How many of each thing there are.
    pub(super) fn counts(&self) -> Counts {
        self.counts
    }

    fn words<const N: usize>(&self, at: usize) -> Option<[u32; N]> {
        let bytes = self.bytes().get(HEADER + 4 * at..)?.get(..4 * N)?;
        let mut words = [0; N];
        for (word, chunk) in words.iter_mut().zip(bytes.chunks_exact(4)) {
            *word = u32::from_le_bytes(chunk.try_into().ok()?);
        }
        Some(words)
    }

    /// How many texts there are.
    pub(super) fn len(&self) -> u32 {
        self.counts.names
    }

    /// A text.
    pub(super) fn name(&self, index: u32) -> &[u8] {
        let text = || {
            if index >= self.counts.names {
                return None;
            }
            let [end] = self.words(index as usize)?;
            let start = match index.checked_sub(1) {
                Some(before) => self.words::<1>(before as usize)?[0],
                None => 0,
            };
            self.bytes().get(self.pool + start as usize..self.pool + end as usize)
        };
        text().unwrap_or_default()
    }

    /// The texts of a half-open range of numbers lie end to end; this is the first one for which a monotonous test is false.
    pub(super) fn partition_point(&self, is_before: impl Fn(&[u8]) -> bool) -> u32 {
        let (mut low, mut high) = (0, self.counts.names);
        while low < high {
            let middle = low + (high - low) / 2;
            if is_before(self.name(middle)) { low = middle + 1 } else { high = middle }
        }
        low
    }

    /// The number of a text.
    pub(super) fn find(&self, text: &[u8]) -> Option<u32> {
        let at = self.partition_point(|name| name < text);
        (self.name(at) == text && at < self.counts.names).then_some(at)
    }

    /// The numbers of the texts that begin so.
    pub(super) fn with_prefix(&self, prefix: &[u8]) -> std::ops::Range<u32> {
        let start = self.partition_point(|name| name < prefix);
        let end = self.partition_point(|name| name < prefix || name.starts_with(prefix));
        start..end
    }

    /// The entries of a text, each with its scope.
    pub(super) fn entries(&self, name: u32) -> impl Iterator<Item = (Entry, u32)> + '_ {
        let base = self.counts.names as usize + name as usize;
        let [start, end] = if name < self.counts.names { self.words(base).unwrap_or_default() } else { [0, 0] };
        (start..end.min(self.counts.entries)).filter_map(|i| self.entry(i))
    }

    fn entry(&self, index: u32) -> Option<(Entry, u32)> {
        let base = 2 * self.counts.names as usize + 1;
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
    pub(super) fn scope(&self, scope: u32) -> Option<Scope<'_>> {
        if scope == ROOT || scope >= self.counts.scopes {
            return None;
        }
        let base = 2 * self.counts.names as usize + 1 + ENTRY * self.counts.entries as usize;
        let [parent, name, flags] = self.words(base + SCOPE * scope as usize)?;
        Some(Scope { parent, name: self.name(name), is_transparent: flags & scope_flag::TRANSPARENT != 0 })
    }

    /// The scopes around something, from the inside.
    pub(super) fn outwards(&self, scope: u32) -> impl Iterator<Item = Scope<'_>> {
        let mut next = scope;
        std::iter::from_fn(move || {
            let scope = self.scope(next)?;
            next = scope.parent;
            Some(scope)
        })
        .take(MAX_SCOPES)
    }

    /// A text with its scopes: `ns::Class::name`.
    pub(super) fn qualified(&self, scope: u32, name: u32) -> String {
        let mut parts: Vec<&[u8]> = self.outwards(scope).map(|s| s.name).collect();
        parts.reverse();
        parts.push(self.name(name));
        let parts: Vec<_> = parts.into_iter().map(String::from_utf8_lossy).collect();
        parts.join("::")
    }
}

/// A namespace or class.
pub(super) struct Scope<'t> {
    /// The number of the one around it.
    pub parent: u32,
    /// Its name.
    pub name: &'t [u8],
    /// Whether names in it are found without its own.
    pub is_transparent: bool,
}

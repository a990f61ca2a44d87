//! What one thread finds: names not yet read, scopes of its own numbering, and each thing once.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use super::entry::Kind;
use crate::dwarf::reader::R;
use crate::dwarf::unit::DieRef;

/// A hasher for keys of a few integers: a multiplication each. Texts take the general way.
#[derive(Default, Clone, Copy)]
pub(super) struct Mix(u64);

impl Hasher for Mix {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            for (to, from) in word.iter_mut().zip(chunk) {
                *to = *from;
            }
            self.write_u64(u64::from_le_bytes(word));
        }
    }
    fn write_u8(&mut self, n: u8) {
        self.write_u64(n.into());
    }
    fn write_u32(&mut self, n: u32) {
        self.write_u64(n.into());
    }
    fn write_usize(&mut self, n: usize) {
        self.write_u64(n as u64);
    }
    fn write_u64(&mut self, n: u64) {
        self.0 = (self.0 ^ n).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.0 ^= self.0 >> 32;
    }
}

/// A map with such a hasher.
pub(super) type Map<K, V> = HashMap<K, V, BuildHasherDefault<Mix>>;

/// A name whose text nobody has looked at: its offset in .debug_str of the module's file; with the highest bit set, its number
/// among the texts of the shard.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) struct NameKey(pub u64);

/// The bit of a name that is a number among the shard's texts.
const OWN_TEXT: u64 = 1 << 63;

impl NameKey {
    /// Whether it means something in its shard only.
    pub fn is_own_text(self) -> bool {
        self.0 & OWN_TEXT != 0
    }

    /// The number among the shard's texts.
    pub fn own_text(self) -> Option<usize> {
        self.is_own_text().then_some((self.0 & !OWN_TEXT) as usize)
    }
}

/// The scope around everything.
pub(super) const ROOT: u32 = 0;

/// Flags of scopes.
pub(super) mod scope_flag {
    /// What is in it is found without its name too: an anonymous or inline namespace.
    pub const TRANSPARENT: u32 = 1;
    /// It is a namespace.
    pub const NAMESPACE: u32 = 2;
}

/// A namespace, class or the like around names.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) struct RawScope {
    /// The scope around it.
    pub parent: u32,
    /// Its name.
    pub name: NameKey,
    /// See [`scope_flag`].
    pub flags: u32,
}

/// Kind, flags and language of an entry in one word: bits 0-3 the kind, 4-6 the flags, 16-31 the language.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) struct Info(pub u32);

impl Info {
    /// It is a declaration.
    pub const DECLARATION: u32 = 1 << 4;
    /// Other units see it.
    pub const EXTERNAL: u32 = 1 << 5;
    /// The abstract instance of a function without code of its own.
    pub const INLINED: u32 = 1 << 6;

    /// Packs them.
    pub fn new(kind: Kind, flags: u32, language: u16) -> Info {
        Info(kind as u32 | flags | u32::from(language) << 16)
    }

    /// What it is; `None` in a damaged file.
    pub fn kind(self) -> Option<Kind> {
        Kind::ALL.get((self.0 & 15) as usize).copied()
    }

    /// Whether a flag is set.
    pub fn has(self, flag: u32) -> bool {
        self.0 & flag != 0
    }

    /// DW_AT_language.
    pub fn language(self) -> u16 {
        (self.0 >> 16) as u16
    }
}

/// An entry before its name is known.
#[derive(Clone, Copy, Debug)]
pub(super) struct RawEntry {
    /// Its name.
    pub name: NameKey,
    /// The scope around it.
    pub scope: u32,
    /// Kind, flags and language.
    pub info: Info,
    /// Where it is.
    pub die: DieRef,
    /// What tells it from others of the same name, kind and scope; 0 for what is never taken for another's twin.
    pub twin: u32,
}

/// An entry whose name and scope are in another unit.
#[derive(Clone, Copy, Debug)]
pub(super) struct Crossing {
    /// What the entry refers to.
    pub to: DieRef,
    /// The entry.
    pub die: DieRef,
    /// Its kind, flags and language.
    pub info: Info,
}

/// What one thread has found.
#[derive(Default)]
pub(super) struct Shard<'a> {
    /// The entries: of twins the one that comes first in the file.
    pub entries: Vec<RawEntry>,
    /// The scopes; the first one is not one but what is around all.
    pub scopes: Vec<RawScope>,
    /// Texts that are not in .debug_str of the module's file.
    pub texts: Vec<&'a [u8]>,
    /// Entries whose names are in other units.
    pub crossings: Vec<Crossing>,
    scope_ids: Map<RawScope, u32>,
    text_ids: HashMap<&'a [u8], u64>,
    twins: Twins,
}

/// The entries that may have twins, by a hash: an open-addressed table of hash and number, at most half full.
#[derive(Default)]
struct Twins {
    /// The upper half of the hash, then the number plus 1; 0 is free.
    slots: Vec<u64>,
    used: usize,
}

impl Twins {
    /// The number of an equal entry; else `next`, which is entered.
    fn find_or_add(&mut self, hash: u64, next: u32, is_equal: impl Fn(u32) -> bool) -> u32 {
        if self.used * 2 >= self.slots.len() {
            self.grow();
        }
        let tag = hash & !0xffff_ffff;
        for at in self.places(tag) {
            let Some(slot) = self.slots.get_mut(at) else { break };
            if *slot == 0 {
                *slot = tag | (u64::from(next) + 1);
                self.used += 1;
                break;
            }
            let number = (*slot as u32).wrapping_sub(1);
            if *slot & !0xffff_ffff == tag && is_equal(number) {
                return number;
            }
        }
        next
    }

    fn places(&self, tag: u64) -> impl Iterator<Item = usize> + use<> {
        let mask = self.slots.len().wrapping_sub(1);
        let start = (tag >> 32) as usize;
        (0..self.slots.len()).map(move |step| start.wrapping_add(step) & mask)
    }

    fn grow(&mut self) {
        let larger = vec![0; (self.slots.len() * 2).max(1 << 14)];
        let old = std::mem::replace(&mut self.slots, larger);
        for slot in old.into_iter().filter(|s| *s != 0) {
            for at in self.places(slot & !0xffff_ffff) {
                if let Some(free) = self.slots.get_mut(at).filter(|s| **s == 0) {
                    *free = slot;
                    break;
                }
            }
        }
    }
}

impl<'a> Shard<'a> {
    /// An empty one.
    pub fn new() -> Shard<'a> {
        let root = RawScope { parent: ROOT, name: NameKey(u64::MAX), flags: scope_flag::NAMESPACE | scope_flag::TRANSPARENT };
        Shard { scopes: vec![root], ..Shard::default() }
    }

    /// The key of a text that is not in .debug_str of the module's file.
    pub fn text_key(&mut self, text: &'a [u8]) -> NameKey {
        let next = self.texts.len() as u64 | OWN_TEXT;
        let key = *self.text_ids.entry(text).or_insert(next);
        if key == next {
            self.texts.push(text);
        }
        NameKey(key)
    }

    /// The text of a key; `strings` is .debug_str of the module's file.
    pub fn text(&self, key: NameKey, strings: R<'a>) -> &'a [u8] {
        if let Some(text) = key.own_text() {
            return self.texts.get(text).copied().unwrap_or_default();
        }
        let rest = strings.slice().get(key.0 as usize..).unwrap_or_default();
        memchr::memchr(0, rest).and_then(|end| rest.get(..end)).unwrap_or_default()
    }

    /// The number of a scope.
    pub fn scope_id(&mut self, scope: RawScope) -> u32 {
        let next = self.scopes.len() as u32;
        let id = *self.scope_ids.entry(scope).or_insert(next);
        if id == next {
            self.scopes.push(scope);
        }
        id
    }

    /// Adds an entry, or moves its twin's place forward.
    pub fn add(&mut self, entry: RawEntry) {
        let next = self.entries.len() as u32;
        if entry.twin != 0 {
            let mut hash = Mix::default();
            hash.write_u64(entry.name.0 ^ u64::from(entry.twin) << 32);
            hash.write_u64(u64::from(entry.scope) << 32 | u64::from(entry.info.0));
            let key = |e: &RawEntry| (e.name, e.scope, e.info, e.twin);
            let is_equal = |number: u32| self.entries.get(number as usize).is_some_and(|e| key(e) == key(&entry));
            let at = self.twins.find_or_add(hash.finish(), next, is_equal);
            if at != next {
                if let Some(twin) = self.entries.get_mut(at as usize) {
                    twin.die = twin.die.min(entry.die);
                }
                return;
            }
        }
        self.entries.push(entry);
    }
}

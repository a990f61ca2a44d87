//! The dynamic symbol lookup replayed: what one object answers when ld.so asks it for a symbol (glibc elf/dl-lookup.c
//! `do_lookup_x` and `check_match`, gABI ch. 5 "Hash Table", and the GNU hash table as binutils writes it).

use crate::elf::{Binding, Image, Symbol, SymbolKind, dt};

/// For what a symbol is looked up: some definitions do for one purpose and not for another.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LookupFor {
    /// A JUMP_SLOT or a TLS relocation: an undefined symbol with a value (a canonical stub) is no definition.
    Call,
    /// GLOB_DAT, R_X86_64_64 and the like: a canonical stub is one.
    Address,
    /// dlsym(3) and whoever has no reference: as `Call`, and of several versions the newest.
    Name,
}

/// What is looked up.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Wanted<'a> {
    /// The name, mangled.
    pub name: &'a str,
    /// The version that the reference asks for.
    pub version: Option<&'a str>,
    /// For what.
    pub purpose: LookupFor,
}

/// How far an object's hash table led.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum HashStep {
    /// No hash table: the object exports nothing.
    NoTable,
    /// DT_GNU_HASH's Bloom filter says that the name is not there: one of these two bits of that word is clear.
    Bloom {
        /// The word of the filter.
        word: u32,
        /// The two bits.
        bits: [u32; 2],
    },
    /// The filter let it pass, and the bucket is empty.
    EmptyBucket {
        /// The bucket.
        bucket: u32,
    },
    /// The bucket's chain was walked.
    Chain {
        /// The bucket.
        bucket: u32,
        /// How many hashes of the chain were compared.
        compared: u32,
    },
    /// DT_HASH's chain was walked: every name in it is compared.
    SysV {
        /// The bucket.
        bucket: u32,
        /// How many names were compared.
        compared: u32,
    },
}

/// Why a symbol of the right name is not taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Rejection {
    /// It is undefined here too.
    Undefined,
    /// It is of another version.
    Version,
    /// It is of an old version, which only references that name it get.
    HiddenVersion,
    /// Its visibility is hidden or internal, or it is local.
    NotExported,
    /// It is a section or a file.
    Kind,
    /// Several versions would do, and the reference names none.
    Ambiguous,
}

/// What an object answers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Answer<'a> {
    /// How far the hash table led.
    pub hash: HashStep,
    /// The definition that is taken.
    pub found: Option<Symbol<'a>>,
    /// Symbols of that name which are not taken, with the reason.
    pub rejected: Vec<(Symbol<'a>, Rejection)>,
}

/// The hash of DT_GNU_HASH (djb2).
pub fn gnu_hash(name: &str) -> u32 {
    name.bytes().fold(5381u32, |h, c| h.wrapping_mul(33).wrapping_add(c.into()))
}

/// The hash of DT_HASH.
pub fn sysv_hash(name: &str) -> u32 {
    name.bytes().fold(0u32, |h, c| {
        let h = (h << 4).wrapping_add(c.into());
        let high = h & 0xf000_0000;
        (h ^ (high >> 24)) & !high
    })
}

/// A chain longer than this is damage that never ends.
const MAX_CHAIN: u32 = 1 << 20;

/// Asks one object, as ld.so does.
pub fn ask<'a>(image: &'a Image, wanted: &Wanted<'_>) -> Answer<'a> {
    let (hash, indices) = walk(image, wanted.name);
    let mut answer = Answer { hash, found: None, rejected: Vec::new() };
    // Definitions that would do for a reference without a version, if there is but one.
    let mut versioned: Vec<Symbol<'a>> = Vec::new();
    for symbol in indices.into_iter().filter_map(|i| image.dynsym().get(i)).filter(|s| s.name == wanted.name) {
        match judge(image, &symbol, wanted) {
            Judgement::Taken => {
                answer.found = Some(symbol);
                break;
            }
            Judgement::IfAlone => versioned.push(symbol),
            Judgement::Not(why) => answer.rejected.push((symbol, why)),
        }
    }
    match (answer.found.is_some(), versioned.as_slice()) {
        (false, [one]) => answer.found = Some(*one),
        (false, several) if wanted.purpose == LookupFor::Name => answer.found = newest(several),
        (_, several) => answer.rejected.extend(several.iter().map(|s| (*s, Rejection::Ambiguous))),
    }
    if let Some(symbol) = answer.found.filter(|s| is_private(s)) {
        answer.found = None;
        answer.rejected.push((symbol, Rejection::NotExported));
    }
    answer
}

/// The default version, of several.
fn newest<'a>(several: &[Symbol<'a>]) -> Option<Symbol<'a>> {
    let default = several.iter().find(|s| s.version.is_some_and(|v| v.is_default));
    default.or(several.first()).copied()
}

/// glibc's `dl_symbol_visibility_binds_local_p`, and local symbols.
fn is_private(symbol: &Symbol<'_>) -> bool {
    matches!(symbol.visibility, 1 | 2) || matches!(symbol.binding, Binding::Local | Binding::Other(_))
}

enum Judgement {
    Taken,
    IfAlone,
    Not(Rejection),
}

/// glibc's `check_match`.
fn judge(image: &Image, symbol: &Symbol<'_>, wanted: &Wanted<'_>) -> Judgement {
    const SHN_ABS: u16 = 0xfff1;
    let has_value = symbol.addr.0 != 0 || symbol.section == SHN_ABS || symbol.kind == SymbolKind::Tls;
    if !has_value || symbol.is_undefined() && wanted.purpose != LookupFor::Address {
        return Judgement::Not(Rejection::Undefined);
    }
    if matches!(symbol.kind, SymbolKind::Section | SymbolKind::File | SymbolKind::Other(_)) {
        return Judgement::Not(Rejection::Kind);
    }
    let Some(word) = image.dynsym().version_word(symbol.index) else { return Judgement::Taken };
    let (number, hidden) = (word & 0x7fff, word & 0x8000 != 0);
    match (wanted.version, symbol.version) {
        (Some(asked), Some(own)) if own.name == asked => Judgement::Taken,
        (Some(_), Some(_)) => Judgement::Not(Rejection::Version),
        // A definition without a version does for every reference.
        (Some(_), None) if hidden => Judgement::Not(Rejection::HiddenVersion),
        (Some(_), None) => Judgement::Taken,
        // A reference without a version gets what there was before versions: the base, or the first version.
        (None, _) if number < if wanted.purpose == LookupFor::Name { 2 } else { 3 } => Judgement::Taken,
        (None, _) if hidden => Judgement::Not(Rejection::HiddenVersion),
        (None, _) => Judgement::IfAlone,
    }
}

fn word32(bytes: &[u8], index: usize) -> Option<u32> {
    Some(u32::from_le_bytes(*bytes.get(index.checked_mul(4)?..)?.first_chunk()?))
}

/// The indices in .dynsym whose hash is the name's.
fn walk(image: &Image, name: &str) -> (HashStep, Vec<u32>) {
    let table = |tag| image.read_from(image.dynamic().addr_of(tag)?);
    if let Some(found) = table(dt::DT_GNU_HASH).and_then(|t| walk_gnu(t, gnu_hash(name))) {
        return found;
    }
    table(dt::DT_HASH).and_then(|t| walk_sysv(image, t, name)).unwrap_or((HashStep::NoTable, Vec::new()))
}

fn walk_gnu(table: &[u8], hash: u32) -> Option<(HashStep, Vec<u32>)> {
    let (buckets, first, words, shift) = (word32(table, 0)?, word32(table, 1)?, word32(table, 2)?, word32(table, 3)?);
    if buckets == 0 || words == 0 {
        return Some((HashStep::EmptyBucket { bucket: 0 }, Vec::new()));
    }
    // The number of words is a power of two.
    let word = (hash / 64) & words.wrapping_sub(1);
    let bits = [hash % 64, hash.checked_shr(shift).unwrap_or(0) % 64];
    let at = 16 + 8 * word as usize;
    let filter = u64::from_le_bytes(*table.get(at..)?.first_chunk()?);
    if bits.iter().any(|b| filter >> b & 1 == 0) {
        return Some((HashStep::Bloom { word, bits }, Vec::new()));
    }
    let bucket = hash % buckets;
    let buckets_at = 4 + 2 * words as usize;
    let start = word32(table, buckets_at.checked_add(bucket as usize)?)?;
    if start < first || start == 0 {
        return Some((HashStep::EmptyBucket { bucket }, Vec::new()));
    }
    let chains_at = buckets_at.checked_add(buckets as usize)?;
    let (mut found, mut compared) = (Vec::new(), 0);
    for index in start..start.saturating_add(MAX_CHAIN) {
        let Some(entry) = word32(table, chains_at.checked_add((index - first) as usize)?) else { break };
        compared += 1;
        if (entry ^ hash) >> 1 == 0 {
            found.push(index);
        }
        if entry & 1 != 0 {
            break;
        }
    }
    Some((HashStep::Chain { bucket, compared }, found))
}

fn walk_sysv(image: &Image, table: &[u8], name: &str) -> Option<(HashStep, Vec<u32>)> {
    let buckets = word32(table, 0)?;
    if buckets == 0 {
        return Some((HashStep::EmptyBucket { bucket: 0 }, Vec::new()));
    }
    let bucket = sysv_hash(name) % buckets;
    let chains_at = 2usize.checked_add(buckets as usize)?;
    let (mut found, mut compared) = (Vec::new(), 0);
    let mut index = word32(table, 2 + bucket as usize)?;
    while index != 0 && compared < MAX_CHAIN {
        compared += 1;
        if image.dynsym().get(index).is_some_and(|s| s.name == name) {
            found.push(index);
        }
        index = word32(table, chains_at.checked_add(index as usize)?).unwrap_or(0);
    }
    Some((HashStep::SysV { bucket, compared }, found))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;
    use crate::elf::{built, damage};

    const ASKED: Wanted<'_> = Wanted { name: "puts", version: None, purpose: LookupFor::Call };

    #[test]
    fn hashes_are_the_published_ones() {
        // From the GNU hash section's and the gABI's own examples.
        assert_eq!(gnu_hash("printf"), 0x156b_2bb8);
        assert_eq!(gnu_hash("exit"), 0x7c96_7e3f);
        assert_eq!(gnu_hash(""), 5381);
        assert_eq!((sysv_hash("printf"), sysv_hash("exit")), (0x0779_05a6, 0x0006_cf04));
    }

    #[test]
    fn every_exported_symbol_is_found_by_its_hash() {
        for path in built::real_files().into_iter().take(6) {
            let Ok(image) = Image::open(&path) else { continue };
            for symbol in image.dynsym().iter().filter(|s| s.has_place() && s.binding != Binding::Local) {
                let version = symbol.version.map(|v| v.name);
                let wanted = Wanted { name: symbol.name, version, purpose: LookupFor::Call };
                let found = ask(&image, &wanted).found;
                assert!(found.is_some_and(|f| f.addr == symbol.addr), "{}: {}", path.display(), symbol.versioned_name());
            }
            assert!(ask(&image, &Wanted { name: "no such symbol", ..ASKED }).found.is_none());
        }
    }

    #[test]
    fn both_tables_lead_to_the_same() {
        let source = "int answer(void) { return 42; } int other(void) { return 1; } int main(void) { return 0; }";
        for (style, is_gnu) in [("sysv", false), ("gnu", true)] {
            let flags = ["-shared", "-fPIC", &format!("-Wl,--hash-style={style}")];
            let Some(path) = built::build(&format!("hash-{style}"), "cc", &flags, source) else { return };
            let image = Image::open(&path).unwrap();
            let answer = ask(&image, &Wanted { name: "answer", ..ASKED });
            assert!(answer.found.is_some_and(|s| s.name == "answer"), "{style}: {answer:?}");
            assert_eq!(matches!(answer.hash, HashStep::Chain { .. }), is_gnu, "{answer:?}");
        }
    }

    #[test]
    fn damage_is_answered_with_nothing_worse() {
        damage::each_truncated(|image| drop(ask(image, &ASKED)));
        damage::each_flipped(|image| drop(ask(image, &ASKED)));
    }
}

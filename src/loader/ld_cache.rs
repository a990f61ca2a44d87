//! /etc/ld.so.cache: from sonames to paths (glibc sysdeps/generic/dl-cache.h `struct cache_file_new`).

/// A cache that was read.
#[derive(Clone, Copy, Debug)]
pub(super) struct LdCache<'a> {
    bytes: &'a [u8],
    count: usize,
}

const MAGIC: &[u8] = b"glibc-ld.so.cache1.1";
const HEADER: usize = 48;
const ENTRY: usize = 24;
/// FLAG_ELF_LIBC6 and FLAG_X8664_LIB64.
const X86_64: u32 = 0x0303;
/// The entry's hwcap is the index of a glibc-hwcaps directory.
const HWCAP_EXTENSION: u64 = 1 << 62;

impl<'a> LdCache<'a> {
    /// The new format, also where it stands behind the old one.
    pub(super) fn new(file: &'a [u8]) -> Option<LdCache<'a>> {
        let start = memchr::memmem::find(file, MAGIC)?;
        let bytes = file.get(start..)?;
        let count = u32::from_le_bytes(*bytes.get(20..)?.first_chunk()?) as usize;
        Some(LdCache { bytes, count: count.min(bytes.len() / ENTRY) })
    }

    /// The path that ld.so takes for a soname: of several, that of the best level the processor has.
    pub(super) fn find(&self, name: &str, levels: &[&str]) -> Option<&'a str> {
        let rank = |path: &str, hwcap: u64| match hwcap & HWCAP_EXTENSION {
            0 if hwcap == 0 => Some(levels.len()),
            0 => None,
            _ => levels.iter().position(|l| path.contains(&format!("/glibc-hwcaps/{l}/"))),
        };
        let entries = (0..self.count).filter_map(|i| self.entry(i)).filter(|(key, ..)| *key == name);
        entries.filter_map(|(_, path, hwcap)| Some((rank(path, hwcap)?, path))).min_by_key(|e| e.0).map(|e| e.1)
    }

    /// Soname, path and hwcap of an entry for x86-64.
    fn entry(&self, index: usize) -> Option<(&'a str, &'a str, u64)> {
        let entry = self.bytes.get(HEADER + index * ENTRY..)?.get(..ENTRY)?;
        let word = |at: usize| Some(u32::from_le_bytes(*entry.get(at..)?.first_chunk()?));
        if word(0)? != X86_64 {
            return None;
        }
        let hwcap = u64::from_le_bytes(*entry.get(16..)?.first_chunk()?);
        Some((self.string(word(4)?)?, self.string(word(8)?)?, hwcap))
    }

    fn string(&self, at: u32) -> Option<&'a str> {
        let rest = self.bytes.get(at as usize..)?;
        std::str::from_utf8(rest.get(..memchr::memchr(0, rest)?)?).ok()
    }
}

/// The directory's name of a level of the x86-64 psABI.
pub(super) fn hwcaps_level(level: u8) -> Option<&'static str> {
    ["x86-64-v2", "x86-64-v3", "x86-64-v4"].get(usize::from(level).checked_sub(2)?).copied()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;

    /// Entries of (flags, soname, path, hwcap), as ldconfig writes them.
    fn cache(entries: &[(u32, &str, &str, u64)]) -> Vec<u8> {
        let mut strings = Vec::new();
        let strings_at = HEADER + ENTRY * entries.len();
        let mut bytes = MAGIC.to_vec();
        bytes.extend((entries.len() as u32).to_le_bytes());
        bytes.resize(HEADER, 0);
        for (flags, key, path, hwcap) in entries {
            let mut place = |text: &str| {
                let at = strings_at + strings.len();
                strings.extend(text.bytes().chain([0]));
                at as u32
            };
            let (key, path) = (place(key), place(path));
            for word in [*flags, key, path, 0] {
                bytes.extend(word.to_le_bytes());
            }
            bytes.extend(hwcap.to_le_bytes());
        }
        bytes.extend(strings);
        bytes
    }

    #[test]
    fn the_best_level_that_the_processor_has_wins() {
        let v3 = "/usr/lib/glibc-hwcaps/x86-64-v3/libx.so.1";
        let file = cache(&[
            (0x0303, "libx.so.1", v3, HWCAP_EXTENSION),
            (0x0003, "libx.so.1", "/lib32/libx.so.1", 0),
            (0x0303, "libx.so.1", "/usr/lib/libx.so.1", 0),
        ]);
        let cache = LdCache::new(&file).unwrap();
        assert_eq!(cache.find("libx.so.1", &["x86-64-v3", "x86-64-v2"]), Some(v3));
        assert_eq!(cache.find("libx.so.1", &["x86-64-v2"]), Some("/usr/lib/libx.so.1"));
        assert_eq!(cache.find("liby.so.1", &[]), None);
    }

    #[test]
    fn damage_ends_the_search() {
        let whole = cache(&[(0x0303, "libx.so.1", "/usr/lib/libx.so.1", 0)]);
        for cut in 0..whole.len() {
            let _ = LdCache::new(&whole[..cut]).and_then(|c| c.find("libx.so.1", &[]));
        }
        let mut many = whole.clone();
        many[20..24].fill(0xff);
        assert!(LdCache::new(&many).unwrap().find("none", &[]).is_none());
    }
}

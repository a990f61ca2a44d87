//! Name indexes on disk: one file a module, by its build-id, used straight from the mapping.
//!
//! A file is written under a name of its own and renamed when it is whole, so that two rdbgs at once see each other's files whole or
//! not at all. Header and blocks have checksums: a damaged file is as good as none. The oldest files go when all of them together
//! have become too large.

use std::ffi::OsStr;
use std::fs;
use std::io::Write;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::RwLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime};

use super::index::{Bytes, Checked, Counts, HEADER, Table, sums};
use super::info::DebugInfo;
use crate::base::{Error, Result};
use crate::elf::MappedFile;

/// What users may say about the cache.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CacheSettings {
    /// Whether it is used.
    pub enabled: bool,
    /// Where it is; `None`: $XDG_CACHE_HOME/rdbg, or ~/.cache/rdbg.
    pub directory: Option<PathBuf>,
    /// How large all of its files together may become, in bytes.
    pub limit: u64,
}

/// How often something was found in the cache.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct CacheStats {
    /// Indexes that were there.
    pub hits: u32,
    /// Indexes that were not, or that were damaged.
    pub misses: u32,
}

static SETTINGS: RwLock<CacheSettings> = RwLock::new(CacheSettings { enabled: !cfg!(test), directory: None, limit: 2 << 30 });
static STATS: RwLock<CacheStats> = RwLock::new(CacheStats { hits: 0, misses: 0 });

/// The settings.
pub fn cache_settings() -> CacheSettings {
    SETTINGS.read().map(|s| s.clone()).unwrap_or_else(|e| e.into_inner().clone())
}

/// Changes them; what was read before stays.
pub fn set_cache_settings(settings: CacheSettings) {
    *SETTINGS.write().unwrap_or_else(|e| e.into_inner()) = settings;
}

/// The counts of this rdbg.
pub fn cache_stats() -> CacheStats {
    STATS.read().map(|s| *s).unwrap_or_default()
}

fn count(hit: bool) {
    if let Ok(mut stats) = STATS.write() {
        if hit { stats.hits += 1 } else { stats.misses += 1 }
    }
}

impl CacheSettings {
    /// The directory; `None` if there is neither a setting nor a home.
    pub fn place(&self) -> Option<PathBuf> {
        let home = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|p| p.is_absolute());
        // A home that does not exist (a service account's) is not made.
        let in_home = || home("HOME").filter(|h| h.is_dir()).map(|h| h.join(".cache"));
        let default = || Some(home("XDG_CACHE_HOME").or_else(in_home)?.join("rdbg"));
        self.directory.clone().or_else(default)
    }
}

/// Less debug information than this is read as fast as a file of the cache is written, in bytes.
const MIN_INFO: usize = 1 << 20;

/// The ending of the cache's files; a change of the format changes it.
const EXTENSION: &str = "names1";

const MAGIC: &[u8; 8] = b"rdbgnam1";

/// What a file of the cache must be of.
#[derive(PartialEq, Eq, Debug)]
struct Key {
    name: String,
    info_size: u64,
}

impl Key {
    /// By the build-id; without one by what tells one version of a file from another.
    fn of(info: &DebugInfo, least: usize) -> Option<Key> {
        let image = info.image();
        let info_size = info.info_size();
        if info_size < least || info.has_split_units() {
            return None;
        }
        let name = match image.build_id().filter(|id| (8..=64).contains(&id.len())) {
            Some(id) => id.iter().map(|b| format!("{b:02x}")).collect(),
            None => {
                let id = image.identity()?;
                format!("f{:x}-{:x}-{:x}-{:x}-{:x}", id.device, id.inode, id.modified.0, id.modified.1, id.size)
            }
        };
        Some(Key { name, info_size: info_size as u64 })
    }

    fn path(&self, directory: &Path) -> PathBuf {
        directory.join(&self.name).with_extension(EXTENSION)
    }

    /// The bytes in front of an index: magic number, checksum of what follows and of the blocks' checksums, whose it is, counts.
    fn header(&self, counts: Counts, sums: &[u8]) -> [u8; HEADER] {
        let mut rest = Vec::with_capacity(HEADER);
        rest.extend_from_slice(&super::index::sums::sum(self.name.as_bytes()).to_le_bytes());
        rest.extend_from_slice(&self.info_size.to_le_bytes());
        for count in [counts.names, counts.entries, counts.scopes, counts.pool] {
            rest.extend_from_slice(&count.to_le_bytes());
        }
        rest.resize(HEADER - 16, 0);
        let mut whole = rest.clone();
        whole.extend_from_slice(sums);
        let mut header = [0; HEADER];
        let bytes = MAGIC.iter().chain(&sums::sum(&whole).to_le_bytes()).copied().chain(rest).collect::<Vec<u8>>();
        for (to, from) in header.iter_mut().zip(bytes) {
            *to = from;
        }
        header
    }
}

/// The index of a module from the cache.
pub(super) fn load(info: &DebugInfo) -> Option<Table> {
    let settings = cache_settings();
    if !settings.enabled {
        return None;
    }
    let key = Key::of(info, MIN_INFO)?;
    let found = load_from(&settings.place()?, &key);
    count(found.is_some());
    found
}

fn load_from(directory: &Path, key: &Key) -> Option<Table> {
    let path = key.path(directory);
    let file = MappedFile::open(&path).ok()?;
    let word = |at: usize| Some(u32::from_le_bytes(*file.get(at..)?.first_chunk()?));
    let counts = Counts { names: word(32)?, entries: word(36)?, scopes: word(40)?, pool: word(44)? };
    let size = counts.size();
    let sums = file.get(size..)?;
    if sums.len() != sums::size(size - HEADER) || *file.first_chunk::<HEADER>()? != key.header(counts, sums) {
        tracing::debug!(target: "dwarf", path = %path.display(), "damaged, or another version's");
        return None;
    }
    // The age of a file is when it was last of use.
    let is_old = |t: SystemTime| t.elapsed().is_ok_and(|age| age > Duration::from_secs(24 * 3600));
    if fs::metadata(&path).and_then(|m| m.modified()).is_ok_and(is_old) {
        let _ = fs::File::open(&path).and_then(|f| f.set_modified(SystemTime::now()));
    }
    let checked = Checked::new(sums);
    Table::new(Bytes::Mapped { file, checked }, counts)
}

/// Writes a new index; returns the one to go on with, which lies in the file if that could be written.
pub(super) fn store(info: &DebugInfo, table: Table) -> Table {
    let settings = cache_settings();
    let place = || Some((Key::of(info, MIN_INFO)?, settings.place()?));
    let Some((key, directory)) = settings.enabled.then(place).flatten() else { return table };
    match store_in(&directory, &key, &table, settings.limit) {
        Ok(()) => load_from(&directory, &key).unwrap_or(table),
        Err(e) => {
            tracing::debug!(target: "dwarf", "the name index is not kept: {e}");
            table
        }
    }
}

fn store_in(directory: &Path, key: &Key, table: &Table, limit: u64) -> Result<()> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(directory).map_err(|e| failed(directory, &e))?;
    let arrays = table.bytes().get(HEADER..).unwrap_or_default();
    let sums = sums::of_blocks(arrays);
    let path = key.path(directory);
    static WRITTEN: AtomicU32 = AtomicU32::new(0);
    let number = WRITTEN.fetch_add(1, Ordering::Relaxed);
    let temporary = directory.join(format!(".{}.{}.{number}", key.name, std::process::id()));
    let write = || -> std::io::Result<()> {
        let mut file = fs::File::create(&temporary)?;
        file.write_all(&key.header(table.counts(), &sums))?;
        file.write_all(arrays)?;
        file.write_all(&sums)?;
        fs::rename(&temporary, &path)
    };
    let written = write().map_err(|e| failed(&temporary, &e));
    if written.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    written?;
    tidy(directory, &path, limit);
    Ok(())
}

fn failed(path: &Path, e: &std::io::Error) -> Error {
    Error::io(path.display().to_string(), e)
}

/// Removes what is oldest until the files are no larger than they may be, the newest one stays in any case; and what a killed rdbg
/// left half written.
fn tidy(directory: &Path, newest: &Path, limit: u64) {
    let Ok(entries) = fs::read_dir(directory) else { return };
    let mut files = Vec::new();
    for entry in entries.flatten() {
        let Ok(meta) = entry.metadata() else { continue };
        let (path, modified) = (entry.path(), meta.modified().unwrap_or(SystemTime::UNIX_EPOCH));
        let is_left = entry.file_name().to_string_lossy().starts_with('.')
            && modified.elapsed().is_ok_and(|age| age > Duration::from_secs(3600));
        if is_left {
            let _ = fs::remove_file(&path);
        } else if path.extension().and_then(OsStr::to_str).is_some_and(|e| e.starts_with("names")) && path != newest {
            files.push((modified, meta.len(), path));
        }
    }
    files.sort();
    let own = fs::metadata(newest).map_or(0, |m| m.len());
    let mut total: u64 = own + files.iter().map(|f| f.1).sum::<u64>();
    for (_, size, path) in files {
        if total <= limit {
            break;
        }
        if fs::remove_file(&path).is_ok() {
            total -= size;
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;
    use crate::elf::{Image, built};
    use std::sync::Arc;

    fn info(name: &str) -> Option<DebugInfo> {
        let path = built::build(&format!("cache-{name}"), "cc", &["-g", "-Wl,--build-id"], built::HELLO)?;
        DebugInfo::open(&Image::open(&path).unwrap(), None).unwrap()
    }

    fn directory(name: &str) -> PathBuf {
        let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("target/test-cache/{name}.{}", std::process::id()));
        let _ = fs::remove_dir_all(&directory);
        directory
    }

    fn names(table: &Table) -> Vec<String> {
        let mut all = Vec::new();
        table.each_name(0..u32::MAX, &mut |_, text| {
            all.push(String::from_utf8_lossy(text).into_owned());
            true
        });
        all
    }

    #[test]
    fn an_index_comes_back_and_a_damaged_one_does_not() {
        let Some(info) = info("back") else { return };
        let (directory, key) = (directory("back"), Key::of(&info, 0).unwrap());
        assert!(load_from(&directory, &key).is_none());
        let made = info.name_index().unwrap().table();
        assert!(names(made).contains(&"main".to_owned()));
        store_in(&directory, &key, made, 1 << 20).unwrap();
        let path = key.path(&directory);
        let loaded = load_from(&directory, &key).unwrap();
        assert_eq!(names(&loaded), names(made));
        let main = loaded.find(b"main").unwrap();
        assert!(loaded.entries(main).eq(made.entries(made.find(b"main").unwrap())));
        let other = Key { name: key.name.clone(), info_size: key.info_size + 1 };
        assert!(load_from(&directory, &other).is_none(), "another .debug_info");
        let good = fs::read(&path).unwrap();
        for at in (0..good.len()).step_by(7) {
            let mut bad = good.clone();
            bad[at] ^= 0x10;
            fs::write(&path, &bad).unwrap();
            let Some(table) = load_from(&directory, &key) else { continue };
            let all = names(&table);
            let texts = (0..all.len() as u32).map(|i| table.entries(i).count()).sum::<usize>();
            let scopes = (0..table.counts().scopes).filter(|s| table.scope(*s).is_some()).count();
            assert!(table.is_damaged(), "a change at {at} of {} was not seen ({texts}, {scopes})", good.len());
        }
        for len in [0, 1, 50, HEADER, good.len() / 2, good.len() - 1] {
            fs::write(&path, &good[..len]).unwrap();
            assert!(load_from(&directory, &key).is_none(), "{len} bytes");
        }
        fs::remove_dir_all(directory).unwrap();
    }

    #[test]
    fn many_at_once_see_whole_files_and_the_oldest_go() {
        let Some(info) = info("many") else { return };
        let (directory, info) = (Arc::new(directory("many")), Arc::new(info));
        let threads: Vec<_> = (0..4)
            .map(|_| {
                let (directory, info) = (directory.clone(), info.clone());
                std::thread::spawn(move || {
                    let key = Key::of(&info, 0).unwrap();
                    for _ in 0..50 {
                        store_in(&directory, &key, info.name_index().unwrap().table(), 1 << 20).unwrap();
                        assert!(load_from(&directory, &key).is_some());
                    }
                })
            })
            .collect();
        threads.into_iter().for_each(|t| t.join().unwrap());
        let table = info.name_index().unwrap().table();
        for name in ["aaaa", "bbbb", "cccc"] {
            let key = Key { name: name.into(), info_size: 1 };
            store_in(&directory, &key, table, table.bytes().len() as u64 * 3).unwrap();
            std::thread::sleep(Duration::from_millis(20));
        }
        let mut left: Vec<_> = fs::read_dir(&*directory).unwrap().map(|e| e.unwrap().path()).collect();
        left.sort();
        assert_eq!(left.iter().map(|p| p.file_stem().unwrap()).collect::<Vec<_>>(), ["bbbb", "cccc"]);
        fs::remove_dir_all(&*directory).unwrap();
    }
}

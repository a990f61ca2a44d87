//! Where ld.so looks for a library, in its order (ld.so(8), glibc elf/dl-load.c `_dl_map_object`; musl ldso/dynlink.c
//! `load_library`).

use std::path::{Path, PathBuf};

use crate::base::Files;
use crate::elf::{Image, dt};

use super::ld_cache::{LdCache, hwcaps_level};

/// Why ld.so looks at a place.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Why {
    /// The name has a slash: it is a path.
    Path,
    /// DT_RPATH of this object.
    Rpath(String),
    /// The environment.
    LibraryPath,
    /// DT_RUNPATH of this object.
    Runpath(String),
    /// /etc/ld.so.cache.
    Cache,
    /// A directory that is built into the dynamic linker.
    Default,
    /// The dynamic linker has it in itself: musl is its own libc.
    BuiltIn,
}

/// What is at a place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Tried {
    /// It is what is loaded.
    Hit,
    /// It would do, but an earlier place hit.
    Later,
    /// No such file.
    Missing,
    /// The directory itself does not exist.
    NoDirectory,
    /// There is a file, but no x86-64 ELF file: ld.so goes on.
    WrongKind,
    /// The cache does not name it.
    NotListed,
}

/// One place, in order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Place {
    /// Why ld.so looks there.
    pub why: Why,
    /// The file that it tries; the cache's own path where that does not name the library.
    pub path: PathBuf,
    /// What came of it.
    pub tried: Tried,
}

/// An object in whose name a library is looked for, as far as it matters.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Requester {
    /// Its name, as it is shown.
    pub name: String,
    /// Its path: $ORIGIN is the directory.
    pub path: PathBuf,
    /// DT_RPATH.
    pub rpath: Option<String>,
    /// DT_RUNPATH.
    pub runpath: Option<String>,
    /// DF_1_NODEFLIB: neither cache nor default directories.
    pub no_default: bool,
}

const DF_1_NODEFLIB: u64 = 0x800;

impl Requester {
    /// What an image asks for.
    pub fn of(name: &str, path: &Path, image: &Image) -> Requester {
        let string = |tag| image.dynamic().get(tag).map(|o| image.dynamic_string(o).to_owned());
        let no_default = image.dynamic().get(dt::DT_FLAGS_1).is_some_and(|f| f & DF_1_NODEFLIB != 0);
        let (rpath, runpath) = (string(dt::DT_RPATH), string(dt::DT_RUNPATH));
        Requester { name: name.to_owned(), path: path.to_owned(), rpath, runpath, no_default }
    }
}

/// A search.
pub struct Search<'a> {
    /// The disk.
    pub files: &'a dyn Files,
    /// Who asks, then who had that object loaded, and so on up to the program.
    pub chain: &'a [Requester],
    /// LD_LIBRARY_PATH of the process; `None` too where it is ignored (AT_SECURE).
    pub library_path: Option<&'a str>,
    /// The process's working directory: what relative parts of paths begin at.
    pub cwd: &'a Path,
    /// The dynamic linker's image, for the directories that are built in.
    pub interpreter: Option<&'a Image>,
    /// The levels of glibc-hwcaps that the processor has, best first.
    pub levels: &'a [&'static str],
}

/// A PATH of more parts is a forged one.
const MAX_PLACES: usize = 4096;
/// A cache of a machine with a hundred thousand libraries.
const MAX_CACHE: usize = 64 << 20;
const CACHE: &str = "/etc/ld.so.cache";

/// Whether musl takes a name for itself, without any search (musl ldso/dynlink.c `load_library`).
fn is_musl_itself(name: &str) -> bool {
    let begun = name.strip_prefix("lib").and_then(|rest| rest.split_once('.'));
    begun.is_some_and(|(of, _)| ["c", "pthread", "rt", "m", "dl", "util", "xnet"].contains(&of))
}

impl Search<'_> {
    /// Every place that ld.so looks at for `name`, those after the hit too, which it would look at if that were not there.
    pub fn places(&self, name: &str) -> Vec<Place> {
        let mut places = Vec::new();
        if name.contains('/') {
            let path = self.cwd.join(self.expanded(name, self.chain.first()));
            self.attempt(&mut places, Why::Path, path);
            return places;
        }
        if self.is_musl() {
            if is_musl_itself(name) {
                let path = self.interpreter.map(|i| i.path().to_path_buf()).unwrap_or_default();
                return vec![Place { why: Why::BuiltIn, path, tried: Tried::Hit }];
            }
            self.library_path(&mut places, name);
            for requester in self.chain {
                // musl makes no difference between the two, RUNPATH wins where a file has both.
                let list = requester.runpath.as_ref().or(requester.rpath.as_ref());
                self.list(&mut places, &Why::Runpath(requester.name.clone()), list, Some(requester), name);
            }
            self.list(&mut places, &Why::Default, Some(&self.musl_path()), None, name);
            return places;
        }
        self.rpaths(&mut places, name);
        self.library_path(&mut places, name);
        let first = self.chain.first();
        if let Some(requester) = first {
            self.list(&mut places, &Why::Runpath(requester.name.clone()), requester.runpath.as_ref(), Some(requester), name);
        }
        if first.is_none_or(|r| !r.no_default) {
            self.cache(&mut places, name);
            let defaults = self.interpreter.map(default_directories).unwrap_or_default();
            self.list(&mut places, &Why::Default, Some(&defaults.join(":")), None, name);
        }
        places
    }

    /// DT_RPATH of the requester and of all who had it loaded, unless the requester has a DT_RUNPATH.
    fn rpaths(&self, places: &mut Vec<Place>, name: &str) {
        if self.chain.first().is_none_or(|r| r.runpath.is_some()) {
            return;
        }
        for requester in self.chain {
            // A DT_RPATH beside a DT_RUNPATH counts for nothing.
            let list = requester.rpath.as_ref().filter(|_| requester.runpath.is_none());
            self.list(places, &Why::Rpath(requester.name.clone()), list, Some(requester), name);
        }
    }

    fn library_path(&self, places: &mut Vec<Place>, name: &str) {
        let list = self.library_path.filter(|p| !p.is_empty()).map(str::to_owned);
        self.list(places, &Why::LibraryPath, list.as_ref(), self.chain.last(), name);
    }

    /// The directories of a list, each with those of its glibc-hwcaps directories that are there.
    fn list(&self, places: &mut Vec<Place>, why: &Why, list: Option<&String>, owner: Option<&Requester>, name: &str) {
        let Some(list) = list.filter(|l| !l.is_empty()) else { return };
        // LD_LIBRARY_PATH may be divided by semicolons too.
        let divides = |c| c == ':' || c == ';' && *why == Why::LibraryPath;
        for part in list.split(divides).take(MAX_PLACES) {
            let directory = self.cwd.join(self.expanded(part, owner));
            if !self.is_musl() {
                let best = self.levels.iter().map(|l| directory.join("glibc-hwcaps").join(l));
                for special in best.filter(|d| self.files.is_dir(d)) {
                    self.attempt(places, why.clone(), special.join(name));
                }
            }
            self.attempt(places, why.clone(), directory.join(name));
        }
    }

    fn cache(&self, places: &mut Vec<Place>, name: &str) {
        let cache = self.files.head(Path::new(CACHE), MAX_CACHE);
        match cache.as_deref().and_then(|bytes| LdCache::new(bytes)?.find(name, self.levels)) {
            Some(path) => self.attempt(places, Why::Cache, PathBuf::from(path)),
            None => places.push(Place { why: Why::Cache, path: CACHE.into(), tried: Tried::NotListed }),
        }
    }

    fn attempt(&self, places: &mut Vec<Place>, why: Why, path: PathBuf) {
        let hit_before = places.iter().any(|p| p.tried == Tried::Hit);
        let tried = match self.files.head(&path, 20) {
            Some(head) if is_library(&head) => {
                if hit_before {
                    Tried::Later
                } else {
                    Tried::Hit
                }
            }
            Some(_) => Tried::WrongKind,
            None if path.parent().is_some_and(|d| !self.files.is_dir(d)) => Tried::NoDirectory,
            None => Tried::Missing,
        };
        if places.len() < MAX_PLACES {
            places.push(Place { why, path, tried });
        }
    }

    /// $ORIGIN, $LIB and $PLATFORM, with or without braces (ld.so(8) "Dynamic string tokens"). An empty part is the working directory.
    fn expanded(&self, part: &str, owner: Option<&Requester>) -> String {
        let origin = owner.and_then(|r| r.path.parent()).map_or_else(String::new, |p| p.display().to_string());
        let lib = match self.interpreter.map(default_directories).unwrap_or_default().first() {
            Some(dir) => dir.trim_matches('/').to_owned(),
            None => "lib64".to_owned(),
        };
        let mut out = part.to_owned();
        for (token, text) in [("ORIGIN", origin.as_str()), ("LIB", lib.as_str()), ("PLATFORM", "x86_64")] {
            out = out.replace(&format!("${{{token}}}"), text).replace(&format!("${token}"), text);
        }
        out
    }

    fn is_musl(&self) -> bool {
        let path = self.interpreter.map(|i| i.path().to_string_lossy().into_owned()).unwrap_or_default();
        path.contains("musl")
    }

    /// musl's own list of directories, from its file or the one that is built in.
    fn musl_path(&self) -> String {
        let text = self.files.head(Path::new("/etc/ld-musl-x86_64.path"), 1 << 16);
        let text = text.map(|t| String::from_utf8_lossy(&t).trim().replace('\n', ":"));
        text.unwrap_or_else(|| "/lib:/usr/local/lib:/usr/lib".to_owned())
    }
}

/// An ELF file that ld.so takes: 64-bit, x86-64.
fn is_library(head: &[u8]) -> bool {
    head.starts_with(b"\x7fELF\x02\x01") && head.get(18..20) == Some(&[62, 0])
}

/// The directories that glibc's ld.so has built in, in order: its `system_dirs`, strings one behind the other that begin and end
/// in a slash. Those of most machines if it has none.
pub fn default_directories(interpreter: &Image) -> Vec<String> {
    let bytes = interpreter.bytes();
    let is_directory = |s: &[u8]| s.len() > 3 && s.starts_with(b"/") && s.ends_with(b"/") && s.iter().all(u8::is_ascii_graphic);
    for hit in memchr::memmem::find_iter(bytes, b"lib/\0") {
        // The first of a row: what begins behind a NUL and follows no other directory.
        let start = memchr::memrchr(0, bytes.get(..hit).unwrap_or_default()).map_or(0, |n| n + 1);
        let strings = bytes.get(start..).unwrap_or_default().split(|b| *b == 0);
        let row: Vec<String> =
            strings.take(8).take_while(|s| is_directory(s)).map(|s| String::from_utf8_lossy(s).into_owned()).collect();
        if !row.is_empty() {
            return directories_before(bytes, start).into_iter().chain(row).collect();
        }
    }
    ["/lib64/", "/usr/lib64/", "/lib/", "/usr/lib/"].map(String::from).to_vec()
}

/// The directories of the same row that stand before `start`: multiarch ones do not end in `lib/`.
fn directories_before(bytes: &[u8], start: usize) -> Vec<String> {
    let mut row = Vec::new();
    let mut end = start;
    while let Some(before) = end.checked_sub(1).and_then(|e| bytes.get(..e)).filter(|_| row.len() < 8) {
        let begin = memchr::memrchr(0, before).map_or(0, |n| n + 1);
        let text = before.get(begin..).unwrap_or_default();
        if !(text.starts_with(b"/") && text.ends_with(b"/") && text.len() > 2) {
            break;
        }
        row.insert(0, String::from_utf8_lossy(text).into_owned());
        end = begin;
    }
    row
}

/// The levels of glibc-hwcaps that a processor with these flags (/proc/cpuinfo's) has, best first (x86-64 psABI §3.1.1).
pub fn hwcaps_levels(flags: &[&str]) -> Vec<&'static str> {
    let has = |all: &[&str]| all.iter().all(|f| flags.contains(f));
    let v2 = has(&["cx16", "lahf_lm", "popcnt", "pni", "sse4_1", "sse4_2", "ssse3"]);
    let v3 = v2 && has(&["avx", "avx2", "bmi1", "bmi2", "f16c", "fma", "abm", "movbe"]);
    let v4 = v3 && has(&["avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"]);
    let mut levels: Vec<&'static str> = Vec::new();
    for (there, level) in [(v4, 4), (v3, 3), (v2, 2)] {
        levels.extend(there.then(|| hwcaps_level(level)).flatten());
    }
    levels
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    /// Directories, and files with what they hold.
    struct Table(BTreeMap<&'static str, &'static [u8]>, Vec<&'static str>);

    impl Files for Table {
        fn head(&self, path: &Path, limit: usize) -> Option<Vec<u8>> {
            let bytes = self.0.get(path.to_str()?)?;
            Some(bytes[..limit.min(bytes.len())].to_vec())
        }
        fn is_dir(&self, path: &Path) -> bool {
            self.1.iter().any(|d| Path::new(d) == path)
        }
    }

    const ELF: &[u8] = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x03\0\x3e\0";

    fn places(files: &Table, chain: &[Requester], library_path: Option<&str>, name: &str) -> Vec<(Why, String, Tried)> {
        let search = Search { files, chain, library_path, cwd: Path::new("/home"), interpreter: None, levels: &["x86-64-v3"] };
        search.places(name).into_iter().map(|p| (p.why, p.path.display().to_string(), p.tried)).collect()
    }

    fn program(rpath: Option<&str>, runpath: Option<&str>) -> Requester {
        let own = |s: Option<&str>| s.map(str::to_owned);
        Requester { name: "a".into(), path: "/opt/bin/a".into(), rpath: own(rpath), runpath: own(runpath), no_default: false }
    }

    #[test]
    fn the_order_is_ld_sos() {
        let table = Table(
            BTreeMap::from([("/opt/bin/../lib/libx.so", &b"text, not a library"[..]), ("/env/libx.so", ELF)]),
            vec!["/opt/bin/../lib", "/env"],
        );
        let runpath = places(&table, &[program(Some("/old"), Some("$ORIGIN/../lib"))], Some("/env:/none"), "libx.so");
        let expected = [
            (Why::LibraryPath, "/env/libx.so", Tried::Hit),
            (Why::LibraryPath, "/none/libx.so", Tried::NoDirectory),
            (Why::Runpath("a".into()), "/opt/bin/../lib/libx.so", Tried::WrongKind),
            (Why::Cache, "/etc/ld.so.cache", Tried::NotListed),
        ];
        assert_eq!(runpath, expected.map(|(w, p, t)| (w, p.to_owned(), t)));
        // RPATH comes before LD_LIBRARY_PATH.
        let rpath = places(&table, &[program(Some("${ORIGIN}/../lib"), None)], Some("/env"), "libx.so");
        assert_eq!((&rpath[0].0, rpath[0].2, rpath[1].2), (&Why::Rpath("a".into()), Tried::WrongKind, Tried::Hit));
    }

    #[test]
    fn a_name_with_a_slash_is_a_path() {
        let table = Table(BTreeMap::from([("/home/./libx.so", ELF)]), vec!["/home/."]);
        assert_eq!(places(&table, &[], None, "./libx.so"), [(Why::Path, "/home/./libx.so".to_owned(), Tried::Hit)]);
    }

    #[test]
    fn a_better_processor_looks_further() {
        let table = Table(
            BTreeMap::from([("/env/libx.so", ELF), ("/env/glibc-hwcaps/x86-64-v3/libx.so", ELF)]),
            vec!["/env", "/env/glibc-hwcaps/x86-64-v3"],
        );
        let found = places(&table, &[], Some("/env"), "libx.so");
        assert_eq!(found[0], (Why::LibraryPath, "/env/glibc-hwcaps/x86-64-v3/libx.so".into(), Tried::Hit));
        assert_eq!(found[1].2, Tried::Later);
        let flags = "cx16 lahf_lm popcnt pni sse4_1 sse4_2 ssse3";
        assert_eq!(hwcaps_levels(&flags.split(' ').collect::<Vec<_>>()), ["x86-64-v2"]);
    }

    #[test]
    fn built_in_directories_are_in_the_dynamic_linker() {
        let Ok(image) = Image::open(Path::new("/lib64/ld-linux-x86-64.so.2")) else { return };
        let found = default_directories(&image);
        assert!(found.len() >= 2 && found.iter().all(|d| d.contains("lib")), "{found:?}");
        assert_eq!(found.last().map(String::as_str), Some("/usr/lib/"));
    }
}

//! Where the separate debug file of an image is (GDB manual, "Separate Debug Files").

use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::elf::Image;

/// Where separate debug files are looked for besides the directory of the file itself.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DebugFiles {
    /// Directories, of which each may hold `.build-id/xx/yyyy.debug` and the files of a tree like that of `/`.
    pub directories: Vec<PathBuf>,
}

impl Default for DebugFiles {
    fn default() -> DebugFiles {
        DebugFiles { directories: vec!["/usr/lib/debug".into()] }
    }
}

impl DebugFiles {
    /// From directories separated by colons, as `set debug-file-directory` takes them.
    pub fn from_text(text: &str) -> DebugFiles {
        DebugFiles { directories: std::env::split_paths(text).filter(|d| !d.as_os_str().is_empty()).collect() }
    }
}

/// The separate debug file of an image: the first that really is of it, by its build-id, else by its .gnu_debuglink and the CRC
/// there. `None` if there is none.
pub fn separate_debug(image: &Image, settings: &DebugFiles) -> Option<Arc<Image>> {
    by_build_id(image, settings).or_else(|| by_debug_link(image, settings))
}

fn by_build_id(image: &Image, settings: &DebugFiles) -> Option<Arc<Image>> {
    let id = image.build_id().filter(|id| id.len() > 1)?;
    let hex: String = id.iter().map(|b| format!("{b:02x}")).collect();
    let (head, tail) = hex.split_at_checked(2)?;
    let name = format!(".build-id/{head}/{tail}.debug");
    let opened = settings.directories.iter().filter_map(|d| Image::open_debug(&d.join(&name)).ok());
    opened.into_iter().find(|found| found.build_id() == Some(id) && !is_same_file(image, found))
}

fn by_debug_link(image: &Image, settings: &DebugFiles) -> Option<Arc<Image>> {
    let link = image.debug_link()?;
    let opened = linked_places(image.path(), &link.name, settings).into_iter().filter_map(|p| Image::open_debug(&p).ok());
    // The checksum takes a look at every byte: last.
    opened.into_iter().find(|found| !is_same_file(image, found) && found.crc() == link.crc)
}

/// dwz's file that an image shares debug information with: by .gnu_debugaltlink, or .debug_sup (DWARF5 §7.3.6), and the build-id
/// or checksum there. `None` if it names none or if that is not found.
pub fn supplementary(image: &Image, settings: &DebugFiles) -> Option<Arc<Image>> {
    let data = |name| image.section(name).and_then(|s| image.section_data(s).ok());
    let (name, id) = match data(".gnu_debugaltlink") {
        Some(bytes) => split_name(bytes)?,
        // Version, whether this is the shared file, name, length of the checksum, checksum.
        None => {
            let (name, rest) = split_name(data(".debug_sup")?.strip_prefix(&[5, 0, 0])?)?;
            (name, rest.get(1..)?)
        }
    };
    let hex: String = id.iter().map(|b| format!("{b:02x}")).collect();
    let mut places = Vec::new();
    if name.is_absolute() {
        places.push(name.clone());
        let below = name.strip_prefix("/").unwrap_or(&name);
        places.extend(settings.directories.iter().map(|d| d.join(below)));
    } else {
        let home = std::fs::canonicalize(image.path()).unwrap_or_else(|_| image.path().to_owned());
        places.extend(home.parent().map(|h| h.join(&name)));
    }
    if let Some((head, tail)) = hex.split_at_checked(2) {
        places.extend(settings.directories.iter().map(|d| d.join(format!(".build-id/{head}/{tail}.debug"))));
    }
    places.extend(name.file_name().into_iter().flat_map(|n| settings.directories.iter().map(move |d| d.join(".dwz").join(n))));
    let is_it = |found: &Arc<Image>| found.build_id().is_none_or(|own| own == id);
    places.iter().filter_map(|p| Image::open_debug(p).ok()).find(is_it)
}

/// A name that ends with a NUL, and what follows.
fn split_name(bytes: &[u8]) -> Option<(PathBuf, &[u8])> {
    let end = bytes.iter().position(|b| *b == 0)?;
    let (name, rest) = bytes.split_at_checked(end)?;
    Some((Path::new(std::ffi::OsStr::from_bytes(name)).to_owned(), rest.get(1..)?))
}

/// A file that was not stripped may name itself.
fn is_same_file(a: &Image, b: &Image) -> bool {
    a.identity().is_some() && a.identity() == b.identity()
}

/// Where gdb looks for a linked file: beside the file, in `.debug` there, and under each directory as if that were `/`; all of
/// it for the file's directory as named and as it is without symbolic links.
fn linked_places(path: &Path, name: &str, settings: &DebugFiles) -> Vec<PathBuf> {
    let absolute = std::path::absolute(path).ok();
    let canonical = std::fs::canonicalize(path).ok();
    let mut homes: Vec<PathBuf> = [absolute, canonical].iter().flatten().filter_map(|p| p.parent()).map(Path::to_owned).collect();
    homes.dedup();
    let mut places = Vec::new();
    for home in &homes {
        places.extend([home.join(name), home.join(".debug").join(name)]);
        let below = home.strip_prefix("/").unwrap_or(home);
        places.extend(settings.directories.iter().map(|d| d.join(below).join(name)));
    }
    places.retain(|p| !p.as_os_str().as_bytes().contains(&0));
    places
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::elf::built::{self, HELLO};

    /// A program, stripped, and its debug file, made as Debian's tools make them, in a directory of its own.
    fn split(name: &str, flags: &[&str]) -> Option<(PathBuf, PathBuf)> {
        let whole = built::build(&format!("split-{name}"), "cc", flags, HELLO)?;
        let home = whole.with_extension(format!("dir.{}", std::process::id()));
        std::fs::create_dir_all(&home).unwrap();
        let (program, debug) = (home.join("prog"), home.join("prog.debug"));
        let text = |p: &Path| p.to_str().unwrap().to_owned();
        built::output("objcopy", &["--only-keep-debug", &text(&whole), &text(&debug)])?;
        let link = format!("--add-gnu-debuglink={}", text(&debug));
        built::output("objcopy", &["--strip-all", &link, &text(&whole), &text(&program)])?;
        Some((program, debug))
    }

    #[test]
    fn a_linked_file_is_found_where_gdb_finds_it_and_only_with_its_checksum() {
        let Some((program, debug)) = split("link", &["-O1", "-Wl,--build-id=none"]) else { return };
        let home = program.parent().unwrap();
        let root = home.join("root");
        let settings = DebugFiles::from_text(&format!(":/nonexistent:{}", root.display()));
        let image = Image::open(&program).unwrap();
        let found = || separate_debug(&image, &settings).map(|f| f.path().to_owned());
        assert!(image.build_id().is_none());
        assert_eq!(found(), Some(debug.clone()));
        for place in [home.join(".debug/prog.debug"), root.join(home.strip_prefix("/").unwrap()).join("prog.debug")] {
            std::fs::create_dir_all(place.parent().unwrap()).unwrap();
            std::fs::rename(&debug, &place).unwrap();
            assert_eq!(found(), Some(place.clone()));
            std::fs::rename(&place, &debug).unwrap();
        }
        let mut bytes = std::fs::read(&debug).unwrap();
        *bytes.last_mut().unwrap() ^= 1;
        std::fs::write(&debug, bytes).unwrap();
        assert_eq!(found(), None, "another build's debug file");
        std::fs::remove_dir_all(home).unwrap();
    }

    #[test]
    fn a_file_is_found_by_its_build_id() {
        let Some((program, debug)) = split("id", &["-O1", "-Wl,--build-id=0xabcdef"]) else { return };
        let home = program.parent().unwrap();
        let place = home.join("root/.build-id/ab/cdef.debug");
        std::fs::create_dir_all(place.parent().unwrap()).unwrap();
        std::fs::rename(&debug, &place).unwrap();
        let settings = DebugFiles::from_text(home.join("root").to_str().unwrap());
        let image = Image::open(&program).unwrap();
        assert_eq!(separate_debug(&image, &settings).unwrap().path(), place);
        std::fs::copy("/proc/self/exe", &place).unwrap();
        assert!(separate_debug(&image, &settings).is_none(), "another file under this name");
        std::fs::remove_dir_all(home).unwrap();
    }
}

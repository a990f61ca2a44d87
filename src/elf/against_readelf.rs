//! What readelf says about real files is what we say.

use super::built::{self, HELLO};
use super::*;
use std::path::{Path, PathBuf};

/// Real files, and our own of every kind.
fn files() -> Vec<PathBuf> {
    let mut all = built::real_files();
    all.extend(built::build("hello", "cc", &["-O1"], HELLO));
    all.extend(built::build("hello-static-pie", "cc", &["-O1", "-static-pie"], HELLO));
    all.extend(built::build("hello-relr", "clang", &["-fuse-ld=lld", "-Wl,-z,pack-relative-relocs"], HELLO));
    all
}

fn readelf(option: &str, path: &Path) -> Option<String> {
    built::output("readelf", &[option, "-W", path.to_str()?])
}

fn hex(text: &str) -> u64 {
    u64::from_str_radix(text.trim_start_matches("0x"), 16).unwrap()
}

#[test]
fn sections_and_segments() {
    for path in files() {
        let image = Image::open(&path).unwrap();
        let Some(text) = readelf("-S", &path) else { return };
        let mut rows = 0;
        for line in text.lines().filter_map(|l| l.trim().strip_prefix('[')) {
            let Some((number, rest)) = line.split_once(']') else { continue };
            let Ok(number) = number.trim().parse::<usize>() else { continue };
            let section = &image.sections()[number];
            let fields: Vec<&str> = rest.split_whitespace().collect();
            if number > 0 {
                assert_eq!(section.name, fields[0], "{}", path.display());
                assert_eq!((section.addr.0, section.offset, section.size), (hex(fields[2]), hex(fields[3]), hex(fields[4])));
            }
            rows += 1;
        }
        assert_eq!(rows, image.sections().len());
        let Some(text) = readelf("-l", &path) else { return };
        let rows: Vec<Vec<&str>> = text.lines().map(|l| l.split_whitespace().collect()).collect();
        let rows: Vec<&Vec<&str>> = rows.iter().filter(|r| r.len() > 6 && r[1].starts_with("0x")).collect();
        assert_eq!(rows.len(), image.segments().len());
        for (row, segment) in rows.iter().zip(image.segments()) {
            assert_eq!(segment.kind_name(), row[0], "{}", path.display());
            let ours = (segment.offset, segment.addr.0, segment.file_size, segment.mem_size);
            assert_eq!(ours, (hex(row[1]), hex(row[2]), hex(row[4]), hex(row[5])));
        }
        let interp = text.lines().find_map(|l| l.trim().strip_prefix("[Requesting program interpreter: "));
        assert_eq!(image.interp(), interp.map(|i| i.trim_end_matches(']')));
    }
}

/// `readelf -s`'s rows of one table against ours: value, size, type, binding, section, name and version.
fn compare_symbols(text: &str, ours: Symbols<'_>, path: &Path) {
    let mut rows = 0;
    for line in text.lines() {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let Some(number) = fields.first().and_then(|f| f.strip_suffix(':')).and_then(|n| n.parse::<u32>().ok()) else { continue };
        let symbol = ours.get(number).unwrap();
        let size = fields[2].strip_prefix("0x").map_or_else(|| fields[2].parse().unwrap(), hex);
        assert_eq!((symbol.addr.0, symbol.size), (hex(fields[1]), size), "{} {line}", path.display());
        let kind = match symbol.kind {
            SymbolKind::NoType => "NOTYPE",
            SymbolKind::Object => "OBJECT",
            SymbolKind::Function => "FUNC",
            SymbolKind::Section => "SECTION",
            SymbolKind::File => "FILE",
            SymbolKind::Tls => "TLS",
            SymbolKind::Ifunc => "IFUNC",
            SymbolKind::Other(_) => "?",
        };
        let binding = match symbol.binding {
            Binding::Local => "LOCAL",
            Binding::Global => "GLOBAL",
            Binding::Weak => "WEAK",
            Binding::Unique => "UNIQUE",
            Binding::Other(_) => "?",
        };
        assert_eq!((kind, binding), (fields[3], fields[4]), "{line}");
        assert_eq!(symbol.is_undefined(), fields[6] == "UND", "{line}");
        // readelf gives sections the name that they have in the section table.
        if symbol.kind != SymbolKind::Section {
            let shown = fields.get(7).copied().unwrap_or("");
            // .symtab holds versions in the names themselves, as `puts@GLIBC_2.2.5`.
            let at = if symbol.version.is_some_and(|v| v.is_default && !symbol.is_undefined()) { "@@" } else { "@" };
            // readelf leaves out the version of the symbols that name the versions themselves.
            let version = symbol.version.filter(|v| v.name != symbol.name);
            let name = version.map_or(symbol.name.to_owned(), |v| format!("{}{at}{}", symbol.name, v.name));
            assert_eq!(name, shown, "{} {line}", path.display());
        }
        rows += 1;
    }
    assert_eq!(rows, ours.len(), "{}", path.display());
}

#[test]
fn both_symbol_tables() {
    for path in files() {
        let image = Image::open(&path).unwrap();
        let Some(text) = readelf("--dyn-syms", &path) else { return };
        compare_symbols(&text, image.dynsym(), &path);
        let Some(text) = readelf("-s", &path) else { return };
        let full = text.split_once("Symbol table '.symtab'").map_or("", |t| t.1);
        compare_symbols(full, image.symtab(), &path);
    }
}

#[test]
fn the_dynamic_symbols_are_found_without_section_headers() {
    for path in files() {
        let image = Image::open(&path).unwrap();
        let mut bytes = std::fs::read(&path).unwrap();
        bytes[0x28..0x30].fill(0); // e_shoff
        let bare = Image::from_bytes("bare", bytes).unwrap();
        assert!(bare.sections().is_empty());
        let names = |i: &Image| i.dynsym().iter().map(|s| s.versioned_name()).collect::<Vec<_>>();
        assert_eq!(names(&bare), names(&image), "{}", path.display());
    }
}

#[test]
fn relocations() {
    for path in files() {
        let image = Image::open(&path).unwrap();
        let Some(text) = readelf("-r", &path) else { return };
        let ours: Vec<Relocation> = image.relocations().filter(|r| r.table != RelocTable::Relr).collect();
        let mut rows = 0;
        for line in text.lines().filter(|l| l.contains("R_X86_64_")) {
            let fields: Vec<&str> = line.split_whitespace().collect();
            let relocation = &ours[rows];
            assert_eq!(relocation.offset.0, hex(fields[0]), "{line}");
            assert!(format!("R_X86_64_{}", relocation.kind_name()).starts_with(fields[2]), "{line}");
            if let Some(symbol) = image.relocation_symbol(relocation).filter(|s| s.kind != SymbolKind::Section) {
                let name = symbol.versioned_name().replace("@@", "@");
                assert_eq!(name, fields[4].replace("@@", "@"), "{line}");
            }
            rows += 1;
        }
        assert_eq!(rows, ours.len(), "{}", path.display());
        let relr = text.lines().find_map(|l| l.trim().strip_suffix(" offsets")).and_then(|n| n.parse::<usize>().ok());
        assert_eq!(image.relocations().filter(|r| r.table == RelocTable::Relr).count(), relr.unwrap_or(0), "{}", path.display());
    }
}

#[test]
fn the_dynamic_section_and_versions() {
    for path in files() {
        let image = Image::open(&path).unwrap();
        let Some(text) = readelf("-d", &path) else { return };
        let rows = text.lines().filter_map(|l| l.trim().strip_prefix("0x")?.split_once(" (")).map(|(tag, rest)| (hex(tag), rest));
        let theirs: Vec<(u64, &str)> =
            rows.map(|(tag, rest)| (tag, rest.split(')').next().unwrap())).filter(|r| r.0 != 0).collect();
        let ours: Vec<(u64, String)> = image.dynamic().entries.iter().map(|e| (e.tag, e.name())).collect();
        assert_eq!(ours.iter().map(|(t, n)| (*t, n.as_str())).collect::<Vec<_>>(), theirs, "{}", path.display());
        let needed: Vec<&str> = text.lines().filter_map(|l| l.split_once("Shared library: [")?.1.strip_suffix(']')).collect();
        assert_eq!(image.needed().collect::<Vec<_>>(), needed);
        let Some(text) = readelf("-V", &path) else { return };
        let versions = |part: &str| {
            let part = text.split_once(part).map_or("", |t| t.1).split("\n\n").next().unwrap_or("").to_owned();
            part.lines().filter_map(|l| Some(l.split_once("Name: ")?.1.split_whitespace().next()?.to_owned())).collect::<Vec<_>>()
        };
        let ours: Vec<String> = image.versions().needed.iter().map(|v| v.name.clone()).collect();
        assert_eq!(ours, versions("Version needs section"), "{}", path.display());
        let ours: Vec<String> = image.versions().defined.iter().map(|v| v.name.clone()).collect();
        assert_eq!(ours, versions("Version definition section"), "{}", path.display());
    }
}

#[test]
fn build_ids_and_compressed_sections() {
    let Some(path) = built::build("hello-gz", "cc", &["-g", "-gz=zlib", "-Wl,--build-id"], HELLO) else { return };
    let Some(plain) = built::build("hello-g", "cc", &["-g", "-gz=none", "-Wl,--build-id"], HELLO) else { return };
    let (image, plain) = (Image::open(&path).unwrap(), Image::open(&plain).unwrap());
    let section = image.section(".debug_str").unwrap();
    if section.flags & shf::SHF_COMPRESSED == 0 {
        eprintln!("SKIPPED: this linker left .debug_str uncompressed");
    }
    let text = |i: &Image| i.section_data(i.section(".debug_str").unwrap()).unwrap().len();
    assert!(text(&image).abs_diff(text(&plain)) < 64, "the same strings, but for the flags in DW_AT_producer");
    let Some(notes) = readelf("-n", &path) else { return };
    let id: String = image.build_id().unwrap().iter().map(|b| format!("{b:02x}")).collect();
    assert!(notes.contains(&format!("Build ID: {id}")), "{notes}");
}

#[test]
fn symbols_that_hold_a_text_are_those_that_a_search_finds() {
    let image = Image::open(&std::env::current_exe().unwrap()).unwrap();
    for part in ["main", "alloc", "_ZN4core", "x", "no such symbol"] {
        let all: Vec<u32> = image.symtab().iter().filter(|s| s.name.contains(part)).map(|s| s.index).collect();
        let found: Vec<u32> = image.symtab().containing(part).iter().map(|s| s.index).collect();
        assert_eq!(found, all, "{part}");
    }
}

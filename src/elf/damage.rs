//! Damaged files: whatever the bytes, an answer or an error, never a panic and never a hang.

use super::built::{self, HELLO};
use super::*;
use crate::base::{Error, FileAddr};
use std::path::Path;

/// Asks an image everything.
fn ask_everything(image: &Image) {
    for section in image.sections() {
        let _ = image.section_data(section).map(<[u8]>::len);
    }
    for table in [image.symtab(), image.dynsym()] {
        let _ = table.iter().map(|s| s.versioned_name().len() + table.named(s.name).len()).take(300).sum::<usize>();
        let _ = table.with_prefix("p");
        for addr in [0, 0x1000, 0x401000, u64::MAX] {
            let _ = table.covering(FileAddr(addr), |_| true);
        }
    }
    let named = image.relocations().take(10_000).filter_map(|r| image.relocation_symbol(&r).map(|s| s.name.len()));
    let _ = named.sum::<usize>() + image.notes().count() + image.needed().count() + image.versions().needed.len();
    let _ = (image.debug_link(), image.mini_debug_info());
    let _ = (image.interp(), image.build_id(), image.soname(), image.span());
}

fn samples() -> Vec<Vec<u8>> {
    let programs = [
        built::build("hello", "cc", &["-O1"], HELLO),
        built::build("hello-relr", "clang", &["-fuse-ld=lld", "-Wl,-z,pack-relative-relocs"], HELLO),
        Some("/lib64/ld-linux-x86-64.so.2".into()),
    ];
    programs.into_iter().flatten().filter_map(|p| std::fs::read(p).ok()).collect()
}

/// Calls `ask` with images of which the end is missing.
pub fn each_truncated(ask: impl Fn(&std::sync::Arc<Image>)) {
    for bytes in samples() {
        for cut in (0..200).chain((0..60).map(|i| bytes.len() * i / 60)) {
            if let Ok(image) = Image::from_bytes("cut", bytes[..cut].to_vec()) {
                ask(&image);
            }
        }
    }
}

/// Calls `ask` with images in whose tables a few bytes were changed, always the same ones.
pub fn each_flipped(ask: impl Fn(&std::sync::Arc<Image>)) {
    let mut random = 0x2545_f491_4f6c_dd1d;
    for bytes in samples() {
        let original = Image::from_bytes("whole", bytes.clone()).unwrap();
        // The headers and tables are where damage hurts.
        let tables = |s: &&Section| s.is_loaded() && !s.is_code();
        each_change(&mut random, &original, tables, |bytes| {
            if let Ok(image) = Image::from_bytes("flipped", bytes) {
                ask(&image);
            }
        });
    }
}

/// Calls `ask` 250 times with the bytes of a file, some of them changed: in its headers and in some sections.
fn each_change(random: &mut u64, original: &Image, sections: impl Fn(&&Section) -> bool, ask: impl Fn(Vec<u8>)) {
    let mut next = || {
        *random ^= *random << 13;
        *random ^= *random >> 7;
        *random ^= *random << 17;
        *random
    };
    let header = |s: &Section| (s.offset as usize, s.size as usize);
    let tables = original.sections().iter().filter(|s| !s.is_nobits()).filter(sections).map(header);
    let section_headers = (original.header().e_shoff as usize, original.sections().len() * 64);
    let places: Vec<(usize, usize)> = tables.chain([(0, 64 + 56 * 10), section_headers]).collect();
    for round in 0..250 {
        let mut bytes = original.bytes().to_vec();
        for _ in 0..1 + round % 8 {
            let (start, len) = places[next() as usize % places.len()];
            let at = start + next() as usize % len.max(1);
            let value = [0x00, 0xff, 0x7f, 0x80, next() as u8][next() as usize % 5];
            bytes[at] = value;
            if round % 3 == 0 {
                let end = (at + 8).min(bytes.len());
                bytes[at..end].fill(value);
            }
        }
        ask(bytes);
    }
}

#[test]
fn truncated_files() {
    each_truncated(|i| ask_everything(i));
}

#[test]
fn flipped_bytes() {
    each_flipped(|i| ask_everything(i));
}

/// Objects that are placed by hand, cut and changed.
#[test]
fn damaged_objects_are_placed_or_refused() {
    let placed = |bytes: Vec<u8>| {
        let image = Image::debug_from_bytes("object", bytes).ok().filter(|i| i.is_relocatable());
        let placed = image.and_then(|i| i.placed(&[(".text".to_owned(), 0x7000_0000)], 0).ok());
        placed.iter().for_each(|i| ask_everything(i));
        placed.is_some()
    };
    for (name, more) in [("object", "-g"), ("object-packed", "-gz=zlib")] {
        let Some(path) = built::build(name, "cc", &["-c", "-g", more], HELLO) else { return };
        let bytes = std::fs::read(path).unwrap();
        assert!(placed(bytes.clone()));
        for cut in (0..200).chain((0..60).map(|i| bytes.len() * i / 60)) {
            placed(bytes[..cut].to_vec());
        }
        let original = Image::debug_from_bytes("object", bytes).unwrap();
        let mut random = 0x2545_f491_4f6c_dd1d;
        each_change(
            &mut random,
            &original,
            |_| true,
            |bytes| {
                placed(bytes);
            },
        );
    }
}

fn error(path: &Path) -> String {
    Image::open(path).map(|_| ()).unwrap_err().to_string()
}

#[test]
fn files_of_the_wrong_kind_get_one_clear_line() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/test-programs/unit");
    std::fs::create_dir_all(&directory).unwrap();
    let write = |name: &str, bytes: &[u8]| {
        let path = directory.join(format!("{name}.{}", std::process::id()));
        std::fs::write(&path, bytes).unwrap();
        path
    };
    // gdb 13.1's sentences
    assert_eq!(error(Path::new("/nonexistent")), "/nonexistent: No such file or directory.");
    assert_eq!(error(Path::new("/tmp")), "/tmp: Is a directory.");
    for (name, bytes) in [("empty", &b""[..]), ("script", b"#!/bin/sh\necho\n"), ("start", b"\x7fEL")] {
        let path = write(name, bytes);
        let sentence = format!("\"{}\": not in executable format: file format not recognized", path.display());
        assert_eq!(error(&path), sentence);
    }
    assert_eq!(error(Path::new("/dev/null")), "/dev/null: not a regular file.");
    let Some(whole) = samples().into_iter().next() else { return };
    let changed = |name: &str, change: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = whole.clone();
        change(&mut bytes);
        let path = write(name, &bytes);
        let text = error(&path);
        assert_eq!(text.lines().count(), 1);
        text.strip_prefix(&format!("{}: ", path.display())).unwrap().to_owned()
    };
    assert_eq!(changed("32", &|b| b[4] = 1), "a 32-bit ELF file; rdbg debugs 64-bit x86-64 programs only.");
    assert_eq!(changed("arm", &|b| b[18] = 183), "an ELF file for aarch64; rdbg debugs x86-64 programs only.");
    assert_eq!(changed("object", &|b| b[16] = 1), "a relocatable object file, which has to be linked before it can run.");
    assert_eq!(changed("cut", &|b| b.truncate(40)), "truncated: its ELF header is incomplete.");
    assert_eq!(changed("cut2", &|b| b.truncate(100)), "truncated: its program headers lie beyond the end of the file.");
    let load = "truncated: a segment that is to be loaded lies beyond the end of the file.";
    assert_eq!(changed("cut3", &|b| b.truncate(3000)), load);
    assert!(matches!(Image::from_bytes("x", b"\x7fELF".to_vec()), Err(Error::User(_))));
}

/// A pipe that nobody writes to is never opened by who opens it to read (fifo(7)): whoever names one in a core file would hold up
/// rdbg for good.
#[test]
fn a_pipe_is_not_waited_for() {
    let path = std::env::temp_dir().join(format!("rdbg-pipe-{}", std::process::id()));
    assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
    let (done, is_done) = std::sync::mpsc::channel();
    let pipe = path.clone();
    std::thread::spawn(move || done.send((error(&pipe), MappedFile::open(&pipe).is_err())));
    let found = is_done.recv_timeout(std::time::Duration::from_secs(60));
    std::fs::remove_file(&path).unwrap();
    let (sentence, is_refused) = found.unwrap();
    assert!(sentence.contains("not a regular file") && is_refused, "{sentence}");
}

//! Bad input: files that are none, lines that nobody types, input that ends anywhere. One clear line each, and the session goes on.

mod common;

use std::path::{Path, PathBuf};

use common::build;
use common::rdbg::{Run, Session};

/// It ended by itself, with a status and not by a signal, and nothing of Rust's showed.
fn sane(what: &str, run: &Run) {
    let code = run.status.and_then(|status| status.code());
    let shown: String = run.text.chars().take(2000).collect();
    assert!(code.is_some(), "{what}: {:?}\n{shown}", run.status);
    for bad in ["panicked at", "overflowed its stack", "RUST_BACKTRACE", "unwrap"] {
        assert!(!run.text.contains(bad), "{what}: {bad}\n{shown}");
    }
}

fn scratch(name: &str, bytes: &[u8]) -> PathBuf {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("hostile");
    std::fs::create_dir_all(&dir).expect("a directory");
    let path = dir.join(format!("{name}-{}", std::process::id()));
    std::fs::write(&path, bytes).expect("a file");
    path
}

fn hello() -> Vec<u8> {
    let program = build::build("c/hello.c", "lazy").unwrap_or_else(|e| panic!("{e}"));
    std::fs::read(program.path).expect("the program")
}

/// All that reads a file.
const READERS: &str = "got\nplt\ninfo relocations\ninfo files\nbreak main\nx/4i main\ninfo symbol 0x401000\nrun\nprint 6 * 7\n";

#[test]
fn files_that_are_no_programs() {
    let elf = hello();
    let mut narrow = elf.clone();
    narrow[4] = 1; // ELFCLASS32
    let mut foreign = elf.clone();
    foreign[0x12] = 183; // EM_AARCH64
    let mut cases = vec![
        ("missing", PathBuf::from("/nonexistent/program")),
        ("a directory", PathBuf::from("/")),
        ("a device", PathBuf::from("/dev/null")),
        ("empty", scratch("empty", b"")),
        ("a script", scratch("script", b"#!/bin/sh\necho hello\n")),
        ("text", scratch("text", b"no program at all\n")),
        ("32 bits", scratch("narrow", &narrow)),
        ("foreign", scratch("foreign", &foreign)),
        ("only the magic", scratch("magic", &elf[..4])),
    ];
    for cut in [16, 63, 64, 100, 600, elf.len() / 2, elf.len() - 1] {
        cases.push(("truncated", scratch(&format!("cut-{cut}"), &elf[..cut])));
    }
    for (what, path) in cases {
        let run = Session::rdbg().program(&path, [""; 0]).feed(READERS);
        sane(&format!("{what}, {}", path.display()), &run);
        assert!(run.text.contains("= 42"), "{what}: the session does not go on\n{}", run.text);
    }
    let batch = Session::rdbg().program(Path::new("/nonexistent/program"), [""; 0]).batch(&["run"]);
    assert_eq!(batch.status.and_then(|s| s.code()), Some(1), "{}", batch.text);
}

/// Each byte of the headers and of the dynamic section's surroundings set to a few values: no panic, no hang, no endless loop.
#[test]
fn damaged_headers() {
    let elf = hello();
    let table = u64::from_le_bytes(elf[0x28..0x30].try_into().expect("eight bytes")) as usize;
    // Prime steps reach every field in the end; a fixed seed keeps a failure repeatable.
    let places = (0x10..0x40).step_by(3).chain((0x40..0x2d8).step_by(41)).chain((table..elf.len()).step_by(131));
    for at in places {
        for value in [0xff, 0x00, 0x7f] {
            let mut damaged = elf.clone();
            damaged[at] = value;
            let path = scratch("damaged", &damaged);
            let run = Session::rdbg().program(&path, [""; 0]).feed("got\nplt\ninfo files\nbreak main\nx/2i main\nprint 6 * 7\n");
            sane(&format!("byte {at:#x} = {value:#x}"), &run);
            assert!(run.text.contains("= 42"), "byte {at:#x} = {value:#x}: the session does not go on\n{}", run.text);
        }
    }
}

#[test]
fn lines_that_nobody_types() {
    let long = "1".repeat(10 << 20);
    let cases = [
        ("10 MB of digits", format!("print {long}")),
        ("10 MB of a command", "y".repeat(10 << 20)),
        ("100,000 open parentheses", format!("print {}", "(".repeat(100_000))),
        ("100,000 parentheses", format!("print {}1{}", "(".repeat(100_000), ")".repeat(100_000))),
        ("100,000 signs", format!("print {}1", "-".repeat(100_000))),
        ("100,000 stars", format!("print {}0", "*".repeat(100_000))),
        ("100,000 brackets", format!("print GOT{}", "[0".repeat(100_000))),
        ("100,000 casts", format!("print {}1", "(char)".repeat(100_000))),
        ("100,000 sums", format!("print 1{}", "+1".repeat(100_000))),
        ("100,000 questions", format!("print {}1", "1?".repeat(100_000))),
        ("100,000 blocks", "if 1\n".repeat(100_000) + &"end\n".repeat(100_000)),
        ("NUL and control characters", "print \0\u{1}\u{7f}\nprint '\0'".to_owned()),
        ("no UTF-8", "print caf\u{e9}\u{301} \u{10ffff}".to_owned()),
        ("an endless recursion", "define f\nf\nend\nf".to_owned()),
        ("a huge count", "x/999999999999x 0\nprint 1@99999999999\nstepi 99999999999999999999999".to_owned()),
        ("a huge repetition", "print *(char*)0@2000000000\nprint (char)1@2000000000\noutput/x 1".to_owned()),
        ("formats", "printf \"%n%s%999999999d\\n\", 1, 2, 3\nprintf \"%\nprintf \"%d\"\necho \\q\\".to_owned() + "\n"),
    ];
    let program = build::build("c/hello.c", "lazy").unwrap_or_else(|e| panic!("{e}"));
    for (what, line) in cases {
        let run = Session::rdbg().program(&program.path, [""; 0]).feed(&format!("{line}\nprint 6 * 7\n"));
        sane(what, &run);
        assert!(
            run.text.contains("= 42"),
            "{what}: the session does not go on\n{}",
            run.text.chars().take(2000).collect::<String>()
        );
    }
}

/// Input ends anywhere: before a newline, inside a block, while the program runs.
#[test]
fn input_that_ends() {
    let program = build::build("c/loop.c", "lazy").unwrap_or_else(|e| panic!("{e}"));
    for input in [
        "",
        "print 1",
        "pri",
        "define f\nprint 1",
        "break step\ncommands\nsilent",
        "if 1\n",
        "while 1\nif 1",
        "document x",
        "break step\nrun",
        "starti\n",
    ] {
        sane(input, &Session::rdbg().program(&program.path, [""; 0]).feed(input));
    }
}

/// In batch mode the exit status tells.
#[test]
fn the_status_tells() {
    let program = build::build("c/exits.c", "lazy").unwrap_or_else(|e| panic!("{e}"));
    let status = |session: Session, commands: &[&str]| {
        let run = session.batch(commands);
        (run.status.and_then(|s| s.code()), run.text)
    };
    let with = |args: &[&str]| Session::rdbg().program(&program.path, args);
    let cases: [(Session, &[&str], i32); 6] = [
        (with(&[]), &["print 1"], 0),
        (with(&[]), &["print nosuch"], 1),
        (with(&[]), &["print nosuch", "print 1"], 0),
        (with(&[]), &["assert 1 == 2"], 1),
        (with(&["9"]).option("-return-child-result"), &["run"], 9),
        (with(&[]), &["set error strict on", "print nosuch", "print 1"], 1),
    ];
    for (session, commands, expected) in cases {
        let (code, text) = status(session, commands);
        assert_eq!(code, Some(expected), "{commands:?}\n{text}");
    }
}

//! Damaged debug information: real programs whose debug sections were changed at random, truncated, moved, or said to be longer, shorter
//! or compressed. Whatever is asked about them, rdbg answers or complains, goes on, and ends by itself, with bounded memory and time.
//!
//! `$RDBG_DAMAGE_ROUNDS` makes more of each program (default 20), `$RDBG_DAMAGE_SEED` others.

mod common;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use common::build;
use common::rdbg::{Run, Session, run};
use common::tools;
use goblin::elf::Elf;

/// Programs by every version and compiler, and whether their sections are to be compressed.
const PROGRAMS: &[(&str, &str, bool)] = &[
    ("c/places.c", "o2", false),
    ("c/places.c", "og4", false),
    ("c/places.c", "o1", true),
    ("c/lines.c", "optimised", false),
    ("cpp/types.cpp", "d5", false),
    ("cpp/types.cpp", "d4", true),
    ("cpp/types.cpp", "clang", false),
];

/// Questions without a process.
const STATIC: &[&str] = &[
    "info functions",
    "info variables",
    "info types .",
    "info functions -n ^m",
    "info sources",
    "list main",
    "list 1,20",
    "info line main",
    "info scope main",
    "info address main",
    "disassemble /s main",
    "ptype main",
    "ptype struct s",
    "ptype /o S",
    "whatis sizeof(int)",
    "complete break m",
    "complete print s",
    "info line 30",
    "tbreak 30",
    "print s",
    "print *argv@2",
];

/// Questions to a process.
const RUNNING: &[&str] = &[
    "break main",
    "run",
    "bt -full",
    "info locals",
    "info args",
    "info frame",
    "next",
    "step",
    "step",
    "bt",
    "info locals",
    "print *this",
    "finish",
    "up",
    "info locals",
    "display s",
    "next",
    "until",
    "tbreak step",
    "continue",
    "bt -full",
    "frame function main",
    "x/4i $pc",
    "stepi 20",
    "info source",
    "kill",
];

/// The memory that a session may address, in bytes; a stack of each thread of rdbg's is 8 MiB of it.
const ADDRESS_SPACE: u64 = 1 << 30;

/// The time that a session may compute, in seconds, and how long it may take on a machine that does other things too.
const COMPUTING: u64 = 10;
const PATIENCE: Duration = Duration::from_secs(120);

/// Knuth's MMIX generator: the same damage on every machine.
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % n.max(1)
    }

    fn of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }
}

/// A section that describes: where its header is in the file, where its bytes are, and how many.
#[derive(Clone, Copy)]
struct Part {
    header: usize,
    start: usize,
    len: usize,
    is_central: bool,
}

fn parts(file: &[u8]) -> Vec<Part> {
    let elf = Elf::parse(file).expect("a program");
    let mut found = Vec::new();
    for (index, section) in elf.section_headers.iter().enumerate() {
        let name = elf.shdr_strtab.get_at(section.sh_name).unwrap_or_default();
        if (name.starts_with(".debug_") || name == ".eh_frame") && section.sh_size > 0 {
            found.push(Part {
                header: elf.header.e_shoff as usize + 64 * index,
                start: section.sh_offset as usize,
                len: section.sh_size as usize,
                is_central: [".debug_info", ".debug_abbrev", ".debug_line", ".debug_types"].contains(&name),
            });
        }
    }
    found
}

fn put(file: &mut [u8], at: usize, bytes: &[u8]) {
    let end = (at + bytes.len()).min(file.len());
    file[at..end].copy_from_slice(&bytes[..end - at]);
}

/// One change.
fn damage(file: &mut [u8], parts: &[Part], random: &mut Random) {
    let central: Vec<Part> = parts.iter().copied().filter(|p| p.is_central).collect();
    let part = if random.below(5) < 2 && !central.is_empty() { random.of(&central) } else { random.of(parts) };
    let (at, left) = (part.start + random.below(part.len), part.len);
    let within = |len: usize| len.min(part.start + part.len - at);
    match random.below(9) {
        0 => file[at] ^= 1 << random.below(8),
        1 => file[at] = random.of(&[0, 0xff, 0x80, 0x7f, 1, 0x0c]),
        2 => {
            let len = within(random.of(&[2, 4, 8, 16, 64]));
            file[at..at + len].fill(0xff);
        }
        3 => {
            let len = within(random.of(&[2, 4, 8, 64, 1000]));
            file[at..at + len].fill(0);
        }
        // An offset, a length: of itself, of nothing, of more than there is.
        4 => {
            let anywhere = random.below(left) as u32;
            let value =
                random.of(&[0, 1, left as u32, left as u32 - 1, left as u32 + 1, anywhere, 0x7fff_ffff, 0xffff_fff0, u32::MAX]);
            put(file, at.min(part.start + left.saturating_sub(4)), &value.to_le_bytes());
        }
        // What stands elsewhere: references that lead back to themselves.
        5 => {
            let from = part.start + random.below(part.len);
            let len = within(random.of(&[4, 16, 64, 500])).min(part.start + part.len - from);
            file.copy_within(from..from + len, at);
        }
        // sh_size
        6 => {
            let (len, anywhere) = (left as u64, random.below(left) as u64);
            put(
                file,
                part.header + 32,
                &random.of(&[0, 1, len / 2, len - 1, len * 2, 1 << 40, u64::MAX, anywhere]).to_le_bytes(),
            );
        }
        // sh_offset: another section's bytes.
        7 => put(file, part.header + 24, &(random.of(parts).start as u64).to_le_bytes()),
        // SHF_COMPRESSED, with some header; the type may be zlib's or Zstandard's, the size anything.
        _ => {
            file[part.header + 9] |= 8;
            put(file, part.start, &u64::from(random.of(&[1u32, 2, 7])).to_le_bytes());
            put(file, part.start + 8, &random.of(&[0u64, 1 << 12, 1 << 24, 1 << 32, 1 << 62, u64::MAX]).to_le_bytes());
        }
    }
}

/// The program's bytes, compressed if they are to be; `None`, and aloud, where something is missing.
fn bytes(source: &str, name: &str, is_compressed: bool) -> Option<Vec<u8>> {
    let program = build::or_skip("damaged", source, name)?;
    let mut path = program.path;
    if is_compressed {
        let to = directory().join(format!("{}.z", name));
        let done = Command::new("objcopy").arg("--compress-debug-sections=zlib").arg(&path).arg(&to).status();
        if !done.is_ok_and(|s| s.success()) {
            tools::skip("damaged compressed sections", "objcopy cannot compress");
            return None;
        }
        path = to;
    }
    Some(std::fs::read(path).expect("the program"))
}

fn directory() -> PathBuf {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("damaged");
    std::fs::create_dir_all(&directory).expect("a directory");
    directory
}

fn session(path: &Path, commands: &[&str]) -> Run {
    let session = Session::rdbg().program(path, [""; 0]);
    let plain = session.command();
    let mut limited = Command::new("prlimit");
    limited.arg(format!("--as={ADDRESS_SPACE}")).arg(format!("--cpu={COMPUTING}")).arg("--core=0");
    let mut arguments: Vec<_> = plain.get_args().map(ToOwned::to_owned).collect();
    let at = arguments.iter().position(|a| a == "-q").map_or(0, |at| at + 1);
    let mut batch = vec!["-batch".into(), "-ex".into(), "set index-cache enabled off".into()];
    commands.iter().for_each(|line| batch.extend(["-ex".into(), (*line).into()]));
    arguments.splice(at..at, batch);
    limited.arg(plain.get_program()).args(arguments);
    limited.envs(plain.get_envs().filter_map(|(name, value)| Some((name, value?))));
    run(limited, Vec::new(), PATIENCE)
}

fn number(variable: &str, default: usize) -> usize {
    std::env::var(variable).ok().and_then(|v| v.parse().ok()).unwrap_or(default)
}

/// Asks everything about one damaged program; what is wrong, and where the program is kept then.
fn ask(file: &[u8], title: &str) -> Option<String> {
    let path = directory().join(title);
    std::fs::write(&path, file).expect("a file");
    let executable = Command::new("chmod").arg("+x").arg(&path).status();
    assert!(executable.is_ok_and(|s| s.success()));
    for commands in [STATIC, RUNNING] {
        let run = session(&path, commands);
        let bad = ["panicked at", "overflowed its stack", "memory allocation of"].into_iter().find(|bad| run.text.contains(bad));
        let is_ended = run.status.is_some_and(|s| s.code().is_some());
        if bad.is_some() || !is_ended {
            let from = bad.and_then(|bad| run.text.find(bad)).unwrap_or(run.text.len().saturating_sub(600));
            let text: String = run.text.get(from..).unwrap_or_default().chars().take(600).collect();
            return Some(format!("{}: {:?}\n{text}", path.display(), run.status));
        }
    }
    let _ = std::fs::remove_file(&path);
    None
}

#[test]
fn damaged_debug_information_ends_no_session() {
    if tools::find("prlimit").is_none() {
        return tools::skip("damaged_debug_information_ends_no_session", "no prlimit");
    }
    let rounds = number("RDBG_DAMAGE_ROUNDS", 20);
    let seed = number("RDBG_DAMAGE_SEED", 1) as u64;
    let programs: Vec<(usize, String, Vec<u8>)> = (0..)
        .zip(PROGRAMS)
        .filter_map(|(i, (source, name, z))| Some((i, format!("{}-{name}", source.replace('/', "-")), bytes(source, name, *z)?)))
        .collect();
    let next = AtomicUsize::new(0);
    let work = || {
        let mut wrong = Vec::new();
        while let Some((number, title, whole)) = {
            let at = next.fetch_add(1, Ordering::Relaxed);
            programs
                .get(at / rounds)
                .map(|(i, title, whole)| (i * 100_003 + at % rounds, format!("{title}.{}", at % rounds), whole))
        } {
            let mut random = Random(seed << 32 | number as u64);
            random.below(1);
            let (mut file, parts) = (whole.clone(), parts(whole));
            for _ in 0..random.of(&[1, 1, 1, 2, 4, 8]) {
                damage(&mut file, &parts, &mut random);
            }
            wrong.extend(ask(&file, &title));
        }
        wrong
    };
    let wrong: Vec<String> = std::thread::scope(|s| {
        let threads: Vec<_> = (0..2).map(|_| s.spawn(work)).collect();
        threads.into_iter().flat_map(|t| t.join().expect("a thread")).collect()
    });
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), programs.len() * rounds, wrong.join("\n\n"));
}

/// A section that says that it becomes a thousand times as long is not inflated; the complaint names the module and the section.
#[test]
fn a_bomb_is_not_inflated() {
    let Some(whole) = bytes("c/places.c", "o1", true) else { return };
    let mut file = whole.clone();
    let elf = Elf::parse(&whole).expect("a program");
    let named = |s: &&goblin::elf::SectionHeader| elf.shdr_strtab.get_at(s.sh_name) == Some(".debug_info");
    let info = elf.section_headers.iter().find(named).expect(".debug_info");
    assert!(info.sh_flags & 0x800 != 0, "it is compressed");
    put(&mut file, info.sh_offset as usize + 8, &(3u64 << 30).to_le_bytes());
    let path = directory().join("bomb");
    std::fs::write(&path, &file).expect("a file");
    let run = session(&path, &["info line main", "print 6 * 7"]);
    assert!(run.text.contains("$1 = 42") || run.text.contains("= 42"), "{}", run.text);
    assert!(run.text.contains("bomb") && run.text.contains(".debug_info"), "{}", run.text);
}

//! Core files, of the kernel's and of gdb's making, held against gdb on the same file and against the process that they are of.

mod common;

use std::path::{Path, PathBuf};
use std::process::Command;

use common::build::{self, Program};
use common::rdbg::{Run, Session};
use common::tools;
use regex::Regex;

/// A directory of a test's own.
fn directory(name: &str) -> PathBuf {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("core-{name}-{}", std::process::id()));
    std::fs::create_dir_all(&dir).unwrap();
    dir
}

/// The core file that the kernel writes of a crash; `None` where it is told to write elsewhere.
fn crashed(program: &Program, name: &str) -> Option<PathBuf> {
    let dir = directory(name);
    let script = format!("ulimit -c unlimited; cd {} && exec {}", dir.display(), program.path.display());
    let _ = tools::output(Command::new("bash").args(["-c", &script]));
    let found = std::fs::read_dir(&dir).ok()?.flatten().map(|e| e.path()).find(|p| p.to_string_lossy().contains("core"));
    if found.is_none() {
        tools::skip(name, "the kernel writes core files elsewhere (core_pattern)");
    }
    found
}

/// The core file that gdb's `generate-core-file` writes at a breakpoint.
fn gcored(program: &Program, name: &str, at: &str) -> Option<PathBuf> {
    let Some(gdb) = tools::gdb() else {
        tools::skip(name, "this machine has no gdb");
        return None;
    };
    let file = directory(name).join("gcore");
    let script = format!("set breakpoint pending on\nbreak {at}\nrun > /dev/null\ngenerate-core-file {}\nkill\n", file.display());
    Session::of(&gdb.path).program(&program.path, [""; 0]).feed(&script);
    file.exists().then_some(file)
}

fn look(session: Session, program: &Program, core: &Path, commands: &str) -> Run {
    session.option(&program.path).option(core).feed(commands)
}

/// Rows that begin as wanted, without prompts and without gdb's warnings.
fn rows(run: &Run, pattern: &str) -> Vec<String> {
    let pattern = Regex::new(pattern).unwrap();
    let bare = |line: &str| line.trim_start_matches("(rdbg) ").trim_start_matches("(gdb) ").trim_end().to_owned();
    run.lines().map(bare).filter(|l| pattern.is_match(l)).collect()
}

/// What gdb and rdbg say of the same core file.
#[test]
fn cores_are_read_as_gdb_reads_them() {
    let Some(gdb) = tools::gdb() else { return tools::skip("cores", "this machine has no gdb") };
    let commands = "bt\ninfo registers rip rsp rbp rax\np/x $sp\nx/4gx $sp\nx/2i $pc\np $_siginfo\ncontinue\nstepi\nset var *(char*)$sp = 1\ninfo proc\nup\n";
    let kept = r"^#\d|^r[a-z]{2} +0x|^\$1 = 0x|^0x[0-9a-f]{8,}[ <:]|^ +0x[0-9a-f]+ <|^The program is not|^Cannot access|^Core was|^Program term|^exe = ";
    for (source, name) in [("c/crash.c", "lazy"), ("c/crash.c", "pie"), ("c/crash.c", "static")] {
        let Some(program) = build::or_skip("cores", source, name) else { continue };
        for core in [crashed(&program, &format!("kernel-{name}")), gcored(&program, &format!("gdb-{name}"), "inner")]
            .into_iter()
            .flatten()
        {
            let ours = rows(&look(Session::rdbg(), &program, &core, commands), kept);
            let theirs = Session::of(&gdb.path).option("-iex").option("set debug-file-directory /nonexistent");
            let theirs = rows(&look(theirs, &program, &core, commands), kept);
            assert!(theirs.len() > 12, "gdb said little: {theirs:#?}");
            let (ours, theirs) = (ours.join("\n"), theirs.join("\n"));
            let difference = similar::TextDiff::from_lines(&theirs, &ours);
            assert!(ours == theirs, "{}:\n{}", core.display(), difference.unified_diff().context_radius(1).header("gdb", "rdbg"));
            let _ = std::fs::remove_file(&core);
        }
    }
}

/// The loader's commands say of a core file what they say of the process that it was made of.
#[test]
fn the_load_is_in_the_core() {
    // gdb gives the program LINES and COLUMNS, so that its stack lies elsewhere, and starts it through a shell.
    let varies = concat!(
        r"0x7ff[0-9a-f]{9}.*(argc|argv|envp|AT_|strings?|\(end|align)|AT_|_dl_runtime",
        r"|\(alignment\)|argv|envp|string|\(end\)|argc|mapping|stack"
    );
    let varying = Regex::new(varies).unwrap();
    for name in ["lazy", "pie", "now", "noplt"] {
        let Some(program) = build::or_skip("cores", "c/slots.c", name) else { continue };
        let Some(core) = gcored(&program, &format!("load-{name}"), "strtol") else {
            let Some(gdb) = tools::gdb() else { return };
            panic!("{} wrote no core", gdb.path.display());
        };
        let commands = "got -all puts\nplt\ninfo relocations\nwhy puts\nwhy libc.so.6\ninfo dynamic\ninfo auxv\ninfo startup\ninfo link-map\n\
                        xinfo main\ninfo got printf -json\ninfo relocations -json JUMP_SLOT\nwhy puts -json\n";
        let dead = look(Session::rdbg(), &program, &core, commands);
        let live = Session::rdbg()
            .program(&program.path, [""; 0])
            .feed(&format!("set breakpoint pending on\nbreak strtol\nrun > /dev/null\n{commands}kill\n"));
        let kept = r"^\[-?\d|^0x|^=> |^to |^\{|^puts@|^r_debug";
        let without = |run: &Run| rows(run, kept).into_iter().filter(|l| !varying.is_match(l)).collect::<Vec<_>>().join("\n");
        let (ours, theirs) = (without(&dead), without(&live));
        let difference = similar::TextDiff::from_lines(&theirs, &ours);
        assert!(theirs.lines().count() > 40, "{}", live.text);
        assert!(ours == theirs, "{name}:\n{}", difference.unified_diff().context_radius(1).header("live", "core"));
        assert!(rows(&dead, r#"argv\[0\]'s string.*slots""#).len() == 1, "{name}\n{}", dead.text);
        let _ = std::fs::remove_file(&core);
    }
}

/// The pages of a core file: as many are in it as its program headers say, those that it calls copies have other bytes than their
/// files, and were private in the living process.
#[test]
fn copied_pages_are_proved() {
    let objects = |run: &Run| -> Vec<serde_json::Value> {
        run.lines().filter_map(|l| serde_json::from_str(l.find('{').map(|at| &l[at..])?).ok()).collect()
    };
    let number = |v: &serde_json::Value| u64::from_str_radix(v.as_str().unwrap().trim_start_matches("0x"), 16).unwrap();
    for name in ["lazy", "pie", "now"] {
        let Some(program) = build::or_skip("cores", "c/slots.c", name) else { continue };
        let Some(core) = gcored(&program, &format!("pages-{name}"), "strtol") else { return tools::skip("cores", "no gdb") };
        let (headers, _) = tools::output(Command::new("readelf").arg("-lW").arg(&core));
        let mut held = std::collections::BTreeMap::new();
        for line in headers.lines().filter(|l| l.trim_start().starts_with("LOAD ")) {
            let fields: Vec<u64> =
                line.split_whitespace().filter_map(|w| u64::from_str_radix(w.strip_prefix("0x")?, 16).ok()).collect();
            held.insert(fields[1], (fields[0], fields[3]));
        }
        let dead = objects(&look(Session::rdbg(), &program, &core, "pages -json\n"));
        let bytes = std::fs::read(&core).unwrap();
        let mut copies = Vec::new();
        for row in dead.iter().filter(|r| r["in_core"].is_u64()) {
            let start = number(&row["start"]);
            let theirs = held.get(&start).map_or(0, |(_, size)| size / 4096);
            assert_eq!(row["in_core"].as_u64(), Some(theirs), "{name}: {row}");
            let file = std::fs::read(row["name"].as_str().unwrap());
            let maps_file_at = |page: u64| -> Option<(Vec<u8>, Vec<u8>)> {
                let (offset, _) = held.get(&start)?;
                let from = bytes.get((offset + page * 4096) as usize..)?.get(..4096)?.to_vec();
                // The same bytes are somewhere in the file if it is no copy; gdb's list of mappings is not asked again.
                Some((from, file.as_ref().ok()?.clone()))
            };
            for (page, letter) in row["map"].as_str().unwrap().chars().enumerate() {
                let Some((page_bytes, file)) = maps_file_at(page as u64) else { continue };
                let is_in_file = file.chunks(4096).any(|c| c == page_bytes);
                match letter {
                    'P' => {
                        assert!(!is_in_file, "{name}: page {page} of {row}");
                        copies.push(start + 4096 * page as u64);
                    }
                    // The last page of a file is filled up with zeros.
                    'f' if file.len().is_multiple_of(4096) => assert!(is_in_file, "{name}: page {page} of {row}"),
                    _ => {}
                }
            }
        }
        assert!(copies.len() > 3, "{name}: {copies:x?}");
        let script = "set breakpoint pending on\nbreak strtol\nrun > /dev/null\npages -cow -json\nkill\n";
        let alive = objects(&Session::rdbg().program(&program.path, [""; 0]).feed(script));
        let private: Vec<u64> = alive.iter().filter(|r| r["cause"].is_array()).map(|r| number(&r["page"])).collect();
        let missing: Vec<&u64> = copies.iter().filter(|c| !private.contains(c)).collect();
        assert!(missing.is_empty(), "{name}: {missing:x?}");
        let _ = std::fs::remove_file(&core);
    }
}

/// Whatever is cut off a core file, rdbg says so and shows the rest.
#[test]
fn truncated_cores_are_told() {
    let Some(program) = build::or_skip("cores", "c/slots.c", "lazy") else { return };
    let Some(core) = gcored(&program, "truncated", "strtol") else { return tools::skip("truncated_cores", "no gdb") };
    let bytes = std::fs::read(&core).unwrap();
    for (i, part) in [0, 10, 63, 64, 500, 4096, bytes.len() / 50, bytes.len() / 2, bytes.len() - 1].into_iter().enumerate() {
        let cut = core.with_file_name(format!("cut-{i}"));
        std::fs::write(&cut, &bytes[..part]).unwrap();
        let run = look(
            Session::rdbg(),
            &program,
            &cut,
            "bt\ngot\ninfo link-map\npages\npages -cow\nvmmap\nxinfo main\nx/4gx $sp\necho alive\\n\n",
        );
        assert!(run.text.contains("alive") && !run.text.contains("panicked"), "{part}\n{}", run.text);
        let told = run.text.contains("truncated")
            || run.text.contains("is not a core dump")
            || run.text.contains("no thread's")
            || run.text.contains("truncated: ");
        assert!(told || part + 1 == bytes.len(), "{part} of {}\n{}", bytes.len(), run.text);
    }
    for not_core in ["/etc/passwd", program.path.to_str().unwrap()] {
        let run = look(Session::rdbg(), &program, Path::new(not_core), "echo alive\\n\n");
        assert!(
            run.text.contains("is not a core dump: file format not recognized") && run.text.contains("alive"),
            "{}",
            run.text
        );
    }
    let _ = std::fs::remove_dir_all(core.parent().unwrap());
}

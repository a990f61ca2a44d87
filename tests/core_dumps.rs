//! Core files that rdbg writes: held against the kernel's of the same program, and read by gdb, lldb, readelf and rdbg itself.

mod common;

use std::collections::BTreeMap;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use common::build::{self, Program};
use common::rdbg::{Run, Session};
use common::tools;
use regex::Regex;

/// A directory of a test's own, which goes with it.
struct Directory(PathBuf);

impl Directory {
    fn new(name: &str) -> Directory {
        let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("dump-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&dir);
        std::fs::create_dir_all(&dir).unwrap();
        Directory(dir)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Runs the program to its crash under rdbg, then these commands, then `generate-core-file`.
fn dump(program: &Program, filter: &str, commands: &str, core: &Path) -> Run {
    let script = format!("{}\ngenerate-core-file {}\n", commands.trim_end(), core.display());
    let run = Session::rdbg().program(&program.path, [""; 0]).env("FILTER", filter).feed(&script);
    assert!(run.text.contains(&format!("Saved corefile {}", core.display())), "{}", run.text);
    run
}

/// The core file that the kernel writes of the same crash at the same addresses; `None` where it is told to write elsewhere.
fn kernels(program: &Program, filter: &str, dir: &Directory) -> Option<PathBuf> {
    let script = format!("ulimit -c unlimited; cd {} && exec setarch -R {}", dir.0.display(), program.path.display());
    let mut command = Command::new("bash");
    tools::output(command.args(["-c", &script]).env_clear().env("FILTER", filter).env("PATH", "/usr/bin:/bin"));
    let found = std::fs::read_dir(&dir.0).ok()?.flatten().map(|e| e.path());
    found.into_iter().find(|p| p.file_name().is_some_and(|n| n.to_string_lossy().starts_with("core")))
}

/// PT_LOAD segments as readelf has them: address -> (size in the file, size in memory, flags).
fn segments(core: &Path) -> BTreeMap<u64, (u64, u64, String)> {
    let (text, _) = tools::output(Command::new("readelf").arg("-lW").arg(core));
    let hex = |s: &str| u64::from_str_radix(s.trim_start_matches("0x"), 16).unwrap();
    let loads = text.lines().map(|l| l.split_whitespace().collect::<Vec<_>>()).filter(|f| f.first() == Some(&"LOAD"));
    // LOAD offset virtual physical file memory flags.. align
    loads.map(|f| (hex(f[2]), (hex(f[4]), hex(f[5]), f[6..f.len() - 1].join("")))).collect()
}

/// The notes as readelf has them: how many of each type.
fn notes(core: &Path) -> BTreeMap<String, usize> {
    let (text, _) = tools::output(Command::new("readelf").arg("-nW").arg(core));
    let mut out = BTreeMap::new();
    for name in text.lines().filter_map(|l| l.split_whitespace().find(|w| w.starts_with("NT_"))) {
        *out.entry(name.to_owned()).or_default() += 1;
    }
    out
}

fn rows(run: &Run, pattern: &str) -> Vec<String> {
    let pattern = Regex::new(pattern).unwrap();
    let bare = |line: &str| line.trim_start_matches("(rdbg) ").trim_start_matches("(gdb) ").trim_end().to_owned();
    run.lines().map(bare).filter(|l| pattern.is_match(l)).collect()
}

/// What of the memory is in the file is what the kernel takes, for each kind of mapping.
#[test]
fn the_filter_is_the_kernels() {
    let Some(program) = build::or_skip("the_filter_is_the_kernels", "c/cored.c", "lazy") else { return };
    if tools::find("readelf").is_none() || tools::find("setarch").is_none() {
        return tools::skip("the_filter_is_the_kernels", "this machine has no readelf or no setarch");
    }
    for filter in ["0x33", "0x0", "0x1", "0x2", "0x4", "0x8", "0x7f"] {
        let dir = Directory::new(&format!("filter-{filter}"));
        let Some(theirs) = kernels(&program, filter, &dir) else {
            return tools::skip("the_filter_is_the_kernels", "the kernel writes core files elsewhere (core_pattern)");
        };
        let ours = dir.file("own");
        // Breakpoints make copies of pages that the program has not made.
        dump(&program, filter, "break crash\nbreak puts\nrun\ncontinue", &ours);
        assert_eq!(ours.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        let (ours, theirs) = (segments(&ours), segments(&theirs));
        assert!(theirs.len() > 20, "{theirs:?}");
        let mut compared = 0;
        for (at, (in_file, size, flags)) in &theirs {
            // The kernel's own pages (it writes zeroes for some that nobody can read); the stack, which holds another environment.
            let is_special = *at >= 1 << 47
                || *size <= 0x4000 && flags == "R" && *in_file == *size
                || *at > 0x7fff_f000_0000 && size >= &0x20000 && flags == "RW";
            let own = ours.get(at);
            if is_special {
                continue;
            }
            match own {
                Some((own_in_file, own_size, own_flags)) => {
                    assert_eq!((own_size, own_flags), (size, flags), "{filter}: {at:#x}");
                    // Pages that nobody has touched are a hole in rdbg's file, and no part of the kernel's.
                    let is_hole = *in_file == 0 && own_in_file == size && flags == "RW";
                    assert!(own_in_file == in_file || is_hole, "{filter}: {at:#x} {own_in_file:#x} for {in_file:#x}");
                    compared += 1;
                }
                // What was left out and is in no file reads as an error, and not as zeroes.
                None => assert!(*in_file == 0 && flags == "RW", "{filter}: {at:#x} is missing"),
            }
        }
        assert!(compared > 15, "{filter}: {compared}");
    }
}

/// Every thread, with all that belongs to it, for every reader.
#[test]
fn everybody_reads_it() {
    let Some(program) = build::or_skip("everybody_reads_it", "c/cored.c", "lazy") else { return };
    let dir = Directory::new("read");
    let core = dir.file("core");
    let questions = "thread apply all -q bt 3\nthread apply all -q print/x $xmm7.v2_int64[0]\nthread apply all -q print $rsp\n\
                     print number\nprint huge[1L<<31]\nprint untouched[5]\nprint shared\nprint of_file\nprint written\n\
                     print $_siginfo.si_signo\nprint $_siginfo._sifields._sigfault.si_addr\ninfo registers rip eflags fs_base\n\
                     x/2i $pc\ninfo sharedlibrary\n";
    let live = dump(&program, "0x37", &format!("break crash\nrun\ncontinue\n{questions}"), &core);
    let answered = r"^#\d|^\$\d|^(rip|eflags|fs_base) |^(=>|  ) 0x|^0x.*Yes";
    // Of the live session what it said after the crash.
    let after = live.text.split("SIGSEGV").nth(1).unwrap_or_default().to_owned();
    let live = Run { text: after, status: live.status };
    let expected = rows(&live, answered);
    let expected: Vec<_> = expected.iter().skip_while(|l| !l.starts_with("#0")).collect();
    assert!(expected.len() > 30, "{expected:#?}");
    let dead = Session::rdbg().option(&program.path).option(&core).feed(questions);
    let own = rows(&dead, answered);
    // The first is the frame that the core file is shown with.
    assert_eq!(own.iter().skip(1).collect::<Vec<_>>(), expected, "{}", dead.text);
    for marker in
        ["77 'M'", "\"anonymous, shared\"", "\"of a file, shared\"", "\"of a file, written\"", "= 2.5", "= 11", "(void *) 0x8"]
    {
        assert!(dead.text.contains(marker), "{marker}\n{}", dead.text);
    }
    let meta = core.metadata().unwrap();
    assert!(meta.len() > 1 << 32 && meta.blocks() * 512 < 8 << 20, "{} bytes, {} blocks", meta.len(), meta.blocks());
    match tools::gdb() {
        None => tools::skip("everybody_reads_it", "this machine has no gdb"),
        Some(gdb) => {
            let theirs = Session::of(&gdb.path).option("-iex").option("set debug-file-directory /nonexistent");
            let theirs = theirs.option(&program.path).option(&core).feed(&format!("{questions}compare-sections .text\n"));
            let is_same = |l: &String| !l.starts_with('#') || l.contains("crash") || l.contains("wait_for_ever");
            let theirs_rows: Vec<String> =
                rows(&theirs, r"^\$\d|^(rip|eflags|fs_base) |^#").into_iter().filter(is_same).collect();
            let our_rows: Vec<String> = rows(&dead, r"^\$\d|^(rip|eflags|fs_base) |^#").into_iter().filter(is_same).collect();
            assert!(our_rows == theirs_rows, "{our_rows:#?}\n{theirs_rows:#?}");
            // No breakpoint is in it.
            assert!(theirs.text.contains("matched"), "{}", theirs.text);
        }
    }
    if tools::find("readelf").is_some() {
        let notes = notes(&core);
        for (note, count) in [
            ("NT_PRSTATUS", 5),
            ("NT_FPREGSET", 5),
            ("NT_X86_XSTATE", 5),
            ("NT_PRPSINFO", 1),
            ("NT_AUXV", 1),
            ("NT_FILE", 1),
            ("NT_SIGINFO", 1),
        ] {
            assert_eq!(notes.get(note), Some(&count), "{note}: {notes:?}");
        }
    }
    match tools::find("lldb") {
        None => tools::skip("everybody_reads_it", "this machine has no lldb"),
        Some(lldb) => {
            let mut command = Command::new(lldb);
            command.arg("--no-lldbinit").arg("--batch").arg("-c").arg(&core).arg(&program.path);
            let (text, _) = tools::output(
                command.args(["-o", "thread list", "-o", "print number", "-o", "print shared"]).stdin(Stdio::null()),
            );
            assert_eq!(Regex::new(r"(?m)^[* ] thread #\d").unwrap().find_iter(&text).count(), 5, "{text}");
            assert!(text.contains("`crash") && text.contains("SIGSEGV") && text.contains("2.5"), "{text}");
            assert!(text.contains("anonymous, shared"), "{text}");
        }
    }
}

/// What a program keeps out of core files stays out, unless it is asked for.
#[test]
fn secrets_stay_out() {
    let Some(program) = build::or_skip("secrets_stay_out", "c/cored.c", "lazy") else { return };
    let dir = Directory::new("secret");
    let (with, without) = (dir.file("with"), dir.file("without"));
    dump(&program, "0x1", "run", &without);
    dump(&program, "0x1", "set dump-excluded-mappings on\nrun", &with);
    let read = |core: &Path| Session::rdbg().option(&program.path).option(core).feed("print *secret@15\n").text;
    assert!(read(&with).contains("= \"secret is secre\""), "{}", read(&with));
    assert!(read(&without).contains("Cannot access memory at address 0x"), "{}", read(&without));
    // The filter is heeded, unless it is turned off.
    let (heeded, ignored) = (dir.file("heeded"), dir.file("ignored"));
    dump(&program, "0x0", "run", &heeded);
    dump(&program, "0x0", "set use-coredump-filter off\nrun", &ignored);
    let read = |core: &Path| Session::rdbg().option(&program.path).option(core).feed("print huge[1L<<31]\n").text;
    assert!(read(&heeded).contains("Cannot access memory"), "{}", read(&heeded));
    assert!(read(&ignored).contains("77 'M'"), "{}", read(&ignored));
}

/// Of a process that rdbg has attached to: it goes on, whole.
#[test]
fn a_process_that_was_dumped_goes_on() {
    let Some(program) = build::or_skip("a_process_that_was_dumped_goes_on", "c/cored.c", "lazy") else { return };
    let dir = Directory::new("attached");
    let core = dir.file("core");
    let mut child = Command::new(&program.path).arg("wait").stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    std::io::BufRead::read_line(&mut std::io::BufReader::new(child.stdout.as_mut().unwrap()), &mut line).unwrap();
    let run = Session::rdbg().option("-p").option(child.id().to_string()).feed(&format!("gcore {}\n", core.display()));
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
    let is_running = child.try_wait().unwrap().is_none();
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(run.text.contains("Saved corefile") && is_running && status.contains("TracerPid:\t0"), "{}\n{status}", run.text);
    // Without the program's name: the core file knows it, and nothing has ended it.
    let dead = Session::rdbg().option("-c").option(&core).feed("info threads\nprint number\nbt\n").text;
    assert!(dead.contains("= 2.5") && dead.contains("in main (argc=2") && !dead.contains("terminated"), "{dead}");
    assert_eq!(Regex::new(r"(?m)^[* ] \d +Thread").unwrap().find_iter(&dead).count(), 5, "{dead}");
}

/// Nothing is left of a file that could not be written.
#[test]
fn what_cannot_be_written_is_told() {
    let Some(program) = build::or_skip("what_cannot_be_written_is_told", "c/cored.c", "lazy") else { return };
    let run = Session::rdbg().program(&program.path, [""; 0]).feed("gcore\nrun\ngcore /nonexistent/core\nprint number\n");
    assert!(run.text.contains("You can't do that without a process to debug."), "{}", run.text);
    assert!(run.text.contains("/nonexistent/core") && run.text.contains("No such file or directory"), "{}", run.text);
    assert!(run.text.contains("= 2.5"), "{}", run.text);
}

/// A library that crashes, and a program that calls it; the core file of that.
fn with_library(dir: &Directory) -> PathBuf {
    let build = |arguments: &[&str]| {
        let (_, errors) = tools::output(Command::new("cc").args(arguments).current_dir(&dir.0));
        assert!(dir.file(arguments[arguments.len() - 1]).exists(), "{errors}");
    };
    std::fs::write(dir.file("lib.c"), "int deref(long n) { return *(volatile int *)n; }\n").unwrap();
    std::fs::write(dir.file("main.c"), "int deref(long); int main(void) { return deref(8); }\n").unwrap();
    build(&["-g", "-shared", "-fPIC", "lib.c", "-Wl,--build-id", "-o", "libx.so"]);
    build(&["-g", "main.c", "./libx.so", "-Wl,--build-id", "-o", "prog"]);
    let core = dir.file("core");
    let run = Session::rdbg().cwd(&dir.0).program(&dir.file("prog"), [""; 0]).feed("run\ngcore core\n");
    assert!(core.exists(), "{}", run.text);
    core
}

fn backtrace(dir: &Directory, program: Option<&str>) -> String {
    let session = Session::rdbg().cwd(&dir.0);
    let session = program.map_or_else(|| Session::rdbg().cwd(&dir.0), |p| session.option(p)).option("-c").option("core");
    session.feed("bt\nx/i $pc\n").text
}

/// Files that are gone, that were moved, and that were built anew since are told apart by build-id.
#[test]
fn files_are_those_that_were_mapped() {
    if tools::find("cc").is_none() {
        return tools::skip("files_are_those_that_were_mapped", "this machine has no cc");
    }
    let dir = Directory::new("files");
    with_library(&dir);
    let whole = |text: &str| text.contains("deref (n=8) at lib.c:1") && text.contains(" in main () at main.c:1");
    let text = backtrace(&dir, None);
    assert!(whole(&text) && !text.contains("warning"), "{text}");
    // Moved, and named by the user.
    std::fs::rename(dir.file("prog"), dir.file("elsewhere")).unwrap();
    let text = backtrace(&dir, Some("elsewhere"));
    assert!(whole(&text) && !text.contains("warning"), "{text}");
    // Missing: the rest is there.
    let text = backtrace(&dir, None);
    assert!(text.contains("Can't open file ") && text.contains("/prog during file-backed mapping note processing"), "{text}");
    assert!(text.contains("deref (n=8) at lib.c:1"), "{text}");
    // Another program in its place.
    std::fs::copy("/bin/true", dir.file("prog")).unwrap();
    let text = backtrace(&dir, Some("prog"));
    assert!(text.contains("core file may not match specified executable file."), "{text}");
    std::fs::rename(dir.file("elsewhere"), dir.file("prog")).unwrap();
    // The library built anew: neither its bytes nor its lines are those of the core file.
    std::fs::rename(dir.file("libx.so"), dir.file("liby.so")).unwrap();
    let text = backtrace(&dir, None);
    assert!(text.contains("/libx.so during file-backed mapping") && text.contains(" in main () at main.c:1"), "{text}");
    std::fs::write(dir.file("lib.c"), "int other; int deref(long n) { other++; return *(volatile int *)n; }\n").unwrap();
    tools::output(Command::new("cc").args("-g -shared -fPIC lib.c -Wl,--build-id -o libx.so".split(' ')).current_dir(&dir.0));
    let text = backtrace(&dir, None);
    assert!(text.contains("Build-id of ") && text.contains("/libx.so does not match core file"), "{text}");
    assert!(
        !text.contains("lib.c:1") && text.contains("Cannot access memory") && text.contains(" in main () at main.c:1"),
        "{text}"
    );
}

//! What rdbg says of a load held against ld.so, the kernel and gdb; patches held against what the program then does.

mod common;

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use common::build::{self, Program};
use common::oracles;
use common::rdbg::Session;
use common::tools;
use regex::Regex;

/// The lines that match, without prompts before and blanks behind them.
fn rows(text: &str, pattern: &str) -> Vec<String> {
    let pattern = Regex::new(pattern).unwrap();
    let bare = |line: &str| line.trim_start_matches("(rdbg) ").trim_start_matches("(gdb) ").trim_end().to_owned();
    text.lines().map(bare).filter(|l| pattern.is_match(l)).collect()
}

/// The bindings of the program's own slots that ld.so reports: symbol, and the base name of the library.
fn bindings(program: &Program, args: &[&str]) -> BTreeSet<(String, String)> {
    let line = Regex::new(r"binding file (\S+) \[0\] to (\S+) \[0\]: normal symbol `([^']+)'").unwrap();
    let mut command = Command::new(&program.path);
    let (_, log) = tools::output(command.args(args).env("LD_DEBUG", "bindings").env("LD_BIND_NOW", "1"));
    let base = |p: &str| Path::new(p).file_name().unwrap_or_default().to_string_lossy().into_owned();
    let own = |found: &regex::Captures| Path::new(&found[1]) == program.path;
    line.captures_iter(&log).filter(own).map(|f| (f[3].to_owned(), base(&f[2]))).collect()
}

/// At the program's end every bound slot leads to the module that ld.so named for it.
#[test]
fn bound_slots_lead_where_ld_so_says() {
    let bound = Regex::new(r"^\[-?\d+\] .* (\w+)(?:@\S+)? +(?:JUMP_SLOT|GLOB_DAT) +(?:bound|ifunc) -> ([^!+\s]+)[!+]").unwrap();
    for name in ["lazy", "now", "pie", "noplt", "lld"] {
        let Some(program) = build::or_skip("loading", "c/slots.c", name) else { continue };
        let theirs = bindings(&program, &["7"]);
        assert!(theirs.len() > 5, "{theirs:?}");
        let run = oracles::rdbg(&program, &["7"], "break main\nrun\nbreak getpid\ncontinue\nfinish\ngot\nkill");
        let ours: BTreeSet<(String, String)> =
            run.lines().filter_map(|l| bound.captures(l)).map(|f| (f[1].to_owned(), f[2].to_owned())).collect();
        let wrong: Vec<_> = ours.difference(&theirs).collect();
        assert!(wrong.is_empty() && ours.len() > 5, "{name}: {wrong:?}\n{}", run.text);
    }
}

/// A slot is unresolved until its first call, bound after it, and unresolved again after `unbind`.
#[test]
fn a_slots_life() {
    for (name, lazy) in
        [("lazy", "puts@plt\\+6"), ("pie", "puts@plt\\+6"), ("ibt", "\\.plt\\+0x[0-9a-f]+"), ("nosections", "puts@plt\\+6")]
    {
        let Some(program) = build::or_skip("loading", "c/slots.c", name) else { continue };
        // puts is called twice; strlen runs before it.
        let script = "got ^puts@\nbreak printf\nrun\ngot ^puts@\nunbind puts\ngot ^puts@\nundo\ngot ^puts@\ncontinue\nkill";
        let run = oracles::rdbg(&program, &["7"], script);
        let states = rows(&run.text, r"^\[\d+\] .*puts@GLIBC_2.2.5 +JUMP_SLOT");
        let unresolved = Regex::new(&format!("unresolved -> {lazy}$")).unwrap();
        let is = |i: usize, bound: bool| {
            let state = states.get(i).map(String::as_str).unwrap_or_default();
            if bound { state.ends_with("bound -> libc.so.6!puts") } else { unresolved.is_match(state) }
        };
        assert!(is(0, false) && is(1, true) && is(2, false) && is(3, true), "{name}\n{}", run.text);
    }
}

/// After `redirect` the program itself calls the other function; after `undo` the first one again.
#[test]
fn redirected_calls_arrive() {
    for name in ["lazy", "now", "pie", "pie-now", "noplt", "ibt", "ibt-pie", "lld", "lld-pie", "clang", "musl"] {
        let Some(program) = build::or_skip("loading", "c/hello.c", name) else { continue };
        let run = oracles::rdbg(&program, &[], "break main\nrun\nredirect puts my_puts\ngot puts\ncontinue");
        assert!(run.lines().any(|l| l.ends_with("my_puts: bye")), "{name}\n{}", run.text);
        assert!(run.text.contains("redirected -> hello!my_puts"), "{name}\n{}", run.text);
        let run = oracles::rdbg(&program, &[], "break main\nrun\nredirect puts my_puts\nundo\ncontinue");
        assert!(!run.text.contains("my_puts: bye") && run.text.contains("bye\n"), "{name}\n{}", run.text);
    }
}

/// What memory no longer holds is not taken back, and both values are named.
#[test]
fn undo_refuses_what_the_program_has_overwritten() {
    let Some(program) = build::or_skip("loading", "c/slots.c", "lazy") else { return };
    let run = oracles::rdbg(
        &program,
        &["7"],
        "break printf\nrun\nunbind puts\nbreak getpid\ncontinue\ncontinue\nundo\ngot ^puts@\nkill",
    );
    let refusal = Regex::new(r#"Cannot undo "unbind puts": 0x[0-9a-f]+ <puts@got.plt> holds 0x0000[0-9a-f]{12}, not 0x0000000000401\w{3} as rdbg left it\."#).unwrap();
    assert!(refusal.is_match(&run.text), "{}", run.text);
    assert!(run.text.contains("bound -> libc.so.6!puts"), "{}", run.text);
}

/// A saved copy has the patch in it and runs.
#[test]
fn a_saved_patch_runs() {
    if tools::find("as").is_none() || tools::find("ld").is_none() {
        return tools::skip("a_saved_patch_runs", "this machine has no as and ld");
    }
    for name in ["lazy", "pie", "lld", "static"] {
        let Some(program) = build::or_skip("loading", "c/hello.c", name) else { continue };
        let to = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("patched-{}-{name}", std::process::id()));
        let script = format!("break *main\nrun\npatch main = -asm \"mov $7, %eax; ret\"\npatch -save {}\ncontinue", to.display());
        let run = oracles::rdbg(&program, &[], &script);
        assert!(run.text.contains("exited with code 07"), "{name}\n{}", run.text);
        let status = Command::new(&to).status().unwrap_or_else(|e| panic!("{name}: {e}\n{}", run.text));
        let _ = std::fs::remove_file(&to);
        assert_eq!(status.code(), Some(7), "{name}");
    }
}

/// An instruction that refers to the program's symbols means their run-time addresses.
#[test]
fn assembled_code_calls_the_program() {
    if tools::find("as").is_none() || tools::find("ld").is_none() {
        return tools::skip("assembled_code_calls_the_program", "this machine has no as and ld");
    }
    for name in ["lazy", "pie"] {
        let Some(program) = build::or_skip("loading", "c/loop.c", name) else { continue };
        let run = oracles::rdbg(&program, &["3"], "break main\nrun\npatch step = -asm \"jmp finished\"\nx/i step\ncontinue");
        assert!(run.text.matches("total 0").count() >= 3, "{name}\n{}", run.text);
    }
}

/// Before the first instruction and at main, the stack is what the kernel left: argv where the program itself sees it.
#[test]
fn the_initial_stack_is_the_kernels() {
    let argv = Regex::new(r"EXPECT argv=(0x[0-9a-f]+) entry=(0x[0-9a-f]+) phdr=(0x[0-9a-f]+)").unwrap();
    for name in ["lazy", "pie", "static"] {
        let Some(program) = build::or_skip("loading", "c/args.c", name) else { continue };
        let run =
            oracles::rdbg(&program, &["one", "two words"], "starti\ninfo startup\nbreak main\ncontinue\ninfo startup\ncontinue");
        let truth = argv.captures(&run.text).unwrap_or_else(|| panic!("{}", run.text));
        let first = rows(&run.text, r"^0x[0-9a-f]+ +argv\[0\] ");
        assert_eq!(first.len(), 2, "{}", run.text);
        assert!(first.iter().all(|r| r.starts_with(&truth[1])), "{name}: {first:?} {}", &truth[1]);
        for row in
            [r#"argv\[1\] .*"one"$"#, r#"argv\[2\] .*"two words"$"#, r"argv\[3\] +0x0{16} +end of argv", r"argc +0x0{15}3 +3$"]
        {
            assert_eq!(rows(&run.text, row).len(), 2, "{name}: {row}\n{}", run.text);
        }
        let entry = rows(&run.text, r" AT_ENTRY ");
        assert!(entry.iter().all(|r| r.contains(&truth[2][2..])) && entry.len() == 2, "{entry:?}");
        let environment = rows(&run.text, r"^env ").len();
        assert_eq!(rows(&run.text, r#"^0x[0-9a-f]+ +envp\[\d+\] +0x\S+ +""#).len(), 2 * environment, "{}", run.text);
    }
}

/// Rows of gdb's own commands are gdb's.
#[test]
fn rows_are_gdbs() {
    let Some(gdb) = tools::gdb() else { return tools::skip("rows_are_gdbs", "this machine has no gdb") };
    let commands = "break main\nrun a b\ninfo proc mappings\ninfo auxv\ninfo files\ninfo symbol main\ninfo symbol main+4\n\
                    info address main\ninfo symbol 0\ninfo signals SIGUSR1\ninfo signals 14\nhandle SIGUSR2 nostop noprint\nhandle 14-15 stop nopass\n\
                    handle\ninfo functions ^my_\ninfo functions ^main$\ninfo proc exe\ninfo proc cwd\ninfo proc cmdline\n\
                    info address nosuch_at_all\ninfo sharedlibrary nosuch\ninfo proc nosuch\nkill";
    let kept = r"^ +0x[0-9a-f]+ +0x[0-9a-f]+ +0x|^ +Start Addr|^(?:3|5|6|7|9|11|16|23|31|33|51|0) +AT_|^\t0x[0-9a-f]+ - |Entry point: |^main .*in section|^Symbol |^No symbol|^SIG|^Signal  |signals 1-15|Use \x22info signals|^Argument|^All |^Non-debugging|^0x[0-9a-f]{16}  (?:my_|main)|^(?:exe|cwd|cmdline) = |^No shared|^Too many";
    for name in ["lazy", "pie", "now", "noplt"] {
        let Some(program) = build::or_skip("loading", "c/hello.c", name) else { continue };
        let ours = rows(&oracles::rdbg(&program, &["a", "b"], commands).text, kept);
        let theirs = rows(&oracles::gdb(gdb, &program, &["a", "b"], commands).text, kept);
        assert!(theirs.len() > 100, "gdb said little: {theirs:#?}");
        let (ours, theirs) = (ours.join("\n"), theirs.join("\n"));
        let difference = similar::TextDiff::from_lines(&theirs, &ours);
        assert!(ours == theirs, "{name}:\n{}", difference.unified_diff().context_radius(1).header("gdb", "rdbg"));
    }
}

/// The signals that a shell ignores are ignored by what rdbg starts in it, as by what the shell starts: the kernel tells.
#[test]
fn what_the_shell_ignores_the_program_ignores() {
    let test = "what_the_shell_ignores_the_program_ignores";
    let (Some(sh), Some(grep)) = (tools::find("sh"), tools::find("grep")) else { return tools::skip(test, "no sh or grep") };
    let own = ["SigIgn", "/proc/self/status"];
    for trap in ["trap '' INT QUIT TERM HUP USR1 TTOU", "true"] {
        let under = |before: &[&str], after: &[&str]| {
            let mut command = Command::new(&sh);
            command.args(["-c", &format!("{trap}; exec \"$@\""), "sh"]).args(before).arg(&grep).args(own).args(after);
            let (out, _) = tools::output(&mut command);
            out.lines().find(|l| l.starts_with("SigIgn:")).unwrap_or_else(|| panic!("{out}")).to_owned()
        };
        let rdbg = common::rdbg::executable().display().to_string();
        assert_eq!(under(&[&rdbg, "-nx", "-q", "-batch", "-ex", "run", "--args"], &[]), under(&[], &[]), "{trap}");
    }
}

/// A program's own path in the auxiliary vector is shown as any string: repetitions are folded, and what is long is cut.
#[test]
fn long_paths_in_the_vector_are_gdbs() {
    let test = "long_paths_in_the_vector_are_gdbs";
    let Some(gdb) = tools::gdb() else { return tools::skip(test, "this machine has no gdb") };
    let Some(program) = build::or_skip("loading", "c/hello.c", "lazy") else { return };
    let top = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("long-{}", std::process::id()));
    let dir = top.join("y".repeat(41)).join("ab".repeat(100));
    std::fs::create_dir_all(&dir).unwrap();
    let path = dir.join("hello");
    std::fs::copy(&program.path, &path).unwrap();
    let copy = build::Program { path, dir, source: program.source.clone() };
    let said = |text: &str| rows_of(text, "AT_EXECFN");
    for setting in ["", "set print elements 0\n", "set print repeats 0\n", "set print address off\n"] {
        let commands = format!("{setting}break main\nrun\ninfo auxv\nkill");
        let (ours, theirs) = (oracles::rdbg(&copy, &[], &commands), oracles::gdb(gdb, &copy, &[], &commands));
        assert_eq!(said(&ours.text), said(&theirs.text), "{setting}");
        assert!(!said(&theirs.text).is_empty(), "{}", theirs.text);
    }
    std::fs::remove_dir_all(&top).unwrap();
}

/// The lines with a word in them, from that word on.
fn rows_of(text: &str, word: &str) -> Vec<String> {
    text.lines().filter_map(|l| Some(l.get(l.find(word)?..)?.to_owned())).collect()
}

/// Before the program runs gdb and rdbg list the same names and sections.
#[test]
fn names_before_running_are_gdbs() {
    let Some(gdb) = tools::gdb() else { return tools::skip("names_before_running_are_gdbs", "this machine has no gdb") };
    let commands = "info functions\ninfo variables\ninfo files\ninfo symbol main\ninfo sharedlibrary\ninfo proc\ninfo auxv\n";
    let kept = r"^0x[0-9a-f]{16}  |^\t0x|Entry point|in section|^All |^Non-debugging|^No shared|^No current|auxiliary";
    for name in ["lazy", "pie", "now", "noplt"] {
        let Some(program) = build::or_skip("loading", "c/hello.c", name) else { continue };
        let ours = rows(&oracles::rdbg(&program, &[], commands).text, kept);
        let theirs = rows(&oracles::gdb(gdb, &program, &[], commands).text, kept);
        // gdb takes C's `completed.0` for a name of Ada's and cuts it.
        let ours: Vec<String> = ours.iter().map(|l| l.trim_end_matches(".0").to_owned()).collect();
        assert!(theirs.len() > 50, "gdb said little: {theirs:#?}");
        let (ours, theirs) = (ours.join("\n"), theirs.join("\n"));
        let difference = similar::TextDiff::from_lines(&theirs, &ours);
        assert!(ours == theirs, "{name}:\n{}", difference.unified_diff().context_radius(1).header("gdb", "rdbg"));
    }
}

/// Every relocation of a running program and its libraries has been applied, but those that are bound lazily and what programs
/// have changed since.
#[test]
fn relocations_of_running_programs_are_applied() {
    for path in ["/bin/ls", "/usr/bin/git", "/usr/bin/python3", "/bin/bash"] {
        if !Path::new(path).exists() {
            tools::skip(path, "this machine has none");
            continue;
        }
        let session = Session::rdbg().program(Path::new(path), ["--version"]);
        let run = session
            .feed("break *&_start\nrun\ninfo relocations -all (not yet|unreadable)$\ninfo relocations -all GLOB_DAT\nkill\n");
        assert!(rows(&run.text, "not yet$|unreadable$").is_empty(), "{path}\n{}", run.text);
        let slots = rows(&run.text, r"^0x[0-9a-f]+ +GLOB_DAT ");
        let altered: Vec<_> = slots.iter().filter(|r| r.ends_with("altered")).collect();
        assert!(altered.is_empty() && slots.len() > 20, "{path}: {altered:?}");
    }
}

/// What xinfo says of an address is what nm and the file say.
#[test]
fn xinfo_is_nms() {
    if tools::find("nm").is_none() {
        return tools::skip("xinfo_is_nms", "this machine has no nm");
    }
    for name in ["lazy", "pie"] {
        let Some(program) = build::or_skip("loading", "c/hello.c", name) else { continue };
        let (text, _) = tools::output(Command::new("nm").arg(&program.path));
        let main = text.lines().find_map(|l| l.strip_suffix(" T main")).expect("nm names main");
        let main = u64::from_str_radix(main, 16).unwrap();
        let run = oracles::rdbg(&program, &[], "break main\nrun\nxinfo &main\nx/4xb main\nkill");
        assert!(run.text.contains(&format!("link-time address {main:#x}\n")), "{name}\n{}", run.text);
        let offset = rows(&run.text, "^file +offset 0x").pop().unwrap_or_default();
        let offset = usize::from_str_radix(offset.split_whitespace().nth(2).unwrap().trim_start_matches("0x"), 16).unwrap();
        let bytes = &std::fs::read(&program.path).unwrap()[offset..offset + 4];
        let shown: Vec<String> = bytes.iter().map(|b| format!("{b:#04x}")).collect();
        assert!(run.text.contains(&shown.join("\t")), "{name}: {shown:?}\n{}", run.text);
    }
}

/// A statically linked program has no lazy slots, and rdbg says so.
#[test]
fn a_static_program_has_no_lazy_slots() {
    for name in ["static", "static-pie", "musl-static"] {
        let Some(program) = build::or_skip("loading", "c/hello.c", name) else { continue };
        for command in ["got", "plt"] {
            let run = oracles::rdbg(&program, &[], command);
            assert!(
                run.text.contains("has no lazy slots") || run.text.contains("nothing is bound lazily"),
                "{name} {command}\n{}",
                run.text
            );
            assert!(!run.text.contains("unresolved"), "{name} {command}\n{}", run.text);
        }
    }
}

//! The words of gdb's language that only tune gdb, or that front ends and start-up files need: what gdb says to them.

mod common;

use common::build;
use common::oracles::{same_as_gdb, whole};
use common::rdbg::Session;
use common::tools;

/// Sentences name the debugger.
fn ours(line: &str) -> String {
    whole(line).replace("GDB", "rdbg").replace("gdb", "rdbg").replace("Rdbg's", "rdbg's")
}

/// The settings that the reference says to change nothing: shown, set to each kind of value, wrong ones too, and shown again.
#[test]
fn settings_that_are_taken_for_gdb_are_gdbs() {
    let test = "settings_that_are_taken_for_gdb_are_gdbs";
    let Some(program) = build::or_skip(test, "c/hello.c", "debug") else { return };
    let reference = include_str!("../docs/commands.md");
    let names = reference.split("These are taken for gdb's scripts").nth(1).expect("the reference lists them");
    let names: Vec<&str> = names.split('`').skip(1).step_by(2).collect();
    assert!(names.len() > 90, "{names:?}");
    let mut commands = Vec::new();
    // Of these rdbg knows fewer values.
    for name in names.into_iter().filter(|n| !matches!(*n, "osabi" | "target-wide-charset")) {
        commands.push(format!("show {name}\nset {name} zzjunk\nshow {name}"));
        // Debug output of gdb's would follow, and this one depends on what gdb was built with.
        if !name.starts_with("debug") && !name.starts_with("python ") {
            commands.push(format!("set {name} 3\nshow {name}\nset {name} off\nset {name} none\nset {name} auto\nshow {name}"));
        }
        commands.push(format!("show {name}\nwith {name} -- echo\\n"));
    }
    let commands: Vec<&str> = commands.iter().map(String::as_str).collect();
    same_as_gdb(test, &program, &[], "set confirm off", &commands, ours);
}

/// Those of which rdbg knows some values, at these.
#[test]
fn settings_with_an_effect_are_gdbs() {
    let test = "settings_with_an_effect_are_gdbs";
    let Some(program) = build::or_skip(test, "c/hello.c", "debug") else { return };
    let commands = [
        "show architecture",
        "set architecture i386:x86-64",
        "show architecture",
        "set architecture zz",
        "set architecture auto",
        "set osabi GNU/Linux\nshow osabi\nset osabi zz\nset osabi default\nshow osabi",
        "show cp-abi\nset cp-abi gnu-v3\nshow cp-abi\nset cp-abi zz\nset cp-abi auto\nshow cp-abi",
        "show demangle-style\nset demangle-style gnu-v3\nshow demangle-style\nset demangle-style\nset demangle-style zz",
        "set disassembler-options intel\nshow disassembler-options",
        "set exec-direction reverse\nshow exec-direction",
        "set data-directory\nset data-directory /nonexistent\nshow data-directory\nset data-directory /tmp\nshow data-directory",
        "set data-directory/tmp",
        "set dcache size 0\nset dcache line-size 3\nset dcache line-size 32\nshow dcache line-size\nshow dcache size",
        "set tui tab-width 0\nset tui tab-width 4\nshow tui tab-width",
        "set extension-language foo c\nset extension-language .foo\nset extension-language .foo c\nshow extension-language",
        "set breakpoint condition-evaluation target\nshow breakpoint condition-evaluation",
        "set breakpoint condition-evaluation host\nshow breakpoint condition-evaluation",
        "show target-file-system-kind\nset target-file-system-kind unix\nshow target-file-system-kind",
        "set mem inaccessible-by-default off\nshow mem inaccessible-by-default",
        "set ravenscar task-switching off\nshow ravenscar task-switching",
        "show debuginfod urls\nset debuginfod urls http://localhost\nshow debuginfod urls",
        "show interactive-mode\nset interactive-mode on\nshow interactive-mode\nset interactive-mode auto",
        "show annotate\nset annotate\nset annotate 1\nshow annotate\nset annotate 0",
        "set charset ASCII\nshow charset\nset target-charset UTF-8\nshow charset\nset charset zz",
        "set target-wide-charset UTF-32\nshow target-wide-charset",
        "show observer\nshow may-interrupt\nshow may-insert-breakpoints\nshow auto-connect-native-target",
        "show overload-resolution\nshow opaque-type-resolution\nshow suppress-cli-notifications\nshow script-extension",
        "show watchdog\nshow tdesc filename\nshow print type nested-type-limit\nshow source open\nshow extended-prompt",
        "show ada print-signatures\nshow auto-load local-gdbinit\nset auto-load local-gdbinit off",
        "p $_gdb_setting(\"tcp connect-timeout\")\np $_gdb_setting_str(\"serial parity\")\np $_gdb_setting(\"stack-cache\")",
        "with code-cache off -- show code-cache\nshow code-cache",
        "show style address\nset style address foreground cyan\nset style address foreground zz\nshow style address foreground",
        "set style address foreground\nset style title intensity dim\nset style title intensity zz\nshow style title",
        "show style disassembler\nset style disassembler mnemonic background red\nshow style disassembler mnemonic",
    ];
    let keep = |line: &str| ours(line).replace(".gdbinit", ".rdbginit");
    same_as_gdb(test, &program, &[], "set confirm off", &commands, keep);
}

/// How numbers and strings are written then.
#[test]
fn nibbles_and_character_sets_are_gdbs() {
    let test = "nibbles_and_character_sets_are_gdbs";
    let Some(program) = build::or_skip(test, "c/hello.c", "debug") else { return };
    let commands = [
        "set print nibbles on\np/t 30\np/t -5\np/t 'A'\np/t 0\np -nibbles off -- 30\nshow print nibbles",
        "x/3tw $sp",
        "x/2tb $sp",
        "output/t 300\necho \\n",
    ];
    same_as_gdb(test, &program, &[], "break main\nrun", &commands, whole);
    let Some(gdb) = tools::gdb() else { return };
    let text = "p \"a\\344\\303\\244z\"\np (char) 228\np/c 228";
    let sets = ["UTF-8", "ASCII", "ISO-8859-1"].map(|set| format!("set target-charset {set}\n{text}\n"));
    let shown = |session: Session| session.env("LC_ALL", "C.UTF-8").feed(&sets.concat()).text.replace("(rdbg) ", "(gdb) ");
    let theirs = shown(Session::of(&gdb.path));
    assert!(theirs.contains("\"a\\344\u{e4}z\""), "gdb knows no UTF-8: {theirs}");
    assert_eq!(shown(Session::rdbg()), theirs);
}

/// Emacs starts a debugger with -fullname: what stands for source lines is gdb's.
#[test]
fn source_lines_are_annotated_as_gdb_does() {
    let test = "source_lines_are_annotated_as_gdb_does";
    let Some(program) = build::or_skip(test, "c/deep.c", "lazy") else { return };
    let commands =
        ["frame", "up", "down", "next", "info line bottom", "p 1", "stepi", "frame 0", "bt", "x/i $pc", "list 5,6", "info frame"];
    same_as_gdb(test, &program, &["3"], "set annotate 1\nbreak bottom\nrun", &commands, whole);
    let off = ["frame", "list 5,6", "next", "with source open on -- frame"];
    same_as_gdb(test, &program, &["3"], "set source open off\nbreak bottom\nrun", &off, whole);
    let Some(gdb) = tools::gdb() else { return tools::skip(test, "this machine has no gdb") };
    for option in ["-fullname", "--f"] {
        let shown = |session: Session| {
            let run = session.option(option).program(&program.path, [""; 0]).feed("break bottom\nrun 3\nkill\n");
            run.lines().filter(|l| l.contains("\x1a\x1a")).map(whole).collect::<Vec<_>>()
        };
        let theirs = shown(Session::of(&gdb.path).option("-iex").option("set confirm off"));
        assert_eq!(theirs.len(), 1, "{option}");
        assert_eq!(shown(Session::rdbg()), theirs, "{option}");
    }
}

/// Commands about what is debugged, its symbols and its registers.
#[test]
fn commands_are_gdbs() {
    let test = "commands_are_gdbs";
    let Some(program) = build::or_skip(test, "c/deep.c", "lazy") else { return };
    let before = [
        "info connections",
        "info terminal",
        "info probes",
        "info modules\ninfo modules x\ninfo module functions\ninfo module variables\ninfo exceptions\ninfo exceptions x",
        "sharedlibrary zzz\nsharedlibrary\nnosharedlibrary\nmonitor\nmonitor x",
        "demangle\ndemangle -l\ndemangle -l zz x\ndemangle foo\ndemangle -l c++ -- _Z3foov\ndemangle -l c++ _ZN3foo3barEi\ndemangle -- x",
        "target core\ntarget sim\nload",
        "section\nsection .nosuch 0\nmaintenance flush register-cache\nreverse-step\nrc",
        "define-prefix\ndefine-prefix info\ndefine-prefix abc\nabc\nabc zz\ndefine abc def\necho hello\\n\nend\nabc def\nabc\nhelp abc\nshow user abc def",
        "maintenance info sections",
        "maintenance info sections .text CODE",
        "target native",
        "add-auto-load-safe-path\nadd-auto-load-safe-path /x\nshow auto-load safe-path",
        "add-auto-load-scripts-directory\nadd-auto-load-scripts-directory /y\nshow auto-load scripts-directory",
        "info auto-load gdb-scripts\ninfo auto-load libthread-db\ninfo auto-load python-scripts\ninfo auto-load zz",
    ];
    same_as_gdb(test, &program, &["3"], "", &before, ours);
    let after = [
        "info connections",
        "info float",
        "maintenance info sections",
        "sharedlibrary zzz\nsharedlibrary libc\nmonitor",
        "target native",
    ];
    // What remains of the stack below main is not to be compared: one frame is.
    same_as_gdb(test, &program, &["3"], "break bottom\nrun", &after, ours);
}

/// What the coprocessor holds: numbers, infinities, what is no number.
#[test]
fn the_coprocessor_is_shown_as_gdb_shows_it() {
    let test = "the_coprocessor_is_shown_as_gdb_shows_it";
    let Some(program) = build::or_skip(test, "asm/x87.S", "static") else { return };
    let steps: Vec<String> = (0..14).map(|_| "stepi\ninfo float".to_owned()).collect();
    let steps: Vec<&str> = steps.iter().map(String::as_str).collect();
    same_as_gdb(test, &program, &[], "break *_start\nrun", &steps, whole);
}

/// The probes of libstdc++.
#[test]
fn probes_are_gdbs() {
    let test = "probes_are_gdbs";
    let Some(program) = build::or_skip(test, "cpp/throws.cpp", "lazy") else { return };
    let commands =
        ["info probes", "info probes stap libstd thr", "info probes all", "info probes stap . . nosuch", "info probes zz"];
    same_as_gdb(test, &program, &[], "break main\nrun", &commands, ours);
}

/// `edit` without an argument, and with each kind of place; the editor is echo.
#[test]
fn edit_starts_the_editor_where_gdb_does() {
    let test = "edit_starts_the_editor_where_gdb_does";
    let Some(program) = build::or_skip(test, "c/deep.c", "lazy") else { return };
    let Some(gdb) = tools::gdb() else { return tools::skip(test, "this machine has no gdb") };
    // "edit *main" tells where that is, too, and gdb and its editor write in the order they like.
    let script = "set confirm off\nedit\nlist 12\nedit\nedit bottom\nedit deep.c:12\nedit *main\nedit nosuch\nedit 99\n\
                  break bottom\nrun 3\nedit\nlist\nedit\nup\nedit\nkill\n";
    let shown = |session: Session| {
        let run = session.program(&program.path, [""; 0]).env("EDITOR", "/bin/echo").cwd(&program.dir).feed(script);
        run.lines().filter_map(|l| l.find("+").map(|at| l[at..].to_owned())).collect::<Vec<_>>()
    };
    let theirs = shown(Session::of(&gdb.path).option("-iex").option("set debug-file-directory /nonexistent"));
    assert!(theirs.len() > 8, "{theirs:?}");
    assert_eq!(shown(Session::rdbg()), theirs);
}

/// An alias of a command that the user has defined anew leads to the new one.
#[test]
fn aliases_follow_their_command() {
    let test = "aliases_follow_their_command";
    let Some(program) = build::or_skip(test, "c/deep.c", "lazy") else { return };
    let commands = [
        "define backtrace\necho mine\\n\nend\nbacktrace\nbt\nwhere\nba",
        "define backtrace\necho mine again\\n\nend\nbt",
        "define p\necho p\\n\nend\nprint 1\np 1\ninspect 2",
        "define step\necho s\\n\nend\ns\nstep",
    ];
    same_as_gdb(test, &program, &[], "", &commands, ours);
}

/// A file of commands ends at its first error; but what gdb can do and rdbg refuses to pretend does not end it.
#[test]
fn a_refused_setting_does_not_end_a_file_of_commands() {
    let file = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("words-{}.rdbg", std::process::id()));
    std::fs::write(&file, "set non-stop on\nset debuginfod enabled on\nshow non-stop\nset nosuch\necho unreached\\n\n").unwrap();
    let run = Session::rdbg().feed(&format!("source {}\nset non-stop on\n", file.display()));
    std::fs::remove_file(&file).unwrap();
    let refusals = run.text.matches("rdbg stops all threads together: there is no non-stop mode.").count();
    assert_eq!(refusals, 2, "{}", run.text);
    assert_eq!(run.text.matches("warning: rdbg").count(), 2, "{}", run.text);
    assert!(run.text.contains("Controlling the inferior in non-stop mode is off."), "{}", run.text);
    assert!(!run.text.contains("unreached"), "{}", run.text);
}

/// Python in a file of commands is read to its end, in one "end" or two, and left out.
#[test]
fn python_does_not_end_a_file_of_commands() {
    let directory = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("words-python-{}", std::process::id()));
    std::fs::create_dir_all(&directory).unwrap();
    let text = "python\nimport os\nend\necho one\\n\npython print(1)\ndefine f\npython\nx = 1\nend\necho two\\n\nend\nf\n\
                source extra.py\necho three\\n\n";
    std::fs::write(directory.join("a"), text).unwrap();
    std::fs::write(directory.join("extra.py"), "import gdb\n").unwrap();
    let run = Session::rdbg().cwd(&directory).feed("source a\nsource extra.py\npython\nend\necho four\\n\n");
    std::fs::remove_dir_all(&directory).unwrap();
    let sentence = "rdbg runs no Python: what is written in it is left out.";
    let warning = format!("warning: {sentence}");
    let python = format!("extra.py: {sentence}");
    let shown = run.text.replace("(rdbg) ", "").replace('>', "");
    let lines: Vec<&str> = shown.lines().collect();
    let file_warning = format!("warning: {python}");
    let wanted: [&str; 10] = [&warning, "one", &warning, &warning, "two", &file_warning, "three", &python, sentence, "four"];
    assert_eq!(lines.get(..10).unwrap_or(&lines), wanted, "{}", run.text);
}

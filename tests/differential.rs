//! rdbg held against readelf, objdump, ld.so, strace and gdb on the same programs and commands.
//!
//! Where such a tool is missing the test says so aloud and passes; nothing else passes without a comparison.

mod common;

use std::collections::BTreeSet;
use std::sync::LazyLock;

use common::build::{self, Program};
use common::oracles::{self, Bind, Relocation, between, same_as_gdb, whole};
use common::tools;
use regex::Regex;

fn has(test: &str, tool: &str) -> bool {
    let found = tools::find(tool).is_some();
    if !found {
        tools::skip(test, format!("this machine has no {tool}"));
    }
    found
}

/// Programs with every kind of GOT and PLT, and whether they lack section headers.
const LAYOUTS: &[(&str, &str, bool)] = &[
    ("c/hello.c", "lazy", false),
    ("c/hello.c", "now", false),
    ("c/hello.c", "pie", false),
    ("c/hello.c", "pie-now", false),
    ("c/hello.c", "ibt", false),
    ("c/hello.c", "ibt-pie", false),
    ("c/hello.c", "noplt", false),
    ("c/hello.c", "stripped", false),
    ("c/hello.c", "nosections", true),
    ("c/hello.c", "nosections-pie", true),
    ("c/hello.c", "lld", false),
    ("c/hello.c", "lld-pie", false),
    ("c/hello.c", "musl", false),
    ("c/slots.c", "lazy", false),
    ("cpp/throws.cpp", "pie", false),
    ("rust/hello.rs", "default", false),
];

/// Builds without section headers and the builds that differ from them in nothing else.
const WITH_SECTIONS: &[(&str, &str)] = &[("nosections", "stripped"), ("nosections-pie", "stripped-pie")];

/// `got` lists each JUMP_SLOT and GLOB_DAT that readelf knows, at its address, with its symbol@VERSION and type, and no other.
#[test]
fn got_is_readelfs() {
    const NAME: &str = "got_is_readelfs";
    if !has(NAME, "readelf") {
        return;
    }
    let row = Regex::new(r"^\[-?\d+\]\s+0x([0-9a-f]+)\s+0x[0-9a-f]+\s+(\S+)\s+(JUMP_SLOT|GLOB_DAT)\b").unwrap();
    for &(source, name, no_sections) in LAYOUTS {
        let Some(program) = build::or_skip(NAME, source, name) else { continue };
        let slots = |r: &Relocation| matches!(r.kind.as_str(), "JUMP_SLOT" | "GLOB_DAT");
        // readelf finds no names without section headers; the same file before they were cut off has them.
        let whole = if no_sections { WITH_SECTIONS.iter().find(|(cut, _)| *cut == name).map(|(_, whole)| *whole) } else { None };
        let whole = whole.map_or(program.clone(), |whole| build::build(source, whole).unwrap_or_else(|e| panic!("{e}")));
        let theirs: BTreeSet<Relocation> = oracles::relocations(&whole.path, false).into_iter().filter(slots).collect();
        let run = oracles::rdbg(&program, &[], "set print demangle off\ngot");
        let ours: BTreeSet<Relocation> = run
            .lines()
            .filter_map(|line| row.captures(line.trim_start_matches("(rdbg) ")))
            .map(|found| Relocation {
                offset: u64::from_str_radix(&found[1], 16).unwrap(),
                kind: found[3].to_owned(),
                symbol: found[2].to_owned(),
            })
            .collect();
        assert_eq!(ours, theirs, "{source} {name}\n{}", run.text);
    }
}

/// `plt` lists the stubs that objdump names.
#[test]
fn plt_is_objdumps() {
    const NAME: &str = "plt_is_objdumps";
    if !has(NAME, "objdump") {
        return;
    }
    let row = Regex::new(r"\b0x([0-9a-f]+)\s.*?\b([A-Za-z_][\w.]*)(?:@|\s)").unwrap();
    for &(source, name, no_sections) in LAYOUTS.iter().filter(|(_, name, no_sections)| !no_sections && !name.starts_with("noplt"))
    {
        let Some(program) = build::or_skip(NAME, source, name) else { continue };
        let theirs = oracles::stubs(&program.path);
        let run = oracles::rdbg(&program, &[], "set print demangle off\necho START\\n\nplt\necho END\\n");
        let ours: BTreeSet<(u64, String)> = between(&run.text, "START", "END")
            .iter()
            .filter(|line| line.contains("GOT["))
            .filter_map(|line| row.captures(line))
            .map(|found| (u64::from_str_radix(&found[1], 16).unwrap(), found[2].to_owned()))
            .collect();
        // objdump gives IBT's .plt entries the names of .plt.sec's stubs: only addresses that it alone has may differ there.
        let missing: Vec<_> =
            theirs.difference(&ours).filter(|(_, symbol)| !ours.iter().any(|(_, known)| known == symbol)).collect();
        assert!(
            missing.is_empty() && ours.is_subset(&theirs),
            "{source} {name} {no_sections}: {theirs:x?} but {ours:x?}\n{}",
            run.text
        );
    }
}

/// `info relocations` has a row for each of readelf's, with type and symbol, and as many.
#[test]
fn relocations_are_readelfs() {
    const NAME: &str = "relocations_are_readelfs";
    if !has(NAME, "readelf") {
        return;
    }
    let kinds = Regex::new(r"\b(RELATIVE|JUMP_SLOT|GLOB_DAT|COPY|IRELATIVE|TPOFF64|DTPMOD64|DTPOFF64|R_X86_64_64)\b").unwrap();
    for &(source, name, no_sections) in LAYOUTS {
        let Some(program) = build::or_skip(NAME, source, name) else { continue };
        let run = oracles::rdbg(&program, &[], "echo START\\n\ninfo relocations\necho END\\n");
        let rows = between(&run.text, "START", "END");
        let theirs = oracles::relocations(&program.path, no_sections);
        for relocation in &theirs {
            let symbol = relocation.symbol.split('@').next().unwrap_or_default();
            let fits = |row: &&&str| {
                oracles::first_address(row) == Some(relocation.offset) && row.contains(&relocation.kind) && row.contains(symbol)
            };
            assert!(rows.iter().find(fits).is_some(), "{source} {name}: no row for {relocation:x?}\n{}", run.text);
        }
        let ours = rows.iter().filter(|row| kinds.is_match(row) && row.contains("0x")).count();
        assert_eq!(ours, theirs.len(), "{source} {name}\n{}", run.text);
    }
}

/// The symbols at which `catch bind` stops, in order.
fn caught(program: &Program, args: &[&str]) -> (Vec<String>, String) {
    let commands = format!("set print demangle off\ncatch bind\nrun\n{}", "continue\n".repeat(120));
    let run = oracles::rdbg(program, args, &commands);
    let stop = Regex::new(r"Catchpoint \d+ \(bind (\S+)\), ").unwrap();
    assert!(run.text.contains("exited"), "the program did not end:\n{}", run.text);
    let symbols = stop.captures_iter(&run.text).map(|found| found[1].to_owned()).collect();
    (symbols, run.text.replace("(rdbg) The program is not being run.\n", ""))
}

/// Each lazy bind is caught, once, in ld.so's order: also in libraries, in constructors, in dlopen'ed plugins, after tail
/// jumps, through IBT stubs, without symbols and without section headers.
#[test]
fn binds_are_ld_debugs() {
    const NAME: &str = "binds_are_ld_debugs";
    let cases: &[(&str, &str, &[&str])] = &[
        ("c/slots.c", "lazy", &["7"]),
        ("c/slots.c", "pie", &["7"]),
        ("c/slots.c", "ibt", &["7"]),
        ("c/slots.c", "lld", &["7"]),
        ("c/slots.c", "stripped", &["7"]),
        ("c/slots.c", "nosections", &["7"]),
        ("c/slots.c", "now", &["7"]),
        ("c/slots.c", "noplt", &["7"]),
        ("c/name.c", "lazy", &["samir"]),
        ("c/ifunc.c", "lazy", &[]),
        ("c/ctor.c", "lazy", &[]),
        ("c/ctor.c", "pie", &[]),
        ("c/dlhost.c", "lazy", &[]),
        ("cpp/throws.cpp", "lazy", &[]),
        ("cpp/throws.cpp", "pie", &[]),
    ];
    for &(source, name, args) in cases {
        let Some(program) = build::or_skip(NAME, source, name) else { continue };
        let mut seen: BTreeSet<Bind> = BTreeSet::new();
        // A second line for one slot is dlsym's (slots.c asks for puts), except in dlhost, whose plugin is loaded twice.
        let once = |bind: &Bind| source == "c/dlhost.c" || seen.insert(bind.clone());
        let theirs: Vec<Bind> = oracles::lazy_binds(&program, args).into_iter().filter(once).collect();
        let file = program.path.file_name().unwrap_or_default().to_string_lossy();
        let lazy = !matches!(name, "now" | "noplt");
        assert_eq!(theirs.iter().any(|(module, _)| *module == file), lazy, "{source} {name}: LD_DEBUG names {theirs:?}");
        let theirs: Vec<String> = theirs.into_iter().map(|(_, symbol)| symbol).collect();
        let (ours, text) = caught(&program, args);
        assert_eq!(ours, theirs, "{source} {name}\n{text}");
    }
}

/// Four threads bind at once: every bind of ld.so's is caught, in whatever order, and the program computes what it should.
#[test]
fn binds_of_threads_are_ld_debugs() {
    for name in ["lazy", "pie"] {
        let Some(program) = build::or_skip("binds_of_threads_are_ld_debugs", "c/threads.c", name) else { continue };
        let theirs: BTreeSet<String> = oracles::lazy_binds(&program, &[]).into_iter().map(|(_, symbol)| symbol).collect();
        let (ours, text) = caught(&program, &[]);
        assert_eq!(ours.into_iter().collect::<BTreeSet<_>>(), theirs, "{name}\n{text}");
        assert!(text.contains("1 2 3 4"), "{name}\n{text}");
    }
}

/// After a bind the slot holds what the program itself says.
#[test]
fn a_bound_slot_holds_the_programs_own_answer() {
    let expected = Regex::new(r"EXPECT bound\.puts=(0x[0-9a-f]+)").unwrap();
    for name in ["lazy", "pie", "now", "noplt", "ibt", "lld", "stripped"] {
        let Some(program) = build::or_skip("a_bound_slot", "c/slots.c", name) else { continue };
        let run = oracles::rdbg(&program, &[], "set breakpoint pending on\nbreak getpid\nrun\np/x GOT[\"puts\"]\nkill");
        // Standard output is a pipe: what the program printed appears when it ends, so ask a run to its end for the answer.
        let whole = oracles::rdbg(&program, &[], "run");
        let truth = expected.captures(&whole.text).unwrap_or_else(|| panic!("{name}: no EXPECT line\n{}", whole.text));
        let truth = u64::from_str_radix(truth[1].trim_start_matches("0x"), 16).unwrap();
        assert!(run.text.contains(&format!("= {truth:#x}")), "{name}: puts is at {truth:#x}\n{}", run.text);
    }
}

/// The auxiliary vector of the very process in which ld.so printed it.
#[test]
fn auxv_is_ld_sos() {
    let kernel = Regex::new(r"(?m)^AT_(\w+): +(?:0x)?([0-9a-f]+)$").unwrap();
    for name in ["lazy", "pie"] {
        let Some(program) = build::or_skip("auxv_is_ld_sos", "c/args.c", name) else { continue };
        let commands = "set environment LD_SHOW_AUXV 1\nbreak main\nrun\ninfo auxv\nkill";
        let run = oracles::rdbg(&program, &[], commands);
        let mut compared = 0;
        for found in kernel.captures_iter(&run.text) {
            let (key, hex) = (&found[1], matches!(&found[1], "HWCAP" | "HWCAP2") || found[0].contains("0x"));
            let value = u64::from_str_radix(&found[2], if hex { 16 } else { 10 }).unwrap();
            let row = Regex::new(&format!(r"(?m)^(?:\(rdbg\) )*\d+ +AT_{key} .* (0x[0-9a-f]+|\d+)(?: |$)")).unwrap();
            let ours = row.captures(&run.text).unwrap_or_else(|| panic!("{name}: no row of AT_{key}\n{}", run.text));
            let ours = match ours[1].strip_prefix("0x") {
                Some(hex) => u64::from_str_radix(hex, 16).unwrap(),
                None => ours[1].parse().unwrap(),
            };
            assert_eq!(ours, value, "{name}: AT_{key}\n{}", run.text);
            compared += 1;
        }
        assert!(compared >= 15, "only {compared} entries compared\n{}", run.text);
    }
}

/// Without `<symbol+offset>`: where several symbols share an address, two debuggers may prefer different ones.
fn nameless(line: &str) -> String {
    static NAME: LazyLock<Regex> = LazyLock::new(|| Regex::new(r" ?<[^<>]*>").unwrap());
    NAME.replace_all(line, "").trim_end().to_owned()
}

/// Instructions of the program, before and after it runs, as gdb prints them.
#[test]
fn instructions_are_gdbs() {
    for name in ["lazy", "pie", "ibt", "noplt", "stripped"] {
        let Some(program) = build::or_skip("instructions_are_gdbs", "c/hello.c", name) else { continue };
        let before: &[&str] = if name == "stripped" {
            &["x/6i 0x401020"]
        } else {
            &["x/20i main", "x/12i _start", "x/8i my_puts", "disassemble main"]
        };
        same_as_gdb("instructions_are_gdbs", &program, &["samir"], "", before, whole);
        if name != "stripped" {
            same_as_gdb(
                "instructions_are_gdbs",
                &program,
                &["samir"],
                "break my_puts\nbreak main\nrun",
                &["x/8i $pc", "disassemble", "x/4i $sp"],
                whole,
            );
        }
    }
    let Some(bare) = build::or_skip("instructions_are_gdbs", "asm/bare.S", "static") else { return };
    same_as_gdb("instructions_are_gdbs", &bare, &[], "", &["x/30i _start"], whole);
}

/// A function whose code lies in two places is shown whole, from wherever it is named.
#[test]
fn parts_of_a_function_are_gdbs() {
    const NAME: &str = "parts_of_a_function_are_gdbs";
    let Some(program) = build::or_skip(NAME, "c/parts.c", "O2") else { return };
    let commands = ["disassemble work", "disassemble /r 'work.cold'", "disassemble complain"];
    same_as_gdb(NAME, &program, &[], "", &commands, whole);
    same_as_gdb(NAME, &program, &[], "break complain\nrun\nup", &["disassemble", "down\nstep"], whole);
    let named = ["bt", "info frame", "info symbol its_symbol", "finish"];
    same_as_gdb(NAME, &program, &[], "break its_symbol\nrun", &named, whole);
}

/// Three thousand instructions of libc, in both flavours, operands without names.
#[test]
fn libcs_instructions_are_gdbs() {
    let Some(program) = build::or_skip("libcs_instructions_are_gdbs", "c/hello.c", "lazy") else { return };
    let commands = ["x/3000i puts", "x/500i strtol", "set disassembly-flavor intel\nx/2000i qsort"];
    same_as_gdb("libcs_instructions_are_gdbs", &program, &[], "break main\nrun", &commands, nameless);
}

/// Registers at the first instruction and at main: the stacks are the same, neither debugger adds to the environment.
#[test]
fn registers_are_gdbs() {
    for name in ["lazy", "pie", "static"] {
        let Some(program) = build::or_skip("registers_are_gdbs", "c/hello.c", name) else { continue };
        same_as_gdb(
            "registers_are_gdbs",
            &program,
            &["samir"],
            "starti",
            &["info registers", "p $rip", "p $sp", "p $eflags"],
            whole,
        );
        same_as_gdb(
            "registers_are_gdbs",
            &program,
            &["samir"],
            "break *_start\nrun",
            &["info registers rip rsp rdx eflags", "x/2gx $sp", "p $_"],
            whole,
        );
    }
}

/// Backtraces out of libc, out of a deep recursion without frame pointers, out of a signal handler, with and without symbols.
#[test]
fn backtraces_are_gdbs() {
    let cases: &[(&str, &str, &[&str], &str)] = &[
        ("c/deep.c", "O2", &["12"], "break bottom\nrun"),
        ("c/deep.c", "O2", &["12"], "break main\nrun\nbreak write\ncontinue"),
        ("c/deep.c", "pie", &["5"], "break main\nrun\nbreak write\ncontinue"),
        ("c/signals.c", "plain", &["usr1"], "handle SIGUSR1 nostop noprint pass\nbreak handler\nrun"),
        ("c/signals.c", "plain", &["abort"], "run"),
        ("cpp/throws.cpp", "lazy", &[], "break main\nrun\nbreak __cxa_throw\ncontinue"),
        ("asm/bare.S", "static", &[], "break callee\nrun"),
    ];
    for &(source, name, args, setup) in cases {
        let Some(program) = build::or_skip("backtraces_are_gdbs", source, name) else { continue };
        // What rdbg adds where it had to guess is its own.
        let told = |line: &str| whole(line.strip_suffix(" (a guess: no unwind information led here)").unwrap_or(line));
        same_as_gdb("backtraces_are_gdbs", &program, args, setup, &["bt"], told);
    }
    // rdbg finds main in a stripped program and ends there, gdb does not: the frames below main are the same ones.
    if let Some(program) = build::or_skip("backtraces_are_gdbs", "c/deep.c", "stripped") {
        static FRAME: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"^#\d+ +(0x[0-9a-f]+ )?").unwrap());
        let addresses = |line: &str| FRAME.find(line).map_or(line, |found| found.as_str()).trim_end().to_owned();
        same_as_gdb("backtraces_are_gdbs", &program, &["5"], "break puts\nrun", &["bt 7"], addresses);
    }
    // In a stub, in the resolver and in ld.so before anything is relocated, which no symbol marks.
    let Some(program) = build::or_skip("backtraces_are_gdbs", "c/slots.c", "lazy") else { return };
    same_as_gdb("backtraces_are_gdbs", &program, &[], "break *'puts@plt'\nrun\nstepi", &["bt"], whole);
    // The resolver has no symbol: rdbg names it by GOT[2], which leads there.
    let unnamed = |line: &str| whole(&line.replace(" in _dl_runtime_resolve ()", " in ?? ()"));
    same_as_gdb("backtraces_are_gdbs", &program, &[], "break *'puts@plt'\nrun\nstepi 5", &["bt"], unnamed);
    same_as_gdb("backtraces_are_gdbs", &program, &[], "starti\nstepi 1000", &["bt 3", "info registers rip"], whole);
}

/// The expression language's core, on a program without debug information.
#[test]
fn expressions_are_gdbs() {
    let Some(program) = build::or_skip("expressions_are_gdbs", "c/watch.c", "lazy") else { return };
    let commands = [
        "p 1 + 2 * 3",
        "p 7 / 2",
        "p -7 / 2",
        "p -7 % 3",
        "p 1 << 10",
        "p 0xff & ~0xf",
        "p 5 > 3 && 2 > 1",
        "p !5",
        "p 1 ? 2 : 3",
        "p 'a'",
        "p '\\n'",
        "p \"abc\"",
        "p sizeof(int)",
        "p 1.5 * 2",
        "p 10 / 4.0",
        "p/x 255",
        "p/t 10",
        "p/o 8",
        "p/c 65",
        "p/d -1",
        "p/u (char)-1",
        "p/x -1",
        "p/z 5",
        "p/s \"x\"",
        "p (char)65",
        "p (short)65537",
        "p (unsigned char)300",
        "p 4294967296",
        "p 2147483648",
        "p 0xffffffffffffffff",
        "p 010",
        "p 1 == 1",
        "p 3, 4",
        "p $nosuch",
        "set var $x = 5",
        "p $x++",
        "p $x",
        "p $x += 2",
        "p $",
        "p $$2",
        "p main",
        "p &main",
        "p *main",
        "p (long)main",
        "p $rip",
        "p (long)&word",
        "p *(int*)&word",
        "p {int}&word",
        "p *(int*)&word@2",
        "p/x *(char(*)[4])&word",
        "p 1 +",
        "p 1 / 0",
        "p )",
        "p *0",
        "p *(int*)0",
        "whatis 1",
        "whatis 1L",
        "whatis 'a'",
        "whatis 1.0",
        "whatis $rip",
        "whatis $eflags",
        "whatis main",
        "whatis (char)1",
        "output 5",
        "printf \"%d %s %c %#lx %5.2f|\\n\", 5, \"abc\", 65, 255, 1.5",
        "info symbol main",
        "info symbol 0",
        "info address main",
        "info symbol word",
        "x/2gx &wide",
        "x/2wx &word",
        "x/4cb &word",
        "x/2dw &word",
        "x/2uh &word",
        "x/2ob &word",
        "x/2tb &word",
        "x/2a $sp",
        "x/2f &wide",
        "x/2i $pc",
        "x",
        "p $_",
        "p $__",
        "p/x $sp",
        "p $cs",
    ];
    same_as_gdb("expressions_are_gdbs", &program, &[], "break main\nrun", &commands.map(silent_is_said), whole);
}

/// Before there is a thread, its variables have types and no values.
#[test]
fn types_of_thread_local_variables_are_gdbs() {
    let Some(program) = build::or_skip("types_of_thread_local_variables_are_gdbs", "c/own.c", "debug") else { return };
    let commands = [
        "whatis ours",
        "ptype ours",
        "print sizeof(ours)",
        "whatis &ours",
        "whatis ours + 1L",
        "ptype ours++",
        "whatis pad",
        "print sizeof pad",
        "print ours",
        "print &ours",
        "whatis nothing_such",
    ];
    same_as_gdb("types_of_thread_local_variables_are_gdbs", &program, &[], "", &commands, whole);
}

/// A command that prints nothing is followed by one that does, or there would be nothing to compare.
fn silent_is_said(command: &'static str) -> &'static str {
    if command == "set var $x = 5" {
        "set var $x = 5\np $x"
    } else if command == "output 5" {
        "output 5\necho \\n"
    } else {
        command
    }
}

/// Breakpoints, watchpoints, signals and exits in gdb's words.
#[test]
fn stops_are_gdbs() {
    type Case = (&'static str, &'static str, &'static [&'static str], &'static str, &'static [&'static str]);
    let cases: &[Case] = &[
        ("c/loop.c", "lazy", &["5"], "", &["break step if $rdi == 3", "tbreak finished", "info breakpoints"]),
        (
            "c/loop.c",
            "lazy",
            &["5"],
            "break step\nrun",
            &["info breakpoints", "continue 2", "info breakpoints", "delete 1\ncontinue", "info breakpoints"],
        ),
        ("c/loop.c", "lazy", &["5"], "break step\nignore 1 3\nrun", &["p $rdi", "finish", "info breakpoints"]),
        ("c/loop.c", "lazy", &["5"], "break step\nrun\nup", &["frame", "info symbol $pc", "p $pc"]),
        (
            "c/watch.c",
            "lazy",
            &[],
            "break main\nrun\nwatch *(long*)&wide",
            &["continue", "continue", "info breakpoints", "continue"],
        ),
        ("c/watch.c", "lazy", &[], "break main\nrun\nrwatch *(int*)&word", &["continue", "info watchpoints"]),
        ("c/signals.c", "plain", &["segv"], "break main\nrun", &["continue", "p $_siginfo.si_signo", "bt", "continue"]),
        ("c/signals.c", "plain", &["usr1"], "break main\nrun", &["continue", "continue"]),
        ("c/signals.c", "plain", &["abort"], "break main\nrun", &["continue", "continue", "info registers rip"]),
        ("c/exits.c", "lazy", &["9"], "break main\nrun", &["continue", "p $_exitcode", "bt", "x/i $pc", "continue"]),
        ("c/exits.c", "lazy", &["-9"], "break main\nrun", &["continue", "stepi"]),
        (
            "c/hello.c",
            "lazy",
            &[],
            "",
            &["break nosuch", "delete 99", "frobnicate", "x 0", "info line main", "continue", "finish", "info registers"],
        ),
        ("c/hello.c", "lazy", &[], "break main\nrun", &["stepi", "nexti", "stepi 3", "x/i $pc", "info frame\np 1"]),
    ];
    let pid = Regex::new(r"process \d+").unwrap();
    let keep = |line: &str| pid.replace_all(line, "process <pid>").trim_end().to_owned();
    for &(source, name, args, setup, commands) in cases {
        let Some(program) = build::or_skip("stops_are_gdbs", source, name) else { continue };
        let commands: Vec<&str> =
            commands.iter().copied().filter(|c| !c.starts_with("info frame") && !c.contains("_siginfo")).collect();
        same_as_gdb("stops_are_gdbs", &program, args, setup, &commands, keep);
    }
}

/// Calls: arguments, results, strings, errors, and what is left when a breakpoint or a signal stops the function.
/// Why the program stands still, asked later; and how wide the table of breakpoints is where none has an address.
#[test]
fn why_it_stopped_is_gdbs() {
    let Some(program) = build::or_skip("why_it_stopped_is_gdbs", "c/follow.c", "lazy") else { return };
    let commands = [
        "catch fork\ninfo breakpoints",
        "break main\ntbreak after\ninfo breakpoints",
        "run\ninfo program",
        "stepi\ninfo program",
        "next\ninfo program",
        "delete 1\ninfo program",
        "continue\ninfo program",
        "finish\ninfo program",
        "watch shared\ninfo watchpoints",
        "advance 35\ninfo program",
        "until\ninfo program",
    ];
    let Some(gdb) = tools::gdb() else { return tools::skip("why_it_stopped_is_gdbs", "this machine has no gdb") };
    let script = commands.join("\n") + "\nkill\n";
    let told = |text: &str| -> Vec<String> {
        text.lines()
            .filter(|l| l.starts_with("It stopped") || l.contains("Disp Enb Address"))
            .map(|l| whole(l).replace("(gdb) ", "(rdbg) "))
            .collect()
    };
    let theirs = told(&oracles::gdb(gdb, &program, &[], &script).text);
    assert_eq!((told(&oracles::rdbg(&program, &[], &script).text), theirs.len()), (theirs, 11));
}

#[test]
fn calls_are_gdbs() {
    let Some(program) = build::or_skip("calls_are_gdbs", "c/calls.c", "plain") else { return };
    if tools::gdb().is_some_and(|gdb| !gdb.writes_vectors) {
        return tools::skip("calls_are_gdbs", "this gdb cannot call functions on this processor");
    }
    let pid = Regex::new(r"process \d+").unwrap();
    let keep = |line: &str| pid.replace_all(&whole(line), "process <pid>").into_owned();
    let setup = "break stop_here\nrun\ndelete";
    let values = [
        "print add(1,2)",
        "print (int)add(1,2)",
        "print ((int(*)(int,int))add)(1)",
        "print ((int(*)(int,int))add)(1,2,3)",
        "print ((int(*)(int,int))add)(1.9,'a')",
        "print ((double(*)(double,int,float))mix)(1.5,2,1)",
        "print (float)half(3.0f)",
        "print ((float(*)())half)(3)",
        "print ((float(*)(float))half)(3)",
        "print ((long double(*)(long double,int))longer)(1.5,2)",
        "print (signed char)narrow(200,1)",
        "print (short)narrow(200,1)",
        "print ((long(*)(long,long,long,long,long,long,long,long))many)(1,2,3,4,5,6,7,8)",
        "print ((double(*)(double,double,double,double,double,double,double,double,double,double))ten)(1,2,3,4,5,6,7,8,9,10)",
        "print ((double(*)(int,...))sum)(3,1.0,2.5f,3.5)",
        "print ((double(*)())sum)(2,1.0f,2.5)",
        "print ((unsigned long(*)(const char*))length)(\"hello\")",
        "print (unsigned long)strlen(\"hello\")",
        "print (char*)upper(\"hello\")",
        "print *\"abc\"",
        "print \"abc\"+1",
        "print (char*)greeting()",
        "print (int)add(5,6) + 1",
        "print -(int)add(5,6)",
        "print ((void(*)(int))no_result)(5)",
        "print (void)no_result(7)",
        "call (int)add(7,8)",
        "whatis (int)nothing()",
        "whatis nothing()",
        "print sizeof((int)nothing())",
        "print *(int *)&counter",
        "print 5(3)",
        "print 'a'(3)",
    ];
    same_as_gdb("calls_are_gdbs", &program, &[], setup, &values, keep);
    let stops =
        ["print (int)crash(0)", "bt", "print ((int(*)(int))5)(3)", "bt", "set unwindonsignal on\nprint (int)crash(0)", "bt 1"];
    same_as_gdb("calls_are_gdbs", &program, &[], setup, &stops, keep);
    let breaks = [
        "break stop_here\nprint (int)outer(4)",
        "bt",
        "finish",
        "finish",
        "bt",
        "print (int)outer(4)",
        "return",
        "bt",
        "frame 1",
        "continue",
        "bt",
        "info registers rip rbx rbp",
        "call (int)outer(5)",
        "frame 3\nup\nreturn",
        "bt",
        "return (long)77",
        "print $rax",
    ];
    same_as_gdb("calls_are_gdbs", &program, &[], setup, &breaks, keep);
    let ends = ["call (void)leave(3)", "info program\nprint $_exitcode\nprint (int)add(1,2)"];
    same_as_gdb("calls_are_gdbs", &program, &[], setup, &ends, keep);
    let first = ["print (int)add(1,2)", "print $rip"];
    same_as_gdb("calls_are_gdbs", &program, &[], "starti", &first, keep);
}

/// A breakpoint that does not stop costs one stop and about four system calls (wait, read registers, write them, continue), of
/// which the waiting ones are not counted here; a step in place would cost another stop and the removal of the breakpoint.
#[test]
fn an_ignored_hit_costs_few_system_calls() {
    const NAME: &str = "an_ignored_hit_costs_few_system_calls";
    if !has(NAME, "strace") {
        return;
    }
    for name in ["lazy", "pie"] {
        let Some(program) = build::or_skip(NAME, "c/loop.c", name) else { continue };
        for kind in ["break step if $rdi == -1", "break step"] {
            let calls = |hits: &str| oracles::system_calls(&program, &[hits], &[kind, "ignore 1 1000000", "run"]);
            let (few, many) = (calls("1000"), calls("3000"));
            let each = many.saturating_sub(few) as f64 / 2000.0;
            assert!((1.0..=3.5).contains(&each), "{name}, {kind}: {each} system calls a hit ({few} for 1000, {many} for 3000)");
        }
    }
}

/// Breakpoint bytes are in nobody's memory: not in the program's own eyes where none is planted, not in a forked child, not
/// after exec, not in a dump.
#[test]
fn breakpoints_are_invisible() {
    let Some(forks) = build::or_skip("breakpoints_are_invisible", "c/forks.c", "lazy") else { return };
    let run =
        oracles::rdbg(&forks, &[], "break marked\nrun\nx/4xb marked\ndisassemble marked\ncontinue\ncontinue\ncontinue\ncontinue");
    assert!(run.text.contains("fork: 0 traps, marked(5) = 16"), "{}", run.text);
    assert!(run.text.contains("fork's child: 0") && run.text.contains("vfork's child: 0"), "{}", run.text);
    assert!(!run.text.contains("0xcc") && !run.text.contains("int3"), "{}", run.text);
    let Some(sum) = build::or_skip("breakpoints_are_invisible", "c/checksum.c", "lazy") else { return };
    let file = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("text-{}.bin", std::process::id()));
    let commands =
        format!("break target\nbreak sum\nrun\ndump binary memory {} target target+11\ndelete\ncontinue", file.display());
    let run = oracles::rdbg(&sum, &[], &commands);
    assert!(run.text.contains("value 42, code unchanged"), "{}", run.text);
    let dumped = std::fs::read(&file).unwrap_or_else(|e| panic!("no dump: {e}\n{}", run.text));
    let _ = std::fs::remove_file(&file);
    assert!(dumped.len() == 11 && !dumped.contains(&0xcc), "{dumped:x?}");
}

/// Members that a class has more than once are refused as by gdb; what C++ itself finds unambiguous (a static member, a name that
/// hides another in a virtual base) has its value here, where gdb 13 refuses it too.
#[test]
fn members_of_several_bases_are_gdbs() {
    const NAME: &str = "members_of_several_bases_are_gdbs";
    for build in ["plain", "clang"] {
        let Some(program) = build::or_skip(NAME, "cpp/diamonds.cpp", build) else { continue };
        let text = std::fs::read_to_string(&program.source).unwrap();
        let line = text.lines().position(|l| l.contains("return d.d")).unwrap() + 1;
        let setup = format!("break diamonds.cpp:{line}\nrun");
        let commands = [
            "p d.a",
            "p d.A::a",
            "p d.B::a + d.C::a",
            "p d.b + d.c + d.d",
            "p e.a",
            "p e.D::a",
            "p e.A::a",
            "p v.a",
            "p v.A::a + v.b + v.c",
            "p v.shared",
            "p (A)d",
            "p *(A*)&d",
            "p *(A*)&v",
            "whatis d.a",
            "ptype d.d",
            "p &d.a",
            "set var d.a = 3\np d",
        ];
        same_as_gdb(NAME, &program, &[], &setup, &commands, whole);
        // The program agrees: it returns 0.
        let ours = oracles::rdbg(&program, &[], &format!("{setup}\np dominated.a\np d.shared\ncontinue"));
        assert!(ours.text.contains("$1 = 9\n") && ours.text.contains("$2 = 7\n"), "{}", ours.text);
        assert!(ours.text.contains("exited normally"), "{}", ours.text);
    }
}

/// Frames of instances of templates have the names that their symbols have.
#[test]
fn instances_of_templates_are_gdbs() {
    const NAME: &str = "instances_of_templates_are_gdbs";
    for build in ["plain", "clang"] {
        let Some(program) = build::or_skip(NAME, "cpp/instances.cpp", build) else { continue };
        let setup = "break touch\nrun";
        same_as_gdb(NAME, &program, &[], setup, &["bt", "info frame", "finish", "up 2"], whole);
    }
}

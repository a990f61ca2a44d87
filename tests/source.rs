//! Source commands held against gdb: every line of a program broken at, told about and listed, functions disassembled with their
//! source.

mod common;

use std::sync::LazyLock;

use common::build;
use common::oracles;
use common::tools;
use regex::Regex;

/// The programs: source, build, and functions to be asked for by name.
const PROGRAMS: &[(&str, &str, &[&str])] = &[
    ("c/listing.c", "plain", C_NAMES),
    ("c/listing.c", "optimised", C_NAMES),
    ("c/listing.c", "dwarf4", C_NAMES),
    ("c/listing.c", "clang", C_NAMES),
    ("c/listing.c", "clang-optimised", C_NAMES),
    ("cpp/overloads.cpp", "plain", CPP_NAMES),
    ("cpp/overloads.cpp", "optimised", CPP_NAMES),
    ("cpp/overloads.cpp", "clang", CPP_NAMES),
    ("rust/hello.rs", "default", &[]),
];
const C_NAMES: &[&str] = &["main", "fact", "square", "from_header", "counter", "listing.c:fact", "listing.h:2", "nosuch"];
const CPP_NAMES: &[&str] = &["main", "over(int)", "ns::Shape::area", "ns::Shape::Shape", "area"];

/// What a debugger says to each command, prompts and addresses' names removed: gdb gives C++ functions without a mangled name
/// their parameters there.
fn answers(text: &str, count: usize) -> Vec<String> {
    static NAME: LazyLock<Regex> = LazyLock::new(|| Regex::new(r" <[^<>\n]*(?:<[^<>\n]*>[^<>\n]*)*>").unwrap());
    static STACK: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"0x7ff[0-9a-f]{9}").unwrap());
    let text = STACK.replace_all(text, "<stack>");
    let text = text.replace("(gdb) ", "").replace("(rdbg) ", "");
    let is_threads = |l: &&&str| l.contains("libthread_db");
    let part = |i| {
        let lines = oracles::between(&text, &format!("S{i}"), &format!("E{i}"));
        lines.iter().filter(|l| !is_threads(l)).map(|l| format!("{}\n", NAME.replace_all(l, ""))).collect()
    };
    (0..count).map(part).collect()
}

/// Gives both the commands and compares what they say.
fn compare(test: &str, source: &str, build: &str, setup: &str, commands: &[String]) {
    let Some(gdb) = tools::gdb() else { return tools::skip(test, "this machine has no gdb") };
    let Some(program) = build::or_skip(test, source, build) else { return };
    let marked: String = commands.iter().enumerate().map(|(i, c)| format!("echo S{i}\\n\n{c}\necho E{i}\\n\n")).collect();
    let script = format!("{setup}\n{marked}");
    let ours = answers(&oracles::rdbg(&program, &[], &script).text, commands.len());
    let theirs = answers(&oracles::gdb(gdb, &program, &[], &script).text, commands.len());
    assert!(theirs.iter().any(|a| !a.is_empty()), "{source} {build}: gdb says nothing");
    let mut wrong = String::new();
    for ((command, ours), theirs) in commands.iter().zip(ours).zip(theirs) {
        // In which order functions of one name come is nobody's word.
        let sorted = |text: &str| {
            let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
            if command.starts_with("info line") {
                lines.sort();
            }
            lines
        };
        if sorted(&ours) != sorted(&theirs) {
            wrong.push_str(&format!("{command}\n  gdb:  {theirs:?}\n  rdbg: {ours:?}\n"));
        }
    }
    assert!(wrong.is_empty(), "{source} {build}:\n{wrong}");
}

fn line_count(source: &str) -> usize {
    std::fs::read_to_string(common::programs().join(source)).unwrap().lines().count()
}

/// A breakpoint at each line goes where gdb puts it, and is said to be at gdb's line.
#[test]
fn breakpoints_at_lines_are_gdbs() {
    for (source, build, _) in PROGRAMS {
        let file = source.rsplit('/').next().unwrap();
        let commands: Vec<String> = (0..=line_count(source) + 1).map(|n| format!("break {file}:{n}\ndelete")).collect();
        compare("breakpoints_at_lines", source, build, "", &commands);
    }
}

/// `info line` of each line and of functions.
#[test]
fn info_line_is_gdbs() {
    for (source, build, names) in PROGRAMS.iter().filter(|(source, ..)| !source.starts_with("rust")) {
        let file = source.rsplit('/').next().unwrap();
        let lines = (0..=line_count(source) + 1).map(|n| format!("{file}:{n}"));
        let places = lines.chain(names.iter().map(|n| (*n).to_owned()));
        let commands: Vec<String> = places.map(|p| format!("info line {p}")).collect();
        compare("info_line", source, build, "", &commands);
    }
}

/// `list` in all its forms, without a process.
#[test]
fn lists_are_gdbs() {
    let forms = "list|list|list|list|list|list|list -|list -|list -|list 10|list|list -|list -|list -|list 10,13|list|list ,20|list|list -\
        |list main|list main,|list main,+3|list 5,main|list 30|list +|list *main|list *main+1|list *main,+2|list nosuch.c:3|list 200\
        |list 41|list|list 20,10|list 38,60|list ,|list +2|list -3|list 0|list 0,5|list -100|list +0|list -0|list 3,|list ,main\
        |list main junk|search int|search int|search zzz|reverse-search int|forward-search total|list|search|list 30,31|search int\
        |set listsize 3|list 10|list|list -|set listsize 1|list 10|list|list -|set listsize unlimited|list 10|list\
        |set filename-display absolute|list 200|set filename-display basename|list 200";
    for (source, build, names) in PROGRAMS.iter().filter(|(source, ..)| !source.starts_with("rust")) {
        let named =
            names.iter().flat_map(|n| [format!("list {n}"), format!("list {n},"), "list".to_owned(), "list -".to_owned()]);
        let commands: Vec<String> = forms.split('|').map(|f| f.trim().to_owned()).chain(named).collect();
        compare("lists", source, build, "", &commands);
    }
}

/// `list`, `info source` and the like where a program stands.
#[test]
fn lists_of_frames_are_gdbs() {
    let forms = "list|list|list -|frame|list -|info source|tbreak fact|continue|list|up|list|list -|down|list *$pc|bt 1|list|break|tbreak +1\
        |tbreak|clear|delete|break fact|break 30|tbreak listing.c:31|info breakpoints|clear listing.c:24|clear listing.c:23|clear fact|clear 1|clear|search return|list";
    let commands: Vec<String> = forms.split('|').map(|f| f.trim().to_owned()).collect();
    for build in ["plain", "clang"] {
        compare("lists_of_frames", "c/listing.c", build, "break main\nrun", &commands);
    }
}

/// `disassemble` with `/s` and `/m`, and what `list` shows afterwards.
#[test]
fn mixed_disassembly_is_gdbs() {
    for build in ["plain", "optimised", "dwarf4", "clang", "clang-optimised"] {
        let ranges = ["fact", "main", "main,+20", "main+4,+30"];
        let commands: Vec<String> =
            ranges.iter().flat_map(|r| ["/s", "/m", "/rs", "/rm"].map(|m| format!("disassemble {m} {r}\nlist"))).collect();
        compare("mixed_disassembly", "c/listing.c", build, "", &commands);
        let stepped = ["set disassemble-next-line on", "stepi", "frame", "up"].map(str::to_owned);
        compare("mixed_disassembly", "c/listing.c", build, "break fact\nrun", &stepped);
    }
}

/// Sources that are not where they were: gdb's sentences, and the ways to find them again.
#[test]
fn missing_sources_are_gdbs() {
    let away = "set substitute-path / /nowhere\nset directories /";
    let forms = "list|list|list fact|list listing.h:1|list listing.h:3|list 7,9|search int|disassemble /s fact|break fact|run|list|up|frame\
        |show substitute-path|show substitute-path /x/y|unset substitute-path /y|unset substitute-path|list|show directories\
        |set substitute-path /a|set substitute-path|set substitute-path / /nowhere|list fact|show directories";
    let commands: Vec<String> = forms.split('|').map(|f| f.trim().to_owned()).collect();
    compare("missing_sources", "c/listing.c", "plain", away, &commands);
}

//! Variables and arguments held against gdb's, at every instruction of programs that were compiled in many ways.
//!
//! Where gdb or objdump is missing the test says so aloud and passes.

mod common;

use std::collections::BTreeMap;
use std::process::Command;
use std::sync::LazyLock;

use common::build::{self, Program};
use common::{oracles, tools};
use regex::Regex;

/// The addresses of the instructions of some functions, by objdump.
fn instructions(program: &Program, functions: &[&str]) -> Vec<String> {
    let (text, _) = tools::output(Command::new("objdump").args(["-d", "--no-show-raw-insn", "-j", ".text"]).arg(&program.path));
    let mut inside = false;
    let mut found = Vec::new();
    for line in text.lines() {
        if let Some(name) = line.strip_suffix(">:").and_then(|l| l.split_once('<')) {
            inside = functions.contains(&name.1.split('.').next().unwrap_or_default());
        } else if inside && let Some((address, _)) = line.trim_start().split_once(":\t") {
            found.push(address.to_owned());
        }
    }
    found
}

/// The text between each pair of marks.
fn stops(text: &str) -> BTreeMap<usize, Vec<String>> {
    static MARK: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"(?s)<S(\d+)>\n(.*?)<E\d+>").unwrap());
    static PROMPT: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"^(?:\((?:gdb|rdbg)\) )+").unwrap());
    let clean = |body: &str| body.lines().map(|l| PROMPT.replace(l, "").trim_end().to_owned()).collect();
    MARK.captures_iter(text).map(|c| (c[1].parse().unwrap(), clean(&c[2]))).collect()
}

/// What is compared of a stop. Left out: whether a frame's line shows the pc; variables that are optimized out, because gdb lists
/// those of an inlined function's abstract instance a second time; and gdb's word for an empty piece beside a full one.
fn comparable(lines: &[String]) -> Vec<String> {
    static PC: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"^(#\d+ +)0x[0-9a-f]+ in ").unwrap());
    static LONG_DOUBLE: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"\bld ?= ?[^,\n]*e-\d+|\bld ?= ?<invalid float value>").unwrap());
    let mut out = Vec::new();
    for line in lines {
        if line.is_empty() || line.ends_with(" = <optimized out>") || line.starts_with("(More stack frames") {
            continue;
        }
        let line = PC.replace(line, "$1").into_owned();
        // Where clang says that this one is, nothing has been written yet: what lies there changes from run to run.
        let line = LONG_DOUBLE.replace(&line, "ld = ?").into_owned();
        let is_piece = line.contains('{') && line.contains("<synthetic pointer>");
        out.push(if is_piece { line.replace("<synthetic pointer>", "<optimized out>") } else { line });
    }
    out
}

/// Stops at each instruction once and compares what `commands` say there.
fn same_everywhere(test: &str, source: &str, build: &str, functions: &[&str], commands: &[&str]) {
    let Some(gdb) = tools::gdb() else { return tools::skip(test, "this machine has no gdb") };
    if tools::find("objdump").is_none() {
        return tools::skip(test, "this machine has no objdump");
    }
    let Some(program) = build::or_skip(test, source, build) else { return };
    let addresses = instructions(&program, functions);
    assert!(addresses.len() > 20, "{source} {build}: objdump found {} instructions", addresses.len());
    let mut script: String = addresses.iter().map(|a| format!("tbreak *0x{a}\n")).collect();
    script += "run\n";
    for i in 0..addresses.len() {
        script += &format!("echo <S{i}>\\n\n{}\necho <E{i}>\\n\ncontinue\n", commands.join("\n"));
    }
    let ours = stops(&oracles::rdbg(&program, &[], &script).text);
    let theirs = stops(&oracles::gdb(gdb, &program, &[], &script).text);
    assert!(theirs.len() > 20, "{source} {build}: gdb stopped {} times", theirs.len());
    let mut wrong = String::new();
    for (i, lines) in &theirs {
        let theirs = comparable(lines).join("\n");
        let ours = comparable(ours.get(i).map_or(&[], Vec::as_slice)).join("\n");
        if ours != theirs {
            let difference = similar::TextDiff::from_lines(&theirs, &ours);
            wrong.push_str(&format!("stop {i}\n{}", difference.unified_diff().context_radius(1).header("gdb", "rdbg")));
        }
    }
    assert!(wrong.is_empty(), "{source} {build}:\n{wrong}");
}

const PLACES: &[&str] = &["work", "use", "tail", "through", "main"];

fn places(test: &str, build: &str) {
    same_everywhere(test, "c/places.c", build, PLACES, &["bt full", "info args"]);
}

/// clang's location lists hold a caller's registers for good although the call may have changed them: gdb shows what is in them now,
/// rdbg says that it does not know. Only the innermost frame is compared.
fn places_innermost(test: &str, build: &str) {
    same_everywhere(test, "c/places.c", build, PLACES, &["bt full 1", "info args"]);
}

#[test]
fn at_every_instruction_o0() {
    places("at_every_instruction_o0", "o0");
}

#[test]
fn at_every_instruction_o1() {
    places("at_every_instruction_o1", "o1");
}

#[test]
fn at_every_instruction_o2() {
    places("at_every_instruction_o2", "o2");
}

#[test]
fn at_every_instruction_og_dwarf4() {
    places("at_every_instruction_og_dwarf4", "og4");
}

#[test]
fn at_every_instruction_o3_dwarf64() {
    places("at_every_instruction_o3_dwarf64", "o3-64");
}

#[test]
fn at_every_instruction_clang() {
    places_innermost("at_every_instruction_clang", "clang0");
    places_innermost("at_every_instruction_clang", "clang2");
}

#[test]
fn at_every_instruction_clang_dwarf4() {
    places_innermost("at_every_instruction_clang_dwarf4", "clang1-4");
}

#[test]
fn at_every_instruction_of_scopes() {
    for build in ["plain", "dwarf4", "clang", "clang4", "optimised"] {
        let commands = if build.starts_with("clang") { ["bt full 1", "info args"] } else { ["bt full", "info args"] };
        same_everywhere("at_every_instruction_of_scopes", "c/vars.c", build, &["fact", "shadow", "main"], &commands);
    }
}

/// Entry values in all the ways of showing them.
#[test]
fn entry_values() {
    let shown = ["no", "only", "preferred", "if-needed", "both", "compact", "default"].map(|m| format!("bt -entry-values {m}"));
    let shown: Vec<&str> = shown.iter().map(String::as_str).collect();
    same_everywhere("entry_values", "c/places.c", "o2", &["work", "use", "tail"], &shown);
}

//! `add-symbol-file` and `remove-symbol-file` held against gdb and nm.

mod common;

use std::process::Command;

use common::oracles::{same_as_gdb, whole};
use common::{build, oracles, tools};

/// Objects that a program loads by itself, their sections far from each other, plain and with compressed debug information.
#[test]
fn objects_of_an_own_loader_are_described_as_by_gdb() {
    const NAME: &str = "objects_of_an_own_loader_are_described_as_by_gdb";
    let Some(carrier) = build::or_skip(NAME, "c/carrier.c", "debug") else { return };
    for object in ["carried.o", "packed.o"] {
        let setup = format!("break loaded\nrun {object}\nadd-symbol-file {object} text -s .data data\nbreak twice");
        let commands = [
            "p &twice",
            "p pair",
            "p &pair",
            "ptype twice",
            "info line twice",
            "info symbol twice",
            "info breakpoints",
            "continue",
            "next",
            "info locals",
            "bt",
            "info frame",
            "finish",
            "remove-symbol-file -a text\ninfo symbol text",
            "info breakpoints",
            "p pair",
            "continue",
        ];
        same_as_gdb(NAME, &carrier, &[], &setup, &commands, whole);
    }
}

/// A debug file that is found nowhere tells more of the stripped program that it was cut from, running where it likes.
#[test]
fn a_debug_file_tells_more_of_the_module_that_lies_there() {
    const NAME: &str = "a_debug_file_tells_more_of_the_module_that_lies_there";
    if let Some(absent) = ["objcopy", "strip", "nm"].into_iter().find(|t| tools::find(t).is_none()) {
        return tools::skip(NAME, format!("this machine has no {absent}"));
    }
    let Some(program) = build::or_skip(NAME, "c/vars.c", "pie") else { return };
    let directory = std::env::temp_dir().join(format!("rdbg-added-{}", std::process::id()));
    std::fs::create_dir_all(&directory).unwrap();
    let [debug, stripped] = ["vars.debug", "vars"].map(|name| directory.join(name));
    tools::output(Command::new("objcopy").arg("--only-keep-debug").arg(&program.path).arg(&debug));
    tools::output(Command::new("strip").arg("-o").arg(&stripped).arg(&program.path));
    let (symbols, _) = tools::output(Command::new("nm").arg(&program.path));
    let fact = symbols.lines().find_map(|l| l.strip_suffix(" t fact")).expect("nm knows fact");
    let fact = u64::from_str_radix(fact, 16).unwrap();

    let stripped = build::Program { path: stripped, ..program.clone() };
    // The kernel says where it put the program: AT_ENTRY, less the entry point of the file's header.
    let header = std::fs::read(&stripped.path).unwrap();
    let entry = u64::from_le_bytes(header[24..32].try_into().unwrap());
    let run = oracles::rdbg(&stripped, &[], "starti\ninfo auxv");
    let at_entry = run.lines().find(|l| l.contains("AT_ENTRY")).and_then(|l| l.rsplit("0x").next().map(str::to_owned));
    let base = u64::from_str_radix(&at_entry.expect("an entry point"), 16).unwrap() - entry;
    let script = format!(
        "starti\nadd-symbol-file {} -o {base:#x}\nbreak fact\ncontinue\np &fact\np n\np sizeof(origin)\ndelete\nfinish\n\
         x/i &PLT[1]\ninfo sharedlibrary\nremove-symbol-file {0}\np n\nkill\n",
        debug.display()
    );
    let run = oracles::rdbg(&stripped, &[], &script);
    for wanted in [
        format!("(int (*)(int)) {:#x} <fact>\n", base + fact),
        "= 5\n".to_owned(),
        // Two ints, char[8], a byte of bit-fields, a pointer.
        "= 32\n".to_owned(),
        "Run till exit from #0  fact (n=5) at vars.c".to_owned(),
        "Value returned is $4 = 120\n".to_owned(),
        // What the stripped file itself says of its code is still there.
        " <printf@plt>".to_owned(),
        "No symbol \"n\" in current context.".to_owned(),
    ] {
        assert!(run.text.contains(&wanted), "no {wanted:?} in\n{}", run.text);
    }
    let mut listed = run.lines().skip_while(|l| !l.contains("Shared Object Library"));
    assert!(!listed.any(|l| l.contains("Yes") && l.contains("vars.debug")), "the debug file is no shared library:\n{}", run.text);
    let _ = std::fs::remove_dir_all(&directory);
}

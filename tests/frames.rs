//! Frames held against gdb's, command by command: tail calls, entry values, `info frame`.
//!
//! Where gdb is missing the test says so aloud and passes.

mod common;

use common::build::{self, NoProgram, Program};
use common::oracles::{same_as_gdb, whole};
use common::tools;

fn program(test: &str, source: &str, name: &str) -> Option<Program> {
    match build::build(source, name) {
        Ok(program) => Some(program),
        Err(e @ NoProgram::Missing(_)) => {
            tools::skip(&format!("{test} ({source} {name})"), e);
            None
        }
        Err(e) => panic!("{e}"),
    }
}

/// The functions that have left by tail calls, on one way and on several; what they were called with; and what runs out of them.
#[test]
fn tail_calls_are_gdbs() {
    const NAME: &str = "tail_calls_are_gdbs";
    let Some(program) = program(NAME, "c/tails.c", "O2") else { return };
    // `calls` is the frame below; `main`'s is not compared with an inlined call in it, where gdb loses a frame.
    let looks = ["bt", "info frame", "up\ninfo frame", "up\ninfo frame", "frame apply all p $pc", "frame apply all p $rbx"];
    for stop in 0..7 {
        let again = "\ncontinue".repeat(stop);
        // Hit 5 is `around`, whose tail call is an inlined function's: gdb shows that as one frame, and leaves out `around`'s.
        if stop != 4 {
            same_as_gdb(NAME, &program, &[], &format!("break last\nrun{again}"), &looks, whole);
        }
    }
    let modes = ["no", "only", "preferred", "if-needed", "both", "compact", "default"];
    let modes = modes.map(|m| format!("set print entry-values {m}\nbt"));
    let more =
        ["bt -frame-arguments all", "bt -entry-values both 2", "bt -frame-arguments presence", "p $_exitcode", "p i@entry"];
    let looks: Vec<&str> = modes.iter().map(String::as_str).chain(more).collect();
    same_as_gdb(NAME, &program, &[], "break last\nrun", &looks, whole);
    let out = ["finish", "continue", "up\nfinish", "continue", "up 2\nreturn\nbt", "next"];
    same_as_gdb(NAME, &program, &[], "break last\nrun", &out, whole);
}

/// What clang writes of its tail calls names no callee that can be told for sure: the frames are those that are there.
#[test]
fn clangs_tail_calls_are_gdbs() {
    const NAME: &str = "clangs_tail_calls_are_gdbs";
    let Some(program) = program(NAME, "c/tails.c", "clang") else { return };
    // Of `calls` and `main` gdb shows registers that nobody has kept.
    let own = |line: &str| whole(line.split_once(" (").map_or(line, |(frame, _)| frame));
    for stop in 0..7 {
        let again = "\ncontinue".repeat(stop);
        same_as_gdb(NAME, &program, &[], &format!("break last\nrun{again}"), &["bt", "up"], own);
    }
}

/// What callers tell of arguments, each by what its own caller tells.
#[test]
fn chains_of_entry_values_are_gdbs() {
    const NAME: &str = "chains_of_entry_values_are_gdbs";
    let Some(program) = program(NAME, "c/chain.c", "O2") else { return };
    let looks = ["bt", "bt -4", "frame 101\ninfo frame", "frame 50\np n@entry\np acc@entry", "down 20\ninfo args"];
    same_as_gdb(NAME, &program, &["120"], "break bottom\nrun", &looks, whole);
}

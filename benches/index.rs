//! Names in large programs: the two that the environment names, RDBG_BIG_C and RDBG_BIG_RUST, else /tmp/perf/big/gdb-g (gdb itself,
//! C++) and /tmp/perf/big/bs-debug (Rust); with rdbg's cache empty and filled, beside gdb. `$ONLY` selects rows by a part of their title.

#[path = "measure/mod.rs"]
mod measure;

use std::path::{Path, PathBuf};

use measure::{Peer, Row, Sample, debug, head, row};

/// What is asked, what must be in the answer, and how many times less time than gdb's it is to take the first time and again.
type Question = (&'static str, &'static str, &'static str, f64, f64);

const CPP: &[Question] = &[
    ("to main, bt", "break main\nrun\nbt\nkill", "#0  main", 15.0, 15.0),
    ("break FUNCTION", "break lookup_symbol_in_language", "Breakpoint 1 ", 3.0, 15.0),
    ("break FILE:LINE", "break symtab.c:2000", "Breakpoint 1 ", 3.0, 15.0),
    ("info functions REGEX", "info functions -n ^lookup_symbol", "lookup_symbol_in_language", 3.0, 15.0),
    ("info types REGEX", "info types ^block_", "block_symbol", 3.0, 15.0),
    ("ptype", "ptype struct block_symbol", "type = struct block_symbol", 3.0, 15.0),
    ("complete", "complete break lookup_symbol_in", "lookup_symbol_in_language", 3.0, 15.0),
    ("info scope", "info scope lookup_symbol_in_language", "Symbol name is", 3.0, 15.0),
];

const RUST: &[Question] = &[
    ("to main, bt", "break main\nrun\nbt\nkill", "#0  ", 15.0, 15.0),
    ("break FUNCTION", "break bugstalker::debugger::Debugger::step_over", "Breakpoint 1 ", 3.0, 15.0),
    ("break FILE:LINE", "break debugger/step.rs:100", "Breakpoint 1 ", 3.0, 15.0),
    ("info functions REGEX", "info functions -n step_over", "step_over", 3.0, 15.0),
    ("info types REGEX", "info types Debugger$", "Debugger", 3.0, 15.0),
    ("ptype", "ptype bugstalker::debugger::Debugger", "type = struct bugstalker::debugger::Debugger", 3.0, 15.0),
    ("complete", "complete break bugstalker::debugger::Debugger::step_o", "step_over", 3.0, 15.0),
];

/// Memory is a fifth of gdb's where a program is only started.
const MEMORY_GOAL: f64 = 5.0;

/// Asks a debugger; rdbg with the cache in this directory.
fn ask(peer: Peer, program: &Path, cache: &Path, line: &str, expected: &str) -> Option<Sample> {
    let setting = match peer {
        Peer::Rdbg => format!("set index-cache directory {}\n", cache.display()),
        Peer::Gdb => String::new(),
    };
    debug(peer, &[program.into()], &format!("{setting}{line}\n"), expected)
}

fn measure_program(program: &Path, questions: &[Question], cache: &Path) {
    let name = program.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let only = std::env::var("ONLY").unwrap_or_default();
    for (what, line, expected, first, again) in questions {
        for (when, goal) in [("first", *first), ("again", *again)] {
            let title = format!("{name}: {what}, {when}");
            if !title.contains(&only) {
                continue;
            }
            let run = |peer: Peer| {
                if when == "first" {
                    let _ = std::fs::remove_dir_all(cache);
                }
                ask(peer, program, cache, line, expected)
            };
            // Fills it.
            let _ = ask(Peer::Rdbg, program, cache, line, expected);
            let time = Row { what: title.clone().leak(), unit: "ms", more_is_better: false, goal };
            row(&time, || None, |peer| run(peer).map(|s| s.seconds * 1000.0));
            let goal = if what.starts_with("to main") { MEMORY_GOAL } else { 1.0 };
            let memory = Row { what: format!("{title}: memory").leak(), unit: "MiB", more_is_better: false, goal };
            row(&memory, || None, |peer| run(peer).map(|s| s.rss / 1024.0));
        }
    }
}

fn main() {
    // The cache of this bench is its own, empty at first.
    let cache = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("index-bench.{}", std::process::id()));
    let big = |variable: &str, default: &str| std::env::var_os(variable).map_or_else(|| default.into(), PathBuf::from);
    head();
    for (program, questions) in
        [(big("RDBG_BIG_C", "/tmp/perf/big/gdb-g"), CPP), (big("RDBG_BIG_RUST", "/tmp/perf/big/bs-debug"), RUST)]
    {
        match program.exists() {
            true => measure_program(&program, questions, &cache),
            false => println!("! {} is not there: nothing measured with it", program.display()),
        }
    }
    let _ = std::fs::remove_dir_all(cache);
}

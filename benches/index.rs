//! Names in large programs: the two that the environment names, RDBG_BIG_C and RDBG_BIG_RUST, else /tmp/perf/big/gdb-g (gdb itself,
//! C++) and /tmp/perf/big/bs-debug (Rust); without and with rdbg's cache, beside gdb.

#[path = "measure/mod.rs"]
mod measure;

use std::path::PathBuf;

use measure::{Peer, Row, debug, head, row};

/// What is asked, and what must be in the answer.
const QUESTIONS: &[(&str, &str, &str)] = &[
    ("break FUNCTION", "break lookup_symbol_in_language", "Breakpoint 1 "),
    ("break FILE:LINE", "break symtab.c:2000", "Breakpoint 1 "),
    ("info functions REGEX", "info functions -n ^lookup_symbol", "lookup_symbol_in_language"),
    ("info types REGEX", "info types ^block_", "block_symbol"),
    ("ptype", "ptype struct block_symbol", "type = struct block_symbol"),
    ("complete", "complete break lookup_symbol_in", "lookup_symbol_in_language"),
];

const RUST: &[(&str, &str, &str)] = &[
    ("break FUNCTION", "break bugstalker::debugger::Debugger::step_over", "Breakpoint 1 "),
    ("info functions REGEX", "info functions -n step_over", "step_over"),
    ("complete", "complete break bugstalker::debugger::Debugger::step_o", "step_over"),
];

fn main() {
    // The cache of this bench is its own, empty at first.
    let cache = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("index-bench.{}", std::process::id()));
    let big = |variable: &str, default: &str| std::env::var_os(variable).map_or_else(|| default.into(), PathBuf::from);
    head();
    let programs =
        [(big("RDBG_BIG_C", "/tmp/perf/big/gdb-g"), QUESTIONS), (big("RDBG_BIG_RUST", "/tmp/perf/big/bs-debug"), RUST)];
    for (program, questions) in programs {
        if !program.exists() {
            println!("! {} is not there: nothing measured with it", program.display());
            continue;
        }
        let name = program.file_name().unwrap_or_default().to_string_lossy().into_owned();
        for (what, line, expected) in questions {
            for (is_cached, goal) in [(false, 3.0), (true, 15.0)] {
                let setting = match is_cached {
                    true => format!("set index-cache directory {}\n", cache.display()),
                    false => "set index-cache enabled off\n".to_owned(),
                };
                let ask = |peer: Peer| {
                    let setting = if matches!(peer, Peer::Gdb) { "" } else { &setting };
                    debug(peer, &[program.clone().into()], &format!("{setting}{line}\n"), expected)
                };
                if is_cached {
                    // Fills it.
                    let _ = ask(Peer::Rdbg);
                }
                let title = format!("{name}: {what}{}", if is_cached { ", again" } else { "" });
                let time = Row { what: title.leak(), unit: "ms", more_is_better: false, goal };
                row(&time, || None, |peer| ask(peer).map(|s| s.seconds * 1000.0));
            }
        }
    }
    let _ = std::fs::remove_dir_all(cache);
}

//! `finish`, `until`, `advance`, `return`, `skip` and counted steps: what gdb shows for the same script.

mod common;

use std::fs::File;
use std::process::Command;

use common::build::{self, Program};
use common::tools;

/// Runs a script in both debuggers, and compares what they say of each stop.
fn same(name: &str, source: &str, build: &str, script: &str) {
    compare(name, source, build, script, |_| true);
}

/// The same for lines, values and pcs, without how frames are described: that is others' to test.
fn same_places(name: &str, source: &str, build: &str, script: &str) {
    compare(name, source, build, script, |line| {
        line.starts_with("at ")
            || line.starts_with("Value")
            || line.starts_with(|c: char| c.is_ascii_digit()) && !line.starts_with("0x")
    });
}

fn compare(name: &str, source: &str, build: &str, script: &str, concerns: impl Fn(&str) -> bool) {
    let test = format!("stepping {name} {build}");
    let Some(Program { path: program, .. }) = build::or_skip(&test, source, build) else { return };
    let Some(gdb) = tools::gdb() else { return tools::skip(&test, "no gdb") };
    let file = format!("{}/stepping-{name}-{build}.gdb", env!("CARGO_TARGET_TMPDIR"));
    let head = "set debug-file-directory /nonexistent\nset confirm off\nset width 0\nset environment LC_ALL C\nset max-value-size 4096\n";
    let lines = script.split(';').map(str::trim);
    // Which address, too: a place in the midst of a line is not always shown as such.
    let lines = lines.map(|line| format!("{line}\nprintf \"at %lx\\n\", $pc\n"));
    std::fs::write(&file, format!("{head}{}", lines.collect::<String>())).unwrap();
    let run = |debugger: &std::path::Path| {
        let mut command = Command::new("timeout");
        command.args(["60"]).arg(debugger).args(["-nx", "-q"]).arg(&program).stdin(File::open(&file).unwrap());
        let text = tools::output(&mut command).0.replace("(gdb) ", "").replace("(rdbg) ", "");
        let is_of_one = |l: &str| {
            l.is_empty() || l.starts_with("[Thread debugging") || l.starts_with("Using host lib") || l.contains("process ")
        };
        text.lines().filter(|l| !is_of_one(l) && concerns(l)).map(|l| l.to_owned() + "\n").collect::<String>()
    };
    let (expected, seen) = (run(&gdb.path), run(common::rdbg::executable()));
    assert!(expected.lines().filter(|l| l.starts_with("at ")).count() > 3, "{test}: gdb said {expected}");
    if expected != seen {
        let diff = similar::TextDiff::from_lines(&expected, &seen);
        panic!("{test}:\n{}", diff.unified_diff().context_radius(4).header("gdb", "rdbg"));
    }
}

#[test]
fn values_are_returned_in_every_way() {
    let functions = "letter half third longer make_pair make_big make_two truth paint text typed cplx fnptr nothing";
    let mut script = "break fact if n == 2; run; finish; up; finish; delete".to_owned();
    for function in functions.split(' ') {
        script += &format!("; break {function}; continue; finish");
    }
    same("finish", "c/returns.c", "plain", &script);
    same_places(
        "finish",
        "c/returns.c",
        "optimised",
        &script.replace("break fact if n == 2; run; finish; up", "break fact; run"),
    );
    same("quiet", "c/returns.c", "plain", "break half; run; set print finish off; finish; set print finish on; next");
}

#[test]
fn an_inlined_call_is_finished_by_its_lines() {
    same("inlined", "c/returns.c", "plain", "break 65; run; step; finish; next");
}

#[test]
fn functions_return_before_their_end() {
    let script = "break fact if n == 2; run; return 10; return; finish; delete; break half; continue; return 4; next; print r; \
        break paint; continue; return RED; next; print r; break make_two; continue; return; next";
    same("return", "c/returns.c", "plain", script);
}

#[test]
fn places_count_in_their_own_frame() {
    let script = "break main; run; until 25; advance fact; until 12; advance marker; advance 28; until; until; step";
    same("places", "c/frames.c", "plain", script);
    let script = "break fact if n == 3; run; until 11; up; until 11; frame 0; delete; until marker; until fact; advance marker; up; \
        advance 11; info breakpoints";
    same("frames", "c/frames.c", "plain", script);
}

#[test]
fn loops_are_left_by_until() {
    let script =
        "break loop; run; next; next; next; next; until; until; until; finish; tbreak loop; continue; next 3; until; step 4";
    same("loops", "c/frames.c", "plain", script);
}

#[test]
fn steps_are_counted() {
    let script = "break main; run; step 0; next 2; step 3; stepi 0; stepi 4; nexti 3; stepi 30; nexti 20; stepi 1000; nexti 100";
    same("counted", "c/frames.c", "plain", script);
}

#[test]
fn skipped_functions_are_not_entered() {
    let script = "skip fact; skip -gfi *.x; skip -rfu ^ha; skip file nowhere.c; info skip; break main; run; step; step; step; step; \
        skip disable 3; skip enable 1; info skip 1-3; skip delete 4; skip function third; step; step; step; skip; info skip; skip delete; \
        info skip";
    same("skip", "c/returns.c", "plain", script);
}

#[test]
fn step_arrives_by_detours() {
    let script = format!("break main; run{}", "; step".repeat(17));
    same_places("detours", "cpp/detours.cpp", "pie", &script);
    same_places("detours", "cpp/detours.cpp", "plain", &script);
}

#[test]
fn handlers_of_signals_do_not_fool_steps() {
    let quiet = "handle SIGALRM nostop noprint pass; handle SIGUSR1 nostop noprint pass";
    same(
        "into-handler",
        "c/handlers.c",
        "plain",
        &format!("{quiet}; break on_signal; run{}; delete; next; next", "; step".repeat(4)),
    );
    same(
        "out-of-handler",
        "c/handlers.c",
        "plain",
        &format!("{quiet}; break on_signal; run; finish; delete; tbreak 29; continue; next; next; step; until; until"),
    );
    same(
        "over-handlers",
        "c/handlers.c",
        "plain",
        &format!("{quiet}; tbreak 32; run; step; step; next; next; finish; next; next; until; until; next"),
    );
}

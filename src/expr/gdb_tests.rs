//! Constant expressions and gdb 13.1's answers to them: a recorded table, and gdb itself where there is one.
//!
//! The table has commands, each followed by the lines of its answer behind a tab. The commands run in one session, as
//! convenience variables carry over; the numbers of the history are not compared.

use std::process::Command;

use super::test_host::TestHost;
use crate::value::{Language, Value, rust_type};

const TABLE: &str = include_str!("gdb_answers.txt");

/// The same in Rust; there each command ran in a gdb of its own, behind `set var $a = 5`.
const RUST: &str = include_str!("gdb_rust_answers.txt");

fn table(text: &'static str) -> Vec<(&'static str, String)> {
    let mut out: Vec<(&str, String)> = Vec::new();
    for line in text.lines() {
        match (line.strip_prefix('\t'), out.last_mut()) {
            (Some(answer), Some(last)) => {
                if !last.1.is_empty() {
                    last.1.push('\n');
                }
                last.1.push_str(answer);
            }
            _ => out.push((line, String::new())),
        }
    }
    out
}

/// The answer without the number of the history.
fn unnumbered(answer: &str) -> String {
    let lines = answer.lines().map(|line| match line.strip_prefix('$').and_then(|l| l.split_once(" = ")) {
        Some((n, rest)) if n.bytes().all(|c| c.is_ascii_digit()) => rest,
        _ => line,
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn compare(commands: &[&str], answers: &[String]) {
    let mut host = TestHost::new();
    let mut wrong = Vec::new();
    for (command, answer) in commands.iter().zip(answers) {
        let ours = unnumbered(&host.run(command));
        if ours != unnumbered(answer) {
            wrong.push(format!("{command}\n  gdb:  {}\n  ours: {ours}", unnumbered(answer)));
        }
    }
    assert!(wrong.is_empty(), "{} of {} differ:\n{}", wrong.len(), commands.len(), wrong.join("\n"));
}

#[test]
fn constant_expressions_are_what_gdb_recorded() {
    let (commands, answers): (Vec<&str>, Vec<String>) = table(TABLE).into_iter().unzip();
    compare(&commands, &answers);
}

#[test]
fn expressions_of_rust_are_what_gdb_recorded() {
    let mut wrong = Vec::new();
    for (command, answer) in table(RUST) {
        let mut host = TestHost::new();
        host.language = Language::Rust;
        host.variables.set("a", Value::int(&rust_type("i32").unwrap(), 5));
        let ours = unnumbered(&host.run(command));
        if ours != unnumbered(&answer) {
            wrong.push(format!("{command}\n  gdb:  {}\n  ours: {ours}", unnumbered(&answer)));
        }
    }
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn constant_expressions_are_what_gdb_says_now() {
    let gdb = std::env::var("RDBG_TEST_GDB").unwrap_or_else(|_| "gdb".to_owned());
    let mut command = Command::new(&gdb);
    command.args(["-nx", "-q", "-batch", "-ex", "set architecture i386:x86-64"]);
    let (commands, _): (Vec<&str>, Vec<String>) = table(TABLE).into_iter().unzip();
    for c in &commands {
        command.args(["-ex", "echo \\001\\n", "-ex", c, "-ex", "echo \\002"]);
    }
    // One stream for both, in their order.
    let shell =
        Command::new("sh").args(["-c", "exec \"$@\" 2>&1", "sh"]).arg(command.get_program()).args(command.get_args()).output();
    let Some(output) = shell.ok().filter(|o| !o.stdout.is_empty()) else {
        eprintln!("{gdb} does not run: the comparison with a live gdb is left out");
        return;
    };
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let answers: Vec<String> =
        text.split("\x01\n").skip(1).map(|a| a.split('\x02').next().unwrap_or("").trim_end_matches('\n').to_owned()).collect();
    if answers.len() != commands.len() {
        eprintln!("{gdb} answered {} of {} commands: the comparison with a live gdb is left out", answers.len(), commands.len());
        return;
    }
    compare(&commands, &answers);
}

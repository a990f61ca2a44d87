//! Events a second that do not keep the program: many threads at one breakpoint, caught system calls and those that nobody
//! catches, watched writes; beside gdb.

#[path = "measure/mod.rs"]
mod measure;
#[path = "../tests/common/mod.rs"]
mod programs;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Command;

use measure::{Peer, Row, debug, head, rate, row, spawn};

fn main() {
    let program = match programs::build::build("c/busy.c", "debug") {
        Ok(program) => program.path,
        Err(e) => return println!("! {e}"),
    };
    head();
    let busy = |what: &'static str, script: fn(usize) -> String, (long, short): (usize, usize)| {
        let program = program.clone();
        move |peer: Peer| {
            let (long, short) = if peer == Peer::Rdbg { (long, short) } else { (long / 10, short / 10) };
            rate(peer, long, short, |peer, n| debug(peer, &arguments(&program, what, n), &script(n), "exited normally"))
        }
    };
    let rates = |what, goal| Row { what, unit: "/s", more_is_better: true, goal };
    let condition = |_| "break come_here if turn == -1\nrun\n".to_owned();
    row(&rates("200 threads, condition false, hits", 10.0), || None, busy("threads", condition, (100_000, 20_000)));
    let commands = |_| "catch syscall getppid\ncommands\nsilent\ncontinue\nend\nrun\n".to_owned();
    row(&rates("caught calls with commands, stops", 5.0), || None, busy("calls", commands, (20_000, 2_000)));
    let watch = |n: usize| format!("break start_here\nrun\nwatch watched if watched == {n}\ncontinue\ncontinue\n");
    row(&rates("watchpoint, condition false, hits", 2.0), || None, busy("writes", watch, (50_000, 5_000)));
    let filtered = Row { what: "calls that nobody catches, with a filter", unit: "ms", more_is_better: false, goal: 1.0 };
    const CALLS: usize = 1_000_000;
    let untraced = || took(&spawn(Command::new(&program).args(["calls", &CALLS.to_string()])).text);
    row(&filtered, untraced, |peer| {
        // gdb has none: what it does with as many calls takes minutes.
        let script = "set detach-on-fork off\nset seccomp-catch on\ncatch syscall getuid\nrun\ncontinue\ncontinue\n";
        let sample =
            (peer == Peer::Rdbg).then(|| debug(peer, &arguments(&program, "calls", CALLS), script, "exited normally"))??;
        took(&sample.text)
    });
}

fn arguments(program: &PathBuf, what: &str, n: usize) -> [OsString; 3] {
    [program.into(), what.into(), n.to_string().into()]
}

/// What the program says that it took, in milliseconds.
fn took(text: &str) -> Option<f64> {
    let seconds: f64 = text.lines().find_map(|l| l.strip_prefix("took "))?.trim().parse().ok()?;
    Some(1000.0 * seconds)
}

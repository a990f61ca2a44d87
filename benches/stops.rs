//! Stops a second: breakpoints that do not stop, and single steps, beside gdb and a raw ptrace loop.

#[path = "measure/mod.rs"]
mod measure;
#[path = "../tests/common/mod.rs"]
mod programs;

use measure::{Peer, Row, debug, head, rate, raw, row};

fn main() {
    let program = match programs::build::build("c/loop.c", "lazy") {
        Ok(program) => program.path,
        Err(e) => return println!("! {e}"),
    };
    head();
    let sizes = |peer: Peer| if peer == Peer::Rdbg { (200_000, 2_000) } else { (10_000, 100) };
    let hits = |script: fn(usize) -> String, expected: &'static str| {
        let program = program.clone();
        move |peer: Peer| {
            let (long, short) = sizes(peer);
            rate(peer, long, short, |peer, n| debug(peer, &[program.clone().into(), n.to_string().into()], &script(n), expected))
        }
    };
    let raw_hits = || raw::hits(&program, 100_000);
    let condition = Row { what: "breakpoint, condition false, hits", unit: "/s", more_is_better: true, goal: 15.0 };
    row(&condition, raw_hits, hits(|n| format!("break step if $rdi == {n}\nrun\n"), "exited normally"));
    let ignored = Row { what: "breakpoint, ignore count, hits", unit: "/s", more_is_better: true, goal: 15.0 };
    row(&ignored, raw_hits, hits(|n| format!("break step\nignore 1 {n}\nrun\n"), "exited normally"));
    let steps = Row { what: "stepi N, steps", unit: "/s", more_is_better: true, goal: 3.0 };
    let step = |peer: Peer| {
        let (long, short) = if peer == Peer::Rdbg { (100_000, 1_000) } else { (20_000, 200) };
        let script = |n: usize| format!("break main\nrun\nstepi {n}\ninfo registers rip\nkill\n");
        rate(peer, long, short, |peer, n| debug(peer, &[program.clone().into(), "100000000".into()], &script(n), "rip "))
    };
    row(&steps, || raw::steps(&program, 50_000), step);
}

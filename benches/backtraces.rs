//! Deep stacks: frames a second without optimisation, with unwind tables alone, and with arguments that lead from caller to
//! caller; and the memory that a deep backtrace takes.

#[path = "measure/mod.rs"]
mod measure;
#[path = "../tests/common/mod.rs"]
mod programs;

use std::path::PathBuf;

use measure::{Peer, Row, debug, head, rate, row};

/// A kind of stack: how it is built, and how many frames each peer shows of it.
struct Stack {
    row: Row,
    build: &'static str,
    depth: usize,
    rdbg: usize,
    /// Fewer, for the time that it takes: what is compared is the rate.
    gdb: usize,
}

fn main() {
    let rate = |what, goal| Row { what, unit: "/s", more_is_better: true, goal };
    let stacks = [
        Stack { row: rate("frames, -O0", 10.0), build: "O0", depth: 100_000, rdbg: 100_000, gdb: 20_000 },
        Stack { row: rate("frames, .eh_frame alone", 5.0), build: "tables", depth: 100_000, rdbg: 100_000, gdb: 10_000 },
        Stack { row: rate("frames, entry values of 1,000 callers", 50.0), build: "O2", depth: 1000, rdbg: 1000, gdb: 1000 },
    ];
    head();
    for stack in &stacks {
        match programs::build::build("c/chain.c", stack.build) {
            Ok(program) => measure_stack(stack, &program.path),
            Err(e) => println!("! {e}"),
        }
    }
}

fn measure_stack(stack: &Stack, program: &PathBuf) {
    let run = |peer, frames: usize| {
        let script = format!("break bottom\nrun\nbacktrace {frames}\nkill\n");
        debug(peer, &[program.into(), stack.depth.to_string().into()], &script, &format!("#{} ", frames - 1))
    };
    let frames = |peer| if peer == Peer::Rdbg { stack.rdbg } else { stack.gdb };
    row(&stack.row, || None, |peer| rate(peer, frames(peer), 10, run));
    if stack.build == "O0" {
        let what = Row { what: "KiB a thousand frames then", unit: "KiB", more_is_better: false, goal: 5.0 };
        let growth = |peer| Some((run(peer, frames(peer))?.rss - run(peer, 10)?.rss) * 1000.0 / frames(peer) as f64);
        row(&what, || None, growth);
    }
}

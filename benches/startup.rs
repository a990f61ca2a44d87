//! Start on a hello world, break at `main`, run to it, quit: wall time and memory beside gdb, and the bare fork, exec and int3.

#[path = "measure/mod.rs"]
mod measure;
#[path = "../tests/common/mod.rs"]
mod programs;

use measure::{Peer, Row, debug, head, raw, row};

fn main() {
    let hello = match programs::build::build("c/hello.c", "lazy") {
        Ok(program) => program.path,
        Err(e) => return println!("! {e}"),
    };
    head();
    let run = |peer: Peer| debug(peer, &[hello.clone().into()], "break main\nrun\nkill\n", "Breakpoint 1, ");
    let time = Row { what: "start, break main, run, quit", unit: "ms", more_is_better: false, goal: 10.0 };
    row(&time, || raw::launch(&hello).map(|s| s * 1000.0), |peer| run(peer).map(|s| s.seconds * 1000.0));
    let memory = Row { what: "largest resident set of that", unit: "MiB", more_is_better: false, goal: 5.0 };
    row(&memory, || None, |peer| run(peer).map(|s| s.rss / 1024.0));
    let load = Row { what: "load and quit", unit: "ms", more_is_better: false, goal: 10.0 };
    row(&load, || None, |peer| debug(peer, &[hello.clone().into()], "echo done\\n\n", "done").map(|s| s.seconds * 1000.0));
}

//! Frames held against gdb's, command by command: tail calls, entry values, `info frame`.
//!
//! Where gdb is missing the test says so aloud and passes.

mod common;

use common::build;
use common::oracles::{same_as_gdb, whole};
use common::rdbg::Session;

/// The functions that have left by tail calls, on one way and on several; what they were called with; and what runs out of them.
#[test]
fn tail_calls_are_gdbs() {
    const NAME: &str = "tail_calls_are_gdbs";
    let Some(program) = build::or_skip(NAME, "c/tails.c", "O2") else { return };
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
    let Some(program) = build::or_skip(NAME, "c/tails.c", "clang") else { return };
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
    let Some(program) = build::or_skip(NAME, "c/chain.c", "O2") else { return };
    let looks = ["bt", "bt -4", "frame 101\ninfo frame", "frame 50\np n@entry\np acc@entry", "down 20\ninfo args"];
    same_as_gdb(NAME, &program, &["120"], "break bottom\nrun", &looks, whole);
}

/// The name of a frame, from a line of `bt`.
fn name(line: &str) -> &str {
    let text = line.split_once(' ').map_or(line, |(_, text)| text.trim_start());
    let text = if text.starts_with("0x") { text.split_once(" in ").map_or(text, |(_, text)| text) } else { text };
    text.split(" (").next().unwrap_or(text)
}

/// What the calling convention says: as long as `main` runs, its frame and those of its callers stand below whatever it has
/// called, at each single instruction; and one instruction changes the top of the stack alone.
#[test]
fn callers_are_right_at_every_instruction() {
    const NAME: &str = "callers_are_right_at_every_instruction";
    // One instruction enters or leaves one function, with as many calls as are inlined into it.
    const MOST: usize = 5;
    for build in ["debug", "optimised", "clang", "stripped"] {
        let Some(program) = build::or_skip(NAME, "c/library.c", build) else { continue };
        // As in gdb a step does not enter a handler: this one is stepped from its own first instruction on, if it has a name.
        let handler = if build == "stripped" { "" } else { "break *handler\ncontinue\n" };
        let script = format!(
            "handle SIGUSR1 nostop noprint\nbreak main\nrun > /dev/null\nset height 0\necho STACK\\n\nbt -past-main\n{handler}\
             set $n = 1\nwhile $n < 3000\necho STACK\\n\nbt -past-main\nstepi\nset $n = $n + 1\nend\n"
        );
        let run = Session::rdbg().program(&program.path, [""; 0]).feed(&script);
        let of = |text: &str| -> Vec<String> {
            text.lines()
                .map(|l| l.trim_start_matches("(rdbg) "))
                .filter(|l| l.starts_with('#'))
                .map(|l| name(l).to_owned())
                .collect()
        };
        let stacks: Vec<Vec<String>> = run.text.split("STACK\n").skip(1).map(of).collect();
        assert_eq!(stacks.len(), 3000, "{build}: {}", run.text.chars().take(2000).collect::<String>());
        let callers = &stacks[0];
        assert!(callers[0] == "main" && callers.last().is_some_and(|c| c == "_start"), "{build}: {callers:?}");
        for (at, pair) in stacks.windows(2).enumerate().skip(1) {
            assert!(pair[1].ends_with(callers), "{build}, instruction {at}: {:?}", pair[1]);
            let same = pair[0].iter().rev().zip(pair[1].iter().rev()).take_while(|(a, b)| a == b).count();
            assert!(pair[0].len().max(pair[1].len()) - same <= MOST, "{build}, instruction {at}: {pair:?}");
        }
        let in_handler = stacks.iter().any(|s| s.iter().any(|f| f == "<signal handler called>"));
        assert_eq!(in_handler, !handler.is_empty(), "{build}: the handler");
        assert!(stacks.iter().any(|s| s.len() > callers.len() + 3), "{build}: nothing deep was called");
    }
}

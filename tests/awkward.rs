//! Breakpoints where they do harm if they can: on instructions that do not bear being moved. The program itself says whether all of
//! them have done what they must.

mod common;

use common::build;
use common::rdbg::Session;

/// Each label, and how often the program comes by.
const PLACES: [(&str, u64); 17] = [
    ("at_syscall", 50),
    ("at_rep", 50),
    ("at_call", 50),
    ("at_call_memory", 50),
    ("at_call_register", 50),
    ("at_rip", 50),
    ("at_lea", 50),
    ("at_compare", 50),
    ("at_branch", 50),
    ("at_loop", 150),
    ("at_jrcxz", 50),
    ("at_push", 50),
    ("at_pop", 50),
    ("at_jump", 50),
    ("at_own", 50),
    ("at_own_end", 50),
    ("leaf", 150),
];

fn run(build: &str, args: &[&str], commands: &str) -> String {
    let program = build::build("c/awkward.c", build).unwrap_or_else(|e| panic!("{e}"));
    Session::rdbg().program(&program.path, args.iter().copied()).feed(commands).text
}

fn is_right(text: &str) {
    assert!(text.contains(": right\n"), "{text}");
}

/// A breakpoint on each of them at once, none of which stops: every count is exact, by a slot, by emulation and in place.
#[test]
fn counts_are_exact_and_nothing_is_harmed() {
    let breaks: String =
        PLACES.iter().enumerate().map(|(i, (p, _))| format!("break *&{p}\nignore {} 1000000\n", i + 1)).collect();
    // In the handler, and on the jump to itself, which comes by as often as it likes.
    let more = "break on_alarm\nignore 18 1000000\nbreak *&at_self if handled < 0\n";
    for (build, how) in
        [("lazy", ""), ("pie", ""), ("lazy", "set displaced-stepping off\n"), ("pie", "set breakpoint always-inserted on\n")]
    {
        let text = run(build, &[], &format!("{how}{breaks}{more}run\ninfo breakpoints\n"));
        is_right(&text);
        let hits: Vec<&str> = text.lines().filter_map(|l| l.trim().strip_prefix("breakpoint already hit ")).collect();
        let expected: Vec<String> = PLACES.iter().map(|(_, n)| format!("{n} times")).collect();
        assert_eq!(hits[..hits.len() - 1], expected, "{build}, {how}: {text}");
        let handled = text.split("handled ").nth(1).and_then(|t| t.split(' ').next()).unwrap_or_default();
        assert_eq!(hits[hits.len() - 1], format!("{handled} times"), "{build}, {how}: {text}");
    }
}

/// Stopped at each, stepped past it by an instruction, and gone on.
#[test]
fn each_is_stepped_past() {
    for (place, _) in PLACES {
        let text = run(
            "lazy",
            &[],
            &format!("break *&{place}\nrun\nstepi\ncontinue\nstepi 3\nnexti\ncontinue\nx/i $pc\nup 0\ndelete\ncontinue\n"),
        );
        is_right(&text);
        assert!(text.matches("Breakpoint 1, ").count() >= 3, "{place}: {text}");
    }
}

/// Through all of it by single instructions, with breakpoints in the way, and a signal every millisecond besides.
#[test]
fn steps_go_through_all_of_it() {
    let breaks: String = PLACES.iter().map(|(p, _)| format!("break *&{p} if counter < 0\n")).collect();
    for before in ["", breaks.as_str()] {
        let text = run("lazy", &[], &format!("break work\nrun\n{before}stepi 20000\nfinish\ndelete\ncontinue\n"));
        is_right(&text);
    }
    let text = run("lazy", &[], &format!("break work\nrun\n{breaks}nexti 2000\nfinish\ndelete\ncontinue\n"));
    is_right(&text);
}

/// A jump to itself is left by a signal's handler only: steps stay on it, and the handler finds the pc where it is.
#[test]
fn a_jump_to_itself_is_stepped_on_the_spot() {
    let text = run(
        "lazy",
        &[],
        "handle SIGALRM nostop noprint pass\nbreak *&at_self\nrun\nprint $pc == (void (*)())&at_self\nstepi\nstepi\n\
                    print $pc == (void (*)())&at_self\ndelete\ncontinue\n",
    );
    assert!(text.contains("$1 = 1"), "{text}");
    is_right(&text);
}

/// A watch on a thread's own variable ends with its frame; the thread, and those after it, go on.
#[test]
fn a_watch_on_a_variable_whose_thread_ends() {
    // The place itself is watched on, when other threads have it.
    for (setting, watch, end) in [
        ("", "watch own", "continue\ncontinue\n"),
        ("", "watch -l own", "delete\ncontinue\n"),
        ("set can-use-hw-watchpoints 0\n", "watch own", "continue\ncontinue\n"),
    ] {
        let script = format!("{setting}break watched\nrun\nnext\n{watch}\ndelete 1\n{}{end}", "continue\n".repeat(19));
        let text = run("lazy", &["threads"], &script);
        is_right(&text);
        // 0 + 1 + ... + 19 in each of the five.
        assert!(text.contains("threads 950:"), "{watch}: {text}");
        assert!(text.contains("New value = 190"), "{watch}: {text}");
    }
}

/// A variable of main's that another thread changes while main waits in the kernel. gdb 13 ignores that: it looks at a local variable
/// in its own thread alone.
#[test]
fn a_local_variable_that_another_thread_changes() {
    let program = build::build("c/lent.c", "debug").unwrap_or_else(|e| panic!("{e}"));
    for (setting, noun) in [("", "Hardware watchpoint"), ("set can-use-hw-watchpoints 0\n", "Watchpoint")] {
        // Frames that nobody wants to see count too.
        let watches = "break 25\nrun\nset backtrace limit 1\nwatch n\nwatch n if n == 6\n";
        let script = format!("{setting}{watches}{}", "continue\n".repeat(7));
        let text = Session::rdbg().program(&program.path, [""; 0]).feed(&script).text;
        let values: Vec<&str> = text.lines().filter_map(|l| l.strip_prefix("New value = ")).collect();
        assert_eq!(values, ["1", "3", "6", "6", "10", "100"], "{text}");
        assert_eq!(text.matches(&format!("hit {noun} 3: n\n")).count(), 1, "{text}");
        assert!(text.contains("\n100\n") && text.contains("exited normally]"), "{text}");
    }
}

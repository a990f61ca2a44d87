//! What gdb 13.1 spoils and rdbg does not: each checks what the program itself prints, or its exit status.

mod common;

use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Stdio};

use common::build;
use common::rdbg::Session;

/// What rdbg and the program say.
fn run(mode: &str, commands: &str) -> String {
    let program = build::build("c/strain.c", "lazy").unwrap_or_else(|e| panic!("{e}"));
    Session::rdbg().program(&program.path, [mode]).feed(commands).text
}

/// A number behind a word, as in `calls 3000`.
fn number(text: &str, word: &str) -> u64 {
    let after = text.split(&format!("{word} ")).nth(1).unwrap_or_else(|| panic!("no {word}:\n{text}"));
    after.split_whitespace().next().and_then(|n| n.parse().ok()).unwrap_or_else(|| panic!("{text}"))
}

/// A timer's signal every 300 microseconds neither adds nor takes a hit, here or in its handler.
#[test]
fn hits_are_exact_under_a_storm_of_signals() {
    let text = run(
        "storm",
        "break hit if calls < 0\nbreak *&hit\nignore 2 1000000\ntbreak on_signal\nignore 3 0\nbreak on_signal\nignore 4 1000000\nrun\n\
         delete 3\ncontinue\ninfo breakpoints\nprint $_exitcode\n",
    );
    assert_eq!(number(&text, "calls"), 3000);
    assert!(text.contains("breakpoint already hit 3000 times"), "{text}");
    assert!(text.contains(&format!("breakpoint already hit {} times", number(&text, "signals"))), "{text}");
    assert!(text.contains("$1 = 7"), "{text}");
}

/// Stepping in such a storm counts the same, goes where the program goes, and loses no signal.
#[test]
fn steps_are_exact_under_a_storm_of_signals() {
    let text = run(
        "storm",
        "break hit\nrun\ndelete\nset $n = 0\nwhile $n < 40\n  finish\n  step\n  step\n  set $n = $n + 1\nend\nprint calls\n\
         break *&hit\nignore 2 1000000\ncontinue\ninfo breakpoints\n",
    );
    let before: u64 = text
        .lines()
        .find_map(|l| l.split("$1 = ").nth(1))
        .and_then(|n| n.trim().parse().ok())
        .unwrap_or_else(|| panic!("{text}"));
    assert!(before >= 40, "{text}");
    assert_eq!(number(&text, "calls"), 3000);
    let hits = number(&text, "already hit");
    // It may stand in a call that has not been counted yet.
    assert!(hits + before == 3000 || hits + before + 1 == 3000, "{hits} {before}\n{text}");
}

/// The status of exit_group, although the thread that called it is one of many that are being looked at.
#[test]
fn the_exit_status_survives() {
    for commands in ["break hit if calls < 0\nrun\n", "run\n", "break on_signal\nrun\n"] {
        let text = run("exit", &format!("{commands}print $_exitcode\n"));
        assert!(text.contains("exited with code 052]") && text.contains("= 42"), "{commands}: {text}");
    }
}

/// However the flags are copied, a step leaves no trap flag in them, and `popf` pops what was pushed.
#[test]
fn steps_leave_no_trap_flag() {
    let one_by_one = "set $n = 0\nwhile $n < 70\n  stepi\n  set $n = $n + 1\nend\ncontinue\n";
    for how in [
        "stepi 100000\n",
        "set displaced-stepping off\nbreak *&leaks+51\nstepi 100000\nstepi 5\ndelete\nstepi 100000\n",
        one_by_one,
    ] {
        let text = run("flags", &format!("break leaks\nrun\ndelete\n{how}print $_exitcode\n"));
        assert!(text.contains("leaks 0") && text.contains("= 0") && !text.contains("SIGTRAP"), "{how}: {text}");
    }
    // Each instruction under a breakpoint, stepped and gone past.
    let text = run(
        "flags",
        "break leaks\nrun\ndelete\nset $n = 0\nwhile $n < 70\n  tbreak *$pc\n  stepi\n  set $n = $n + 1\nend\ndelete\ncontinue\n",
    );
    assert!(text.contains("leaks 0") && !text.contains("SIGTRAP"), "{text}");
}

/// `handle SIGTRAP pass`: the program gets its own traps, all of them, and none of rdbg's.
#[test]
fn the_programs_own_traps_are_its_own() {
    let quiet = "handle SIGTRAP nostop noprint pass\n";
    for how in [
        "break hit if calls < 0\nrun\n",
        "break hit\nrun\ncontinue 3\nstepi 20\ndelete\ncontinue\n",
        "break main\nrun\nstepi 100000\n",
        "break main\nrun\nnext\nnext\nnext\nhbreak hit\ncontinue\ndelete\ncontinue\n",
    ] {
        let text = run("traps", &format!("{quiet}{how}print $_exitcode\n"));
        assert_eq!(number(&text, "traps"), 10, "{how}: {text}");
        assert!(text.contains("exited normally"), "{how}: {text}");
    }
    // Otherwise they stop the program, and it never hears of them.
    let text = run(
        "traps",
        "run\ncontinue\ncontinue 1\ncontinue\ncontinue\ncontinue\ncontinue\ncontinue\ncontinue\ncontinue\ncontinue\n",
    );
    assert_eq!((number(&text, "traps"), text.matches("received signal SIGTRAP").count()), (0, 10), "{text}");
}

/// Extended registers that are written are those that the program runs on with, however large the processor's area is.
#[test]
fn vector_registers_reach_the_program() {
    if !std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default().contains(" avx ") {
        return common::tools::skip("vector_registers_reach_the_program", "this processor has no AVX");
    }
    let text = run(
        "vectors",
        "break vectors\nrun\nset $xmm5.v2_int64[0] = 0x1122334455667788\nset $xmm5.v2_int64[1] = 0x99aabbccddeeff00\n\
         set $ymm6.v4_int64[2] = 0x1234\nset $ymm6.v4_int64[3] = 0x5678\nset $st3 = 1.0\nprint/x $xmm5.v2_int64\ncontinue\n",
    );
    assert!(text.contains("xmm5 1122334455667788 99aabbccddeeff00 ymm6 1234 5678 mm3 8000000000000000"), "{text}");
}

/// `$_siginfo` is what the program will be told, and can be changed.
#[test]
fn siginfo_is_read_and_written() {
    let stop = "handle SIGUSR1 stop pass\nrun\nprint $_siginfo.si_signo\nprint $_siginfo._sifields._rt.si_sigval.sival_int\n\
                print $_siginfo.si_code\nprint $_siginfo._sifields._rt.si_pid == $_inferior_pid\n";
    let text = run("queue", &format!("{stop}continue\n"));
    for answer in ["$1 = 10", "$2 = 1234", "$3 = -1", "signals 1 told 1234"] {
        assert!(text.contains(answer), "{answer}\n{text}");
    }
    let text = run("queue", &format!("{stop}set $_siginfo._sifields._rt.si_sigval.sival_int = 77\ncontinue\n"));
    assert!(text.contains("signals 1 told 77"), "{text}");
    let text = run("queue", &format!("{stop}signal 0\n"));
    assert!(text.contains("signals 0 told 0"), "{text}");
    // Put into the thread anew: nothing is known of who has sent it.
    let text = run("queue", &format!("{stop}queue-signal 0\ncontinue\n"));
    assert!(text.contains("signals 0 told 0"), "{text}");
    let text = run(
        "queue",
        "break sigqueue\nrun\nhandle SIGUSR1 nostop noprint\nqueue-signal SIGUSR1\nbreak on_info\ncontinue\nbt 3\ndelete\ncontinue\n",
    );
    assert!(text.contains("<signal handler called>") && text.contains("signals 2 told 1234"), "{text}");
}

/// A register that calls do not preserve is not known in an outer frame.
#[test]
fn what_was_not_saved_is_not_shown() {
    let text = run("storm", "break hit\nrun\nup\nprint $rcx\nprint $rdx\nprint $r8\nprint $rbx == $rbx\ninfo registers rax\n");
    assert_eq!(text.matches("= <not saved>").count(), 3, "{text}");
    assert!(text.contains("$4 = 1") && text.contains("rax            <not saved>"), "{text}");
}

/// A signal reaches a program that stands still because rdbg has asked it to, by `signal`, `queue-signal` and at a detach; once.
#[test]
fn signals_reach_what_was_attached_to() {
    let program = build::build("c/strain.c", "lazy").unwrap_or_else(|e| panic!("{e}"));
    for how in [
        "signal SIGINT\n",
        "handle SIGINT pass\nqueue-signal SIGINT\ncontinue\n",
        "handle SIGINT pass\nqueue-signal SIGINT\ndetach\n",
    ] {
        let mut child = Command::new(&program.path).arg("wait").stdout(Stdio::piped()).spawn().expect("it starts");
        let mut output = BufReader::new(child.stdout.take().expect("piped"));
        let mut line = String::new();
        output.read_line(&mut line).expect("a line");
        let run = Session::rdbg().option("-p").option(child.id().to_string()).feed(&format!("set var calls = 1\n{how}"));
        let text = run.text;
        let deadline = std::time::Instant::now() + std::time::Duration::from_secs(10);
        let status = loop {
            match child.try_wait().expect("a child") {
                Some(status) => break Some(status),
                None if std::time::Instant::now() > deadline => break None,
                None => std::thread::sleep(std::time::Duration::from_millis(5)),
            }
        };
        let _ = child.kill();
        assert!(status.is_some_and(|s| s.success()), "{how}: {status:?}\n{text}");
        let mut rest = String::new();
        output.read_to_string(&mut rest).expect("text");
        assert_eq!(rest, "done\n", "{how}: {text}");
    }
}

/// Into the handler, out of it, and to the next line, by steps.
#[test]
fn handlers_are_stepped_into_and_returned_from() {
    let text = run(
        "queue",
        "handle SIGUSR1 nostop noprint\nbreak on_info\nrun\nbt\nnext\nnext\nnext\nnext\nfinish\nup\ndelete\ncontinue\n",
    );
    assert!(text.contains("<signal handler called>") && text.contains("signals 1 told 1234"), "{text}");
    // A step with a signal that is to be delivered enters its handler.
    let text = run("queue", "run\nnext\nhandle SIGUSR1 stop print pass\nrun\nstep\nbt 1\ndelete\ncontinue\n");
    assert!(text.contains("#0  on_info (number="), "{text}");
    assert_eq!(text.matches("signals 1 told 1234").count(), 1, "{text}");
}

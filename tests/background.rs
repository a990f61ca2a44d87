//! The program in the background, as `&` leaves it there. What is asserted is what the kernel says, or gdb.

mod common;

use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::FileExt;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use common::build::{self, Program};
use common::terminal::{PATIENCE, Terminal};
use common::tools;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

fn beat() -> Program {
    build::build("c/beat.c", "debug").unwrap_or_else(|e| panic!("{e}"))
}

/// What `/proc/PID/status` says of a process.
fn status(pid: i32, key: &str) -> String {
    let text = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    text.lines().find_map(|l| l.strip_prefix(key)?.strip_prefix(":\t")).unwrap_or_default().to_owned()
}

/// The one child of a process that runs this program.
fn child(of: &Child, program: &Program) -> i32 {
    let children = std::fs::read_dir("/proc").expect("/proc").flatten().filter_map(|e| e.file_name().to_str()?.parse().ok());
    let is_it = |pid: &i32| {
        status(*pid, "PPid") == of.id().to_string()
            && std::fs::read_link(format!("/proc/{pid}/exe")).is_ok_and(|exe| exe == program.path)
    };
    children.into_iter().find(is_it).expect("the program runs")
}

/// Waits until something is so.
fn soon(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < deadline, "{what}: not in {PATIENCE:?}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// The number behind `$N = `.
fn value(text: &str) -> i64 {
    let digits = text.split(" = ").nth(1).and_then(|t| t.split_whitespace().next());
    digits.and_then(|d| d.parse().ok()).unwrap_or_else(|| panic!("no number: {text}"))
}

/// The prompt is there while the program runs, the terminal stays rdbg's, memory is read as it changes, and what needs a thread that
/// stands still is refused.
#[test]
fn the_user_has_the_word() {
    let program = beat();
    let mut terminal = Terminal::start(Some(&program.path), &[]);
    terminal.prompt();
    terminal.line("set height 0");
    terminal.line("run &");
    let pid = child(&terminal.child, &program);
    soon("it runs", || matches!(status(pid, "State").as_str(), "S (sleeping)" | "R (running)"));
    let group = nix::unistd::tcgetpgrp(&terminal.keyboard).expect("a foreground group").as_raw();
    assert_eq!(group as u32, terminal.child.id(), "the terminal stays rdbg's");
    assert_ne!(nix::unistd::getpgid(Some(Pid::from_raw(pid))).expect("its group").as_raw(), group);
    soon("it counts", || value(&terminal.line("print beats")) > 0);
    let before = value(&terminal.line("print beats"));
    soon("it counts on", || value(&terminal.line("print beats")) > before);
    assert!(terminal.line("info threads").contains("\"beat\" (running)"));
    for (line, says) in [
        ("continue", "Cannot execute this command while the selected thread is running."),
        ("step", "Cannot execute this command while the selected thread is running."),
        ("print beat(1)", "Selected thread is running."),
        ("print $pc", "Selected thread is running."),
        ("backtrace", "Selected thread is running."),
        ("info registers rip", "Selected thread is running."),
        ("info proc mappings", "[stack]"),
        ("info sharedlibrary", "libc.so.6"),
        ("x/i beat", "push   %rbp"),
    ] {
        let text = terminal.line(line);
        assert!(text.contains(says), "{line}: {text}");
    }
    terminal.line("set var marked = 77");
    assert_eq!(value(&terminal.line("print marked")), 77);
    terminal.keys("interrupt\r");
    let text = terminal.wait_for("SIGINT, Interrupt.") + &terminal.wait_for("\n(rdbg) ");
    assert!(text.contains("received signal SIGINT, Interrupt."), "{text}");
    assert_eq!(status(pid, "State"), "t (tracing stop)");
    assert!(terminal.line("backtrace").contains(" main "));
    terminal.line("continue &");
    soon("it runs on", || status(pid, "State") != "t (tracing stop)");
    // In the foreground it has the terminal again.
    terminal.keys("interrupt\r");
    terminal.wait_for("SIGINT");
    terminal.prompt();
    terminal.keys("continue\r");
    terminal.wait_for("Continuing.");
    soon("it has the terminal", || nix::unistd::tcgetpgrp(&terminal.keyboard).is_ok_and(|g| g.as_raw() == pid));
    terminal.keys("\x03");
    terminal.wait_for("\n(rdbg) ");
    terminal.line("set confirm off");
    terminal.line("continue &");
    terminal.keys("quit\r");
    assert!(terminal.end().success());
    assert!(!Path::new(&format!("/proc/{pid}")).exists(), "it has been killed");
}

/// The pids of the processes that `info inferiors` tells.
fn pids(text: &str) -> Vec<i32> {
    text.split("process ").skip(1).filter_map(|t| t.split_whitespace().next()?.parse().ok()).collect()
}

/// While one inferior runs in the background another one, which stands still, is worked with; a stop of either stops both.
#[test]
fn another_inferior_is_looked_at_meanwhile() {
    let program = beat();
    let mut terminal = Terminal::start(Some(&program.path), &[]);
    terminal.prompt();
    terminal.line("set height 0");
    terminal.line("set confirm off");
    terminal.line("start");
    terminal.line(&format!("add-inferior -exec {}", program.path.display()));
    terminal.line("inferior 2");
    terminal.line("start");
    let text = terminal.line("info inferiors");
    let [first, second] = pids(&text)[..] else { panic!("{text}") };
    let stands = |pid: i32| status(pid, "State") == "t (tracing stop)";
    terminal.line("inferior 1");
    terminal.line("continue &");
    soon("the first runs", || !stands(first));
    assert!(stands(second));
    assert!(terminal.line("info threads").contains("(running)"));
    assert!(terminal.line("inferior 2").contains("main (argc=1"));
    assert!(terminal.line("backtrace").contains("#0  main (argc=1"));
    assert_eq!(value(&terminal.line("print beats")), 0, "of the second, where nothing has run");
    assert!(terminal.line("thread 1.1").contains("(running)"));
    soon("the first counts", || value(&terminal.line("print beats")) > 0);
    assert!(!stands(first) && stands(second));
    // A step of the second: both stop.
    terminal.line("inferior 2");
    assert!(terminal.line("next").contains("argc > 1"));
    assert!(stands(first) && stands(second));
    // A breakpoint of the first, set while the second is looked at: it is the current one then.
    terminal.line("inferior 1");
    terminal.line("continue &");
    terminal.line("inferior 2");
    terminal.keys("break beat\r");
    terminal.wait_for("Thread 1.1 \"beat\" hit Breakpoint");
    terminal.wait_for("\n(rdbg) ");
    assert!(stands(first) && stands(second));
    assert!(terminal.line("inferior").contains("[Current inferior is 1 "));
    // Both run, and one of them is let go of.
    terminal.line("delete");
    terminal.line("set schedule-multiple on");
    terminal.line("continue &");
    soon("both run", || !stands(first) && !stands(second));
    terminal.line("detach inferiors 1");
    assert_eq!(status(first, "TracerPid"), "0");
    assert!(!stands(second));
    assert_unharmed(first, &program);
    terminal.line("inferior 2");
    terminal.keys("interrupt\r");
    terminal.wait_for("SIGINT");
    terminal.prompt();
    assert!(stands(second));
    terminal.line("continue &");
    terminal.keys("quit\r");
    assert!(terminal.end().success());
    assert!(!Path::new(&format!("/proc/{second}")).exists(), "it has been killed");
    kill(Pid::from_raw(first), Signal::SIGKILL).expect("it lives still");
}

/// A breakpoint that is set while the program runs stops it, which is told at once; what has been typed stays.
#[test]
fn a_stop_is_told_while_a_line_is_typed() {
    let program = beat();
    let mut terminal = Terminal::start(Some(&program.path), &[]);
    terminal.prompt();
    terminal.line("run &");
    soon("it counts", || value(&terminal.line("print beats")) > 0);
    terminal.keys("print 6 *");
    terminal.wait_for("6 *");
    terminal.keys("\x15");
    terminal.line("break beat if n % 500 == 499");
    terminal.keys("print 6 *");
    let text = terminal.wait_for("(rdbg) print 6 *");
    let text = if text.contains("Breakpoint 1, beat") { text } else { text + &terminal.wait_for("(rdbg) print 6 *") };
    assert!(text.contains("Breakpoint 1, beat (n="), "{text}");
    assert!(terminal.line(" 7").contains(" = 42"));
    let n = value(&terminal.line("print n"));
    assert_eq!((n % 500, value(&terminal.line("print beats"))), (499, n - 1), "every beat before has been counted");
    terminal.line("delete 1");
    terminal.line("tbreak beat if n == 123456");
    terminal.keys("run 50 &\r");
    terminal.wait_for("(y or n)");
    terminal.keys("y\r");
    let text = terminal.wait_for("exited with code 03]");
    assert!(text.contains("done"), "{text}");
    terminal.prompt();
    terminal.keys("quit\r");
    assert!(terminal.end().success());
}

/// What reads from the terminal in the background is stopped by the kernel, as any job; in the foreground it goes on and reads.
#[test]
fn the_keyboard_is_not_the_background_s() {
    let program = beat();
    let mut terminal = Terminal::start(Some(&program.path), &["read"]);
    terminal.prompt();
    terminal.keys("run &\r");
    let text = terminal.wait_for("Stopped (tty input).");
    assert!(text.contains("SIGTTIN"), "{text}");
    terminal.prompt();
    terminal.line("handle SIGTTIN nopass");
    terminal.keys("continue\r");
    terminal.wait_for("Continuing.");
    terminal.keys("a line of its own\r");
    terminal.wait_for("read a line of its own");
    terminal.keys("\x03");
    terminal.wait_for("SIGINT");
    terminal.prompt();
    terminal.keys("kill\r");
    terminal.wait_for("(y or n)");
    terminal.keys("y\r");
    terminal.prompt();
    terminal.keys("quit\r");
    assert!(terminal.end().success());
}

/// Attached and let go on at once, and detached while it runs and hammers a breakpoint: it goes on, unharmed.
#[test]
fn attached_and_detached_while_it_runs() {
    let program = beat();
    let mut debuggee = Command::new(&program.path).stdin(Stdio::null()).stdout(Stdio::null()).spawn().expect("it starts");
    let pid = debuggee.id() as i32;
    let mut terminal = Terminal::start(None, &[]);
    terminal.prompt();
    for round in 0..10 {
        terminal.line(&format!("attach {pid} &"));
        soon("it is traced, and runs", || {
            status(pid, "TracerPid") == terminal.child.id().to_string() && status(pid, "State") != "t (tracing stop)"
        });
        let text = terminal.line("break beat if n == -1");
        assert!(text.contains(&format!("Breakpoint {} at", 2 * round + 1)), "{text}");
        terminal.line("break *main if n == -1");
        terminal.line("disable");
        terminal.line("enable");
        let text = terminal.line(if round % 2 == 0 { "detach" } else { "kill inferiors 99" });
        if round % 2 == 0 {
            assert!(text.contains("detached"), "{text}");
        } else {
            terminal.keys("interrupt\r");
            terminal.wait_for("SIGINT");
            terminal.prompt();
            terminal.line("continue &");
            terminal.line("detach");
        }
        assert_eq!(status(pid, "TracerPid"), "0");
        assert_unharmed(pid, &program);
    }
    terminal.keys("quit\r");
    assert!(terminal.end().success());
    debuggee.kill().expect("it lives still");
    debuggee.wait().expect("its end");
}

/// rdbg that is asked to end at its prompt, while a program that it has attached to hammers a breakpoint, lets go of it.
#[test]
fn asked_to_end_while_it_runs() {
    let program = beat();
    for (signal, at_terminal) in
        [(Signal::SIGTERM, true), (Signal::SIGHUP, true), (Signal::SIGTERM, false), (Signal::SIGHUP, false)]
    {
        let mut debuggee = Command::new(&program.path).stdin(Stdio::null()).stdout(Stdio::null()).spawn().expect("it starts");
        let pid = debuggee.id() as i32;
        let mut command = Command::new(common::rdbg::executable());
        command.args(["-nx", "-q"]);
        let mut terminal = if at_terminal { Terminal::run(command) } else { Terminal::dumb(command) };
        terminal.prompt();
        terminal.line(&format!("attach {pid}"));
        terminal.line("break beat if n == -1");
        terminal.line("continue &");
        soon("it runs", || !status(pid, "State").starts_with('t'));
        terminal.keys("print 12");
        terminal.wait_for("print 12");
        kill(Pid::from_raw(terminal.child.id() as i32), signal).expect("it lives");
        let end = terminal.end();
        assert!(end.signal() == Some(signal as i32), "{signal}, {at_terminal}: {end:?}");
        assert_eq!(status(pid, "TracerPid"), "0");
        assert_unharmed(pid, &program);
        debuggee.kill().expect("it lives still");
        debuggee.wait().expect("its end");
    }
}

/// The text of the program is that of its file, and it runs.
fn assert_unharmed(pid: i32, program: &Program) {
    let maps = std::fs::read_to_string(format!("/proc/{pid}/maps")).expect("its mappings");
    let path = program.path.display().to_string();
    let text = maps.lines().find(|l| l.contains(" r-xp ") && l.ends_with(&path)).expect("its text");
    let fields: Vec<&str> = text.split_whitespace().collect();
    let number = |hex: &str| u64::from_str_radix(hex, 16).expect("a number");
    let (start, end) = fields[0].split_once('-').map(|(s, e)| (number(s), number(e))).expect("a range");
    let mut memory = vec![0; (end - start) as usize];
    let file = std::fs::read(&program.path).expect("its file");
    std::fs::File::open(format!("/proc/{pid}/mem")).and_then(|m| m.read_exact_at(&mut memory, start)).expect("its memory");
    let of_file = &file[number(fields[2]) as usize..];
    let same = memory.len().min(of_file.len());
    assert_eq!(memory[..same], of_file[..same]);
    let switches = || status(pid, "voluntary_ctxt_switches");
    let before = switches();
    soon("it runs", || switches() != before && !status(pid, "State").starts_with(['t', 'T']));
}

/// Commands through a pipe, each when the one before has been answered: a stop is told without a further line.
#[test]
fn commands_through_a_pipe() {
    let program = beat();
    let mut command = Command::new(common::rdbg::executable());
    command.args(["-nx", "-q"]).arg(&program.path).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().expect("rdbg starts");
    let mut stdin = child.stdin.take().expect("a pipe");
    let mut lines = BufReader::new(child.stdout.take().expect("another pipe")).lines().map_while(Result::ok);
    for (commands, says) in [
        ("break beat if n == 5\nrun &\n", "Breakpoint 1, beat (n=5)"),
        ("print n\n", "$1 = 5"),
        ("delete\nbreak beat if n % 100 == 99\ncontinue &\n", "Breakpoint 2, beat (n=99)"),
        ("delete\ncontinue &\ninterrupt\n", "SIGINT"),
        ("kill\n", "killed]"),
    ] {
        stdin.write_all(commands.as_bytes()).expect("rdbg reads");
        assert!(lines.any(|l| l.contains(says)), "no {says}");
    }
    drop(stdin);
    assert!(child.wait().expect("its end").success());
}

/// The commands of a breakpoint in the background let the program go on there; `quit` among them ends rdbg.
#[test]
fn commands_of_a_breakpoint_in_the_background() {
    let program = beat();
    let mut command = Command::new(common::rdbg::executable());
    command.args(["-nx", "-q"]).arg(&program.path).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().expect("rdbg starts");
    let mut stdin = child.stdin.take().expect("a pipe");
    let lines =
        "break beat if n % 10 == 5\ncommands\nsilent\nprintf \"at %d\\n\", n\nif n == 35\nquit 9\nend\ncontinue\nend\nrun &\n";
    stdin.write_all(lines.as_bytes()).expect("rdbg reads");
    let output = child.wait_with_output().expect("its end");
    drop(stdin);
    let text = String::from_utf8_lossy(&output.stdout);
    for n in [5, 15, 25, 35] {
        assert!(text.contains(&format!("at {n}\n")), "{text}");
    }
    assert_eq!(output.status.code(), Some(9), "{text}");
}

/// At a dumb terminal, line by line what gdb says.
#[test]
fn a_dialogue_as_with_gdb() {
    let Some(gdb) = tools::gdb() else { return tools::skip("a_dialogue_as_with_gdb", "this machine has no gdb") };
    let program = beat();
    let lines = [
        ("break beat", "(gdb) "),
        ("run&", "completed."),
        ("next&", "completed."),
        ("finish&", "completed."),
        ("stepi&", "completed."),
        ("continue&", "completed."),
        ("up", "(gdb) "),
        ("until 20 &", "completed."),
        ("delete 1", "(gdb) "),
        ("continue &", "(gdb) "),
        ("info threads", "(running)"),
        ("continue", "running."),
        ("stepi", "running."),
        ("jump 20", "running."),
        ("signal 0", "running."),
        ("queue-signal 0", "running."),
        ("call beat(1)", "running."),
        ("print $sp", "running."),
        ("info registers", "running."),
        ("info all-registers", "running."),
        ("backtrace", "running."),
        ("info program", "running."),
        ("x/i $pc", "running."),
        ("x/2i beat", "mov"),
        ("print marked", "= 0"),
        ("print marked = 5", "= 5"),
        ("print marked", "= 5"),
        ("whatis beats", "long"),
        ("info line beat", "ends at"),
        ("list beat", "(gdb) "),
        ("thread", "LWP"),
        ("thread 1", "(running)"),
        ("tbreak beat if beats > 100", "completed."),
        ("print n > 100", "= 1"),
        ("continue &", "(gdb) "),
        ("kill", "killed]"),
        ("info threads", "No threads."),
    ];
    let talk = |debugger: &Path, prompt: &str| {
        let mut command = Command::new(debugger);
        command.args(["-nx", "-q", "-iex", "set debug-file-directory /nonexistent"]).arg(&program.path);
        let mut terminal = Terminal::dumb(command);
        let mut said = terminal.wait_for(prompt);
        for (line, end) in
            [("set confirm off", prompt), ("set exec-done-display on", prompt), ("set width 0", prompt)].iter().chain(&lines)
        {
            let end = if *end == "(gdb) " { prompt } else { end };
            terminal.keys(&format!("{line}\n"));
            // Its echo; of the answer all up to its end, and the prompt where that comes first.
            said += &terminal.wait_for(line);
            said += &terminal.wait_for(end);
            // What is typed before the prompt is there, the terminal echoes as well. Behind news there is none.
            if end != "completed." && end != prompt {
                said += &terminal.wait_for(prompt);
            }
        }
        said.replace(prompt, "")
    };
    let number = regex::Regex::new(r"(LWP |process |=0x7f)[0-9a-f]+|(n=)\d{3,}").expect("a pattern");
    let is_gdbs = |l: &&str| l.contains("libthread_db") || l.starts_with("Reading symbols");
    let plain = |text: String| {
        let text = number.replace_all(&text, "${1}${2}N").split(' ').filter(|w| !w.is_empty()).collect::<Vec<_>>().join(" ");
        text.lines().filter(|l| !is_gdbs(l)).map(|l| l.trim().to_owned()).filter(|l| !l.is_empty()).collect::<Vec<_>>().join("\n")
    };
    let (own, gdbs) = (plain(talk(common::rdbg::executable(), "(rdbg) ")), plain(talk(&gdb.path, "(gdb) ")));
    assert_eq!(own, gdbs);
}

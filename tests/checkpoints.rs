//! Checkpoints: what the program says when it has gone back, and what the kernel says of the processes.

mod common;

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use common::build::{self, Program};
use common::oracles::same_as_gdb;
use common::process::{is_untouched, status};
use common::rdbg::Session as Script;
use common::tools;
use nix::sys::signal::{Signal as Number, kill};
use nix::unistd::Pid;
use rdbg::base::Tid;
use rdbg::engine::{Disposition, Happening, Kind, Session, Stop, StopReason};

const SOURCE: &str = "c/checkpoint.c";

fn program() -> Program {
    build::build(SOURCE, "pie").unwrap_or_else(|e| panic!("{e}"))
}

/// A file to be read in turns, of this test's own.
fn letters(test: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("letters-{test}-{}", std::process::id()));
    std::fs::write(&path, "abcdefghijklmnopqrstuvwxyz").expect("it is written");
    path
}

fn script(test: &str, program: &Program, more: &str, commands: &str) -> String {
    let file = letters(test);
    let mut args = vec![file.display().to_string()];
    args.extend((!more.is_empty()).then(|| more.to_owned()));
    let run = Script::rdbg().program(&program.path, args).feed(commands);
    assert!(run.status.is_some_and(|s| s.success()), "{:?}\n{}", run.status, run.text);
    run.text
}

/// The lines that the program has written.
fn said(text: &str) -> Vec<&str> {
    let starts = ["turn ", "registers: ", "children: ", "signal "];
    text.lines().map(|l| l.trim_start_matches("(rdbg) ")).filter(|l| starts.iter().any(|s| l.starts_with(s))).collect()
}

const END: [&str; 2] = ["registers: 3.141593 2.718282", "children: none, parent: same"];

/// Memory, the file's offset, x87 and SSE registers are what they were; the program has neither a child nor another parent.
#[test]
fn the_program_goes_back() {
    for name in ["pie", "static"] {
        let Some(program) = build::or_skip("the_program_goes_back", SOURCE, name) else { continue };
        let commands = "break turn if counter == 1\nrun\ncheckpoint\ndelete\nbreak *&loaded\nc\ncheckpoint\nc\nc\nc\n";
        let text = script("back", &program, "", commands);
        // From the start to the second checkpoint and on to the end; from that one; and from the first.
        let turns = ["turn 1 reads ab", "turn 2 reads cd", "turn 3 reads ef", "turn 4 reads gh"];
        let mut expected: Vec<&str> = turns.to_vec();
        expected.extend(END);
        expected.extend(END);
        expected.extend(&turns[1..]);
        assert_eq!(said(&text), expected, "{text}");
        assert_eq!(text.matches("exited with code 04]").count(), 2, "{text}");
        assert_eq!(text.matches("[Switching to ").count(), 2, "{text}");
        // The breakpoint is hit again by whoever had not come to it.
        assert_eq!(text.matches("Breakpoint 2, ").count(), 2, "{text}");
    }
}

#[test]
fn restart_goes_to_and_fro() {
    let text = script(
        "to-and-fro",
        &program(),
        "",
        "break turn\nrun\ncheckpoint\nc\nc\nrestart 1\np counter\nrestart 0\np counter\nc\nrestart 1\nc\nrestart 0\np counter\n\
         set var counter = 7\ninfo patches\nrestart 1\ninfo patches\np counter\nrestart 0\nundo\np counter\nkill\ninfo checkpoints\n",
    );
    let values: Vec<&str> = text.lines().filter_map(|l| l.strip_prefix("(rdbg) $")?.split_once(" = ")).map(|v| v.1).collect();
    assert_eq!(values, ["0", "2", "3", "1", "3"], "{text}");
    let turns = ["turn 1 reads ab", "turn 2 reads cd", "turn 3 reads ef", "turn 1 reads ab"];
    assert_eq!(said(&text), turns, "{text}");
    assert!(text.contains("Nothing has been changed."), "{text}");
    assert!(text.ends_with("killed]\n(rdbg) No checkpoints.\n(rdbg) "), "{text}");
}

/// A watchpoint of the processor's compares with what is in the process that was gone back to.
#[test]
fn watchpoints_go_along() {
    let text = script(
        "watch",
        &program(),
        "",
        "break turn\nrun\ncheckpoint\nwatch counter\nc\ndelete 1\nc\nrestart 1\nc\nc\ndelete checkpoint 0\n",
    );
    let changes: Vec<&str> = text.lines().filter(|l| l.contains(" value = ")).collect();
    let (a, b) = (["Old value = 0", "New value = 1"], ["Old value = 1", "New value = 2"]);
    assert_eq!(changes, [a, b, a, b].concat(), "{text}");
}

/// The signal that the program was stopped by is delivered in a checkpoint as it would have been in the program.
#[test]
fn a_signal_is_still_to_come() {
    let text = script("signal", &program(), "crash", "run\ncheckpoint\nc\nc\n");
    let signals: Vec<&str> = said(&text).into_iter().filter(|l| l.starts_with("signal")).collect();
    assert_eq!(signals, ["signal 11 of address 0x10"; 2], "{text}");
}

fn session(test: &str, more: &str) -> Session {
    let mut s = Session::default();
    s.load_program(&program().path).expect("it is a program");
    s.settings.args = format!("{} {more} > /dev/null", letters(test).display());
    let at = s.locate("turn").expect("it has an address");
    s.breakpoints.add_at(Kind::Code { hardware: false }, "turn", Disposition::Keep, at);
    s.launch().expect("it starts");
    assert!(matches!(go(&mut s).reason, StopReason::Breakpoints(_)));
    s
}

fn go(s: &mut Session) -> Stop {
    s.resume(None).expect("it goes on");
    loop {
        if let Happening::Stop(stop) = s.advance().expect("it runs") {
            return stop;
        }
    }
}

fn pid(s: &Session) -> Tid {
    s.process().expect("it runs").target.pid()
}

fn has_gone(pid: Tid) -> bool {
    status(pid, "State").is_none_or(|s| s.starts_with(['Z', 'X']))
}

fn goes(pid: Tid) {
    let deadline = Instant::now() + Duration::from_secs(10);
    while !has_gone(pid) {
        assert!(Instant::now() < deadline, "{pid}: {:?}", status(pid, "State"));
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// The kernel knows no child of the program; a checkpoint that is let go of has the file's text and ends as it would have; none is left.
#[test]
fn no_checkpoint_is_left() {
    let mut s = session("left", "wait");
    let main = pid(&s);
    let (one, first) = s.make_checkpoint().expect("it is made");
    let (two, second) = s.make_checkpoint().expect("it is made");
    let (_, third) = s.make_checkpoint().expect("it is made");
    let children = std::fs::read_to_string(format!("/proc/{main}/task/{main}/children")).expect("a list");
    assert_eq!(children, "");
    for copy in [first, second, third] {
        assert_eq!(status(copy, "PPid"), status(main, "PPid"));
        assert!(status(copy, "State").is_some_and(|s| s.starts_with('t')));
    }
    // Signals that reach a checkpoint, as Ctrl-C at the terminal does, are nobody's.
    kill(Pid::from_raw(first.0), Number::SIGINT).expect("it is there");
    s.detach_checkpoint(two).expect("it is let go of");
    is_untouched(second);
    s.restart_checkpoint(one).expect("it is gone back to");
    assert_eq!(pid(&s), first);
    assert!(matches!(go(&mut s).reason, StopReason::Breakpoints(_)));
    let rows: Vec<(u32, Tid, bool)> = s.checkpoints().iter().map(|r| (r.number, r.pid, r.is_current)).collect();
    assert_eq!(rows, [(0, main, false), (1, first, true), (3, third, false)]);
    assert_eq!(s.inferiors().len(), 1);
    assert_eq!(s.delete_checkpoint(0).expect("it is killed"), main);
    assert!(has_gone(main));
    let (_, killed) = s.make_checkpoint().expect("it is made");
    for copy in [third, killed] {
        kill(Pid::from_raw(copy.0), Number::SIGKILL).expect("it is there");
        goes(copy);
    }
    assert!(s.restart_checkpoint(3).is_err());
    assert!(matches!(go(&mut s).reason, StopReason::Breakpoints(_)));
    assert_eq!(s.delete_checkpoint(4).expect("it has gone"), killed);
    assert!(s.checkpoints().is_empty());
    let (_, fourth) = s.make_checkpoint().expect("it is made");
    s.detach().expect("it is let go of");
    is_untouched(first);
    assert_eq!(pid(&s), fourth);
    drop(s);
    assert!(has_gone(fourth));
    for left in [first, second] {
        kill(Pid::from_raw(left.0), Number::SIGKILL).expect("it is there");
    }
}

/// A debugger that can be killed.
struct Debugger {
    child: Child,
    lines: BufReader<std::process::ChildStdout>,
}

impl Debugger {
    fn start(options: &[&str]) -> Debugger {
        let mut command = Script::rdbg().command();
        command.args(options).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().expect("it starts");
        let lines = BufReader::new(child.stdout.take().expect("piped"));
        Debugger { child, lines }
    }

    /// The numbers of processes that a command's answers name, up to a line.
    fn command(&mut self, line: &str) -> BTreeSet<i32> {
        let stdin = self.child.stdin.as_mut().expect("piped");
        writeln!(stdin, "{line}\necho \\nready\\n").expect("it reads");
        let mut found = BTreeSet::new();
        loop {
            let mut text = String::new();
            assert_ne!(self.lines.read_line(&mut text).expect("a line"), 0, "it ended");
            if text.starts_with("ready") {
                return found;
            }
            let words: Vec<&str> = text.split([' ', '\n', '.', ')', '(']).collect();
            found.extend(
                words.windows(2).filter(|w| matches!(w[0], "pid" | "process" | "LWP")).filter_map(|w| w[1].parse::<i32>().ok()),
            );
        }
    }
}

impl Drop for Debugger {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_killed_debugger_leaves_none() {
    let file = letters("killed").display().to_string();
    let mut debugger = Debugger::start(&["--args", &program().path.display().to_string(), &file]);
    debugger.command("break turn");
    debugger.command("run");
    debugger.command("checkpoint");
    debugger.command("checkpoint");
    debugger.command("restart 1");
    let pids = debugger.command("info checkpoints");
    assert_eq!(pids.len(), 3);
    drop(debugger);
    pids.into_iter().for_each(|pid| goes(Tid(pid)));
}

/// A program that sleeps.
fn sleeper() -> (Child, Tid) {
    let program = Command::new("sleep").arg("1000").spawn().expect("it starts");
    let pid = Tid(program.id() as i32);
    let deadline = Instant::now() + Duration::from_secs(10);
    // clock_nanosleep
    while !std::fs::read_to_string(format!("/proc/{pid}/syscall")).is_ok_and(|s| s.starts_with("230 ")) {
        assert!(Instant::now() < deadline);
        std::thread::sleep(Duration::from_millis(5));
    }
    (program, pid)
}

/// What rdbg has attached to goes on, unharmed, whether it is the current process or a checkpoint by then; the copies have gone.
#[test]
fn a_killed_debugger_lets_the_attached_program_go_on() {
    for restarts in [false, true] {
        let (mut program, Tid(own)) = sleeper();
        let deadline = Instant::now() + Duration::from_secs(10);
        let mut debugger = Debugger::start(&["-p", &own.to_string()]);
        debugger.command("break write");
        let mut pids = debugger.command("checkpoint");
        if restarts {
            debugger.command("restart 1");
        }
        pids.extend(debugger.command("info checkpoints"));
        assert_eq!(pids.len(), 2, "{pids:?}");
        drop(debugger);
        pids.into_iter().filter(|pid| *pid != own).for_each(|pid| goes(Tid(pid)));
        let traced = || status(Tid(own), "TracerPid").is_some_and(|t| t != "0");
        while traced() {
            assert!(Instant::now() < deadline);
            std::thread::sleep(Duration::from_millis(1));
        }
        is_untouched(Tid(own));
        program.kill().expect("it lives");
        program.wait().expect("it was ours");
    }
}

/// The same where rdbg ends by itself.
#[test]
fn quitting_lets_the_attached_program_go_on() {
    for last in ["", "restart 1\n"] {
        let (mut program, own) = sleeper();
        let run = Script::rdbg().option("-p").option(own.0.to_string()).feed(&format!("break write\ncheckpoint\n{last}quit\n"));
        let copy = run.text.split("fork returned pid ").nth(1).and_then(|t| t.split('.').next()?.parse().ok());
        goes(Tid(copy.unwrap_or_else(|| panic!("{}", run.text))));
        is_untouched(own);
        program.kill().expect("it lives");
        program.wait().expect("it was ours");
    }
}

/// Where no checkpoint can be made, nothing has happened to the program.
#[test]
fn refusals_change_nothing() {
    let text = script(
        "refused",
        &program(),
        "",
        "checkpoint\nbreak turn\nrun\ncatch syscall write\nc\ncheckpoint\nc\ncheckpoint\ndelete\nc\nc\n",
    );
    assert!(
        text.starts_with("(rdbg) The program is not being run.\n") || text.contains("\n(rdbg) The program is not being run.\n"),
        "{text}"
    );
    assert!(text.contains("(rdbg) The program is in the middle of a system call"), "{text}");
    assert!(text.contains("(rdbg) checkpoint 1: fork returned pid"), "{text}");
    let turns = ["turn 1 reads ab", "turn 2 reads cd", "turn 3 reads ef", "turn 4 reads gh", END[0], END[1]];
    let expected: Vec<&str> = turns.iter().chain(&turns[1..]).copied().collect();
    assert_eq!(said(&text), expected, "{text}");
    let Some(threads) = build::or_skip("refusals_change_nothing", "c/workers.c", "debug") else { return };
    let text = script("threads", &threads, "", "break usleep\nrun\ncheckpoint\ninfo checkpoints\nkill\n");
    assert!(text.contains("(rdbg) checkpoint: can't checkpoint multiple threads.\n(rdbg) No checkpoints.\n"), "{text}");
}

/// Threads that were born since are those of the process that was left, which can be gone back to with all of them.
#[test]
fn threads_stay_with_their_process() {
    let Some(program) = build::or_skip("threads_stay_with_their_process", "c/workers.c", "debug") else { return };
    let commands = "break main\nrun\ncheckpoint\nbreak usleep\nc\nrestart 1\ninfo threads\nc\nrestart 0\ninfo threads\nc\nc\n";
    let text = Script::rdbg().program::<&str>(&program.path, []).feed(commands).text;
    let rows = |part: &str| part.lines().take_while(|l| !l.contains("(rdbg)")).filter(|l| l.contains("LWP")).count();
    let counts: Vec<usize> = text.split("Target Id").skip(1).map(rows).collect();
    assert_eq!(counts, [1, 4], "{text}");
    assert_eq!(text.matches("\ndone\n").count(), 2, "{text}");
    assert_eq!(text.matches("exited normally]").count(), 2, "{text}");
}

/// What rdbg and the program write into one file stays in it: that file is not written over from where it was.
#[test]
fn rdbgs_own_output_is_not_rewound() {
    let (file, out) = (letters("own"), letters("own-out"));
    let log = std::fs::File::create(&out).expect("it is made");
    let mut command = Script::rdbg().program(&program().path, [file]).command();
    let mut child =
        command.stdin(Stdio::piped()).stdout(log.try_clone().expect("a copy")).stderr(log).spawn().expect("it starts");
    let commands = "break turn\nrun\ncheckpoint\nc\nc\nrestart 1\nc\nkill\n";
    child.stdin.take().expect("piped").write_all(commands.as_bytes()).expect("it reads");
    child.wait().expect("it ends");
    let text = std::fs::read_to_string(out).expect("it was written");
    assert_eq!(said(&text), ["turn 1 reads ab", "turn 2 reads cd", "turn 1 reads ab"], "{text}");
    assert!(text.contains("checkpoint 1: fork returned pid") && text.contains("Switching to "), "{text}");
}

/// Interpreters go back as well as small programs.
#[test]
fn interpreters_go_back() {
    let python = ["-c", "import os\nfor i in range(3): os.getppid(); os.write(1, b'turn %d\\n' % i)"];
    let shell = ["-c", "for i in 0 1 2; do kill -0 $$; echo turn $i; done"];
    for (name, function, args) in [("python3", "getppid", python), ("bash", "kill", shell)] {
        // Not a script that finds the interpreter.
        let path = PathBuf::from("/usr/bin").join(name);
        if !std::fs::read(&path).is_ok_and(|bytes| bytes.starts_with(b"\x7fELF")) {
            tools::skip("interpreters_go_back", format!("no {}", path.display()));
            continue;
        }
        let commands = format!("set breakpoint pending on\nbreak {function}\nrun\nc\ncheckpoint\ndelete\nc\nc\n");
        let run = Script::rdbg().program(&path, args).feed(&commands);
        let expected = ["turn 0", "turn 1", "turn 2", "turn 1", "turn 2"];
        assert_eq!(said(&run.text), expected, "{}", run.text);
        assert_eq!(run.text.matches("exited normally]").count(), 2, "{}", run.text);
    }
}

/// gdb's words for it. (Of the process that no restart has left yet gdb says that it stands at 0x0.)
#[test]
fn sentences_are_gdbs() {
    let same = |line: &str| {
        let is_number = |w: &str| w.trim_end_matches([')', '.', ']']).parse::<u32>().is_ok_and(|n| n > 99);
        let words = line.split(' ').map(|w| if is_number(w) { "N" } else { w });
        // How many blanks follow a process id is for its length to say.
        let is_row = line.contains("(native)");
        words.filter(|w| !(is_row && w.is_empty())).collect::<Vec<_>>().join(" ")
    };
    let file = letters("gdb").display().to_string();
    let commands = [
        "restart 1",
        "info checkpoints",
        "checkpoint",
        "checkpoint",
        "restart",
        "restart 1",
        "info checkpoints",
        "restart 7",
        "delete checkpoint",
        "delete checkpoint 1",
        "delete checkpoint 9",
        "delete checkpoint 1 2",
        "delete checkpoint 2",
        "detach checkpoint",
        "detach checkpoint 9",
        "detach checkpoint 1",
        "checkpoint",
        "restart 0",
        "info checkpoints",
        "info inferiors",
        "bt",
        "p counter",
        "kill",
        "info checkpoints",
    ];
    same_as_gdb("sentences_are_gdbs", &program(), &[&file], "break turn\nrun\nc", &commands, same);
}

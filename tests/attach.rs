//! Processes that rdbg did not start, and processes that outlive it or must not.

mod common;

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use common::build;
use common::rdbg::Session;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// A program that waits to be attached to; killed at the end of the test.
struct Running(Child);

impl Running {
    /// Starts c/spin.c and waits until it spins.
    fn spin(how: &str) -> Running {
        let program = build::build("c/spin.c", "lazy").unwrap_or_else(|e| panic!("{e}"));
        let mut child = Command::new(&program.path).arg(how).stdout(Stdio::piped()).spawn().expect("it starts");
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().expect("piped")).read_line(&mut line).expect("a line");
        assert_eq!(line, "spinning\n");
        Running(child)
    }

    fn pid(&self) -> i32 {
        self.0.id() as i32
    }

    /// A line of /proc/PID/status.
    fn status(&self, key: &str) -> String {
        let text = std::fs::read_to_string(format!("/proc/{}/status", self.pid())).unwrap_or_default();
        text.lines().find_map(|l| l.strip_prefix(key)).unwrap_or_default().trim().to_owned()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn attach(running: &Running, commands: &str) -> String {
    let run = Session::rdbg().option("-p").option(running.pid().to_string()).feed(commands);
    assert!(run.status.is_some_and(|s| s.code().is_some()), "{:?}\n{}", run.status, run.text);
    run.text
}

/// Every thread is stopped, the process is whole again after detach, runs on, and has no tracer and no int3 left.
#[test]
fn attach_and_detach_leave_no_trace() {
    for how in ["plain", "threads"] {
        let running = Running::spin(how);
        let before = text_of(&running);
        let output = attach(&running, "print *(long *)&turns > 0\nbreak *&spin\nbt\ngot puts\ndetach\n");
        assert!(output.contains("$1 = 1") && output.contains("in spin ()"), "{how}: {output}");
        assert!(output.contains("[Inferior 1 (process ") && output.contains(" detached]"), "{how}: {output}");
        assert_eq!(running.status("TracerPid:"), "0");
        assert!(running.status("State:").starts_with('R'), "{how}: {}", running.status("State:"));
        assert_eq!(text_of(&running), before, "{how}: the text has changed");
    }
}

/// The end of rdbg's input is a detach for a process that it attached to.
#[test]
fn quitting_lets_an_attached_process_live() {
    let running = Running::spin("threads");
    let output = attach(&running, "break *&spin\nprint $rip > 0\n");
    assert!(output.contains("Breakpoint 1 at 0x") && output.contains("$1 = 1"), "{output}");
    assert_eq!(running.status("TracerPid:"), "0");
    assert!(running.status("State:").starts_with('R'), "{}", running.status("State:"));
}

/// A variable written while attached ends the program as it should.
#[test]
fn an_attached_process_takes_a_write() {
    let mut running = Running::spin("plain");
    attach(&running, "set var *(int *)&stop = 1\ndetach\n");
    // The program looks at `stop` in every turn and ends by itself.
    let deadline = Instant::now() + Duration::from_secs(10);
    let status = loop {
        match running.0.try_wait().expect("a child") {
            Some(status) => break status,
            None if Instant::now() > deadline => panic!("it runs on"),
            None => std::thread::sleep(Duration::from_millis(5)),
        }
    };
    assert!(status.success(), "{status:?}");
}

/// What cannot be attached to is refused in a sentence that says why, and the session goes on.
#[test]
fn attach_refuses_in_a_sentence() {
    let running = Running::spin("plain");
    let mut tracer = Session::rdbg().option("-p").option(running.pid().to_string()).command();
    let mut holder = tracer.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("rdbg starts");
    let deadline = Instant::now() + Duration::from_secs(10);
    while running.status("TracerPid:") == "0" && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(5));
    }
    let output = attach(&running, "print 6 * 7\n");
    assert!(output.contains("traced by") || output.contains("already traced"), "{output}");
    assert!(output.contains("= 42"), "{output}");
    drop(holder.stdin.take());
    holder.wait().expect("rdbg ends");
    let gone = Session::rdbg().feed("attach 4194303\nattach 1x\nattach\nprint 6 * 7\n").text;
    assert!(gone.contains("No such process") && gone.contains("= 42"), "{gone}");
}

/// The program that rdbg was started with is another's: told by build-id, and taken or kept as the user wants.
#[test]
fn another_program_than_the_processs_is_told() {
    let running = Running::spin("plain");
    let other = build::build("c/strain.c", "lazy").unwrap_or_else(|e| panic!("{e}"));
    let attach = |setting: &str| {
        let script = format!("{setting}attach {}\nprint sizeof(turns)\nprint sizeof(calls)\ndetach\n", running.pid());
        Session::rdbg().program(&other.path, [""; 0]).feed(&script).text
    };
    let text = attach("");
    assert!(text.contains("Mismatch between current exec-file ") && text.contains("Load new symbol table from \""), "{text}");
    assert!(text.contains("No symbol \"calls\"") && text.matches("Reading symbols from ").count() == 2, "{text}");
    let text = attach("set exec-file-mismatch warn\n");
    assert!(text.contains("currently \"warn\"") && text.contains("No symbol \"turns\"") && text.contains("= 8"), "{text}");
    let text = attach("set exec-file-mismatch off\n");
    assert!(!text.contains("Mismatch") && text.contains("No symbol \"turns\"") && text.contains("= 8"), "{text}");
    assert_eq!(running.status("TracerPid:"), "0");
}

/// A launched program dies with rdbg, however rdbg dies.
#[test]
fn a_launched_program_dies_with_rdbg() {
    let program = build::build("c/spin.c", "lazy").unwrap_or_else(|e| panic!("{e}"));
    let mut command = Session::rdbg().program(&program.path, ["plain"]).command();
    let mut rdbg = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("rdbg starts");
    let mut input = rdbg.stdin.take().expect("piped");
    std::io::Write::write_all(&mut input, b"run\n").expect("rdbg reads");
    let mut lines = BufReader::new(rdbg.stdout.take().expect("piped")).lines();
    assert!(lines.any(|line| line.is_ok_and(|line| line.contains("spinning"))), "the program did not start");
    let children = std::fs::read_to_string(format!("/proc/{0}/task/{0}/children", rdbg.id())).unwrap_or_default();
    let children: Vec<i32> = children.split_whitespace().filter_map(|pid| pid.parse().ok()).collect();
    assert!(!children.is_empty(), "rdbg has no children");
    kill(Pid::from_raw(rdbg.id() as i32), Signal::SIGKILL).expect("rdbg is there");
    rdbg.wait().expect("rdbg is dead");
    let deadline = Instant::now() + Duration::from_secs(5);
    let alive = |pid: &i32| {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        stat.rsplit(')').next().is_some_and(|rest| !rest.is_empty() && !rest.trim_start().starts_with('Z'))
    };
    while children.iter().any(alive) {
        assert!(Instant::now() < deadline, "{children:?} live on");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Killed while the program runs: its code is put back at once by somebody else, and debug registers are cleared. The program
/// then comes by.
#[test]
fn a_debugger_killed_while_the_program_runs_leaves_it_whole() {
    for (how, commands) in [
        ("plain", "break *&puts\n"),
        ("threads", "break *&puts\nbreak exit\n"),
        ("threads", "break *&puts\ncontinue 1\n"),
        ("plain", "hbreak puts\n"),
        ("threads", "hbreak puts\n"),
    ] {
        let mut running = Running::spin(how);
        let before = text_of(&running);
        let mut command = Session::rdbg().option("-p").option(running.pid().to_string()).command();
        let mut rdbg = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("rdbg starts");
        let script = format!("print *(int *)&stop\n{commands}echo ready\\n\ncontinue\n");
        std::io::Write::write_all(rdbg.stdin.as_mut().expect("piped"), script.as_bytes()).expect("rdbg reads");
        let mut lines = BufReader::new(rdbg.stdout.take().expect("piped")).lines();
        assert!(lines.any(|l| l.is_ok_and(|l| l.contains("Continuing."))), "{how}, {commands}");
        let deadline = Instant::now() + Duration::from_secs(10);
        while !running.status("State:").starts_with('R') {
            assert!(Instant::now() < deadline, "it does not run");
            std::thread::sleep(Duration::from_millis(1));
        }
        std::thread::sleep(Duration::from_millis(30));
        kill(Pid::from_raw(rdbg.id() as i32), Signal::SIGKILL).expect("rdbg is there");
        rdbg.wait().expect("rdbg is dead");
        while text_of(&running) != before || running.status("TracerPid:") != "0" {
            assert!(Instant::now() < deadline, "{how}, {commands}: the text is not as it was");
            std::thread::sleep(Duration::from_millis(1));
        }
        // Nothing shows when the debug registers are clear: on a busy machine it takes a while.
        std::thread::sleep(Duration::from_millis(if commands.starts_with("hbreak") { 500 } else { 30 }));
        // The program writes its last word by puts, and ends by exit.
        write_stop(&running);
        let status = loop {
            match running.0.try_wait().expect("a child") {
                Some(status) => break status,
                None if Instant::now() > deadline => panic!("{how}, {commands}: it runs on"),
                None => std::thread::sleep(Duration::from_millis(5)),
            }
        };
        assert!(status.success(), "{how}, {commands}: {status:?}");
    }
}

/// Sets `stop` of c/spin.c, without a debugger.
fn write_stop(running: &Running) {
    let program = build::build("c/spin.c", "lazy").unwrap_or_else(|e| panic!("{e}"));
    let at = Session::rdbg().program(&program.path, [""; 0]).feed("print/x &stop\n").text;
    let at = at.split("0x").nth(1).and_then(|t| u64::from_str_radix(t.split_whitespace().next()?, 16).ok()).expect("an address");
    let memory = std::fs::File::options().write(true).open(format!("/proc/{}/mem", running.pid())).expect("mem");
    std::os::unix::fs::FileExt::write_all_at(&memory, &1i32.to_le_bytes(), at).expect("a variable");
}

/// The bytes of the program's executable mapping.
fn text_of(running: &Running) -> Vec<u8> {
    let maps = std::fs::read_to_string(format!("/proc/{}/maps", running.pid())).expect("maps");
    let line = maps.lines().find(|l| l.contains(" r-xp ") && l.ends_with("/spin")).expect("the program's text");
    let (start, end) = line.split(' ').next().and_then(|range| range.split_once('-')).expect("a range");
    let (start, end) = (u64::from_str_radix(start, 16).expect("hex"), u64::from_str_radix(end, 16).expect("hex"));
    let mut bytes = vec![0; (end - start) as usize];
    let memory = std::fs::File::open(Path::new(&format!("/proc/{}/mem", running.pid()))).expect("mem");
    std::os::unix::fs::FileExt::read_exact_at(&memory, &mut bytes, start).expect("the text");
    bytes
}

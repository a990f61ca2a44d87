//! rdbg killed by SIGKILL while what it traces runs, with int3s in it: what it attached to goes on whole, what it started dies.

mod common;

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use common::build;
use common::process::{is_untouched, status};
use common::rdbg::Session;
use rdbg::base::Tid;

/// A program or rdbg, with its standard input and output at hand; killed at the end of the test.
struct Running(Child);

impl Running {
    fn start(command: &mut Command) -> Running {
        Running(command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("it starts"))
    }

    fn pid(&self) -> Tid {
        Tid(self.0.id() as i32)
    }

    fn tell(&mut self, text: &str) {
        self.0.stdin.as_mut().expect("piped").write_all(text.as_bytes()).expect("it reads");
    }

    /// Waits until it has written a line with this.
    fn says(&mut self, what: &str) {
        let mut lines = BufReader::new(self.0.stdout.as_mut().expect("piped")).lines();
        assert!(lines.any(|l| l.is_ok_and(|l| l.contains(what))), "never said: {what}");
    }

    fn kill(&mut self) {
        self.0.kill().expect("it is there");
        self.0.wait().expect("it is dead");
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Processes that are not to outlive the test.
struct Children(Vec<Tid>);

impl Drop for Children {
    fn drop(&mut self) {
        for pid in &self.0 {
            let _ = rdbg::os::signals::kill(*pid, rdbg::base::Signal::KILL);
        }
    }
}

/// Its children, once there are so many, and asleep.
fn children(pid: Tid, count: usize) -> Children {
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        let text = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
        let found: Vec<Tid> = text.split_whitespace().filter_map(|w| w.parse().ok().map(Tid)).collect();
        let rests = |p: &Tid| status(*p, "State").is_some_and(|s| s.starts_with('S'));
        if found.len() == count && found.iter().all(rests) {
            return Children(found);
        }
        assert!(Instant::now() < deadline, "{found:?}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn wait_for(what: &str, is_so: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !is_so() {
        assert!(Instant::now() < deadline, "{what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

fn storm() -> std::path::PathBuf {
    build::build("c/storm.c", "lazy").unwrap_or_else(|e| panic!("{e}")).path
}

/// A copy of a guarded process's memory is to be guarded as well.
#[test]
fn forked_children_that_are_kept_are_whole_again() {
    let mut program = Running::start(Command::new(storm()).args(["later", "5"]));
    program.says("waiting");
    let mut rdbg = Running::start(&mut Session::rdbg().option("-p").option(program.pid().to_string()).command());
    rdbg.tell("set detach-on-fork off\nset schedule-multiple on\nbreak *&chain\nbreak *&hitting\necho ready\\n\ncontinue\n");
    rdbg.says("Continuing.");
    program.tell("x");
    let children = children(program.pid(), 5);
    assert!(children.0.iter().all(|c| status(*c, "TracerPid") == Some(rdbg.pid().to_string())));
    rdbg.kill();
    for pid in children.0.iter().copied().chain([program.pid()]) {
        wait_for("its text is not put back", || has_no_int3(pid));
        is_untouched(pid);
    }
}

/// Threads that run, one breakpoint in each of several functions and libraries.
#[test]
fn a_program_of_many_threads_is_whole_again() {
    let hammer = build::build("c/torture.c", "lazy").unwrap_or_else(|e| panic!("{e}")).path;
    let mut program = Running::start(Command::new(hammer).args(["hammer", "20"]));
    program.says("");
    for round in 0..3 {
        let mut rdbg = Running::start(&mut Session::rdbg().option("-p").option(program.pid().to_string()).command());
        rdbg.tell("break *&main\nbreak *&exit\nbreak *&abort\nbreak *&fopen\nbreak *&system\nbreak *&getenv\ncontinue\n");
        rdbg.says("Continuing.");
        wait_for("no int3 is planted", || !has_no_int3(program.pid()));
        rdbg.kill();
        wait_for("its text is not put back", || has_no_int3(program.pid()));
        for task in fs::read_dir(format!("/proc/{}/task", program.pid())).expect("tasks").flatten() {
            let tid = Tid(task.file_name().to_str().and_then(|t| t.parse().ok()).expect("a number"));
            wait_for("it is traced", || status(tid, "TracerPid").is_none_or(|t| t == "0"));
            wait_for("it stands", || status(tid, "State").is_none_or(|s| s.starts_with(['R', 'S', 'D'])));
        }
        assert!(program.0.try_wait().expect("a child").is_none(), "{round}: it has died");
    }
}

/// What rdbg has started dies with it, and so does a child that was kept; one that was let go is nobody's, and whole.
#[test]
fn what_was_started_dies_and_what_was_let_go_lives() {
    for detach in ["on", "off"] {
        let mut rdbg = Running::start(&mut Session::rdbg().program(&storm(), ["held", "3"]).command());
        rdbg.tell(&format!("set detach-on-fork {detach}\nset schedule-multiple on\nbreak *&hit if 0\nrun\n"));
        rdbg.says("Starting program");
        let direct = || fs::read_to_string(format!("/proc/{0}/task/{0}/children", rdbg.pid())).unwrap_or_default();
        let program = || {
            direct().split_whitespace().filter_map(|w| w.parse().ok().map(Tid)).find(|p| {
                fs::read_link(format!("/proc/{p}/exe")).is_ok_and(|e| e == storm().canonicalize().expect("it is there"))
            })
        };
        wait_for("it is not started", || program().is_some());
        let program = program().expect("it runs");
        let children = children(program, 3);
        rdbg.kill();
        let is_dead = |p: Tid| status(p, "State").is_none_or(|s| s.starts_with(['Z', 'X']));
        wait_for("the program lives", || is_dead(program));
        for &child in &children.0 {
            if detach == "on" {
                is_untouched(child);
            } else {
                wait_for("the child lives", || is_dead(child));
            }
        }
    }
}

/// Whether the text of a process is that of its files, byte for byte.
fn has_no_int3(pid: Tid) -> bool {
    common::process::differences(pid).is_empty()
}

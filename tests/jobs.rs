//! rdbg as a job of an interactive shell, in a pipeline, without a terminal, and with one that goes away. What is asserted is what the
//! kernel says: the terminal's foreground group and modes, the states of processes.

mod common;

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use common::build::{self, Program};
use common::terminal::{PATIENCE, Terminal};
use common::tools;
use nix::sys::termios::{LocalFlags, tcgetattr};

fn beat() -> Program {
    build::build("c/beat.c", "debug").unwrap_or_else(|e| panic!("{e}"))
}

fn soon(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < deadline, "{what}: not in {PATIENCE:?}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// The fields of `/proc/PID/stat` behind the name: state, parent, group, session, terminal, foreground group.
fn stat(pid: i32) -> Vec<String> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    text.rsplit_once(") ").map(|(_, rest)| rest.split(' ').map(str::to_owned).collect()).unwrap_or_default()
}

fn state(pid: i32) -> String {
    stat(pid).first().cloned().unwrap_or_default()
}

/// The processes that run this file, and are this one's children.
fn children(of: u32, exe: &PathBuf) -> Vec<i32> {
    let all = std::fs::read_dir("/proc").expect("/proc").flatten().filter_map(|e| e.file_name().to_str()?.parse().ok());
    let is_it = |pid: &i32| {
        stat(*pid).get(1).is_some_and(|p| *p == of.to_string())
            && std::fs::read_link(format!("/proc/{pid}/exe")).is_ok_and(|e| e == *exe)
    };
    all.filter(is_it).collect()
}

fn one_child(of: u32, exe: &PathBuf) -> i32 {
    let mut found = Vec::new();
    soon("a child", || {
        found = children(of, exe);
        !found.is_empty()
    });
    found[0]
}

fn rdbg() -> PathBuf {
    common::rdbg::executable().canonicalize().expect("its path")
}

/// An interactive bash, with job control, at whose prompt `$ ` is.
fn shell(test: &str) -> Option<Terminal> {
    let Some(bash) = tools::find("bash") else {
        tools::skip(test, "this machine has no bash");
        return None;
    };
    let mut command = Command::new(bash);
    command.args(["--norc", "--noprofile", "--noediting", "-i"]).env("PS1", "$ ");
    let mut shell = Terminal::run(command);
    shell.wait_for("$ ");
    Some(shell)
}

fn shell_sees_it_stopped(terminal: &mut Terminal) {
    soon("the shell sees it stopped", || {
        terminal.keys("jobs\n");
        terminal.wait_for("jobs");
        terminal.wait_for("$ ").contains("Stopped")
    });
}

fn foreground(terminal: &Terminal) -> i32 {
    nix::unistd::tcgetpgrp(&terminal.keyboard).expect("a foreground group").as_raw()
}

fn is_cooked(terminal: &Terminal) -> bool {
    let flags = tcgetattr(&terminal.line).expect("modes").local_flags;
    flags.contains(LocalFlags::ICANON | LocalFlags::ECHO | LocalFlags::ISIG)
}

/// Ctrl-Z at the prompt gives the shell its terminal as it was; `bg` leaves rdbg stopped, and `fg` brings the line back that was typed.
#[test]
fn stopped_at_the_prompt_and_brought_back() {
    for term in ["xterm", "dumb"] {
        let Some(mut terminal) = shell("stopped_at_the_prompt_and_brought_back") else { return };
        let bash = terminal.child.id();
        terminal.keys(&format!("TERM={term} {} -nx -q\n", rdbg().display()));
        terminal.prompt();
        let pid = one_child(bash, &rdbg());
        soon("rdbg has the terminal, in its mode", || foreground(&terminal) == pid && !is_cooked(&terminal));
        terminal.keys("print 6 *");
        terminal.wait_for("print 6 *");
        terminal.keys("\x1a");
        terminal.wait_for("Stopped");
        terminal.wait_for("$ ");
        assert_eq!((state(pid).as_str(), foreground(&terminal)), ("T", bash as i32), "{term}");
        assert!(is_cooked(&terminal), "{term}: the shell's own mode");
        terminal.keys("bg\n");
        terminal.wait_for("&");
        shell_sees_it_stopped(&mut terminal);
        assert_eq!(state(pid), "T", "{term}");
        assert!(is_cooked(&terminal), "{term}: the shell's own mode");
        terminal.keys("fg\n");
        terminal.wait_for("(rdbg) print 6 *");
        soon("rdbg has the terminal, in its mode", || foreground(&terminal) == pid && !is_cooked(&terminal));
        terminal.keys(" 7\r");
        terminal.wait_for("$1 = 42");
        terminal.prompt();
        terminal.keys("quit\r");
        terminal.wait_for("$ ");
        assert!(is_cooked(&terminal) && foreground(&terminal) == bash as i32, "{term}");
        terminal.keys("exit\n");
        assert!(terminal.end().success());
    }
}

/// Ctrl-Z while the program runs is the program's, and rdbg tells of it; the program has the terminal meanwhile, and rdbg at its prompt.
#[test]
fn stopping_the_program() {
    let program = beat();
    let Some(mut terminal) = shell("stopping_the_program") else { return };
    let bash = terminal.child.id();
    terminal.keys(&format!("{} -nx -q {}\n", rdbg().display(), program.path.display()));
    terminal.prompt();
    let pid = one_child(bash, &rdbg());
    terminal.keys("run\r");
    terminal.wait_for("Starting program");
    let debuggee = one_child(pid as u32, &program.path);
    soon("the program has the terminal", || foreground(&terminal) == debuggee && is_cooked(&terminal));
    terminal.keys("\x1a");
    let text = terminal.wait_for("\n(rdbg) ");
    assert!(text.contains("Program received signal SIGTSTP, Stopped (user)."), "{text}");
    soon("rdbg has the terminal", || foreground(&terminal) == pid && !is_cooked(&terminal));
    assert_eq!(state(debuggee), "t");
    // And now rdbg itself.
    terminal.keys("\x1a");
    terminal.wait_for("Stopped");
    terminal.wait_for("$ ");
    assert_eq!((state(pid).as_str(), state(debuggee).as_str()), ("T", "t"));
    terminal.keys("fg\n");
    terminal.prompt();
    terminal.line("signal 0 &");
    soon("it goes on", || state(debuggee) != "t");
    terminal.keys("kill\r");
    terminal.wait_for("(y or n)");
    terminal.keys("y\r");
    terminal.wait_for("killed]");
    terminal.prompt();
    terminal.keys("quit\r");
    terminal.wait_for("$ ");
    terminal.keys("exit\n");
    terminal.end();
}

/// Started in the background rdbg is stopped before it touches the terminal; brought to the foreground, it and its program have it.
#[test]
fn started_in_the_background() {
    let program = beat();
    let Some(mut terminal) = shell("started_in_the_background") else { return };
    let bash = terminal.child.id();
    terminal.keys(&format!("{} -nx -q {} &\n", rdbg().display(), program.path.display()));
    terminal.wait_for("Reading symbols");
    let pid = one_child(bash, &rdbg());
    // What the shell has not heard of yet, `fg` would not let go on.
    shell_sees_it_stopped(&mut terminal);
    assert_eq!(state(pid), "T");
    assert!(is_cooked(&terminal) && foreground(&terminal) == bash as i32);
    terminal.keys("fg\n");
    terminal.prompt();
    terminal.keys("run\r");
    terminal.wait_for("Starting program");
    let debuggee = one_child(pid as u32, &program.path);
    soon("the program has the terminal", || foreground(&terminal) == debuggee);
    terminal.keys("\x03");
    terminal.wait_for("SIGINT");
    terminal.prompt();
    soon("rdbg has the terminal", || foreground(&terminal) == pid);
    terminal.keys("\x04");
    terminal.wait_for("(y or n)");
    terminal.keys("y\r");
    terminal.wait_for("$ ");
    assert_eq!(state(debuggee), "");
    assert!(is_cooked(&terminal) && foreground(&terminal) == bash as i32);
    terminal.keys("exit\n");
    terminal.end();
}

/// In a pipeline, with the terminal as its input.
#[test]
fn in_a_pipeline() {
    let program = beat();
    let Some(mut terminal) = shell("in_a_pipeline") else { return };
    let bash = terminal.child.id();
    let line = "-nx -batch -ex 'break beat if n == 5' -ex run -ex 'print n' -ex 'delete' -ex continue";
    terminal.keys(&format!("{} {line} --args {} 30 | cat -n\n", rdbg().display(), program.path.display()));
    let text = terminal.wait_for("exited with code 03]");
    assert!(text.contains("$1 = 5"), "{text}");
    terminal.wait_for("$ ");
    assert!(is_cooked(&terminal) && foreground(&terminal) == bash as i32);
    terminal.keys("exit\n");
    terminal.end();
}

/// A session without a terminal of its own: the program runs, and nobody asks for a terminal.
#[test]
fn without_a_terminal() {
    let program = beat();
    let Some(setsid) = tools::find("setsid") else { return tools::skip("without_a_terminal", "this machine has no setsid") };
    let mut command = Command::new(setsid);
    command.arg("--wait").arg(rdbg()).args(["-nx", "-batch", "-ex", "run", "-ex", "info program", "--args"]);
    let output = command.arg(&program.path).arg("30").stdin(Stdio::null()).output().expect("setsid runs");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains("exited with code 03]"), "{text}");
}

/// When the terminal goes, so does what was launched from it, and what was attached to is free.
#[test]
fn a_terminal_that_goes_away() {
    let program = beat();
    for (from_shell, runs) in [(true, true), (true, false), (false, true), (false, false)] {
        let mut other = Command::new(&program.path).stdin(Stdio::null()).stdout(Stdio::null()).spawn().expect("it starts");
        for attached in [false, true] {
            let start = format!("{} -nx -q -ex 'set confirm off' {}\n", rdbg().display(), program.path.display());
            let mut terminal = match from_shell {
                true => {
                    let Some(mut shell) = shell("a_terminal_that_goes_away") else { break };
                    shell.keys(&start);
                    shell
                }
                false => Terminal::start(Some(&program.path), &[]),
            };
            terminal.prompt();
            let pid = if from_shell { one_child(terminal.child.id(), &rdbg()) } else { terminal.child.id() as i32 };
            let debuggee = match attached {
                true => {
                    terminal.line(&format!("attach {}", other.id()));
                    terminal.line("break beat if n == -1");
                    terminal.keys("continue\r");
                    other.id() as i32
                }
                false => {
                    terminal.keys("run\r");
                    one_child(pid as u32, &program.path)
                }
            };
            soon("it runs", || matches!(state(debuggee).as_str(), "S" | "R"));
            if !runs {
                std::thread::sleep(Duration::from_millis(50));
                terminal.keys("\x03");
                terminal.wait_for("SIGINT");
                terminal.prompt();
            }
            let end = terminal.hang_up();
            soon(&format!("from a shell {from_shell}, runs {runs}, attached {attached}: rdbg has gone"), || {
                matches!(state(pid).as_str(), "" | "Z")
            });
            if attached {
                soon("it runs on", || matches!(state(debuggee).as_str(), "S" | "R"));
            } else {
                soon("the program has gone", || state(debuggee).is_empty());
            }
            drop(end);
        }
        other.kill().expect("it lives still");
        other.wait().expect("its end");
    }
}

/// A program that dies in raw mode leaves rdbg's own mode to rdbg, and the shell's to the shell.
#[test]
fn killed_in_raw_mode() {
    for end in ["kill -9 $$", "kill -SEGV $$", "exit 0"] {
        let mut terminal = Terminal::start(Some(std::path::Path::new("/bin/sh")), &["-c", &format!("stty raw -echo; {end}")]);
        terminal.prompt();
        terminal.line("handle SIGSEGV nostop pass");
        terminal.line("set follow-fork-mode parent");
        let text = terminal.line("run");
        assert!(text.contains("Program terminated with signal") || text.contains("exited normally"), "{text}");
        let text = terminal.line("shell stty -a");
        assert!(text.contains(" icanon") && text.contains(" echo ") && !text.contains("-opost"), "{end}: {text}");
        assert!(terminal.line("print 6 * 7").contains("= 42"));
        terminal.keys("quit\r");
        assert!(terminal.end().success());
    }
}

//! rdbg at a terminal: the prompt, Ctrl-C, TAB, and the terminal as it was afterwards. Few, because everything that needs no
//! terminal is a session.

mod common;

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::AsFd;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::time::{Duration, Instant};

use common::build;
use common::terminal::{PATIENCE, Terminal};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::pty::{Winsize, openpty};

#[test]
fn the_prompt_takes_lines_and_quits() {
    let mut terminal = Terminal::start(None, &[]);
    terminal.prompt();
    let answer = terminal.line("print 6 * 7");
    assert!(answer.contains("$1 = 42"), "{answer}");
    terminal.keys("quit\r");
    assert!(terminal.end().success());
}

#[test]
fn the_end_of_input_quits() {
    let mut terminal = Terminal::start(None, &[]);
    terminal.prompt();
    terminal.keys("\x04");
    assert!(terminal.end().success());
}

#[test]
fn ctrl_c_at_the_prompt_clears_the_line() {
    let mut terminal = Terminal::start(None, &[]);
    terminal.prompt();
    terminal.keys("print 1 + nonsense");
    terminal.wait_for("nonsense");
    terminal.keys("\x03");
    terminal.prompt();
    let answer = terminal.line("print 2 + 3");
    assert!(answer.contains("$1 = 5") && !answer.contains("No symbol"), "{answer}");
    terminal.keys("quit\r");
    assert!(terminal.end().success());
}

/// Also a program that blocks SIGINT and one with several threads are stopped, and go on afterwards.
#[test]
fn ctrl_c_stops_a_running_program() {
    for how in ["plain", "block", "threads"] {
        let program = build::build("c/spin.c", "lazy").unwrap_or_else(|e| panic!("{e}"));
        let mut terminal = Terminal::start(Some(&program.path), &[how]);
        terminal.prompt();
        terminal.keys("run\r");
        terminal.wait_for("spinning");
        std::thread::sleep(Duration::from_millis(100));
        terminal.keys("\x03");
        let stop = terminal.wait_for("\n(rdbg) ");
        assert!(stop.contains("received signal SIGINT, Interrupt."), "{how}: {stop}");
        // One Ctrl-C is one stop, however soon the program goes on: a second would leave the next Ctrl-C to the prompt.
        terminal.keys("continue\r");
        terminal.wait_for("Continuing.");
        std::thread::sleep(Duration::from_millis(300));
        terminal.keys("\x03");
        let stop = terminal.wait_for("\n(rdbg) ");
        assert!(stop.contains("received signal SIGINT, Interrupt."), "{how}: {stop}");
        let answer = terminal.line("print *(long *)&turns > 0");
        assert!(answer.contains("$1 = 1") && !answer.contains("Quit"), "{how}: {answer}");
        terminal.line("set var *(int*)&stop = 1");
        let end = terminal.line("continue");
        assert!(end.contains("stopped") && end.contains("exited normally]"), "{how}: {end}");
        terminal.keys("quit\r");
        let status = terminal.end();
        assert!(status.success(), "{how}: {status:?} {:?}", status.signal());
    }
}

/// Ctrl-C ends what lasts: loops of commands, be the program stepped in them or not, long walks, and steps without end.
#[test]
fn ctrl_c_ends_long_commands() {
    let program = build::build("c/spin.c", "lazy").unwrap_or_else(|e| panic!("{e}"));
    for (first, commands, ends_with) in [
        ("", "while 1\rend\r", "Quit"),
        ("", "while 1\rset $count = 1\rend\r", "Quit"),
        ("", "while 1\rstepi\rend\r", "Quit"),
        ("", "stepi 1000000000\r", "received signal SIGINT"),
        ("break *&spin if 0", "continue\r", "received signal SIGINT"),
        ("watch *(long *)&turns if 0", "continue\r", "received signal SIGINT"),
    ] {
        let mut terminal = Terminal::start(Some(&program.path), &["plain"]);
        terminal.prompt();
        for line in ["set pagination off", "break *&spin", "run", "delete 1", first] {
            terminal.line(line);
        }
        terminal.keys(commands);
        std::thread::sleep(Duration::from_millis(400));
        terminal.keys("\x03");
        let text = terminal.wait_for("(rdbg) ");
        assert!(text.contains(ends_with), "{commands}: {text}");
        let answer = terminal.line("print 6 * 7");
        assert!(answer.contains("= 42"), "{commands}: {answer}");
    }
}

/// A program that blocks SIGINT and takes it by sigwait: rdbg hears the key as well, and the program loses no signal.
#[test]
fn ctrl_c_stops_a_program_that_waits_for_it() {
    let program = build::build("c/strain.c", "lazy").unwrap_or_else(|e| panic!("{e}"));
    let mut terminal = Terminal::start(Some(&program.path), &["wait"]);
    terminal.prompt();
    terminal.keys("run\r");
    terminal.wait_for("waiting");
    for _ in 0..2 {
        std::thread::sleep(Duration::from_millis(100));
        terminal.keys("\x03");
        let stop = terminal.wait_for("\n(rdbg) ");
        assert!(stop.contains("received signal SIGINT, Interrupt."), "{stop}");
        let answer = terminal.line("print calls");
        assert!(answer.contains(" = 0"), "{answer}");
        terminal.keys("continue\r");
        terminal.wait_for("Continuing.");
    }
    std::thread::sleep(Duration::from_millis(100));
    terminal.keys("\x03");
    terminal.wait_for("\n(rdbg) ");
    terminal.line("set var calls = 1");
    terminal.keys("signal SIGINT\r");
    let end = terminal.wait_for("\n(rdbg) ");
    assert!(end.contains("done") && end.contains("exited normally]"), "{end}");
    terminal.keys("quit\r");
    assert!(terminal.end().success());
}

/// The program's modes of the terminal are its own: rdbg has its own at its prompt, and gives the program's back.
#[test]
fn modes_are_kept_apart() {
    let program = build::build("c/screen.c", "lazy").unwrap_or_else(|e| panic!("{e}"));
    let mut terminal = Terminal::start(Some(&program.path), &["key"]);
    terminal.prompt();
    terminal.line("break mark");
    let text = terminal.line("run");
    assert!(text.contains("begun: cooked, foreground, 100 columns"), "{text}");
    // What a command of the shell's sees is what was there before.
    let text = terminal.line("shell stty -a | tr ';' '\\n' | grep -o ' [-]*icanon\\| [-]*echo ' | tr '\\n' ,; echo");
    assert!(text.contains(" icanon") && text.contains(" echo ") && !text.contains("-icanon"), "{text}");
    terminal.keys("continue\r");
    let text = terminal.wait_for("waiting: raw, foreground, 100 columns");
    assert!(text.contains("after a stop: raw, foreground"), "{text}");
    // Interrupted, and gone on: a key that is typed then is the program's, at once.
    std::thread::sleep(Duration::from_millis(100));
    terminal.keys("\x03");
    terminal.wait_for("\n(rdbg) ");
    terminal.keys("continue\r");
    terminal.wait_for("Continuing.");
    std::thread::sleep(Duration::from_millis(100));
    terminal.keys("x");
    let text = terminal.wait_for("\n(rdbg) ");
    assert!(text.contains("key x") && text.contains("read: raw, foreground"), "{text}");
    terminal.keys("quit\r");
    assert!(terminal.end().success());
}

/// A window that changes its size while the program runs, and at the prompt.
#[test]
fn the_windows_size_reaches_both() {
    let program = build::build("c/screen.c", "lazy").unwrap_or_else(|e| panic!("{e}"));
    let mut terminal = Terminal::start(Some(&program.path), &["resize"]);
    terminal.prompt();
    terminal.keys("run\r");
    terminal.wait_for("waiting: raw, foreground, 100 columns");
    terminal.resize(70);
    let text = terminal.wait_for("\n(rdbg) ");
    assert!(text.contains("resized: raw, foreground, 70 columns") && text.contains("exited normally"), "{text}");
    let text = terminal.line("show width");
    assert!(text.contains(" 70."), "{text}");
    terminal.resize(90);
    std::thread::sleep(Duration::from_millis(100));
    let text = terminal.line("show width");
    assert!(text.contains(" 90."), "{text}");
    terminal.keys("quit\r");
    assert!(terminal.end().success());
}

/// `tty`: another terminal is the program's, with its keys; rdbg keeps its own.
#[test]
fn a_program_on_another_terminal() {
    let program = build::build("c/screen.c", "lazy").unwrap_or_else(|e| panic!("{e}"));
    let size = Winsize { ws_row: 24, ws_col: 60, ws_xpixel: 0, ws_ypixel: 0 };
    let other = openpty(Some(&size), None).expect("a pty");
    let name = nix::unistd::ttyname(&other.slave).expect("its name");
    let mut screen = File::from(other.master);
    let mut seen = String::new();
    let mut shows = |text: &str, screen: &mut File| {
        let deadline = Instant::now() + PATIENCE;
        while !seen.contains(text) {
            let mut ready = [PollFd::new(screen.as_fd(), PollFlags::POLLIN)];
            if poll(&mut ready, PollTimeout::from(100u16)).unwrap_or(0) > 0 {
                let mut bytes = [0; 4096];
                let n = screen.read(&mut bytes).unwrap_or(0);
                seen.push_str(&String::from_utf8_lossy(&bytes[..n]));
            }
            assert!(Instant::now() < deadline, "no {text:?} on the other terminal: {seen:?}");
        }
    };
    let mut terminal = Terminal::start(Some(&program.path), &["key"]);
    terminal.prompt();
    terminal.line(&format!("tty {}", name.display()));
    terminal.keys("run\r");
    shows("waiting: raw, foreground, 60 columns", &mut screen);
    // Its own terminal's Ctrl-C is the program's, and rdbg's is rdbg's.
    for keyboard in [true, false] {
        std::thread::sleep(Duration::from_millis(100));
        if keyboard {
            screen.write_all(b"\x03").expect("it takes keys");
        } else {
            terminal.keys("\x03");
        }
        let text = terminal.wait_for("\n(rdbg) ");
        assert!(text.contains("received signal SIGINT"), "{keyboard}: {text}");
        terminal.keys("continue\r");
        terminal.wait_for("Continuing.");
    }
    screen.write_all(b"y").expect("it takes keys");
    shows("key y", &mut screen);
    let text = terminal.wait_for("\n(rdbg) ");
    assert!(text.contains("exited normally") && !text.contains("key"), "{text}");
    terminal.keys("quit\r");
    assert!(terminal.end().success());
}

/// At the pager Ctrl-C ends the output at once, as gdb's does, with no Enter; the next command is not touched by it.
#[test]
fn ctrl_c_at_the_pager_quits() {
    let mut terminal = Terminal::start(None, &[]);
    terminal.prompt();
    terminal.keys("set height 10\r");
    terminal.prompt();
    for keys in ["\x03", "q\r"] {
        terminal.keys("help all\r");
        terminal.wait_for("--Type <RET> for more");
        terminal.keys("\r");
        terminal.wait_for("--Type <RET> for more");
        terminal.keys(keys);
        let rest = terminal.prompt();
        assert!(rest.lines().count() < 5, "{rest}");
        assert_eq!(keys == "\x03", rest.contains("Quit"), "{rest}");
        let answer = terminal.line("print 2 + 3");
        assert!(answer.contains(" = 5"), "{answer}");
    }
    terminal.keys("quit\r");
    assert!(terminal.end().success());
}

#[test]
fn tab_completes_commands_and_symbols() {
    let program = build::build("c/loop.c", "lazy").unwrap_or_else(|e| panic!("{e}"));
    let mut terminal = Terminal::start(Some(&program.path), &[]);
    terminal.prompt();
    terminal.keys("info breakp\t");
    terminal.wait_for("info breakpoints");
    terminal.keys("\r");
    terminal.wait_for("No breakpoints or watchpoints.");
    terminal.prompt();
    terminal.keys("break finis\t");
    terminal.wait_for("break finished");
    terminal.keys("\r");
    terminal.wait_for("Breakpoint 1 at 0x");
    terminal.prompt();
    terminal.keys("quit\r");
    assert!(terminal.end().success());
}

/// Enter repeats where gdb repeats, and quitting with a live program asks first.
#[test]
fn enter_repeats_and_quit_asks() {
    let program = build::build("c/loop.c", "lazy").unwrap_or_else(|e| panic!("{e}"));
    let mut terminal = Terminal::start(Some(&program.path), &[]);
    terminal.prompt();
    terminal.line("break step");
    let stop = terminal.line("run");
    assert!(stop.contains("Breakpoint 1.1, "), "{stop}");
    let first = terminal.line("print $rdi");
    assert!(first.contains("$1 = 0"), "{first}");
    let again = terminal.line("continue");
    assert!(again.contains("Breakpoint 1.1, "), "{again}");
    let repeated = terminal.line("");
    assert!(repeated.contains("Breakpoint 1.1, "), "{repeated}");
    let second = terminal.line("print $rdi");
    assert!(second.contains("$2 = 2"), "{second}");
    terminal.keys("quit\r");
    terminal.wait_for("(y or n)");
    terminal.keys("y\r");
    assert!(terminal.end().success());
}

/// A long recording says how far it is, to a person at a terminal; the line is wiped away by what comes next.
#[test]
fn a_long_recording_shows_progress() {
    let program = build::build("c/asks.c", "lazy").unwrap_or_else(|e| panic!("{e}"));
    let mut terminal = Terminal::start(Some(&program.path), &["400000"]);
    terminal.prompt();
    terminal.line("timeline start -nofaults");
    terminal.keys("run\r");
    let said = terminal.wait_for(" events recorded, ");
    assert!(said.contains("Starting program"), "{said}");
    terminal.keys("\x03");
    terminal.wait_for("\n(rdbg) ");
    let line = regex::Regex::new(r"\d events recorded, \d+ s\r").expect("a pattern");
    assert!(line.is_match(&terminal.screen), "the cursor is back at the line's beginning");
    terminal.keys("kill\r");
    terminal.wait_for("(y or n) ");
    terminal.line("y");
    terminal.keys("quit\r");
    assert!(terminal.end().success());
}

/// While a line is half typed, the children of a recorded program that stands still go on.
#[test]
fn children_go_on_while_a_line_is_typed() {
    let done = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("typed-{}", std::process::id()));
    let script = format!("(read -t 1 x </dev/zero; /bin/true; echo one >{}) & wait", done.display());
    let mut terminal = Terminal::start(Some(Path::new("/bin/bash")), &["-c", &script]);
    terminal.prompt();
    terminal.line("timeline start -nofaults");
    terminal.line("catch syscall wait4");
    let stop = terminal.line("run");
    assert!(stop.contains("Catchpoint 1"), "{stop}");
    terminal.keys("print 6 *");
    terminal.wait_for("6 *");
    let begun = Instant::now();
    while !std::fs::read(&done).is_ok_and(|text| text == b"one\n") {
        assert!(begun.elapsed() < PATIENCE, "the child has not gone on");
        std::thread::sleep(Duration::from_millis(5));
    }
    let answer = terminal.line(" 7");
    assert!(answer.contains("$1 = 42"), "{answer}");
    let _ = std::fs::remove_file(&done);
    terminal.keys("kill\r");
    terminal.wait_for("(y or n) ");
    terminal.line("y");
    terminal.keys("quit\r");
    assert!(terminal.end().success());
}

/// A name that several functions have, by what the user chooses.
#[test]
fn who_is_asked_chooses_one_of_several_functions() {
    let Some(program) = build::or_skip("who_is_asked_chooses_one_of_several_functions", "cpp/overloads.cpp", "plain") else {
        return;
    };
    let text = std::fs::read_to_string(&program.source).expect("its source");
    let line = |of: &str| text.lines().position(|l| l.contains(of)).expect("a line") + 1;
    let (of_int, of_double) = (line("return a + 1;"), line("return (int)d;"));
    let mut terminal = Terminal::start(Some(&program.path), &[]);
    terminal.prompt();
    terminal.line("set multiple-symbols ask");
    let choose = |terminal: &mut Terminal, answer: &str| {
        terminal.keys("break over\r");
        let menu = terminal.wait_for("> ");
        assert!(menu.contains("[0] cancel") && menu.contains("[1] all"), "{menu}");
        assert!(menu.contains("[2] overloads.cpp:over(double)") && menu.contains("[3] overloads.cpp:over(int)"), "{menu}");
        terminal.line(answer)
    };
    let told = choose(&mut terminal, "3");
    assert!(told.contains("Breakpoint 1 at ") && told.contains(&format!("file overloads.cpp, line {of_int}.")), "{told}");
    let told = choose(&mut terminal, "0");
    assert!(told.contains("canceled"), "{told}");
    let told = choose(&mut terminal, "2-3");
    for (number, line) in [(2, of_double), (3, of_int)] {
        let set = format!("line {line}.");
        assert!(told.contains(&format!("Breakpoint {number} at ")) && told.contains(&set), "{told}");
    }
    let told = choose(&mut terminal, "1");
    assert!(told.contains("Breakpoint 4 at ") && told.contains("over. (2 locations)"), "{told}");
    terminal.line("set multiple-symbols cancel");
    let told = terminal.line("break over");
    assert!(told.contains("canceled because the command is ambiguous"), "{told}");
    // A breakpoint of one function is found again in the running program.
    terminal.line("delete 2-4");
    terminal.keys("run\r");
    let stop = terminal.wait_for("\n(rdbg) ");
    assert!(stop.contains("Breakpoint 1, over (a="), "{stop}");
    terminal.keys("kill\r");
    terminal.wait_for("(y or n)");
    terminal.keys("y\r");
    terminal.prompt();
    terminal.keys("quit\r");
    assert!(terminal.end().success());
}

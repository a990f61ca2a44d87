//! Processes that rdbg did not start, and processes that outlive it or must not.

mod common;

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use common::build;
use common::rdbg::Session;
use common::tools;
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

    /// Starts a program that spins in `main`, and whose source file is gone.
    fn without_source() -> Running {
        let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("gone-{}", std::process::id()));
        std::fs::create_dir_all(&dir).expect("a directory");
        let (source, program) = (dir.join("gone.c"), dir.join("gone"));
        std::fs::write(&source, "int main(void) {\n  for (;;)\n    ;\n}\n").expect("it is written");
        let made = Command::new("cc").args(["-g", "-O0", "-o"]).args([&program, &source]).status();
        assert!(made.is_ok_and(|s| s.success()));
        std::fs::remove_file(&source).expect("it is there");
        let child = Command::new(&program).spawn().expect("it starts");
        let is_there = || std::fs::read_to_string(format!("/proc/{}/maps", child.id())).is_ok_and(|m| m.contains("libc.so"));
        while !is_there() {
            std::thread::sleep(Duration::from_millis(5));
        }
        std::thread::sleep(Duration::from_millis(50));
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

/// A source file that is missing is told as gdb tells it: in a sentence the first time.
#[test]
fn a_missing_source_file_is_told_as_gdb_tells_it() {
    let test = "a_missing_source_file_is_told_as_gdb_tells_it";
    let Some(gdb) = tools::gdb() else { return tools::skip(test, "this machine has no gdb") };
    let running = Running::without_source();
    let script = format!("attach {}\nframe\nlist\nframe\ndetach\n", running.pid());
    let told = |session: Session| -> Vec<String> {
        let text = session.feed(&script).text;
        text.lines()
            .filter(|l| l.contains("gone.c") && l.contains('\t'))
            .map(|l| l.replace("(gdb) ", "").replace("(rdbg) ", ""))
            .collect()
    };
    let theirs = told(Session::of(&gdb.path));
    assert!(theirs.first().is_some_and(|l| l.ends_with("gone.c: No such file or directory.")), "{theirs:?}");
    assert_eq!(told(Session::rdbg()), theirs);
}

/// Who leaves is told what becomes of the process, in gdb's words; and so it is.
#[test]
fn what_is_left_is_told_as_gdb_tells_it() {
    let test = "what_is_left_is_told_as_gdb_tells_it";
    let Some(gdb) = tools::gdb() else { return tools::skip(test, "this machine has no gdb") };
    for how in [&["-p"][..], &["-batch", "-p"]] {
        let running = Running::spin("plain");
        let told = |session: Session| -> Vec<String> {
            let session = how.iter().fold(session, |s, option| s.option(*option)).option(running.pid().to_string());
            let text = session.feed("quit\n").text;
            assert_eq!(running.status("TracerPid:"), "0");
            text.lines().filter(|l| l.to_lowercase().contains("detach")).map(str::to_owned).collect()
        };
        let theirs = told(Session::of(&gdb.path));
        assert!(!theirs.is_empty());
        assert_eq!(told(Session::rdbg()), theirs);
    }
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
    assert!(
        text.contains("Build ID mismatch between current exec-file ") && text.contains("Load new symbol table from \""),
        "{text}"
    );
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

/// Starts rdbg on a process, with commands of which the last one lasts, and comes back when that has begun.
fn busy_with(running: &Running, commands: &str) -> Child {
    let mut command = Session::rdbg().option("-p").option(running.pid().to_string()).command();
    let mut rdbg = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("rdbg starts");
    let (first, last) = commands.trim_end().rsplit_once('\n').unwrap_or(("", commands));
    let script = format!("{first}\necho ready\\n\n{last}\n");
    // Its input stays open: it would end by itself otherwise.
    std::io::Write::write_all(rdbg.stdin.as_mut().expect("piped"), script.as_bytes()).expect("rdbg reads");
    let mut lines = BufReader::new(rdbg.stdout.take().expect("piped")).lines();
    assert!(lines.any(|l| l.is_ok_and(|l| l.contains("ready"))), "{commands}");
    std::thread::spawn(move || lines.for_each(drop));
    std::thread::sleep(Duration::from_millis(200));
    rdbg
}

/// SIGTERM and SIGHUP (timeout(1), a terminal that is closed) end a command that runs, and rdbg lets go: also of threads that are
/// stepped or come to breakpoints all the time, which would die of SIGTRAP if it just died.
#[test]
fn a_debugger_that_is_asked_to_end_lets_go() {
    for (signal, how, commands) in [
        (Signal::SIGTERM, "plain", "stepi 1000000000"),
        (Signal::SIGHUP, "plain", "stepi 1000000000"),
        (Signal::SIGTERM, "threads", "break *&spin if 0\ncontinue"),
        (Signal::SIGHUP, "threads", "break *&spin if turns < 0\nset can-use-hw-watchpoints 0\nwatch *(int *)&stop\ncontinue"),
        (Signal::SIGTERM, "threads", "watch *(int *)&stop\ncontinue"),
        (Signal::SIGTERM, "plain", "while 1\nstepi\nend"),
    ] {
        let mut running = Running::spin(how);
        let before = text_of(&running);
        let mut rdbg = busy_with(&running, commands);
        // As often as the kernel and a shell do when a terminal goes.
        for _ in 0..3 {
            kill(Pid::from_raw(rdbg.id() as i32), signal).expect("rdbg is there");
        }
        let status = rdbg.wait().expect("rdbg ends");
        assert_eq!(std::os::unix::process::ExitStatusExt::signal(&status), Some(signal as i32), "{commands}: {status:?}");
        assert_eq!(running.status("TracerPid:"), "0", "{commands}");
        assert!(text_of(&running) == before, "{commands}: the text is not as it was");
        write_stop(&running);
        assert!(ends(&mut running).success(), "{commands}");
    }
}

/// A process that job control has stopped stays stopped when it is let go, and SIGCONT meanwhile counts: the kernel tells.
#[test]
fn what_was_stopped_stays_stopped() {
    for (commands, expected) in [
        ("detach\n", 'T'),
        ("print $_siginfo.si_signo\n", 'T'),
        ("shell kill -CONT $RUNNING\ndetach\n", 'R'),
        ("continue\ndetach\n", 'T'),
    ] {
        let running = Running::spin("threads");
        let pid = Pid::from_raw(running.pid());
        kill(pid, Signal::SIGSTOP).expect("it is there");
        wait_for(|| running.status("State:").starts_with('T'), "it does not stop");
        attach(&running, &commands.replace("$RUNNING", &pid.to_string()));
        let is_as_expected = || running.status("State:").starts_with(expected) && running.status("TracerPid:") == "0";
        wait_for(is_as_expected, &format!("{commands}: {}", running.status("State:")));
        let threads = std::fs::read_dir(format!("/proc/{pid}/task")).expect("its threads");
        for thread in threads.filter(|_| expected == 'T') {
            // Each comes to its stop anew, when the tracer has let go of it.
            let stat = thread.expect("a thread").path().join("stat");
            let is_stopped = || std::fs::read_to_string(&stat).expect("its state").contains(") T ");
            wait_for(is_stopped, &format!("{commands}: {} does not stop", stat.display()));
        }
    }
}

/// A process in another mount namespace, with another root: its program and its libraries are found, and nothing of ours.
#[test]
fn another_mount_namespace_is_looked_into() {
    let program = build::build("c/spin.c", "lazy").unwrap_or_else(|e| panic!("{e}"));
    let root = common::root().join("target/test-scratch").join(format!("root-{}", std::process::id()));
    let libraries = ["/lib64/ld-linux-x86-64.so.2", "/lib/x86_64-linux-gnu/libc.so.6"];
    if let Some(missing) = libraries.iter().find(|l| !Path::new(l).exists()) {
        return tools::skip("another_mount_namespace_is_looked_into", format!("{missing} is not here"));
    }
    let files = libraries.iter().map(|l| (Path::new(l), l.to_string())).chain([(program.path.as_path(), "/spin".to_owned())]);
    for (from, to) in files {
        let to = root.join(to.trim_start_matches('/'));
        std::fs::create_dir_all(to.parent().expect("a directory")).expect("it can be made");
        std::fs::copy(from, to).expect("a copy");
    }
    for how in [&["-m"][..], &["-m", "-p", "-f"]] {
        let mut command = Command::new("unshare");
        command.args(how).arg("chroot").arg(&root).args(["/spin", "plain"]).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("unshare starts");
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().expect("piped")).read_line(&mut line).expect("a line");
        if line != "spinning\n" {
            let mut why = String::new();
            let _ = std::io::Read::read_to_string(&mut child.stderr.take().expect("piped"), &mut why);
            eprintln!("SKIPPED: unshare {how:?} does not work here: {why}");
            let _ = (child.kill(), child.wait());
            continue;
        }
        let children = std::fs::read_to_string(format!("/proc/{0}/task/{0}/children", child.id())).unwrap_or_default();
        let pid = children.split_whitespace().next().map_or(child.id() as i32, |p| p.parse().expect("a pid"));
        // It may still be on its way out of the write of that line: user time is spent in `spin` (proc(5), stat's field 14).
        let user_time = || {
            let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
            stat.rsplit_once(") ").and_then(|(_, rest)| rest.split(' ').nth(14 - 3)?.parse().ok()).unwrap_or(0)
        };
        wait_for(|| user_time() > 1, "it does not spin");
        let commands = "info sharedlibrary\nbreak *&spin\nprint *(long *)&turns > 0\nbt\ndetach\n";
        let text = Session::rdbg().option("-p").option(pid.to_string()).feed(commands).text;
        let state = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
        let _ = (kill(Pid::from_raw(pid), Signal::SIGKILL), child.wait());
        assert!(text.contains("$1 = 1") && text.contains("in spin ()") && text.contains("/libc.so.6"), "{how:?}: {text}");
        assert!(state.contains("TracerPid:\t0"), "{how:?}: {state}");
    }
    std::fs::remove_dir_all(&root).expect("it was made");
}

/// What cannot be traced at all is called what it is.
#[test]
fn kernel_threads_and_the_dead_are_told() {
    let mut child = Command::new("true").spawn().expect("true starts");
    let is_dead = || std::fs::read_to_string(format!("/proc/{}/stat", child.id())).is_ok_and(|s| s.contains(") Z "));
    wait_for(is_dead, "true does not end");
    let text = Session::rdbg().feed(&format!("attach {}\nprint 6 * 7\n", child.id())).text;
    child.wait().expect("a child");
    assert!(text.contains("is a zombie - the process has already terminated") && text.contains("= 42"), "{text}");
    // In a container 2 is somebody's process, which is left alone.
    if !std::fs::read_to_string("/proc/2/comm").is_ok_and(|name| name == "kthreadd\n") {
        return tools::skip("kernel_threads_and_the_dead_are_told", "no kernel threads are seen here");
    }
    let text = Session::rdbg().feed("attach 2\n").text;
    assert!(text.contains("2 is a thread of the kernel's: it has no program."), "{text}");
}

fn wait_for(happens: impl Fn() -> bool, complaint: &str) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !happens() {
        assert!(Instant::now() < deadline, "{complaint}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn ends(running: &mut Running) -> std::process::ExitStatus {
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        match running.0.try_wait().expect("a child") {
            Some(status) => return status,
            None if Instant::now() > deadline => panic!("it runs on"),
            None => std::thread::sleep(Duration::from_millis(5)),
        }
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

/// The bytes of the program's code and its libraries'.
fn text_of(running: &Running) -> Vec<u8> {
    let maps = std::fs::read_to_string(format!("/proc/{}/maps", running.pid())).expect("maps");
    let memory = std::fs::File::open(format!("/proc/{}/mem", running.pid())).expect("mem");
    let mut all = Vec::new();
    // The program's, and that of its libraries: breakpoints are there too.
    for line in maps.lines().filter(|l| l.contains(" r-xp ") && l.contains(" /")) {
        let (start, end) = line.split(' ').next().and_then(|range| range.split_once('-')).expect("a range");
        let (start, end) = (u64::from_str_radix(start, 16).expect("hex"), u64::from_str_radix(end, 16).expect("hex"));
        let mut bytes = vec![0; (end - start) as usize];
        std::os::unix::fs::FileExt::read_exact_at(&memory, &mut bytes, start).expect("the text");
        all.append(&mut bytes);
    }
    assert!(!all.is_empty(), "no text");
    all
}

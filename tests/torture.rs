//! The engine under strain: exact counts, threads that die, signals in the way, and processes that are left as they were.

mod common;

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::FileExt;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use common::build;
use rdbg::arch::regs::Gpr;
use rdbg::base::{Signal, Tid, VirtAddr, read_u64};
use rdbg::engine::{Disposition, Happening, Kind, Notice, Plan, Session, Stop, StopReason};
use rdbg::expr::Host;

fn program() -> String {
    build::build("c/torture.c", "lazy").unwrap_or_else(|e| panic!("{e}")).path.display().to_string()
}

fn session(args: &str) -> Session {
    let mut s = Session::default();
    s.load_program(program().as_ref()).expect("it is a program");
    args.clone_into(&mut s.settings.args);
    s
}

fn go(s: &mut Session, plan: Option<Plan>) -> (Stop, Vec<Notice>) {
    s.resume(plan).expect("it goes on");
    let mut notices = Vec::new();
    loop {
        match s.advance().expect("it runs") {
            Happening::Notice(n) => notices.push(n),
            Happening::Stop(stop) => return (stop, notices),
        }
    }
}

/// So many instructions of the selected thread.
fn step(s: &mut Session, left: u64) -> (Stop, Vec<Notice>) {
    let tid = s.selection.tid.expect("a thread");
    go(s, Some(Plan::Instructions { tid, left, over_calls: false, until: None }))
}

/// A breakpoint, by int3 or by a debug register, that ignores so many hits.
fn add(s: &mut Session, spec: &str, hardware: bool, ignore: u64) -> u32 {
    let at = s.locate(spec).expect("it has an address");
    let id = s.breakpoints.add_at(Kind::Code { hardware }, spec, Disposition::Keep, at);
    s.breakpoints.get_mut(id).expect("it is there").ignore = ignore;
    id
}

fn hits(s: &Session, id: u32) -> u64 {
    s.breakpoints.get(id).expect("it is there").hits
}

fn pc(s: &Session) -> u64 {
    let process = s.process().expect("it runs");
    process.target.pc(s.selection.tid.expect("a thread")).expect("it is stopped").0
}

const MANY: u64 = u64::MAX;

#[test]
fn a_launched_program_stands_behind_its_exec() {
    let mut s = session("");
    s.launch().expect("it starts");
    let tid = s.selection.tid.expect("a thread");
    let registers = s.process().and_then(|p| p.target.registers(tid)).expect("it is stopped");
    assert_eq!(registers.get(Gpr::Rax), Some(0));
    // What is written to rax is not lost at the return from execve.
    s.write_register_unlogged(tid, "rax", &0x1234u64.to_le_bytes()).expect("a register");
    let before = pc(&s);
    step(&mut s, 1);
    assert_ne!(pc(&s), before);
    let registers = s.process().and_then(|p| p.target.registers(tid)).expect("it is stopped");
    assert_eq!(registers.get(Gpr::Rax), Some(0x1234));
}

#[test]
fn every_hit_of_every_thread_is_counted_once() {
    for (args, expected) in [("count 1 500 1", 500), ("count 4 300 1", 1200), ("count 100 2 2", 400), ("count 250 1 4", 1000)] {
        for hardware in [false, true] {
            let mut s = session(args);
            let ids = ["*&hit", "*&hit_nop", "*&hit_ret"].map(|spec| add(&mut s, spec, hardware, MANY));
            s.launch().expect("it starts");
            let (stop, _) = go(&mut s, None);
            assert!(matches!(stop.reason, StopReason::Exited(0)), "{args}: {:?}", stop.reason);
            assert_eq!(ids.map(|id| hits(&s, id)), [expected; 3], "{args}, hardware: {hardware}");
        }
    }
}

/// Every thread that there is stands still, and who is there has been told before: whose end comes while the others are being
/// stopped is not there any more.
#[test]
fn every_stop_shows_all_threads_standing() {
    for args in ["count 8 20 1", "count 8 1 20"] {
        let mut s = session(args);
        let id = add(&mut s, "*&hit", false, 0);
        s.launch().expect("it starts");
        let mut stops = 0;
        let mut told = BTreeSet::from([s.process().expect("it runs").target.pid().0]);
        loop {
            let (stop, notices) = go(&mut s, None);
            if stop.reason.is_end() {
                break;
            }
            stops += 1;
            // What the stop itself brought to light is told before it.
            for notice in notices.into_iter().chain(s.take_notices()) {
                match notice {
                    Notice::ThreadBegun { tid, .. } => assert!(told.insert(tid.0)),
                    Notice::ThreadEnded { tid, .. } => assert!(told.remove(&tid.0)),
                    _ => {}
                }
            }
            let pid = s.process().expect("it runs").target.pid();
            let mut there = BTreeSet::new();
            for task in fs::read_dir(format!("/proc/{pid}/task")).expect("tasks").flatten() {
                let stat = fs::read_to_string(task.path().join("stat")).unwrap_or_default();
                assert!(stat.rsplit(')').next().is_some_and(|rest| rest.trim_start().starts_with('t')), "{stat}");
                there.extend(task.file_name().to_str().and_then(|t| t.parse::<i32>().ok()));
            }
            assert_eq!(told, there);
        }
        assert_eq!((stops, hits(&s, id)), (160, 160), "{args}");
    }
}

#[test]
fn two_kinds_at_one_place_count_once_each() {
    let mut s = session("count 1 200 1");
    let (hard, soft) = (add(&mut s, "*&hit", true, MANY), add(&mut s, "*&hit", false, MANY));
    s.launch().expect("it starts");
    go(&mut s, None);
    assert_eq!((hits(&s, hard), hits(&s, soft)), (200, 200));
}

/// A debug register fires before its instruction: after a step that ends there, the next step leaves it.
#[test]
fn a_step_to_a_hardware_breakpoint_hits_it_once() {
    let mut s = session("count 1 3 1");
    let (soft, hard) = (add(&mut s, "*&hit", false, 0), add(&mut s, "*&hit_nop", true, 0));
    s.launch().expect("it starts");
    go(&mut s, None);
    let at = pc(&s);
    let (stop, _) = step(&mut s, 1);
    assert!(matches!(&stop.reason, StopReason::Breakpoints(h) if h[0].id == hard), "{:?}", stop.reason);
    let nop = pc(&s);
    assert!(nop > at);
    let (stop, _) = step(&mut s, 1);
    assert!(matches!(stop.reason, StopReason::Arrived) && pc(&s) == nop + 1, "{:?}", stop.reason);
    let (stop, _) = go(&mut s, None);
    assert!(matches!(&stop.reason, StopReason::Breakpoints(h) if h[0].id == soft), "{:?}", stop.reason);
    assert_eq!((hits(&s, soft), hits(&s, hard)), (2, 1));
}

#[test]
fn alarms_neither_add_nor_take_hits() {
    let mut s = session("alarm");
    let id = add(&mut s, "*&hit", false, 100);
    s.launch().expect("it starts");
    go(&mut s, None);
    for _ in 0..20 {
        step(&mut s, 97);
    }
    s.breakpoints.get_mut(id).expect("it is there").ignore = MANY;
    let (stop, _) = go(&mut s, None);
    assert!(matches!(stop.reason, StopReason::Exited(0)), "{:?}", stop.reason);
    assert_eq!(hits(&s, id), 5000);
}

#[test]
fn a_clone_that_is_no_thread_is_let_go_whole() {
    let mut s = session("clone");
    let id = add(&mut s, "*&hit", false, MANY);
    s.launch().expect("it starts");
    let (stop, notices) = go(&mut s, None);
    // The child, which is not traced, has ended by itself.
    assert!(matches!(stop.reason, StopReason::Exited(7)), "{:?}", stop.reason);
    assert!(notices.iter().any(|n| matches!(n, Notice::Forked { .. })), "{notices:?}");
    assert_eq!(hits(&s, id), 6);
}

#[test]
fn threads_that_die_at_a_breakpoint_report_nothing() {
    for _ in 0..10 {
        let mut s = session("exit");
        add(&mut s, "*&hit", false, MANY);
        add(&mut s, "_exit", false, 0);
        s.launch().expect("it starts");
        let mut last = go(&mut s, None);
        while !last.0.reason.is_end() {
            let process = s.process().expect("it runs");
            assert!(process.target.registers(last.0.tid).is_ok(), "a stop of a thread that has gone: {:?}", last.0);
            last = go(&mut s, None);
        }
        assert!(matches!(last.0.reason, StopReason::Exited(9)), "{:?}", last.0.reason);
        let ended = |n: &&Notice| matches!(n, Notice::ThreadEnded { .. });
        assert!(last.1.iter().filter(ended).all(|n| !matches!(n, Notice::ThreadEnded { pthread: 0, .. })));
    }
}

/// As in gdb: the signal, then the stop that it makes; and then the program goes on, for nobody could else let it.
#[test]
fn a_program_that_stops_itself_goes_on() {
    let mut s = session("stop");
    s.launch().expect("it starts");
    for _ in 0..2 {
        let (stop, _) = go(&mut s, None);
        assert!(matches!(stop.reason, StopReason::Signal(Signal::STOP)), "{:?}", stop.reason);
    }
    let (stop, _) = go(&mut s, None);
    assert!(matches!(stop.reason, StopReason::Exited(0)), "{:?}", stop.reason);
}

/// Below its first page a process has nothing, and reading there with slots in use is no accident.
#[test]
fn low_addresses_are_read_like_others() {
    let mut s = session("count 1 3 1");
    add(&mut s, "*&hit", false, 2);
    s.launch().expect("it starts");
    go(&mut s, None);
    for at in [0, 1, 16, 63] {
        assert!(read_u64(s.memory(), VirtAddr(at)).is_err());
    }
}

/// Threads that hammer on a function; killed at the end of the test.
struct Hammer(Child, Vec<(u64, Vec<u8>)>);

impl Hammer {
    fn start(threads: u32) -> Hammer {
        let mut child =
            Command::new(program()).arg("hammer").arg(threads.to_string()).stdout(Stdio::piped()).spawn().expect("it starts");
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().expect("piped")).read_line(&mut line).expect("a line");
        let mut hammer = Hammer(child, Vec::new());
        hammer.1 = hammer.text();
        hammer
    }

    fn pid(&self) -> Tid {
        Tid(self.0.id() as i32)
    }

    fn memory(&self) -> fs::File {
        fs::File::open(format!("/proc/{}/mem", self.pid())).expect("its memory")
    }

    /// The bytes of everything executable that comes from a file.
    fn text(&self) -> Vec<(u64, Vec<u8>)> {
        let maps = fs::read_to_string(format!("/proc/{}/maps", self.pid())).expect("maps");
        let ranges =
            maps.lines().filter(|l| l.contains(" r-xp ") && l.contains('/')).filter_map(|l| l.split(' ').next()?.split_once('-'));
        let hex = |s| u64::from_str_radix(s, 16).expect("hex");
        let read = |(start, end)| {
            let mut bytes = vec![0; (hex(end) - hex(start)) as usize];
            self.memory().read_exact_at(&mut bytes, hex(start)).expect("mapped");
            (hex(start), bytes)
        };
        ranges.map(read).collect()
    }

    fn is_unharmed(&mut self, count: u64) {
        assert!(self.0.try_wait().expect("a child").is_none(), "it has died");
        assert!(self.text() == self.1, "its text has changed");
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid())).expect("status");
        assert!(status.contains("TracerPid:\t0\n"), "{status}");
        for task in fs::read_dir(format!("/proc/{}/task", self.pid())).expect("tasks").flatten() {
            let stat = fs::read_to_string(task.path().join("stat")).expect("stat");
            assert!(!stat.rsplit(')').next().is_some_and(|r| r.trim_start().starts_with(['t', 'T'])), "{stat}");
        }
        let now = |h: &Hammer| {
            let mut word = [0; 8];
            h.memory().read_exact_at(&mut word, count).expect("mapped");
            u64::from_le_bytes(word)
        };
        let (before, deadline) = (now(self), std::time::Instant::now() + Duration::from_secs(5));
        while now(self) == before {
            assert!(std::time::Instant::now() < deadline, "it counts no more");
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

impl Drop for Hammer {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// An interrupt overtakes the SIGTRAP of an int3: whatever is let go must not find one waiting.
#[test]
fn attaching_200_times_leaves_nothing_behind() {
    let mut hammer = Hammer::start(50);
    let mut s = session("");
    let count = s.locate("*&count").expect("a variable")[0].0;
    for round in 0..200 {
        s.attach(hammer.pid()).unwrap_or_else(|e| panic!("{e}"));
        let ids = ["*&hit", "*&hit_nop", "usleep"].map(|spec| add(&mut s, spec, false, round % 3));
        for _ in 0..3 {
            let (stop, _) = go(&mut s, None);
            assert!(matches!(stop.reason, StopReason::Breakpoints(_)), "{:?}", stop.reason);
        }
        let (stop, _) = step(&mut s, 1 + round % 25);
        assert!(matches!(stop.reason, StopReason::Breakpoints(_) | StopReason::Arrived), "{:?}", stop.reason);
        s.detach().expect("it is let go");
        for id in ids {
            s.breakpoints.remove(id).expect("it is there");
        }
        hammer.is_unharmed(count);
    }
}

#[test]
fn a_debugger_killed_at_its_prompt_harms_nobody() {
    let mut hammer = Hammer::start(20);
    let count = session("").locate("*&count").expect("a variable")[0].0;
    for _ in 0..3 {
        let mut command = common::rdbg::Session::rdbg().option("-p").option(hammer.pid().to_string()).command();
        let mut rdbg = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("rdbg starts");
        let input = b"break *&hit\nbreak *&hit_ret\ncontinue\ncontinue\nstepi\ncontinue\necho ready\\n\n";
        rdbg.stdin.as_mut().expect("piped").write_all(input).expect("it reads");
        let mut lines = BufReader::new(rdbg.stdout.take().expect("piped")).lines();
        assert!(lines.any(|l| l.is_ok_and(|l| l.contains("ready"))));
        rdbg.kill().expect("it is there");
        rdbg.wait().expect("it is dead");
        // The slots that its breakpoints have used stay behind: nobody was left to take them out.
        let text = hammer.text();
        let changed = text.iter().zip(&hammer.1).any(|(now, then)| now.1.iter().zip(&then.1).any(|(n, t)| n != t && *n == 0xcc));
        assert!(!changed, "an int3 is left");
        hammer.1 = text;
        std::thread::sleep(Duration::from_millis(20));
        hammer.is_unharmed(count);
    }
}

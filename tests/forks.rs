//! Fork storms in every mode, execs and exits in the middle of things. What came of them is asked of the kernel: /proc says who is
//! traced, who stands still, and whose text is not the file's.

mod common;

use std::collections::BTreeSet;
use std::fs;
use std::time::{Duration, Instant};

use common::build;
use common::process::{is_untouched, status};
use rdbg::base::{Signal, Tid, VirtAddr};
use rdbg::engine::{Catch, Disposition, Happening, Kind, Notice, Session, Stop, StopReason};

const MANY: u64 = u64::MAX;

fn program() -> String {
    build::build("c/storm.c", "lazy").unwrap_or_else(|e| panic!("{e}")).path.display().to_string()
}

/// A session for the program in a directory of its own arguments, with a breakpoint at `hit` that never stops.
fn session(args: &str, child: bool, detach: bool) -> (Session, u32) {
    let mut s = Session::default();
    s.load_program(program().as_ref()).expect("it is a program");
    args.clone_into(&mut s.settings.args);
    s.settings.follow_fork_mode = if child { "child" } else { "parent" };
    s.settings.detach_on_fork = detach;
    let id = add(&mut s, "*&hit", MANY);
    (s, id)
}

fn add(s: &mut Session, spec: &str, ignore: u64) -> u32 {
    let at = s.locate(spec).expect("it has an address");
    let id = s.breakpoints.add_at(Kind::Code { hardware: false }, spec, Disposition::Keep, at);
    s.breakpoints.get_mut(id).expect("it is there").ignore = ignore;
    id
}

fn go(s: &mut Session) -> (Stop, Vec<Notice>) {
    s.resume(None).expect("it goes on");
    let mut notices = Vec::new();
    loop {
        match s.advance().expect("it runs") {
            Happening::Notice(n) => notices.push(n),
            Happening::Stop(stop) => {
                notices.extend(s.take_notices());
                return (stop, notices);
            }
        }
    }
}

fn hits(s: &Session, id: u32) -> u64 {
    s.breakpoints.get(id).expect("it is there").hits
}

fn pid(s: &Session) -> Tid {
    s.process().expect("it runs").target.pid()
}

/// The processes that run the program, by the name of their directory: every test has its own.
fn processes_of(group: &BTreeSet<Tid>) -> Vec<Tid> {
    group.iter().copied().filter(|p| status(*p, "State").is_some_and(|s| !s.starts_with(['Z', 'X']))).collect()
}

/// All that descend from a process: also those whose parents have gone, as long as they are in its session by their environment.
fn marked(mark: &str) -> BTreeSet<Tid> {
    let wanted = format!("STORM={mark}");
    let pids = fs::read_dir("/proc").expect("proc").flatten().filter_map(|e| e.file_name().to_str()?.parse().ok().map(Tid));
    let is_it =
        |p: &Tid| fs::read(format!("/proc/{p}/environ")).is_ok_and(|e| e.split(|b| *b == 0).any(|v| v == wanted.as_bytes()));
    pids.filter(is_it).collect()
}

/// What marks the processes of one test; they die with it.
struct Mark(String);

impl Mark {
    fn of(s: &mut Session, name: &str) -> Mark {
        let mark = format!("{name}-{}", std::process::id());
        s.settings.set_environment_variable("STORM", Some(&mark));
        Mark(mark)
    }

    fn alive(&self) -> Vec<Tid> {
        processes_of(&marked(&self.0))
    }
}

impl Drop for Mark {
    fn drop(&mut self) {
        for pid in marked(&self.0) {
            let _ = rdbg::os::signals::kill(pid, rdbg::base::Signal::KILL);
        }
    }
}

#[test]
fn children_that_are_let_go_are_untouched() {
    let (mut s, id) = session("held 40", false, true);
    let mark = Mark::of(&mut s, "let-go");
    add(&mut s, "*&done", 0);
    s.launch().expect("it starts");
    let (stop, notices) = go(&mut s);
    assert!(matches!(stop.reason, StopReason::Breakpoints(_)), "{:?}", stop.reason);
    assert_eq!(notices.iter().filter(|n| matches!(n, Notice::Forked { .. })).count(), 40);
    // The parent calls nothing.
    assert_eq!(hits(&s, id), 0);
    let parent = pid(&s);
    let children: Vec<Tid> = mark.alive().into_iter().filter(|p| *p != parent).collect();
    assert_eq!(children.len(), 40);
    children.into_iter().for_each(is_untouched);
}

#[test]
fn children_that_are_kept_stand_still_until_they_are_let_go() {
    let (mut s, id) = session("held 24", false, false);
    let mark = Mark::of(&mut s, "kept");
    add(&mut s, "*&done", 0);
    s.launch().expect("it starts");
    let (stop, _) = go(&mut s);
    assert!(matches!(stop.reason, StopReason::Breakpoints(_)), "{:?}", stop.reason);
    let parent = pid(&s);
    assert_eq!((s.inferiors().len(), hits(&s, id)), (25, 0));
    let children: Vec<Tid> = mark.alive().into_iter().filter(|p| *p != parent).collect();
    let stands =
        |p: &Tid| status(*p, "State").is_some_and(|s| s.starts_with('t')) && status(*p, "TracerPid").as_deref() != Some("0");
    assert_eq!(children.iter().filter(|p| stands(p)).count(), 24);
    for number in 2..=25 {
        s.select_inferior(number).expect("it is there");
        let child = pid(&s);
        assert!(children.contains(&child));
        match number % 3 {
            0 => s.kill().expect("it dies"),
            1 => s.detach().expect("it goes"),
            _ => {
                // It has run, and was stopped in the middle of it.
                s.breakpoints.get_mut(id).expect("it is there").ignore = 1;
                let (stop, _) = go(&mut s);
                assert!(matches!(stop.reason, StopReason::Breakpoints(_)), "{:?}", stop.reason);
                s.detach().expect("it goes");
            }
        }
        match number % 3 {
            0 => assert!(status(child, "State").is_none_or(|s| s.starts_with('Z')), "{child}"),
            _ => is_untouched(child),
        }
    }
    assert_eq!(hits(&s, id), 16);
    drop(s);
    assert!(!mark.alive().contains(&parent));
}

#[test]
fn parents_that_are_let_go_are_untouched() {
    let (mut s, id) = session("chain 30", true, true);
    let mark = Mark::of(&mut s, "parents");
    add(&mut s, "*&done", 0);
    s.launch().expect("it starts");
    let (stop, _) = go(&mut s);
    assert!(matches!(stop.reason, StopReason::Breakpoints(_)), "{:?}", stop.reason);
    assert_eq!((s.inferiors().len(), s.inferior.number, hits(&s, id)), (31, 31, 3));
    let last = pid(&s);
    let parents: Vec<Tid> = mark.alive().into_iter().filter(|p| *p != last).collect();
    assert_eq!(parents.len(), 30);
    parents.into_iter().for_each(is_untouched);
}

#[test]
fn a_chain_that_is_kept_is_all_there_and_dies_with_its_debugger() {
    let (mut s, id) = session("chain 20", true, false);
    let mark = Mark::of(&mut s, "chain");
    add(&mut s, "*&done", 0);
    s.launch().expect("it starts");
    let (stop, _) = go(&mut s);
    assert!(matches!(stop.reason, StopReason::Breakpoints(_)), "{:?}", stop.reason);
    assert_eq!((s.inferior.number, hits(&s, id), mark.alive().len()), (21, 3, 21));
    assert!(mark.alive().iter().all(|p| status(*p, "State").is_some_and(|s| s.starts_with('t'))));
    // Each of the others goes on where it forked.
    s.select_inferior(7).expect("it is there");
    let seventh = pid(&s);
    s.breakpoints.get_mut(id).expect("it is there").ignore = 1;
    let (stop, _) = go(&mut s);
    assert!(matches!(stop.reason, StopReason::Breakpoints(_)) && pid(&s) == seventh, "{:?}", stop.reason);
    drop(s);
    assert_eq!(mark.alive(), []);
}

#[test]
fn all_sides_run_together_and_every_hit_counts() {
    for child in [false, true] {
        all_sides_run_together(child);
    }
}

fn all_sides_run_together(child: bool) {
    let (mut s, id) = session("fan 30", child, false);
    s.settings.schedule_multiple = true;
    let mark = Mark::of(&mut s, if child { "together-followed" } else { "together" });
    s.launch().expect("it starts");
    let first = pid(&s);
    let mut codes = Vec::new();
    while codes.len() < 31 {
        let (stop, _) = go(&mut s);
        let StopReason::Exited(code) = stop.reason else { panic!("{:?}", stop.reason) };
        codes.push(code);
        // Whoever is left stands still, the first one among them.
        for left in mark.alive() {
            assert!(status(left, "State").is_some_and(|s| s.starts_with('t')), "{left}: {:?}", status(left, "State"));
        }
        let next = s.inferiors().into_iter().find(|i| i.process.is_some()).map(|i| i.number);
        let Some(next) = next else { break };
        s.select_inferior(next).expect("it is there");
    }
    codes.sort_unstable();
    let wanted: Vec<i32> = std::iter::once(0).chain(1..=30).collect();
    assert_eq!((codes, hits(&s, id)), (wanted, 90));
    assert_eq!(status(first, "State"), None);
}

/// A child that was caught is decided about also when its parent goes on beside another one.
#[test]
fn caught_children_are_decided_about_whoever_goes_on() {
    let (mut s, id) = session("fan 1", false, false);
    let mark = Mark::of(&mut s, "decided");
    let catch = s.breakpoints.add(Kind::Catch(Catch::Fork), "", Disposition::Keep);
    let second = s.add_inferior();
    s.copy_setup(1, second);
    s.select_inferior(second).expect("it is there");
    s.load_program(program().as_ref()).expect("it is a program");
    s.select_inferior(1).expect("it is there");
    for number in [1, second] {
        s.select_inferior(number).expect("it is there");
        s.launch().expect("it starts");
        let (stop, _) = go(&mut s);
        assert!(matches!(stop.reason, StopReason::Caught { .. }), "{:?}", stop.reason);
    }
    assert_eq!(mark.alive().len(), 4, "two parents, and their children");
    s.breakpoints.remove(catch).expect("it is there");
    s.settings.schedule_multiple = true;
    let mut codes = Vec::new();
    while let Some(next) = s.inferiors().into_iter().find(|i| i.process.is_some()).map(|i| i.number) {
        s.select_inferior(next).expect("it is there");
        let (stop, _) = go(&mut s);
        let StopReason::Exited(code) = stop.reason else { panic!("{:?}", stop.reason) };
        codes.push(code);
    }
    codes.sort_unstable();
    assert_eq!((codes, hits(&s, id), mark.alive()), (vec![0, 0, 1, 1], 6, Vec::new()));
}

/// A process that stops all others meets some of them within a fork, or an exec: what was to be told of that comes first when
/// they go on, and no child is lost, nor anything planted where another program has begun.
#[test]
fn pipelines_come_out_right_however_often_they_are_stopped() {
    let script = "for i in 1 2 3 4 5 6; do x=$(echo hi | cat | wc -c); [ $x = 3 ] || exit 9; done";
    for (case, catches) in [vec![Catch::Fork], vec![], vec![Catch::Fork, Catch::Exec]].into_iter().enumerate() {
        let mut s = Session::default();
        s.load_program("/bin/sh".as_ref()).expect("a shell");
        s.settings.args = format!("-c '{script}'");
        (s.settings.detach_on_fork, s.settings.schedule_multiple) = (false, true);
        let mark = Mark::of(&mut s, &format!("pipeline-{case}"));
        for catch in catches {
            s.breakpoints.add(Kind::Catch(catch), "", Disposition::Keep);
        }
        let id = s.breakpoints.add(Kind::Code { hardware: false }, "write", Disposition::Keep);
        s.breakpoints.get_mut(id).expect("it is there").ignore = MANY;
        s.launch().expect("it starts");
        let mut codes = Vec::new();
        for _ in 0..300 {
            let (stop, _) = go(&mut s);
            if let StopReason::Exited(code) = stop.reason {
                codes.push(code);
            }
            if s.inferior.process.is_none() {
                let Some(next) = s.inferiors().into_iter().rev().find(|i| i.process.is_some()).map(|i| i.number) else { break };
                s.select_inferior(next).expect("it is there");
            }
        }
        // The shell, and four for each turn.
        assert_eq!((codes, mark.alive()), (vec![0; 25], vec![]), "{case}");
    }
}

/// In the memory of a vfork child that runs there untraced is no int3, and afterwards each is back.
#[test]
fn vforks_lose_no_hits_and_no_children() {
    for (child, detach, multiple) in [(false, true, false), (false, false, true)] {
        let (mut s, id) = session("vforks 40", child, detach);
        s.settings.schedule_multiple = multiple;
        let mark = Mark::of(&mut s, if multiple { "vforks-both" } else { "vforks" });
        add(&mut s, "*&done", 0);
        s.launch().expect("it starts");
        let mut last = go(&mut s);
        while matches!(last.0.reason, StopReason::Exited(_)) {
            s.select_inferior(1).expect("it is there");
            last = go(&mut s);
        }
        assert!(matches!(last.0.reason, StopReason::Breakpoints(_)), "{:?}", last.0.reason);
        // Two of each child where that is traced, and one of the parent.
        assert_eq!(hits(&s, id), if multiple { 120 } else { 40 }, "{multiple}");
        s.detach().expect("it goes");
        let deadline = Instant::now() + Duration::from_secs(10);
        while !mark.alive().is_empty() {
            assert!(Instant::now() < deadline, "{:?}", mark.alive());
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

/// A thread that waits for its vfork child cannot be let go of before that lets go: it is not forgotten.
#[test]
fn who_sleeps_until_a_vfork_child_ends_is_let_go_as_well() {
    let (mut s, _) = session("asleep", false, true);
    let mark = Mark::of(&mut s, "asleep");
    s.launch().expect("it starts");
    let leader = pid(&s);
    let (stop, _) = go(&mut s);
    assert!(matches!(stop.reason, StopReason::Signal(Signal(18))), "{:?}", stop.reason);
    s.detach().expect("it goes");
    is_untouched(leader);
    assert!(mark.alive().contains(&leader));
}

#[test]
fn followed_vforks_leave_their_parents_whole() {
    for detach in [true, false] {
        let (mut s, id) = session("vforks 2", true, detach);
        let mark = Mark::of(&mut s, if detach { "vfork-child" } else { "vfork-child-kept" });
        s.launch().expect("it starts");
        let parent = pid(&s);
        // The child executes /bin/true in the end, and that exits.
        let (stop, notices) = go(&mut s);
        assert!(matches!(stop.reason, StopReason::Exited(0)), "{:?}", stop.reason);
        assert!(notices.iter().any(|n| matches!(n, Notice::Exec(..))), "{notices:?}");
        assert_eq!((s.inferior.number, hits(&s, id)), (2, 2));
        let gone = notices.iter().any(|n| matches!(n, Notice::DetachingParent { pid, .. } if *pid == parent));
        assert_eq!(gone, detach);
        if detach {
            // It ends by itself: with SIGTRAP it would not have.
            let deadline = Instant::now() + Duration::from_secs(10);
            while !mark.alive().is_empty() {
                assert!(Instant::now() < deadline);
                std::thread::sleep(Duration::from_millis(1));
            }
            continue;
        }
        assert!(status(parent, "State").is_some_and(|s| s.starts_with('t')));
        s.select_inferior(1).expect("it is there");
        s.settings.follow_fork_mode = "parent";
        s.settings.detach_on_fork = true;
        let (stop, _) = go(&mut s);
        assert!(matches!(stop.reason, StopReason::Exited(5)), "{:?}", stop.reason);
        // Once for each child in the parent; the second child was let go.
        assert_eq!(hits(&s, id), 4);
    }
}

#[test]
fn an_exec_by_another_thread_leaves_one_whole_process() {
    for mode in ["same", "new"] {
        for _ in 0..8 {
            let (mut s, id) = session("exec", false, true);
            s.settings.follow_exec_mode = mode;
            s.settings.args = "exec".into();
            let mark = Mark::of(&mut s, &format!("exec-{mode}"));
            s.launch().expect("it starts");
            let leader = pid(&s);
            let exec = s.breakpoints.add(Kind::Catch(Catch::Exec), "exec", Disposition::Keep);
            let (stop, notices) = go(&mut s);
            assert!(matches!(stop.reason, StopReason::Caught { .. }), "{:?} {exec}", stop.reason);
            assert!(notices.iter().any(|n| matches!(n, Notice::Exec(..))), "{notices:?}");
            assert_eq!((stop.tid, pid(&s)), (leader, leader));
            let tasks = fs::read_dir(format!("/proc/{leader}/task")).expect("tasks").count();
            assert_eq!((tasks, s.process().expect("it runs").target.threads()), (1, vec![leader]));
            assert_eq!(s.inferior.number, if mode == "new" { 2 } else { 1 });
            let before = hits(&s, id);
            let (stop, _) = go(&mut s);
            assert!(matches!(stop.reason, StopReason::Exited(6)), "{:?}", stop.reason);
            assert_eq!(hits(&s, id) - before, 4);
            assert_eq!(mark.alive(), []);
        }
    }
}

/// A process may end within the fork of another thread: then nobody tells of the child.
#[test]
fn children_of_a_parent_that_ends_meanwhile_are_not_left_behind() {
    for detach in [true, false] {
        for _ in 0..6 {
            let (mut s, _) = session("exit", false, detach);
            let mark = Mark::of(&mut s, if detach { "exit" } else { "exit-kept" });
            add(&mut s, "pause", MANY);
            s.launch().expect("it starts");
            let (stop, _) = go(&mut s);
            assert!(matches!(stop.reason, StopReason::Exited(3)), "{:?}", stop.reason);
            let known: BTreeSet<Tid> = s.inferiors().iter().filter_map(|i| Some(i.process.as_ref()?.target.pid())).collect();
            for child in mark.alive() {
                match known.contains(&child) {
                    true => assert!(status(child, "State").is_some_and(|s| s.starts_with('t'))),
                    false => is_untouched(child),
                }
            }
            drop(s);
            // What was kept dies with the session; what was let go is still there.
            assert!(mark.alive().iter().all(|p| !known.contains(p)));
        }
    }
}

/// Children that are followed for the record alone go on by themselves, whatever becomes of their parent and of rdbg.
#[test]
fn recorded_children_are_never_left_standing() {
    for round in 0..6 {
        let (mut s, _) = session("held 12", false, true);
        let mark = Mark::of(&mut s, "recorded");
        add(&mut s, "*&done", 0);
        s.start_timeline(Default::default()).expect("it is recorded");
        s.launch().expect("it starts");
        let parent = pid(&s);
        let (stop, _) = go(&mut s);
        assert!(matches!(stop.reason, StopReason::Breakpoints(_)), "{:?}", stop.reason);
        match round % 3 {
            0 => s.kill().expect("it dies"),
            1 => s.detach().expect("it goes"),
            _ => drop(s.stop_timeline()),
        }
        let children: Vec<Tid> = mark.alive().into_iter().filter(|p| *p != parent).collect();
        assert_eq!(children.len(), 12);
        children.into_iter().for_each(is_untouched);
    }
}

/// What the parent was about to do, its child does.
#[test]
fn a_plan_goes_along_with_the_child() {
    let (mut s, _) = session("chain 1", true, true);
    let mark = Mark::of(&mut s, "plan");
    add(&mut s, "chain", 0);
    s.launch().expect("it starts");
    go(&mut s);
    let tid = s.selected_thread().expect("a thread");
    let caller = s.frame(1).expect("main").pc.addr();
    let plan = s.begin_finish().expect("it can return");
    assert_eq!(plan.tid(), tid);
    s.resume(Some(plan)).expect("it goes on");
    let stop = loop {
        if let Happening::Stop(stop) = s.advance().expect("it runs") {
            break stop;
        }
    };
    assert!(matches!(stop.reason, StopReason::Arrived), "{:?}", stop.reason);
    assert_ne!(stop.tid, tid);
    assert_eq!(s.process().expect("it runs").target.pc(stop.tid).ok(), Some(VirtAddr(caller.0)));
    assert_eq!(mark.alive().len(), 2);
}

/// A program that its user may execute but not read: the kernel shows nobody but root what is in it. It runs as without rdbg.
#[test]
fn a_program_that_may_not_be_read_runs_all_the_same() {
    use std::os::unix::fs::PermissionsExt;
    use std::process::Command;

    let test = "a_program_that_may_not_be_read_runs_all_the_same";
    let forks = build::build("c/forks.c", "lazy").unwrap_or_else(|e| panic!("{e}"));
    let dir = std::env::temp_dir().join(format!("rdbg-unreadable-{}", std::process::id()));
    fs::create_dir_all(&dir).expect("a directory");
    let place = |name: &str, from: &std::path::Path, mode: u32| {
        let to = dir.join(name);
        fs::copy(from, &to).expect("copied");
        fs::set_permissions(&to, fs::Permissions::from_mode(mode)).expect("its own");
        to
    };
    fs::set_permissions(&dir, fs::Permissions::from_mode(0o755)).expect("its own");
    let debugger = place("rdbg", common::rdbg::executable(), 0o755);
    let unreadable = place("unreadable", &forks.path, 0o111);
    let mut command = Command::new("setpriv");
    if fs::File::open(&unreadable).is_err() {
        command = Command::new("env");
    } else if common::tools::find("setpriv").is_none() {
        return common::tools::skip(test, "root reads everything, and there is no setpriv");
    } else {
        command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]);
    }
    command.arg(&debugger).args(["-nx", "-q", "--args", "/bin/sh", "-c"]).arg(format!("exec {}", unreadable.display()));
    let script = "run\nprint $_exitcode\n";
    let run = common::rdbg::run(command, script.into(), std::time::Duration::from_secs(30));
    let _ = fs::remove_dir_all(&dir);
    if run.text.contains("cannot execute") || run.text.contains("Permission denied.\nDuring startup") {
        return common::tools::skip(test, "the directory is not open to others");
    }
    assert!(run.text.contains("The new program cannot be read"), "{}", run.text);
    for line in ["fork's child: 0", "vfork's child: 0", "exec: 0 traps, marked(2) = 7", "exited normally]", "$1 = 0"] {
        assert!(run.text.contains(line), "{line}: {}", run.text);
    }
}

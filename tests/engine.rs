//! The engine without words: sessions in this process, each test a thread of its own with a process of its own.

mod common;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use common::build;
use rdbg::arch::regs::Gpr;
use rdbg::base::{AddrRange, Signal, Tid, VirtAddr, read_u64};
use rdbg::elf::{AuxEntry, aux};
use rdbg::engine::{
    Catch, Condition, Disposition, Happening, Kind, Notice, Plan, Session, Stop, StopReason, Watch, WatchKind, WatchedParts,
};
use rdbg::expr::{self, Host};

/// A session and what it has been told on the way.
struct Run {
    session: Session,
    notices: Vec<Notice>,
    /// What the program wrote.
    output: PathBuf,
}

/// The program, loaded, its output in a file; `None` after having said aloud what this machine lacks.
fn load(test: &str, source: &str, name: &str, args: &str) -> Option<Run> {
    let program = build::or_skip(test, source, name)?;
    let output = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("engine-{test}-{name}.txt"));
    let mut session = Session::default();
    session.load_program(&program.path).unwrap();
    session.settings.args = format!("{args} > {}", output.display());
    Some(Run { session, notices: Vec::new(), output })
}

impl Run {
    fn break_at(&mut self, spec: &str) -> u32 {
        let at = self.session.locate(spec).unwrap();
        self.session.breakpoints.add_at(Kind::Code { hardware: false }, spec, Disposition::Keep, at)
    }

    fn catch_bind(&mut self, symbol: &str) -> u32 {
        let kind = Kind::Catch(Catch::Bind { symbol: Some(symbol.to_owned()), module: None });
        self.session.breakpoints.add(kind, symbol, Disposition::Keep)
    }

    /// Starts the program: it stands at its first instruction.
    fn launch(&mut self) -> Tid {
        self.session.launch().unwrap();
        self.session.selected_thread().unwrap()
    }

    fn go(&mut self, plan: Option<Plan>) -> Stop {
        self.session.resume(plan).unwrap();
        loop {
            match self.session.advance().unwrap() {
                Happening::Notice(notice) => self.notices.push(notice),
                Happening::Stop(stop) => return stop,
            }
        }
    }

    fn step(&mut self, tid: Tid, left: u64) -> Stop {
        self.go(Some(Plan::Instructions { tid, left, over_calls: false, until: None }))
    }

    fn next(&mut self, tid: Tid) -> Stop {
        self.go(Some(Plan::Instructions { tid, left: 1, over_calls: true, until: None }))
    }

    fn pc(&self) -> VirtAddr {
        self.session.frame(0).unwrap().pc.addr()
    }

    fn register(&self, tid: Tid, register: Gpr) -> u64 {
        self.session.process().unwrap().target.registers(tid).unwrap().get(register).unwrap()
    }

    /// Where it stands, as `main+4`.
    fn place(&self) -> String {
        self.session.location(self.pc()).map_or_else(|| self.pc().to_string(), |l| l.with_offset())
    }

    fn hits(&self, id: u32) -> u64 {
        self.session.breakpoints.get(id).unwrap().hits
    }

    fn condition(&mut self, id: u32, text: &str) {
        let expr = Arc::new(expr::parse(text, &self.session).unwrap());
        self.session.breakpoints.get_mut(id).unwrap().condition = Some(Condition { text: text.to_owned(), expr, scope: None });
    }

    fn watch(&mut self, text: &str, address: &str, len: u64) -> u32 {
        let expr = Arc::new(expr::parse(text, &self.session).unwrap());
        let start = self.session.locate(address).unwrap()[0];
        let parts = WatchedParts { ranges: vec![AddrRange::with_len(start, len)], elsewhere: false };
        let pieces = parts.pieces().unwrap();
        let old = self.session.watched_value(&expr).ok();
        let watch = Watch {
            inferior: 1,
            text: text.to_owned(),
            expr,
            kind: WatchKind::Write,
            pieces,
            software: None,
            old,
            scope: None,
            set_at: None,
            mask: None,
        };
        self.session.breakpoints.add(Kind::Watch(Box::new(watch)), text, Disposition::Keep)
    }

    fn written(&self) -> String {
        std::fs::read_to_string(&self.output).unwrap()
    }
}

fn is_hit(stop: &Stop, id: u32) -> bool {
    matches!(&stop.reason, StopReason::Breakpoints(hits) if hits.iter().any(|h| h.id == id))
}

/// The program's own `_start` and no other's, then main, then a function of libc's; then the end.
#[test]
fn breakpoints_in_start_main_and_a_library() {
    for name in ["lazy", "pie", "now", "noplt"] {
        let Some(mut run) = load("breakpoints", "c/hello.c", name, "") else { continue };
        let (start, main) = (run.break_at("_start"), run.break_at("main"));
        run.launch();
        let stop = run.go(None);
        assert!(is_hit(&stop, start), "{name}: {stop:?}");
        assert_eq!(run.place(), "_start", "{name}");
        let auxv = run.session.process().unwrap().target.auxv().unwrap();
        let entry = AuxEntry::find(&AuxEntry::parse(&auxv), aux::AT_ENTRY);
        assert_eq!(Some(run.pc().0), entry, "{name}: the kernel's AT_ENTRY");
        let stop = run.go(None);
        assert!(is_hit(&stop, main), "{name}: {stop:?}");
        assert_eq!(run.place(), "main+4", "{name}: behind the prologue");
        let puts = run.break_at("puts");
        let stop = run.go(None);
        assert!(is_hit(&stop, puts), "{name}: {stop:?}");
        let (frames, _) = run.session.backtrace(stop.tid, 10).unwrap();
        let outer = run.session.location(frames[1].pc.lookup()).unwrap();
        assert!(outer.with_offset().starts_with("main+"), "{name}: {outer:?}");
        let stop = run.go(None);
        assert!(matches!(stop.reason, StopReason::Exited(0)), "{name}: {stop:?}");
        assert_eq!((run.hits(start), run.hits(main), run.hits(puts)), (1, 1, 1), "{name}");
        assert_eq!(run.written(), "bye\n", "{name}");
    }
}

/// Hits are counted, ignored and put under conditions as gdb does it: a false condition is no hit, an ignored hit is one.
#[test]
fn conditions_ignore_counts_and_hits() {
    let Some(mut run) = load("conditions", "c/loop.c", "lazy", "10") else { return };
    let id = run.break_at("loop!step");
    run.condition(id, "$rdi % 2 == 1");
    run.session.breakpoints.get_mut(id).unwrap().ignore = 2;
    run.launch();
    let mut seen = Vec::new();
    loop {
        let stop = run.go(None);
        if let StopReason::Exited(code) = stop.reason {
            assert_eq!(code, 0);
            break;
        }
        assert!(is_hit(&stop, id), "{stop:?}");
        seen.push(run.register(stop.tid, Gpr::Rdi));
    }
    // 1 and 3 are ignored.
    assert_eq!(seen, [5, 7, 9]);
    assert_eq!(run.hits(id), 5);
    assert_eq!(run.written(), "total 45\n");
}

/// A temporary breakpoint stops once and is gone; a disabled one never does.
#[test]
fn temporary_and_disabled_breakpoints() {
    let Some(mut run) = load("temporary", "c/loop.c", "pie", "5") else { return };
    let at = run.session.locate("loop!step").unwrap();
    let once = run.session.breakpoints.add_at(Kind::Code { hardware: false }, "step", Disposition::Delete, at.clone());
    let never = run.session.breakpoints.add_at(Kind::Code { hardware: true }, "step", Disposition::Keep, at);
    run.session.breakpoints.get_mut(never).unwrap().enabled = false;
    run.launch();
    assert!(is_hit(&run.go(None), once));
    assert!(run.session.breakpoints.get(once).is_err());
    assert!(matches!(run.go(None).reason, StopReason::Exited(0)));
    assert_eq!(run.hits(never), 0);
}

/// The bind of a symbol is caught before it happens, and after it the slot holds the function.
#[test]
fn a_bind_is_caught_once() {
    for name in ["lazy", "pie", "ibt", "stripped"] {
        let Some(mut run) = load("bind", "c/slots.c", name, "") else { continue };
        let id = run.catch_bind("puts");
        run.launch();
        let stop = run.go(None);
        let StopReason::Bind { hit, bind } = &stop.reason else { panic!("{name}: {stop:?}") };
        assert!(hit.id == id && bind.symbol == "puts" && bind.called, "{name}: {bind:?}");
        let slot = bind.slot;
        let before = read_u64(run.session.memory(), slot).unwrap();
        assert_eq!(before, bind.value, "{name}: not bound yet");
        let getpid = run.break_at("getpid");
        assert!(is_hit(&run.go(None), getpid), "{name}: caught twice");
        let puts = run.session.locate("libc!puts").unwrap()[0];
        assert_eq!(read_u64(run.session.memory(), slot).unwrap(), puts.0, "{name}");
        assert!(matches!(run.go(None).reason, StopReason::Exited(0)), "{name}");
    }
}

/// Each change of a watched variable stops behind the instruction that made it; the old and the new value are told.
#[test]
fn a_watchpoint_sees_every_change() {
    let Some(mut run) = load("watch", "c/watch.c", "lazy", "") else { return };
    let main = run.break_at("main");
    run.launch();
    assert!(is_hit(&run.go(None), main));
    let id = run.watch("*(long*)&wide", "*&wide", 8);
    let mut values = Vec::new();
    loop {
        let stop = run.go(None);
        match &stop.reason {
            StopReason::Watch(hits) => {
                assert_eq!(hits.len(), 1);
                assert_eq!(hits[0].id, id);
                let bytes = hits[0].new.as_ref().unwrap().bytes(run.session.memory(), None).unwrap();
                values.push(u64::from_le_bytes((*bytes).try_into().unwrap()));
                let at = run.session.locate("*&wide").unwrap()[0];
                assert_eq!(read_u64(run.session.memory(), at).unwrap(), *values.last().unwrap());
            }
            StopReason::Exited(0) => break,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(values, [1 << 32, 2 << 32, 3 << 32]);
}

/// No byte of a breakpoint reaches a forked child, and after exec the breakpoint stands in the new image.
#[test]
fn children_have_no_breakpoint_bytes() {
    for name in ["lazy", "pie"] {
        let Some(mut run) = load("forks", "c/forks.c", name, "") else { continue };
        let id = run.break_at("marked");
        run.launch();
        assert!(is_hit(&run.go(None), id), "{name}");
        let at = run.pc();
        let mut byte = [0];
        run.session.memory().read(at, &mut byte).unwrap();
        assert_ne!(byte[0], 0xcc, "{name}: the int3 shows");
        assert!(is_hit(&run.go(None), id), "{name}: in the program that exec started");
        let forked: Vec<bool> =
            run.notices.iter().filter_map(|n| if let Notice::Forked { vfork, .. } = n { Some(*vfork) } else { None }).collect();
        assert_eq!(forked, [false, true], "{name}: {:?}", run.notices);
        assert!(run.notices.iter().any(|n| matches!(n, Notice::Exec(..))), "{name}: {:?}", run.notices);
        assert!(matches!(run.go(None).reason, StopReason::Exited(0)), "{name}");
        let written = run.written();
        for line in ["parent: marked(1) = 4", "fork: 0 traps, marked(5) = 16", "fork's child: 0", "vfork's child: 0"] {
            assert!(written.lines().any(|l| l == line), "{name}: no {line:?} in\n{written}");
        }
    }
}

/// A program that looks at its own code while nothing is planted in it sees what its file holds, also after a step over a
/// breakpoint in it.
#[test]
fn code_is_whole_again() {
    let Some(mut run) = load("checksum", "c/checksum.c", "pie", "") else { return };
    let id = run.break_at("target");
    run.launch();
    assert!(is_hit(&run.go(None), id));
    run.session.breakpoints.remove(id).unwrap();
    let tid = run.session.selected_thread().unwrap();
    assert!(matches!(run.step(tid, 1).reason, StopReason::Arrived));
    assert!(matches!(run.go(None).reason, StopReason::Exited(0)));
    // The first sum was taken with an int3 in the code, the second without.
    assert_eq!(run.written(), "value 42, code changed\n");
    let Some(mut run) = load("checksum", "c/checksum.c", "lazy", "") else { return };
    run.launch();
    assert!(matches!(run.go(None).reason, StopReason::Exited(0)));
    assert_eq!(run.written(), "value 42, code unchanged\n");
}

/// A signal with a handler stops, is passed on, and is handled; one that kills is told twice; an ignored one still stops.
#[test]
fn signals_stop_and_are_passed_on() {
    let number = |stop: &Stop| if let StopReason::Signal(Signal(n)) = stop.reason { n } else { 0 };
    let Some(mut run) = load("signals", "c/signals.c", "plain", "usr1") else { return };
    run.launch();
    assert_eq!(number(&run.go(None)), libc::SIGUSR1);
    assert!(matches!(run.go(None).reason, StopReason::Exited(0)));
    assert_eq!(run.written(), format!("handled {}\n", libc::SIGUSR1));
    for (what, signal) in [("segv", libc::SIGSEGV), ("abort", libc::SIGABRT)] {
        let mut run = load("signals", "c/signals.c", "plain", what).unwrap();
        run.launch();
        assert_eq!(number(&run.go(None)), signal, "{what}");
        let stop = run.go(None);
        assert!(matches!(stop.reason, StopReason::Killed(Signal(n)) if n == signal), "{what}: {stop:?}");
    }
}

/// So many instructions are so many, whether they are asked for at once or one by one; a call is one for `nexti`.
#[test]
fn steps_are_counted() {
    for name in ["lazy", "pie", "static"] {
        let Some(mut one) = load("steps-one", "c/hello.c", name, "") else { continue };
        let Some(mut many) = load("steps-many", "c/hello.c", name, "") else { continue };
        for run in [&mut one, &mut many] {
            let main = run.break_at("main");
            run.launch();
            assert!(is_hit(&run.go(None), main), "{name}");
        }
        let tid = one.session.selected_thread().unwrap();
        for _ in 0..300 {
            assert!(matches!(one.step(tid, 1).reason, StopReason::Arrived), "{name}");
        }
        let other = many.session.selected_thread().unwrap();
        assert!(matches!(many.step(other, 300).reason, StopReason::Arrived), "{name}");
        for register in [Gpr::Rip, Gpr::Rsp, Gpr::Rbp] {
            assert_eq!(one.register(tid, register), many.register(other, register), "{name} {register:?}");
        }
    }
    let Some(mut run) = load("steps-over", "c/hello.c", "lazy", "") else { return };
    let main = run.break_at("main");
    run.launch();
    assert!(is_hit(&run.go(None), main));
    let tid = run.session.selected_thread().unwrap();
    let sp = run.register(tid, Gpr::Rsp);
    let mut places = Vec::new();
    while run.place().starts_with("main") && places.len() < 40 {
        places.push(run.place());
        assert!(matches!(run.next(tid).reason, StopReason::Arrived));
    }
    // From push's successor to ret: the call of puts is one step, and the stack is the caller's at the end.
    assert!(places.len() < 20, "{places:?}");
    assert_eq!(run.register(tid, Gpr::Rsp), sp + 16, "{places:?}");
}

/// A step at a breakpoint whose instruction is carried out in the registers does not let the program go.
#[test]
fn a_step_over_a_jump_under_a_breakpoint_is_one_step() {
    for name in ["lazy", "pie"] {
        let Some(mut run) = load("stub", "c/hello.c", name, "") else { continue };
        let id = run.break_at("puts@plt");
        let tid = run.launch();
        assert!(is_hit(&run.go(None), id), "{name}");
        assert!(matches!(run.step(tid, 1).reason, StopReason::Arrived), "{name}");
        assert_eq!(run.place(), "puts@plt+6", "{name}");
        run.session.kill().unwrap();
    }
}

/// Every thread passes a breakpoint that does not stop, none is lost; one that stops stops all.
#[test]
fn threads_pass_and_stop() {
    let Some(mut run) = load("threads", "c/threads.c", "lazy", "") else { return };
    let id = run.break_at("work");
    run.condition(id, "0");
    run.launch();
    assert!(matches!(run.go(None).reason, StopReason::Exited(0)));
    assert_eq!(run.written(), "1 2 3 4\n");
    let begun: Vec<Tid> =
        run.notices.iter().filter_map(|n| if let Notice::ThreadBegun { tid, .. } = n { Some(*tid) } else { None }).collect();
    let ended: Vec<Tid> =
        run.notices.iter().filter_map(|n| if let Notice::ThreadEnded { tid, .. } = n { Some(*tid) } else { None }).collect();
    assert_eq!(begun.len(), 4);
    assert!(begun.iter().all(|tid| ended.contains(tid)), "{:?}", run.notices);

    let Some(mut run) = load("threads-stop", "c/threads.c", "pie", "") else { return };
    let id = run.break_at("work");
    run.launch();
    for _ in 0..4 {
        let stop = run.go(None);
        assert!(is_hit(&stop, id), "{stop:?}");
        for tid in run.session.process().unwrap().target.threads() {
            let stat = std::fs::read_to_string(format!("/proc/{}/stat", tid.0)).unwrap();
            let state = stat.rsplit_once(") ").unwrap().1.chars().next();
            assert_eq!(state, Some('t'), "thread {tid} runs on:\n{stat}");
        }
    }
    assert!(matches!(run.go(None).reason, StopReason::Exited(0)));
    assert_eq!(run.hits(id), 4);
}

/// Sessions in other threads take nothing from each other.
#[test]
fn sessions_side_by_side() {
    std::thread::scope(|scope| {
        for n in 1..6 {
            scope.spawn(move || {
                let Some(mut run) = load(&format!("beside-{n}"), "c/loop.c", "lazy", &format!("{}", 20 * n)) else { return };
                let id = run.break_at("loop!step");
                run.launch();
                for i in 0..20 * n {
                    let stop = run.go(None);
                    assert!(is_hit(&stop, id), "{stop:?}");
                    assert_eq!(run.register(stop.tid, Gpr::Rdi), i);
                }
                assert!(matches!(run.go(None).reason, StopReason::Exited(0)));
            });
        }
    });
}

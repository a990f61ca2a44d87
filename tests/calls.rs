//! Calls of the program's functions: what goes in and comes out, and that nothing is left of them.

mod common;

use std::io::{Read, Write};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use common::build::{self, Program};
use rdbg::base::{Error, Tid, VirtAddr};
use rdbg::engine::{Disposition, Happening, Kind, Notice, Session, Stop, StopReason};
use rdbg::expr::{self, Host};
use rdbg::stack::FrameHow;
use rdbg::value::{Field, Type, Value, base_type};

/// c/calls.c, built; `None` after having said aloud what this machine lacks.
fn program(test: &str, name: &str) -> Option<Program> {
    build::or_skip(test, "c/calls.c", name)
}

/// A process of it, at its first instruction.
fn launched(test: &str, name: &str, args: &str) -> Option<Session> {
    let program = program(test, name)?;
    let mut session = Session::default();
    session.load_program(&program.path).unwrap();
    session.settings.args = format!("{args} > /dev/null");
    session.launch().unwrap();
    Some(session)
}

fn break_at(session: &mut Session, spec: &str) -> u32 {
    let at = session.locate(spec).unwrap();
    session.breakpoints.add_at(Kind::Code { hardware: false }, spec, Disposition::Keep, at)
}

fn go(session: &mut Session) -> Stop {
    session.resume(None).unwrap();
    loop {
        if let Happening::Stop(stop) = session.advance().unwrap() {
            return stop;
        }
    }
}

/// A process that has just entered `stop_here`.
fn stopped(test: &str, name: &str, args: &str) -> Option<Session> {
    let mut session = launched(test, name, args)?;
    let id = break_at(&mut session, "stop_here");
    assert!(matches!(go(&mut session).reason, StopReason::Breakpoints(_)));
    session.breakpoints.remove(id).unwrap();
    Some(session)
}

fn eval(session: &mut Session, text: &str) -> Result<Value, Error> {
    let parsed = expr::parse(text, session).unwrap();
    expr::eval(&parsed, session)
}

fn number(session: &mut Session, text: &str) -> i128 {
    let value = eval(session, text).unwrap_or_else(|e| panic!("{text}: {e}"));
    value.to_int(session.memory()).unwrap()
}

/// Calls a function of this type, as debug information would give it.
fn call(session: &mut Session, name: &str, result: &Arc<Type>, params: &[&Arc<Type>], args: &[Vec<u8>]) -> Vec<u8> {
    let ty = Type::function(result, params.iter().map(|t| (*t).clone()).collect(), false);
    let function = session.lookup(name, None).unwrap().unwrap().retyped(&ty);
    let args: Vec<Value> = params.iter().zip(args).map(|(ty, bytes)| Value::computed(ty, bytes.clone())).collect();
    let value = session.call(&function, &args).unwrap_or_else(|e| panic!("{name}: {e}"));
    value.bytes(session.memory(), None).unwrap().to_vec()
}

fn structure(size: u64, fields: &[(&str, &Arc<Type>, u64)]) -> Arc<Type> {
    let field = |(name, ty, offset): &(&str, &Arc<Type>, u64)| Field::new(name, ty, *offset);
    Type::structure("s", size, false, fields.iter().map(field).collect())
}

fn longs(words: &[i64]) -> Vec<u8> {
    words.iter().flat_map(|w| w.to_le_bytes()).collect()
}

fn doubles(numbers: &[f64]) -> Vec<u8> {
    numbers.iter().flat_map(|n| n.to_le_bytes()).collect()
}

fn floats(numbers: &[f32]) -> Vec<u8> {
    numbers.iter().flat_map(|n| n.to_le_bytes()).collect()
}

/// Structures by registers of both kinds, by memory, with a hidden pointer; vectors, complex numbers, __int128.
#[test]
fn structures_go_in_and_come_out() {
    let named = |name: &str| base_type(name).unwrap();
    let (long, int, double, float) = (named("long"), named("int"), named("double"), named("float"));
    for build in ["plain", "pie", "debug", "static"] {
        let Some(mut s) = stopped("structures_go_in_and_come_out", build, "") else { continue };
        let pair = structure(16, &[("a", &long, 0), ("b", &long, 8)]);
        assert_eq!(call(&mut s, "swapped", &pair, &[&pair], &[longs(&[5, -7])]), longs(&[-7, 5]), "{build}");
        let mixed = structure(16, &[("d", &double, 0), ("i", &int, 8)]);
        let (given, wanted) = ([doubles(&[1.5]), longs(&[41])].concat(), [doubles(&[3.0]), longs(&[42])].concat());
        let got = call(&mut s, "grown", &mixed, &[&mixed], &[given]);
        assert_eq!(got[..12], wanted[..12], "{build}");
        let three = structure(12, &[("x", &float, 0), ("y", &float, 4), ("z", &float, 8)]);
        let got = call(&mut s, "rotated", &three, &[&three], &[floats(&[1.0, 2.0, 3.0])]);
        assert_eq!(got, floats(&[3.0, 1.0, 2.0]), "{build}");
        let big = structure(40, &[("a", &Type::array(&long, 5), 0)]);
        let got = call(&mut s, "counted", &big, &[&big, &int], &[longs(&[1, 2, 3, 4, 5]), 10i32.to_le_bytes().to_vec()]);
        assert_eq!(got, longs(&[11, 12, 13, 14, 15]), "{build}");
        // _Complex double is passed as a structure of two; _Complex float in one register.
        let complex = structure(16, &[("re", &double, 0), ("im", &double, 8)]);
        assert_eq!(call(&mut s, "turned", &complex, &[&complex], &[doubles(&[1.0, 2.0])]), doubles(&[-2.0, 1.0]), "{build}");
        let complex = structure(8, &[("re", &float, 0), ("im", &float, 4)]);
        assert_eq!(call(&mut s, "turned_float", &complex, &[&complex], &[floats(&[1.0, 2.0])]), floats(&[-2.0, 1.0]), "{build}");
        let vector = Type::vector("", &double, 2);
        assert_eq!(call(&mut s, "doubled", &vector, &[&vector], &[doubles(&[1.5, -2.0])]), doubles(&[3.0, -4.0]), "{build}");
        let extended = structure(16, &[("value", &named("long double"), 0)]);
        let three = [0u8, 0, 0, 0, 0, 0, 0, 0xc0, 0x00, 0x40, 0, 0, 0, 0, 0, 0].to_vec();
        let nine = [0u8, 0, 0, 0, 0, 0, 0, 0x90, 0x02, 0x40];
        assert_eq!(call(&mut s, "squared", &extended, &[&extended], &[three])[..10], nine, "{build}");
        let wide = named("__int128");
        let args = [1i32.to_le_bytes().to_vec(), 3i128.to_le_bytes().to_vec(), 70i32.to_le_bytes().to_vec()];
        let got = call(&mut s, "shifted", &wide, &[&int, &wide, &int], &args);
        assert_eq!(got, (1 + (3i128 << 70)).to_le_bytes(), "{build}");
        assert!(matches!(go(&mut s).reason, StopReason::Exited(0)), "{build}");
    }
}

/// Everything that can be known of the thread is what it was, to the last bit, at the first instruction of all and later.
#[test]
fn every_register_is_what_it_was() {
    let state = |s: &Session| {
        let target = &s.process().unwrap().target;
        let tid = s.selected_thread().unwrap();
        (target.registers(tid).unwrap(), target.xstate(tid).unwrap())
    };
    let calls = ["((int(*)(int,int))add)(1, 2)", "((double(*)(double,int,float))mix)(1.5, 2, 1)", "(int)recursive(5)"];
    let Some(mut first) = launched("every_register_is_what_it_was", "plain", "") else { return };
    let mut second = stopped("every_register_is_what_it_was", "pie", "").unwrap();
    let mut third = stopped("every_register_is_what_it_was", "plain", "").unwrap();
    // The x87's stack and the vector registers in use; the function finds the former empty.
    for (name, bytes) in [("ftag", vec![0, 0]), ("xmm0", vec![0x5a; 16]), ("xmm15", vec![0xa5; 16])] {
        third.write_register(name, &bytes).unwrap();
    }
    assert_eq!(number(&mut third, "(int)(((long double(*)(long double,int))longer)(1.5, 2) * 10)"), 30);
    for session in [&mut first, &mut second, &mut third] {
        let before = state(session);
        let selection = session.selection;
        for text in calls {
            number(session, text);
            assert!(state(session) == before, "{text}");
            assert_eq!(session.selection, selection);
        }
        assert!(matches!(go(session).reason, StopReason::Exited(0)));
    }
}

/// A child that blocks in a system call.
struct Blocked(Child);

impl Blocked {
    fn new(program: &Program, how: &str) -> Blocked {
        let mut command = Command::new(&program.path);
        let child = command.arg(how).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("it starts");
        let wanted = if how == "read" { "0 " } else { "230 " };
        let deadline = Instant::now() + Duration::from_secs(10);
        let path = format!("/proc/{}/syscall", child.id());
        while !std::fs::read_to_string(&path).unwrap_or_default().starts_with(wanted) {
            assert!(Instant::now() < deadline, "it does not come to {how}");
            std::thread::sleep(Duration::from_millis(1));
        }
        Blocked(child)
    }
}

impl Drop for Blocked {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// An interrupted system call is not restarted within the called function, and goes on after it.
#[test]
fn an_interrupted_system_call_goes_on() {
    let Some(program) = program("an_interrupted_system_call_goes_on", "plain") else { return };
    for (how, said) in [("read", "read 5: hello\n"), ("sleep", "nanosleep 0\n")] {
        let mut child = Blocked::new(&program, how);
        let mut session = Session::default();
        session.attach(Tid(child.0.id() as i32)).unwrap();
        let tid = session.selected_thread().unwrap();
        let before = session.process().unwrap().target.registers(tid).unwrap();
        assert_eq!(number(&mut session, "(int)add(40, 2)"), 42, "{how}");
        assert_eq!(number(&mut session, "((unsigned long(*)(const char*))length)(\"four\")"), 4, "{how}");
        assert_eq!(session.process().unwrap().target.registers(tid).unwrap(), before, "{how}");
        session.resume(None).unwrap();
        if how == "read" {
            child.0.stdin.take().unwrap().write_all(b"hello").unwrap();
        }
        let end = loop {
            if let Happening::Stop(stop) = session.advance().unwrap() {
                break stop;
            }
        };
        assert!(matches!(end.reason, StopReason::Exited(0)), "{how}: {end:?}");
        let mut text = String::new();
        child.0.stdout.take().unwrap().read_to_string(&mut text).unwrap();
        assert_eq!(text, said);
    }
}

/// A detach gives up what was called and has not returned.
#[test]
fn a_detached_process_knows_nothing_of_calls() {
    let Some(program) = program("a_detached_process_knows_nothing_of_calls", "plain") else { return };
    let mut child = Blocked::new(&program, "read");
    let mut session = Session::default();
    session.attach(Tid(child.0.id() as i32)).unwrap();
    break_at(&mut session, "stop_here");
    for _ in 0..2 {
        let error = eval(&mut session, "(int)outer(4)").unwrap_err().to_string();
        assert!(error.starts_with("The program being debugged stopped while in a function called from GDB.\n"), "{error}");
    }
    let tid = session.selected_thread().unwrap();
    let frames = session.backtrace(tid, 100).unwrap().0;
    assert_eq!(frames.iter().filter(|f| f.how == FrameHow::Call).count(), 2);
    session.detach().unwrap();
    child.0.stdin.take().unwrap().write_all(b"there").unwrap();
    let mut text = String::new();
    child.0.stdout.take().unwrap().read_to_string(&mut text).unwrap();
    assert_eq!(text, "read 5: there\n");
    assert!(child.0.wait().unwrap().success());
}

/// Other threads run while a function does, unless the scheduler is locked, and so does one that a condition calls.
#[test]
fn other_threads_run_during_a_call() {
    let Some(mut s) = stopped("other_threads_run_during_a_call", "plain", "threads") else { return };
    let call = "((int(*)(void))others_run)()";
    assert_eq!(number(&mut s, call), 1);
    s.settings.scheduler_locking = "on";
    assert_eq!(number(&mut s, call), 0);
    s.settings.scheduler_locking = "replay";
    let id = break_at(&mut s, "stop_here");
    let text = "((int(*)(void))others_run)() == 1 && *(int *)&noise == 1".to_owned();
    let condition = expr::parse(&text, &s).unwrap();
    s.breakpoints.get_mut(id).unwrap().condition = Some(rdbg::engine::Condition { expr: condition.into(), text, scope: None });
    // It stands before the assignment: the third call finds what the second has left.
    assert!(matches!(go(&mut s).reason, StopReason::Breakpoints(_)));
    assert_eq!(number(&mut s, "*(int *)&noise"), 1);
    assert_eq!(number(&mut s, "$rdi"), 2);
    // The program itself finds its thread running behind the last condition.
    s.breakpoints.remove(id).unwrap();
    assert!(matches!(go(&mut s).reason, StopReason::Exited(0)));
}

/// Conditions that call functions, asked by four threads at once: no hit is lost, none stops, and all come to their end.
#[test]
fn conditions_of_many_threads_call() {
    let Some(mut s) = launched("conditions_of_many_threads_call", "plain", "hits") else { return };
    let id = break_at(&mut s, "stop_here");
    let text = "((int(*)(int,int))add)($rdi, ++$asked) == -1".to_owned();
    eval(&mut s, "$asked = 0").unwrap();
    let condition = expr::parse(&text, &s).unwrap();
    s.breakpoints.get_mut(id).unwrap().condition = Some(rdbg::engine::Condition { expr: condition.into(), text, scope: None });
    let stop = go(&mut s);
    assert!(matches!(stop.reason, StopReason::Exited(0)), "{stop:?}");
    assert_eq!(number(&mut s, "$asked"), 800);
}

/// A thread that ends within the function it was to call.
#[test]
fn a_thread_may_end_in_a_call() {
    let Some(mut s) = stopped("a_thread_may_end_in_a_call", "plain", "threads") else { return };
    let first = s.selected_thread().unwrap();
    let other = s.process().unwrap().target.threads().into_iter().find(|t| *t != first).unwrap();
    s.selection.tid = Some(other);
    s.settings.scheduler_locking = "on";
    let error = eval(&mut s, "(void)pthread_exit(0)").unwrap_err().to_string();
    assert!(error.starts_with("The program stopped in another thread while making a function call from GDB.\n"), "{error}");
    assert_eq!(s.selected_thread().unwrap(), first);
    assert_eq!(number(&mut s, "(int)add(1, 2)"), 3);
}

/// Signals and exits are told, and what the settings say is done.
#[test]
fn what_stops_a_function_is_told() {
    let Some(mut s) = stopped("what_stops_a_function_is_told", "plain", "") else { return };
    let at = s.frame(0).unwrap().pc.addr();
    s.settings.unwindonsignal = true;
    let error = eval(&mut s, "(int)crash(0)").unwrap_err().to_string();
    assert!(error.contains("GDB has restored the context to what it was before the call."), "{error}");
    assert_eq!(s.frame(0).unwrap().pc.addr(), at);
    let notices = s.take_notices();
    let [Notice::CallStopped { stop, frame: Some(frame), .. }] = notices.as_slice() else { panic!("{notices:?}") };
    assert!(matches!(stop.reason, StopReason::Signal(signal) if signal.name() == "SIGSEGV"));
    assert_ne!(frame.pc.addr(), at);
    s.settings.unwindonsignal = false;
    let error = eval(&mut s, "((int(*)(void))8)()").unwrap_err().to_string();
    assert!(error.contains("GDB remains in the frame where the signal was received.") && error.contains("(at 0x0x8)"), "{error}");
    let tid = s.selected_thread().unwrap();
    let frames = s.backtrace(tid, 10).unwrap().0;
    assert_eq!((frames[0].pc.addr(), frames[1].how, frames[2].pc.addr()), (VirtAddr(8), FrameHow::Call, at));
    s.selection.level = 1;
    s.return_from_frame(None).unwrap();
    assert_eq!(s.frame(0).unwrap().pc.addr(), at);
    let error = eval(&mut s, "(void)leave(3)").unwrap_err().to_string();
    assert_eq!(
        error,
        "The program being debugged exited while in a function called from GDB.\nEvaluation of the expression containing the \
         function\n(leave) will be abandoned."
    );
    assert!(s.inferior.process.is_none());
}

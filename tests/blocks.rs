//! `stepi N` by stretches of code ends where N single steps end: same pc, same registers, same breakpoints on the way.
//!
//! Two runs are stepped one instruction at a time. A third one goes by strides of random length and must agree with the first
//! one at each stop, in every register in which the first two agree (the kernel gives each process other random bytes).

mod common;

use rdbg::arch::regs::{Gpr, Registers};
use rdbg::base::Tid;
use rdbg::engine::{Disposition, Happening, Kind, Plan, Session, Stop, StopReason};

fn go(session: &mut Session, plan: Option<Plan>) -> Stop {
    session.resume(plan).unwrap();
    loop {
        if let Happening::Stop(stop) = session.advance().unwrap() {
            return stop;
        }
    }
}

fn steps(tid: Tid, left: u64) -> Option<Plan> {
    Some(Plan::Instructions { tid, left, over_calls: false, until: None })
}

/// The program, started and stopped at its first instruction, or at a function.
fn begin(program: &str, at: Option<&str>) -> (Session, Tid) {
    let mut session = Session::default();
    session.load_program(program.as_ref()).unwrap();
    session.settings.args = "> /dev/null".to_owned();
    session.launch().unwrap();
    if let Some(at) = at {
        let place = session.locate(at).unwrap();
        let id = session.breakpoints.add_at(Kind::Code { hardware: false }, at, Disposition::Keep, place);
        go(&mut session, None);
        session.breakpoints.remove(id).unwrap();
    }
    let tid = session.selected_thread().unwrap();
    (session, tid)
}

fn registers(session: &Session, tid: Tid) -> Registers {
    session.process().unwrap().target.registers(tid).unwrap()
}

/// The registers before each of `count` instructions, until the program ends or a signal comes.
fn log(program: &str, at: Option<&str>, count: usize) -> Vec<Registers> {
    let (mut session, tid) = begin(program, at);
    let mut log = vec![registers(&session, tid)];
    while log.len() <= count && matches!(go(&mut session, steps(tid, 1)).reason, StopReason::Arrived) {
        log.push(registers(&session, tid));
    }
    log
}

/// A xorshift generator: the same numbers at every run.
struct Random(u64);

impl Random {
    fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % n
    }
}

/// Whether `found` is what both logs say, as far as they agree. Where a register holds a process id or random bytes, the flags
/// may be the same in both by chance.
fn agrees(found: &Registers, first: &Registers, second: &Registers) -> bool {
    let rows = || found.as_user().iter().zip(first.as_user()).zip(second.as_user()).enumerate();
    let is_certain = first == second;
    let is_flags = |index| index == Gpr::Eflags as usize;
    rows().all(|(index, ((found, first), second))| first != second || found == first || is_flags(index) && !is_certain)
}

/// Strides through `program`, and breakpoints that are met on the way; how many instructions were compared.
fn differential(program: &str, at: Option<&str>, count: usize, seed: u64) -> usize {
    let (first, second) = (log(program, at, count), log(program, at, count));
    // What depends on the random bytes may take another way: as far as both go the same one.
    let same = first.iter().zip(&second).take_while(|(a, b)| a.pc() == b.pc()).count();
    let mut random = Random(seed);
    let (mut session, tid) = begin(program, at);
    let mut done = 0;
    let mut stops = 0;
    loop {
        let stride = 1 + random.below([8, 60, 1000][stops % 3]) as usize;
        if done + stride >= same {
            break;
        }
        // Every fourth time a breakpoint stands where the program will be.
        let met = (stops % 4 == 3).then(|| done + 1 + random.below(stride as u64) as usize);
        let broken = met.map(|index| {
            let pc = first[index].pc();
            let earliest = (done + 1..=index).find(|i| first[*i].pc() == pc).unwrap();
            let places = vec![rdbg::base::VirtAddr(pc)];
            (
                session.breakpoints.add_at(Kind::Code { hardware: false }, &format!("*{pc:#x}"), Disposition::Keep, places),
                earliest,
            )
        });
        let stop = go(&mut session, steps(tid, stride as u64));
        let expected = match broken {
            Some((id, earliest)) => {
                session.breakpoints.remove(id).unwrap();
                assert!(matches!(stop.reason, StopReason::Breakpoints(_)), "{program} {done}+{stride}: {:?}", stop.reason);
                earliest
            }
            None => {
                assert!(matches!(stop.reason, StopReason::Arrived), "{program} {done}+{stride}: {:?}", stop.reason);
                done + stride
            }
        };
        let found = registers(&session, tid);
        assert!(
            agrees(&found, &first[expected], &second[expected]),
            "{program}: {stride} instructions from {done} at {:#x} end at {:#x}, not {:#x}:\n{:x?}\n{:x?}",
            first[done].pc(),
            found.pc(),
            first[expected].pc(),
            found.as_user(),
            first[expected].as_user(),
        );
        done = expected;
        stops += 1;
    }
    eprintln!("{program} from {}: {done} of {} instructions in {stops} strides", at.unwrap_or("its start"), first.len() - 1);
    done
}

fn built(source: &str, build: &str) -> Option<String> {
    match common::build::build(source, build) {
        Ok(program) => Some(program.path.display().to_string()),
        Err(e) => {
            eprintln!("! {e}");
            None
        }
    }
}

#[test]
fn the_dynamic_linker() {
    assert!(differential("/bin/true", None, 12_000, 0x9e37_79b9) > 4000);
}

#[test]
fn a_program_that_prints() {
    let Some(program) = built("c/hello.c", "lazy") else { return };
    // The lazy resolver, stdio, system calls.
    assert!(differential(&program, Some("main"), 6000, 0x1234_5678) > 2000);
}

/// More of the same, for whoever has the time: `cargo test --test blocks -- --ignored`.
#[test]
#[ignore]
fn many_thousands() {
    for seed in 1..4 {
        differential("/bin/true", None, 100_000, seed * 77_777);
        differential("/bin/ls", Some("main"), 60_000, seed * 1234);
    }
}

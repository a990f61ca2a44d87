//! The engine without words, on real programs.

use rdbg::base::VirtAddr;
use rdbg::engine::{Disposition, Happening, Kind, Plan, Session, Stop, StopReason};

fn run(session: &mut Session, plan: Option<Plan>) -> Stop {
    session.resume(plan).unwrap();
    loop {
        match session.advance().unwrap() {
            Happening::Notice(n) => eprintln!("{n:?}"),
            Happening::Stop(stop) => return stop,
        }
    }
}

fn add(session: &mut Session, spec: &str) -> u32 {
    let at = session.locate(spec).unwrap();
    session.breakpoints.add(Kind::Code { hardware: false }, spec, Disposition::Keep, at)
}

#[test]
fn smoke() {
    let mut s = Session::default();
    s.load_program("/tmp/h".as_ref()).unwrap();
    add(&mut s, "main");
    let w = s.launch().unwrap();
    eprintln!("{w:?}");
    add(&mut s, "_start");
    let stop = run(&mut s, None);
    eprintln!("{stop:?} {:?}", s.frame(0).map(|f| f.pc));
    let stop = run(&mut s, None);
    eprintln!("{stop:?} {:?}", s.frame(0).map(|f| f.pc));
    for m in s.inferior.modules.iter() {
        eprintln!("{} {:?}", m.name, m.bias);
    }
    add(&mut s, "puts");
    let stop = run(&mut s, None);
    eprintln!("{stop:?} {:?}", s.location(s.frame(0).unwrap().pc.addr()).map(|l| l.with_offset()));
    let (frames, end) = s.backtrace(stop.tid, 10).unwrap();
    for f in frames {
        eprintln!("{:?} {:?}", f.pc, s.location(f.pc.lookup()).map(|l| l.with_offset()));
    }
    eprintln!("{end:?}");
    let tid = stop.tid;
    let stop = run(&mut s, Some(Plan::Instructions { tid, left: 20, over_calls: false, until: None }));
    eprintln!("{stop:?} {:?}", s.location(s.frame(0).unwrap().pc.addr()).map(|l| l.with_offset()));
    let stop = run(&mut s, None);
    eprintln!("{stop:?} {:?}", s.location(s.frame(0).unwrap().pc.addr()).map(|l| l.with_offset()));
    let stop = run(&mut s, None);
    eprintln!("{stop:?}");
    assert!(matches!(stop.reason, StopReason::Exited(0)));
    let _ = VirtAddr(0);
}

//! Stepping by lines: it stops where gdb stops.

mod common;

use std::fmt::Write;
use std::process::Command;

use common::build;
use common::tools;
use rdbg::base::VirtAddr;
use rdbg::engine::{Disposition, Happening, Kind, LineStepBegun, LineStepKind, Session, Stop, StopReason};

fn go(session: &mut Session) -> Stop {
    loop {
        if let Happening::Stop(stop) = session.advance().unwrap() {
            return stop;
        }
    }
}

/// The places where gdb and rdbg stop, one after the other, from `main` on.
fn compare(build: &str, command: &str, count: usize) {
    let test = format!("lines {build} {command}");
    let Some(program) = build::or_skip(&test, "c/lines.c", build) else { return };
    let (Some(gdb), Some(_)) = (tools::gdb(), tools::find("nm")) else { return tools::skip(&test, "no gdb or nm") };
    // Without what a distribution has of libc's lines.
    let mut script = "set debug-file-directory /nonexistent\nset confirm off\nset width 0\nbreak main\nrun > /dev/null\nprintf \"at %lx\\n\", $pc\n".to_owned();
    for _ in 0..count {
        writeln!(script, "{command}\nprintf \"at %lx\\n\", $pc").unwrap();
    }
    let path = program.path.to_str().unwrap();
    let file = format!("{}/lines-{build}-{command}.gdb", env!("CARGO_TARGET_TMPDIR"));
    std::fs::write(&file, script).unwrap();
    let (told, _) = tools::output(Command::new(&gdb.path).args(["-nx", "-q", "-batch", "-x", &file, path]));
    let expected: Vec<u64> = told.lines().filter_map(|l| u64::from_str_radix(l.strip_prefix("at ")?, 16).ok()).collect();
    assert!(expected.len() > 10, "{told}");

    let mut session = Session::default();
    session.settings.debug_file_directory = "/nonexistent".into();
    session.look_for_debug_files();
    session.load_program(&program.path).unwrap();
    session.settings.args = "> /dev/null".into();
    let start = VirtAddr(expected[0]);
    session.breakpoints.add_at(Kind::Code { hardware: false }, &format!("*{start}"), Disposition::Delete, vec![start]);
    session.launch().unwrap();
    session.resume(None).unwrap();
    let mut stop = go(&mut session);
    let tid = session.selected_thread().unwrap();
    let mut seen = Vec::new();
    loop {
        let went_well = matches!(stop.reason, StopReason::Arrived | StopReason::Breakpoints(_));
        assert!(went_well, "{test}: {stop:?} after {seen:x?}; gdb: {expected:x?}");
        seen.push(session.frame(0).unwrap().pc.addr().0);
        if seen.len() == expected.len() {
            break;
        }
        let kind = if command == "step" { LineStepKind::Into } else { LineStepKind::Over };
        match session.begin_line_step(tid, kind, 1).unwrap() {
            LineStepBegun::Plan(plan) => {
                session.resume(Some(plan)).unwrap();
                stop = go(&mut session);
            }
            LineStepBegun::Done => {}
            // gdb runs on from where there are no lines.
            LineStepBegun::NoLine => break,
        }
    }
    let names = |list: &[u64]| -> Vec<String> {
        let line = |a: u64| session.inferior.modules.source_line(VirtAddr(a)).map_or(0, |l| l.line);
        list.iter().map(|a| format!("{} ({a:x})", line(*a))).collect()
    };
    assert_eq!(names(&seen), names(&expected[..seen.len()]), "{test}");
}

#[test]
fn next_stops_where_gdb_does() {
    compare("plain", "next", 60);
}

#[test]
fn optimised_lines_are_stepped_as_gdb_does() {
    compare("optimised", "next", 40);
    compare("optimised", "step", 100);
}

#[test]
fn step_stops_where_gdb_does() {
    compare("plain", "step", 150);
}

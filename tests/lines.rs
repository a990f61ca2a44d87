//! Stepping by lines, with the line table that gdb has made: it stops where gdb stops.

mod common;

use std::fmt::Write;
use std::path::Path;
use std::process::Command;
use std::rc::Rc;

use common::build::{self, NoProgram};
use common::tools;
use rdbg::base::{AddrRange, VirtAddr};
use rdbg::engine::{Disposition, Happening, Kind, LineOracle, Lines, Session, Stop, StopReason};

/// One row of the line table.
#[derive(Clone, Debug)]
struct Row {
    at: u64,
    line: u32,
    is_statement: bool,
    is_end: bool,
}

/// The line table as gdb has it (rows of one line in a row are one where they have discriminators); functions as nm does.
struct Table {
    rows: Vec<Row>,
    functions: Vec<(u64, u64)>,
    is_optimised: bool,
}

impl Table {
    fn of(gdb: &Path, path: &str, is_optimised: bool) -> Table {
        let ask = ["-nx", "-q", "-batch", "-ex", "maint expand-symtabs", "-ex", "maint info line-table lines.c", path];
        let text = tools::output(Command::new(gdb).args(ask)).0;
        let mut rows: Vec<Row> = Vec::new();
        for line in text.lines() {
            // INDEX LINE ADDRESS IS-STMT
            let words: Vec<&str> = line.split_whitespace().collect();
            let hex = |w: &&str| u64::from_str_radix(w.strip_prefix("0x")?, 16).ok();
            let (Some(at), Some(true)) = (words.get(2).and_then(hex), words.first().map(|w| w.parse::<u32>().is_ok())) else {
                continue;
            };
            rows.push(Row {
                at,
                line: words[1].parse().unwrap_or(0),
                is_statement: words[3..].contains(&"Y"),
                is_end: words[1] == "END",
            });
        }
        let symbols = tools::output(Command::new("nm").args(["-S", path])).0;
        let functions = symbols.lines().filter_map(|l| {
            let w: Vec<&str> = l.split_whitespace().collect();
            let hex = |s: &str| u64::from_str_radix(s, 16).ok();
            (w.len() == 4 && w[2].eq_ignore_ascii_case("t")).then(|| Some((hex(w[0])?, hex(w[1])?)))?
        });
        Table { rows, functions: functions.collect(), is_optimised }
    }

    /// The rows with the end of each.
    fn spans(&self) -> impl Iterator<Item = (&Row, u64)> {
        self.rows.iter().zip(self.rows.iter().skip(1)).map(|(row, next)| (row, next.at)).filter(|(row, _)| !row.is_end)
    }

    fn line_at(&self, pc: u64) -> Option<u32> {
        self.spans().find(|(row, end)| (row.at..*end).contains(&pc)).map(|(row, _)| row.line)
    }
}

impl LineOracle for Table {
    fn line_ranges(&self, pc: VirtAddr) -> Option<Vec<AddrRange>> {
        let line = self.line_at(pc.0)?;
        let (start, len) = *self.functions.iter().find(|(start, len)| (*start..start + len).contains(&pc.0))?;
        let of_line = self.spans().filter(|(row, end)| row.line == line && row.at >= start && *end <= start + len);
        let ranges = of_line.filter(|(row, end)| row.at < *end);
        Some(ranges.map(|(row, end)| AddrRange::new(VirtAddr(row.at), VirtAddr(end))).collect())
    }

    fn has_line(&self, pc: VirtAddr) -> bool {
        self.line_at(pc.0).is_some()
    }

    fn is_statement(&self, pc: VirtAddr) -> bool {
        self.rows.iter().any(|r| r.at == pc.0 && r.is_statement && !r.is_end)
    }

    /// The second row of the function, as gdb has it for unoptimised code; optimised code has no prologue for gdb.
    fn after_prologue(&self, function: VirtAddr) -> VirtAddr {
        if self.is_optimised {
            return function;
        }
        let later = self.rows.iter().find(|r| r.at > function.0 && self.line_at(r.at) != self.line_at(function.0));
        later.map_or(function, |r| VirtAddr(r.at))
    }
}

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
    let program = match build::build("c/lines.c", build) {
        Ok(program) => program,
        Err(why @ NoProgram::Missing(_)) => return tools::skip(&test, why),
        Err(e) => panic!("{e}"),
    };
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

    let table = Rc::new(Table::of(&gdb.path, path, build == "optimised"));
    let mut session = Session::default();
    session.load_program(&program.path).unwrap();
    session.settings.args = "> /dev/null".into();
    let start = VirtAddr(expected[0]);
    session.breakpoints.add(Kind::Code { hardware: false }, &format!("*{start}"), Disposition::Delete, vec![start]);
    session.launch().unwrap();
    session.resume(None).unwrap();
    let mut stop = go(&mut session);
    let tid = session.selected_thread().unwrap();
    let mut seen = Vec::new();
    loop {
        let went_well = matches!(stop.reason, StopReason::Arrived | StopReason::Breakpoints(_));
        assert!(went_well, "{test}: {stop:?} after {seen:x?}; gdb: {expected:x?}");
        seen.push(session.frame(0).unwrap().pc.addr().0);
        if seen.len() == expected.len() || !table.has_line(VirtAddr(seen[seen.len() - 1])) {
            break;
        }
        let plan = session.line_plan(tid, 1, command == "step", Lines(table.clone())).unwrap();
        session.resume(Some(plan)).unwrap();
        stop = go(&mut session);
    }
    let names = |list: &[u64]| -> Vec<String> {
        list.iter().map(|a| table.line_at(*a).map_or(format!("{a:x}"), |l| format!("{l} ({a:x})"))).collect()
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

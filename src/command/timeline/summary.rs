//! `timeline summary`.

use std::collections::BTreeMap;

use serde_json::Value;

use super::words::text;
use crate::base::Result;
use crate::command::args::Args;
use crate::command::cx::{Command, Cx};
use crate::command::describe::{ArgSpec, Example, Flow, Group};
use crate::ui::{Role, Row, Table};

/// `timeline summary`
pub const SUMMARY: Command = Command {
    name: "timeline summary",
    group: Group::Loading,
    args: &[ArgSpec::JSON],
    summary: "Count what was recorded, by process and phase.",
    help: "A phase lasts from its first event to the next phase's. \"other\" counts entries, execs, children, signals and ends.",
    examples: &[Example { line: "timeline summary", what: "how long each phase took, and what happened in it" }],
    own: true,
    run: summary,
    ..Command::BASE
};

/// The phases of a process, in order.
const PHASES: [&str; 5] = ["exec", "ld.so", "start", "main", "exit"];

/// The kinds that have a column, with its name.
const COLUMNS: [(&str, &[&str]); 8] = [
    ("syscalls", &["syscall"]),
    ("mappings", &["map", "unmap", "protect"]),
    ("objects", &["object"]),
    ("relocations", &["reloc"]),
    ("ifuncs", &["ifunc"]),
    ("binds", &["bind"]),
    ("init-fini", &["init", "fini"]),
    ("faults", &["fault"]),
];

/// What happened in one phase of one process.
#[derive(Clone, Default)]
struct Counted {
    from: Option<f64>,
    until: f64,
    columns: [u64; COLUMNS.len()],
    other: u64,
}

fn summary(cx: &mut Cx<'_>, _: &Args) -> Result<Flow> {
    let mut all: BTreeMap<(i64, usize), Counted> = BTreeMap::new();
    cx.session.timeline.events()?.read(|line| {
        let event: Value = serde_json::from_str(line).unwrap_or_default();
        let pid = event.get("pid").and_then(Value::as_i64).unwrap_or_default();
        let phase = PHASES.iter().position(|p| *p == text(&event, "phase")).unwrap_or(0);
        let t = event.get("t").and_then(Value::as_f64).unwrap_or_default();
        let counted = all.entry((pid, phase)).or_default();
        counted.from = Some(counted.from.map_or(t, |from| from.min(t)));
        counted.until = counted.until.max(t);
        let column = COLUMNS.iter().position(|(_, kinds)| kinds.contains(&text(&event, "kind")));
        match column.and_then(|c| counted.columns.get_mut(c)) {
            Some(count) => *count += 1,
            None => counted.other += 1,
        }
        Ok(true)
    })?;
    let begins: BTreeMap<(i64, usize), f64> = all.iter().map(|(key, c)| (*key, c.from.unwrap_or_default())).collect();
    let columns: Vec<&'static str> =
        ["pid", "phase", "seconds"].into_iter().chain(COLUMNS.iter().map(|c| c.0)).chain(["other"]).collect();
    let mut table = Table::with_head(&columns);
    for ((pid, phase), counted) in &all {
        let next = begins.range((*pid, phase + 1)..).next().filter(|(key, _)| key.0 == *pid).map(|(_, from)| *from);
        let took = next.unwrap_or(counted.until).max(counted.from.unwrap_or_default()) - counted.from.unwrap_or_default();
        let mut row = Row::new().both("pid", Role::Plain, pid.to_string(), *pid).right();
        row = row.cell("phase", Role::Title, PHASES.get(*phase).copied().unwrap_or_default());
        row = row.both("seconds", Role::Plain, format!("{took:.6}"), took).right();
        for ((name, _), count) in COLUMNS.iter().zip(counted.columns) {
            row = row.both(name, Role::Plain, count.to_string(), count).right();
        }
        table.push(row.both("other", Role::Plain, counted.other.to_string(), counted.other).right());
    }
    table.show(cx.out);
    Ok(Flow::Go)
}
